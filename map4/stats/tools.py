"""The tool for assistants that counts what is in the library."""

from __future__ import annotations

from map4.core.base.text import counted
from map4.core.base.tool import QUERY, SOME, ToolCall, ToolResult, tool
from map4.library import Library


@tool("read", "Count tracks and hours, with distributions of tempo, keys, energy, genres, years and more.",
      "stats", {"query": QUERY}, pages=("genres",), usual=SOME)  # fmt: skip
def stats(library: Library, call: ToolCall) -> ToolResult:
    statistics = library.stats(call.given.get("query") or "")
    return ToolResult(
        record=statistics.to_record(), head=f"{counted(statistics.tracks, 'track')}, {statistics.hours:.1f} hours"
    )
