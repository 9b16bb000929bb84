"""The assistant tool that compares tracks."""

from __future__ import annotations

import itertools

from map4.core.base.tool import FILES, SOME, ToolCall, ToolResult, tool
from map4.errors import UsageError
from map4.library import Library

MOST_COMPARED = 20
"""With more tracks there are too many pairs to read."""


@tool("read", f"Compare 2 to {MOST_COMPARED} tracks: how well each pair mixes, how alike they are, and the best "
      "order.", "comparison", {"files": FILES}, pages=("pairs",), usual=SOME)  # fmt: skip
def compare(library: Library, call: ToolCall) -> ToolResult:
    if len(files := call.given["files"]) > MOST_COMPARED:
        raise UsageError(f"compare takes at most {MOST_COMPARED} tracks; use order for more")
    read = itertools.count(1)
    comparison = library.compare(files, on_track=lambda _: call.progress(next(read), len(files)), **call.workers)
    order = ", ".join(str(place) for place in comparison.order)
    return ToolResult(
        record=comparison.to_record(),
        head=f"best order {order}, mean compatibility {comparison.mean_compatibility:.2f}; tracks are numbered from 0",
        tracks=[*comparison.tracks, *comparison.failed],
        counts_from=0,
    )
