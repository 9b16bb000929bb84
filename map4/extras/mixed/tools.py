"""The assistant tool that returns the addresses of a list's streams."""

from __future__ import annotations

from map4.base.text import clean
from map4.base.tool import Argument, Tool, ToolCall, ToolResult
from map4.library import Library


def stream(library: Library, call: ToolCall) -> ToolResult:
    from map4.extras.mixed.part import MixedSets

    given = dict(call.given)
    address = library.part(MixedSets).address(given.pop("name"), **given)
    return ToolResult(record=address.document(), head=f"{clean(address.name)} plays at {address.radio}")


TOOLS = (
    Tool("stream", "own", "The addresses at which map4 serve streams a stored list, mixed, to any player: an endless "
         "radio, or the set from its beginning. With accounts, they contain a key that only plays this list.", stream,
         "stream", {"name": Argument(str), "server": Argument(str, default="http://localhost:8000")}),
)  # fmt: skip
