"""The assistant tool that plans a mix."""

from __future__ import annotations

from map4.server.tools.arguments import TRACK, takes
from map4.server.tools.texts import track_name
from map4.server.tools.tool import Tool, ToolCall, ToolResult


def mix(ask: ToolCall) -> ToolResult:
    mix = ask.library.mix(ask.given["a"], ask.given["b"], **ask.options("a", "b"))
    rating = mix.compatibility
    head = f"{track_name(mix.a)} into {track_name(mix.b)}: {rating.total:.2f}, {rating.rating}"
    return ToolResult(record=mix.to_record(), head=head, tracks=(mix.a, mix.b))


TOOLS = (
    Tool("mix", "read", "Plan the mix of one track into another: where to leave the first and enter the second, "
         "for how many beats, how fast, and what speaks against it.", mix,
         takes("mix", a=(TRACK, ...), b=(TRACK, ...)), "mix"),
)  # fmt: skip
