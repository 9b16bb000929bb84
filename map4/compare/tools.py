"""The assistant tool that compares tracks."""

from __future__ import annotations

import itertools

from map4.errors import UsageError
from map4.server.tools.arguments import FILES, SOME, files_named, pages, takes
from map4.server.tools.tool import Tool, ToolCall, ToolResult

MOST_COMPARED = 20
"""With more tracks there are too many pairs to read."""


def compare(ask: ToolCall) -> ToolResult:
    if len(files := files_named(ask)) > MOST_COMPARED:
        raise UsageError(f"compare takes at most {MOST_COMPARED} tracks; use order for more")
    read = itertools.count(1)
    comparison = ask.library.compare(
        files, on_track=lambda _: ask.progress(next(read), len(files)), **ask.options("files")
    )
    order = ", ".join(str(place) for place in comparison.order)
    return ToolResult(
        record=comparison.to_record(),
        head=f"best order {order}, mean compatibility {comparison.mean_compatibility:.2f}; tracks are numbered from 0",
        tracks=[*comparison.tracks, *comparison.failed],
        counts_from=0,
    )


TOOLS = (
    Tool("compare", "read", f"Compare 2 to {MOST_COMPARED} tracks: how well each pair mixes, how alike "
         "they are, and the best order.", compare, takes("compare", **FILES, **pages(SOME)),
         "comparison", ("pairs",), SOME),
)  # fmt: skip
