"""An MCP server (Model Context Protocol) over one library, for assistants: JSON-RPC on stdin and stdout."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import mcp_types as types
import msgspec
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from map4.domain.near_names import no_such
from map4.domain.playlist.presets import Preset, shipped_presets
from map4.errors import Map4Error, UsageError
from map4.library import Library
from map4.plugins import LaneFactory, process_lanes
from map4.schemas import kinds, schema_text
from map4.server.library_thread import LibraryThread, OpenLibrary, Question
from map4.server.mcp_tools import TOOLS, Answer, Ask, Tool
from map4.server.problems import problem_of
from map4.version import __version__

INSTRUCTIONS = (
    "map4 knows a music library: measured tempo, key, energy, loudness and sound of each track. Tracks are named by "
    "audio id (best; every answer has it), by path, or by words of artist and title. Queries are terms that must all "
    "match: words, bpm:120..128, key:8A (key:~8A also what mixes with it), energy:6.., genre:house, year:1995..2005, "
    "rating:4.., added:-2w, is:doubtful, ^ before a term for not, sort:bpm. The resources are the JSON Schemas of the "
    "records."
)
_SCHEMA_URI = "map4://schema/"
_EXIT_SIGNAL = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class McpSettings:
    """What the server of assistants works with.

    Parameters
    ----------
    open_library : opens the library with lanes
    allow_writes : also offer what changes the library
    presets : of playlists, by name
    jobs, timeout_s : as for a scan, for files that the library does not know
    lanes : makes the lanes that files are analysed in
    """

    open_library: OpenLibrary
    allow_writes: bool = False
    presets: Mapping[str, Preset] = field(default_factory=shipped_presets)
    jobs: int | None = None
    timeout_s: float | None = None
    lanes: LaneFactory = process_lanes


def make_server(settings: McpSettings, thread: LibraryThread) -> Server[Any]:
    """The server, which asks the library of a thread; who made the thread closes it."""
    tools = {tool.name: tool for tool in TOOLS if settings.allow_writes or not tool.writes}

    async def list_tools(ctx: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(tool) for tool in tools.values()])

    async def call_tool(ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            tool = _chosen(params.name, tools)
            # Models write null for what they do not give.
            arguments = {name: value for name, value in (params.arguments or {}).items() if value is not None}
            given, _ = tool.takes.of_json(msgspec.json.encode(arguments))
            answer = await thread.ask(lambda library, question: tool.answer(_ask(library, given, question, settings)))
        except Map4Error as error:
            # The same that a request over HTTP gets.
            problem = msgspec.json.decode(bytes(problem_of(error).body))
            answer = Answer(record=problem, text=problem["detail"], is_error=True)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=answer.text)],
            structured_content=dict(answer.record),
            is_error=answer.is_error,
        )

    async def list_resources(ctx: Any, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        return types.ListResourcesResult(
            resources=[
                types.Resource(uri=f"{_SCHEMA_URI}{kind}", name=f"map4/{kind}/1", mime_type="application/schema+json")
                for kind in kinds()
            ]
        )

    async def read_resource(ctx: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        uri = str(params.uri)
        kind = uri.removeprefix(_SCHEMA_URI)
        if uri == kind or kind not in kinds():
            raise MCPError(types.INVALID_PARAMS, f"there is no resource {uri}")
        text = types.TextResourceContents(uri=uri, mime_type="application/schema+json", text=schema_text(kind))
        return types.ReadResourceResult(contents=[text])

    return Server(
        "map4",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )


def serve_stdio(settings: McpSettings) -> int:
    """Serve until stdin is closed or a signal comes; gives the exit code."""
    return anyio.run(_serve, settings)


async def _serve(settings: McpSettings) -> int:
    thread = LibraryThread(settings.open_library, lanes=settings.lanes)
    server = make_server(settings, thread)
    signals: list[int] = []
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_end_at_signal, group.cancel_scope, signals)
            async with stdio_server(stdin=_Lines()) as (read, write):  # type: ignore[arg-type]
                await server.run(read, write, server.create_initialization_options())
            group.cancel_scope.cancel()
    finally:
        thread.close()
    return _EXIT_SIGNAL + signals[0] if signals else 0


async def _end_at_signal(scope: anyio.CancelScope, signals: list[int]) -> None:
    if sys.platform == "win32":  # its signals end a process by themselves
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as received:
        async for number in received:
            signals.append(number)
            scope.cancel()


class _Lines:
    """The lines of stdin, for one reader that can be cancelled: mcp's own waits for the next line even so.

    What map4 starts meanwhile has an empty stdin.
    """

    def __init__(self) -> None:
        self._send, self._receive = anyio.create_memory_object_stream[str](math.inf)
        wire, empty = os.dup(0), os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, 0)
        os.close(empty)
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(wire, loop), name="stdin", daemon=True).start()

    def __aiter__(self) -> AsyncIterator[str]:
        return self._receive

    def _read(self, wire: int, loop: asyncio.AbstractEventLoop) -> None:
        begun: list[bytes] = []
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            while block := os.read(wire, 1 << 16):
                *ends, rest = block.split(b"\n")
                for end in ends:
                    line = b"".join((*begun, end)).decode("utf-8", "replace")
                    loop.call_soon_threadsafe(self._send.send_nowait, line)
                    begun = []
                begun.append(rest)
            loop.call_soon_threadsafe(self._send.close)


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        description=tool.about,
        input_schema=tool.schema(),
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.writes, destructive_hint=tool.writes, idempotent_hint=True, open_world_hint=False
        ),
    )


def _chosen(name: str, tools: Mapping[str, Tool]) -> Tool:
    if name in tools:
        return tools[name]
    if any(tool.name == name for tool in TOOLS):
        raise UsageError(f"{name} changes the library; 'map4 mcp --allow-writes' offers it")
    raise no_such("tool", name, tools)


def _ask(library: Library, given: Mapping[str, Any], question: Question, settings: McpSettings) -> Ask:
    return Ask(
        library=library,
        given=given,
        question=question,
        presets=settings.presets,
        jobs=settings.jobs,
        timeout_s=settings.timeout_s,
    )
