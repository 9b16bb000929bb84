"""What a tool for assistants is: what it takes, what it gives, and what it works with."""

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
"""Of the items of one answer, as JSON: an assistant has to read what it asks for, and hosts cut off what is longer."""

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
    "description": "as the tool track gives it, whose schema has all of it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an assistant gets: the record that the command prints with --json, and what it says in words."""

    record: Mapping[str, Any]
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool found.

    record: that of the command
    head: the first line of its text
    tracks: those that the record holds, each told on a line
    first: how many items before those of the record were left out already
    has_more: whether there are more behind them
    counts_from: the number of the first item, where the record names its items by number
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
    """What the server of assistants works with.

    open_library: opens the library
    allow_writes: also offer what changes the library
    presets: of playlists, by name
    actor: who asks
    jobs, timeout_s: as for a scan, for files that the library does not know
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
    """One call of a tool.

    given: the arguments that were given
    progress: is told how much is done of what takes long
    start, limit: which items of its answer are wanted
    """

    library: Library
    given: Mapping[str, Any]
    settings: McpSettings
    progress: Progress
    start: int = 0
    limit: int = MOST_ITEMS

    def options(self, *first: str) -> dict[str, Any]:
        """The arguments that are options of the call, with the settings of the workers."""
        return {**self.alone(*first), **self.settings.workers}

    def alone(self, *first: str) -> dict[str, Any]:
        """The same without these settings."""
        return {name: value for name, value in self.given.items() if name not in first}


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that an assistant can do.

    about: what it does
    answer: does it
    takes: its arguments, as a dict of those that were given
    kind: of its record
    pages: the member of the record that comes in pages, and others that have an item for each of its items
    usual: how many items an answer has unless more are asked for
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
        found: dict[str, Any] = msgspec.json.schema(self.takes.struct)["$defs"][self.takes.name]
        for schema in found["properties"].values():
            if schema.get("default", ...) is None:
                del schema["default"]
        return found

    def output_schema(self) -> dict[str, Any]:
        """The schema of its record, or of the problem; in full of a track where that is all, as hosts read this."""
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

    def _told(self, found: ToolResult, start: int = 0, limit: int = 0) -> Answer:
        record, lines = dict(found.record), track_lines(found.tracks)
        if self.pages:
            member, *beside = self.pages
            items = record[member]
            begin = start - found.first
            end = begin + _that_fit(items[begin : begin + limit])
            has_more = end < len(items) or found.has_more
            record |= {name: record[name][begin:end] for name in (member, *beside)}
            record["next"] = str(found.first + end) if has_more else None
        numbers = dict.fromkeys(self.pages, start + found.counts_from)
        words = in_words(record, lines, numbers, found.counts_from)
        return Answer(record=record, text="\n".join([found.head, *words]).strip(), is_error=found.is_error)


PAGED: dict[str, tuple[Any, Any]] = {
    "limit": (Annotated[int, Meta(description="how many at most in this answer", ge=1, le=MOST_ITEMS)], ...),
    "after": (Annotated[str | None, Meta(description="for the next page: `next` of the answer before")], None),
}
"""What tools take whose answers come in pages."""


def _place(after: str | None) -> int:
    place = 0 if after is None else whole_number(after)
    if place is None:
        raise UsageError("'after' must be the 'next' of the answer before")
    return place


def _that_fit(items: Sequence[Any]) -> int:
    """How many of them an answer has room for; one in any case."""
    left = MOST_BYTES
    for number, item in enumerate(items):
        left -= len(json.dumps(item, ensure_ascii=False).encode("utf-8", "replace"))
        if left < 0:
            return max(number, 1)
    return len(items)


def _in_short(schema: Any) -> Any:
    """A schema without its words, which `map4 schema` has."""
    if isinstance(schema, dict):
        told = {"title", "description"}
        return {name: _in_short(one) for name, one in schema.items() if not (name in told and isinstance(one, str))}
    return [_in_short(one) for one in schema] if isinstance(schema, list) else schema


def _reached(kind: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a schema that it needs."""
    found: dict[str, Any] = {}
    waiting = [kind]
    while waiting:
        if (name := waiting.pop()) not in found:
            found[name] = parts[name]
            waiting += [one for one in parts if f'"#/$defs/{one}"' in json.dumps(parts[name])]
    return found
