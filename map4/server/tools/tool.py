"""Tools for assistants: arguments, results and settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from map4.base.actor import LOCAL, Actor, Scope
from map4.errors import UsageError
from map4.library import Library
from map4.lists import Preset, shipped_presets
from map4.music.track.track import Track
from map4.schemas import shapes_of
from map4.server.bodies import BodyShape, whole_number
from map4.server.library_process import Progress
from map4.server.problems import PROBLEM
from map4.server.tools.texts import in_words, track_lines

MOST_ITEMS = 200
MOST_BYTES = 64_000
"""Maximum JSON size of the items in one answer; hosts cut off longer answers."""

_TRACKS_ELSEWHERE = {
    "type": "object",
    "required": ["schema", "path", "audio_id", "state", "tags"],
    "properties": {
        "schema": {"const": "map4/track/1"},
        "path": {"type": "string"},
        "audio_id": {"type": ["string", "null"]},
        "state": {"type": "string"},
        "tags": {"type": "object"},
    },
    "description": "as returned by the tool track, whose schema is complete",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to an assistant: the record that the command prints with --json, and its text."""

    record: Mapping[str, Any]
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """The result of a tool.

    record: the record of the command
    head: the first line of its text
    tracks: the tracks in the record, each shown on one line
    first: number of items skipped before those in the record
    has_more: whether more items follow
    counts_from: number of the first item, if the record refers to items by number
    """

    record: Mapping[str, Any]
    head: str
    tracks: Iterable[Track] = ()
    first: int = 0
    has_more: bool = False
    counts_from: int = 1
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class McpSettings:
    """The settings of the MCP server.

    open_library: opens the library
    allow_writes: also offer tools that change the library
    presets: presets of playlists, by name
    actor: the caller
    jobs, timeout_s: as for a scan, for files that are not in the library
    """

    open_library: Callable[[], Library]
    allow_writes: bool = False
    presets: Mapping[str, Preset] = field(default_factory=shipped_presets)
    actor: Actor = LOCAL
    jobs: int | None = None
    timeout_s: float | None = None

    @property
    def workers(self) -> dict[str, Any]:
        return {"jobs": self.jobs, "timeout_s": self.timeout_s}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call of a tool.

    given: the given arguments
    progress: called with the progress of slow calls
    start, limit: the requested items of its answer
    """

    library: Library
    given: Mapping[str, Any]
    settings: McpSettings
    progress: Progress
    start: int = 0
    limit: int = MOST_ITEMS

    def options(self, *first: str) -> dict[str, Any]:
        """The arguments that are options of the library call, with the worker settings."""
        return {**self.alone(*first), **self.settings.workers}

    def alone(self, *first: str) -> dict[str, Any]:
        """`options` without the worker settings."""
        return {name: value for name, value in self.given.items() if name not in first}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool for assistants.

    about: its description
    answer: runs it
    takes: the shape of its arguments, parsed to a dict of the given ones
    kind: kind of its record
    pages: the member of the record that is paged, and members parallel to it
    usual: default number of items per answer
    """

    name: str
    needs: Scope
    about: str
    answer: Callable[[ToolCall], ToolResult]
    takes: BodyShape
    kind: str
    pages: Sequence[str] = ()
    usual: int = 20

    @property
    def writes(self) -> bool:
        return self.needs != "read"

    def input_schema(self) -> dict[str, Any]:
        whole: dict[str, Any] = msgspec.json.schema(self.takes.struct)["$defs"][self.takes.name]
        for schema in whole["properties"].values():
            if schema.get("default", ...) is None:
                del schema["default"]
        return whole

    def output_schema(self) -> dict[str, Any]:
        """The schema of its record or problem; tracks are in full only if the record is a track, to keep it short."""
        parts = _in_short(shapes_of(self.kind))
        record = parts[self.kind]
        if self.kind != "track" and "track" in parts:
            parts["track"] = _TRACKS_ELSEWHERE
        if self.pages:
            record["properties"]["next"] = {"type": ["string", "null"]}
            record["required"] = [*record["required"], "next"]
        return {
            "type": "object",
            "anyOf": [{"$ref": f"#/$defs/{self.kind}"}, {"$ref": "#/$defs/problem"}],
            "$defs": {**_reached(self.kind, parts), "problem": PROBLEM},
        }

    def answered(self, library: Library, given: Mapping[str, Any], settings: McpSettings, progress: Progress) -> Answer:
        call = ToolCall(library=library, given=given, settings=settings, progress=progress)
        if not self.pages:
            return self._told(self.answer(call))
        own = {name: value for name, value in given.items() if name not in PAGED}
        start, limit = _place(given.get("after")), given.get("limit", self.usual)
        return self._told(self.answer(replace(call, given=own, start=start, limit=limit)), start, limit)

    def _told(self, result: ToolResult, start: int = 0, limit: int = 0) -> Answer:
        record, lines = dict(result.record), track_lines(result.tracks)
        if self.pages:
            member, *beside = self.pages
            items = record[member]
            begin = start - result.first
            end = begin + _that_fit(items[begin : begin + limit])
            has_more = end < len(items) or result.has_more
            record |= {name: record[name][begin:end] for name in (member, *beside)}
            record["next"] = str(result.first + end) if has_more else None
        numbers = dict.fromkeys(self.pages, start + result.counts_from)
        words = in_words(record, lines, numbers, result.counts_from)
        return Answer(record=record, text="\n".join([result.head, *words]).strip(), is_error=result.is_error)


PAGED: dict[str, tuple[Any, Any]] = {
    "limit": (Annotated[int, Meta(description="maximum number of items in this answer", ge=1, le=MOST_ITEMS)], ...),
    "after": (Annotated[str | None, Meta(description="for the next page: `next` of the previous answer")], None),
}
"""Arguments of tools with paged answers."""


def _place(after: str | None) -> int:
    place = 0 if after is None else whole_number(after)
    if place is None:
        raise UsageError("'after' must be the 'next' of the previous answer")
    return place


def _that_fit(items: Sequence[Any]) -> int:
    """Number of items that fit into an answer; at least one."""
    left = MOST_BYTES
    for number, item in enumerate(items):
        left -= len(json.dumps(item, ensure_ascii=False).encode("utf-8", "replace"))
        if left < 0:
            return max(number, 1)
    return len(items)


def _in_short(schema: Any) -> Any:
    """A schema without titles and descriptions, which `map4 schema` has."""
    if isinstance(schema, dict):
        texts = {"title", "description"}
        return {name: _in_short(part) for name, part in schema.items() if not (name in texts and isinstance(part, str))}
    return [_in_short(part) for part in schema] if isinstance(schema, list) else schema


def _reached(kind: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that a schema needs, recursively."""
    reached: dict[str, Any] = {}
    waiting = [kind]
    while waiting:
        if (name := waiting.pop()) not in reached:
            reached[name] = parts[name]
            text = json.dumps(parts[name])
            waiting += [part for part in parts if f'"#/$defs/{part}"' in text]
    return reached
