"""The assistant tool that plans a mix."""

from __future__ import annotations

from map4.core.base.text import clean
from map4.core.base.tool import TRACK, ToolCall, ToolResult, tool
from map4.library import Library


@tool("read", "Plan the mix of one track into another: where to leave the first and enter the second, for how many "
      "beats, how fast, and what speaks against it.", "mix", {"a": TRACK, "b": TRACK})  # fmt: skip
def mix(library: Library, call: ToolCall) -> ToolResult:
    mix = library.mix(call.given["a"], call.given["b"], **call.workers)
    fit = ", ".join((f"{mix.compatibility.total:.2f}", mix.transition.rating, *mix.transition.words))
    head = f"{clean(mix.a.caption())} into {clean(mix.b.caption())}: {fit}"
    return ToolResult(record=mix.to_record(), head=head, tracks=(mix.a, mix.b))
