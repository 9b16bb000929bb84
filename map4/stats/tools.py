"""The tool for assistants that counts what is in the library."""

from __future__ import annotations

from map4.base.text import counted
from map4.server.tools.arguments import OF_QUERY, SOME, pages, takes
from map4.server.tools.tool import Tool, ToolCall, ToolResult


def stats(ask: ToolCall) -> ToolResult:
    statistics = ask.library.stats(ask.given.get("query") or "")
    return ToolResult(
        record=statistics.to_record(), head=f"{counted(statistics.tracks, 'track')}, {statistics.hours:.1f} hours"
    )


TOOLS = (
    Tool("stats", "read", "Count tracks and hours, with distributions of tempo, keys, energy, genres, years and more.",
         stats, takes("stats", **OF_QUERY, **pages(SOME)), "stats", ("genres",), SOME),
)  # fmt: skip
