"""The tool for assistants that finds copies."""

from __future__ import annotations

from map4.base.text import counted
from map4.duplicates.options import DuplicateOptions
from map4.duplicates.records import Duplicates
from map4.server.bodies import shape
from map4.server.tools.arguments import FEW, pages
from map4.server.tools.tool import Tool, ToolCall, ToolResult


def duplicates(ask: ToolCall) -> ToolResult:
    groups = tuple(ask.library.duplicates.find_events(progress=ask.progress, **ask.given))
    head = f"{counted(len(groups), 'group')} of copies" if groups else "there are no duplicates"
    return ToolResult(record=Duplicates(groups=groups).to_record(), head=head)


TOOLS = (
    Tool("duplicates", "read", "Find files with the same recording, which copy to keep, and why. Nothing is "
         "moved.", duplicates,
         shape(DuplicateOptions, "duplicates", more=pages(FEW), make=dict), "duplicates", ("groups",), FEW),
)  # fmt: skip
