"""Answers of tools: their schemas, pages and text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from map4.core.base.actor import LOCAL, Actor
from map4.core.base.text import whole_number
from map4.core.base.tool import Tool, ToolResult
from map4.core.schemas import shapes_of
from map4.errors import UsageError
from map4.extras.mcp.texts import in_words, track_lines
from map4.library import Library
from map4.server.problems import PROBLEM

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
    actor: Actor = LOCAL
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
