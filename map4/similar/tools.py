"""The assistant tool that finds similar tracks."""

from __future__ import annotations

from map4.core.base.text import clean
from map4.core.base.tool import SOME, TRACKS, ToolCall, ToolResult, tool
from map4.library import Library
from map4.similar.options import SimilarOptions
from map4.similar.use import require_sounds


@tool("read", "Find tracks that sound like one or more tracks. By sound, 1 is the same and about 0 unrelated. less "
      "leads away from tracks. by=mix finds what mixes well, by=hamms compares twelve numbers of harmony and mixing.",
      "similar-list", {"files": TRACKS}, SimilarOptions, ("similar",), SOME)  # fmt: skip
def similar(library: Library, call: ToolCall) -> ToolResult:
    neighbours = library.similar(call.given["files"], **call.options, **call.workers)
    require_sounds(neighbours.too_few_sounds)  # don't fall back to HAMMS
    wanted = ", ".join(clean(track.caption()) for track in neighbours.wanted)
    left = [f"not compared, as it is silent or too short: {clean(track.caption())}" for track in neighbours.unusable]
    head = (
        f"nearest to {wanted} by {neighbours.by}:" if neighbours.similar else "no track in the library is that similar"
    )
    return ToolResult(
        record=neighbours.to_record(),
        head="\n".join([head, *left]),
        tracks=[similar.track for similar in neighbours.similar],
    )
