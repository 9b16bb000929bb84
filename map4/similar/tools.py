"""The assistant tool that finds similar tracks."""

from __future__ import annotations

from map4.server.bodies import shape
from map4.server.tools.arguments import FILES, SOME, pages
from map4.server.tools.texts import track_name
from map4.server.tools.tool import Tool, ToolCall, ToolResult
from map4.similar.options import SimilarOptions
from map4.similar.use import require_sounds


def similar(ask: ToolCall) -> ToolResult:
    by = ask.given.get("by", "sound")
    neighbours = ask.library.similar(ask.given["files"], **ask.options("files"))
    if by == "sound":  # don't fall back to HAMMS
        require_sounds(neighbours.too_few_sounds)
    wanted = ", ".join(track_name(track) for track in neighbours.wanted)
    left = [f"not compared, as it is silent or too short: {track_name(track)}" for track in neighbours.unusable]
    head = (
        f"nearest to {wanted} by {neighbours.by}:" if neighbours.similar else "no track in the library is that similar"
    )
    return ToolResult(
        record=neighbours.to_record(),
        head="\n".join([head, *left]),
        tracks=[similar.track for similar in neighbours.similar],
    )


TOOLS = (
    Tool("similar", "read", "Find tracks that sound like one or more tracks. By sound, 1 is the same and about 0 "
         "unrelated. less leads away from tracks. by=mix finds what mixes well, by=hamms compares twelve numbers of "
         "harmony and mixing.",
         similar, shape(SimilarOptions, "similar", more={**FILES, **pages(SOME)}, make=dict),
         "similar-list", ("similar",), SOME),
)  # fmt: skip
