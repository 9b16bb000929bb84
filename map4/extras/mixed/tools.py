"""The assistant tool that returns the addresses of a list's streams."""

from __future__ import annotations

from map4.base.text import clean
from map4.extras.mixed.access import mixed
from map4.server.bodies import plain_shape
from map4.server.tools.tool import Tool, ToolCall, ToolResult


def stream(ask: ToolCall) -> ToolResult:
    address = mixed(ask.library).address(ask.given["name"], **ask.alone("name"))
    return ToolResult(record=address.document(), head=f"{clean(address.name)} plays at {address.radio}")


TOOLS = (
    Tool("stream", "own", "The addresses at which map4 serve streams a stored list, mixed, to any player: an endless "
         "radio, or the set from its beginning. With accounts, they contain a key that only plays this list.", stream,
         plain_shape("StreamAsked", dict, name=(str, ...), server=(str, "http://localhost:8000")), "stream"),
)  # fmt: skip
