"""Answers of tools: their schemas, pages, and text for hosts that pass no structured content to their model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from map4.core.base.actor import Actor
from map4.core.base.text import bpm_text, clean, clock, whole_number
from map4.core.base.tool import Tool, ToolResult
from map4.core.music.track.track import Track
from map4.core.schemas import shapes_of
from map4.errors import UsageError
from map4.library import Library
from map4.server.problems import PROBLEM

MOST_BYTES = 64_000  # maximum JSON size of the items in one answer; hosts cut off longer answers

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
_SHORT = 44  # items up to this length share a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to an assistant: the record that the command prints with --json, and its text."""

    record: Mapping[str, Any]
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class McpSettings:
    """The settings of the MCP server.

    open_library: opens the library
    allow_writes: also offer tools that change the library
    config: settings by name
    actor: the caller
    jobs, timeout_s: as for a scan, for files that are not in the library
    """

    open_library: Callable[[], Library]
    allow_writes: bool = False
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    actor: Actor = Actor.LOCAL
    jobs: int | None = None
    timeout_s: float | None = None


def output_schema(tool: Tool) -> dict[str, Any]:
    """The schema of its record or problem; tracks are in full only if the record is a track, to keep it short."""
    parts = _shortened(shapes_of(tool.kind))
    record = parts[tool.kind]
    if tool.kind != "track" and "track" in parts:
        parts["track"] = _TRACKS_ELSEWHERE
    if tool.pages:
        record["properties"]["next"] = {"type": ["string", "null"]}
        record["required"] = [*record["required"], "next"]
    return {
        "type": "object",
        "anyOf": [{"$ref": f"#/$defs/{tool.kind}"}, {"$ref": "#/$defs/problem"}],
        "$defs": {**_reached(tool.kind, parts), "problem": PROBLEM},
    }


def in_page(tool: Tool, result: ToolResult, start: int, limit: int) -> Answer:
    """A page of a result, and its text."""
    record, lines = dict(result.record), track_lines(result.tracks)
    if tool.pages:
        member, *beside = tool.pages
        items = record[member]
        begin = start - result.first
        end = begin + _that_fit(items[begin : begin + limit])
        has_more = end < len(items) or result.has_more
        record |= {name: record[name][begin:end] for name in (member, *beside)}
        record["next"] = str(result.first + end) if has_more else None
    numbers = dict.fromkeys(tool.pages, start + result.counts_from)
    head = result.head or "\n".join(lines.values())
    words = in_words(record, lines, numbers, result.counts_from)
    return Answer(record=record, text="\n".join([head, *words]).strip(), is_error=result.is_error)


def place_of(after: str | None) -> int:
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


def _shortened(schema: Any) -> Any:
    """A schema without titles and descriptions, which `map4 schema` has."""
    if isinstance(schema, dict):
        texts = {"title", "description"}
        return {
            name: _shortened(part) for name, part in schema.items() if not (name in texts and isinstance(part, str))
        }
    return [_shortened(part) for part in schema] if isinstance(schema, list) else schema


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


def in_words(
    record: Mapping[str, Any], lines: Mapping[str, str], numbers: Mapping[str, int], counts_from: int = 1
) -> Iterator[str]:
    """A line for each non-empty member and each item; a track is one line.

    lines: lines of tracks, by path
    numbers: number of the first item, by member
    counts_from: number of the first item of other members
    """
    for name, value in record.items():
        if name in ("schema", "beta") or _is_empty(value):
            continue
        if not isinstance(value, list) or not any(isinstance(item, Mapping) for item in value):
            yield f"{name}: {_inline(value, lines)}"
            continue
        items = [_inline(item, lines) for item in value]
        if max(map(len, items)) <= _SHORT:
            yield f"{name}: {'; '.join(items)}"
        else:
            yield f"{name}:"
            yield from (f"{place}. {item}" for place, item in enumerate(items, start=numbers.get(name, counts_from)))


def track_line(track: Track) -> str:
    """A track on one line: name, main values and audio id."""
    if track.failure is not None:
        return f"{clean(track.shown_path)}: {track.failure.message} ({track.failure.kind})"
    bpm, key, energy, rating, year = track.bpm(), track.key(), track.energy_level(), track.rating(), track.year()
    length_s = None if track.analysis is None else track.analysis.duration_s
    named = ("album", track.album()), ("genre", track.genre()), ("label", track.label())
    parts = [
        clean(track.caption()),
        None if bpm is None else f"{bpm_text(bpm)} BPM",
        None if key is None else key.camelot,
        None if energy is None else f"energy {energy}",
        None if length_s is None else clock(length_s),
        *(f"{word} {clean(name)}" for word, name in named if name),
        None if year is None else str(year),
        None if rating is None else f"rating {rating:g}",
        track.audio_id or clean(track.shown_path),
    ]
    return " · ".join(part for part in parts if part)


def track_lines(tracks: Iterable[Track]) -> dict[str, str]:
    """Lines of tracks, by the path in their records."""
    return {track.shown_path: track_line(track) for track in tracks}


def _inline(value: Any, lines: Mapping[str, str]) -> str:
    if isinstance(value, Mapping):
        if value.get("schema") == "map4/track/1" and (line := lines.get(value["path"])) is not None:
            return line
        track = nested if isinstance(nested := value.get("track"), Mapping) else {}
        parts = [
            f"{name} ({_inline(item, lines)})" if isinstance(item, Mapping) else f"{name} {_inline(item, lines)}"
            for name, item in value.items()
            if name not in ("schema", "beta") and item is not track and not _is_empty(item)
        ]
        head = [_inline(track, lines)] if track else []
        return " — ".join([*head, *([", ".join(parts)] if parts else [])])
    if isinstance(value, list):
        return (" | " if any(isinstance(item, Mapping) for item in value) else ", ").join(
            _inline(item, lines) for item in value
        )
    if value is None or isinstance(value, bool):
        return {None: "unknown", True: "yes", False: "no"}[value]
    return clean(value) if isinstance(value, str) else str(value)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, Mapping)) and not value)
