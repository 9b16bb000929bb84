"""Messages of an assistant, for mutants."""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio
from mutant_readers import Doors, RefusedError, read_json

from map4 import Library
from map4.extras.mcp.answers import Answer, McpSettings
from map4.extras.mcp.tools import answered
from map4.scan.workers.lanes import inline_lanes
from map4.server.libraries import LibraryThreads

MESSAGES = (
    b'{"name": "search", "arguments": {"query": "bpm:100..130", "limit": 3}}',
    b'{"name": "track", "arguments": {"track": "/music/1.mp3"}}',
    b'{"name": "similar", "arguments": {"files": ["/music/1.mp3"], "n": 3}}',
    b'{"name": "compare", "arguments": {"files": ["/music/1.mp3", "/music/2.mp3"]}}',
    b'{"name": "set_values", "arguments": {"tracks": ["/music/1.mp3"], "bpm": 120}}',
    b'{"name": "playlist", "arguments": {"seeds": ["/music/1.mp3"], "n": 4}}',
    b'{"name": "save_list", "arguments": {"name": "x", "tracks": ["/music/1.mp3"], "replace": true}}',
    b'{"name": "lists", "arguments": {}}', b'{"name": "show_list", "arguments": {"name": "x"}}',
)  # fmt: skip


def seeds() -> dict[str, list[bytes]]:
    return {"mcp": list(MESSAGES)}


def mcp(doors: Doors, name: str, data: bytes) -> None:
    """Have an assistant's message answered; what it is told is a problem of map4's, and no other."""
    from mcp.client.client import Client  # half a second, which not every process of tests needs

    from map4.extras.mcp.stdio import make_server

    message = read_json(data)
    try:
        tool, arguments = str(message["name"]), dict(message["arguments"])
        tool.encode()
    except (ValueError, TypeError, KeyError):
        raise RefusedError from None

    async def call() -> Any:
        opened = partial(Library.open, doors.library, create=False, lanes=inline_lanes)
        settings = McpSettings(open_library=opened, allow_writes=True)
        thread = LibraryThreads("library", 1, opened)

        async def ask(question: tuple[str, Any], progress: Any) -> Answer:
            return await thread.ask(lambda library: answered(settings, library, question, progress))

        try:
            async with Client(make_server(settings, ask)) as client:
                return await client.call_tool(tool, arguments)
        finally:
            thread.close()

    if anyio.run(call).is_error:
        raise RefusedError


READERS = {"mcp": mcp}
