"""The tool for assistants that finds copies."""

from __future__ import annotations

from map4.core.base.text import counted
from map4.core.base.tool import ToolCall, ToolResult, tool
from map4.duplicates.options import DuplicateOptions
from map4.duplicates.records import Duplicates
from map4.library import Library


@tool("read", "Find files with the same recording, which copy to keep, and why. Nothing is moved.",
      "duplicates", options=DuplicateOptions, pages=("groups",))  # fmt: skip
def duplicates(library: Library, call: ToolCall) -> ToolResult:
    groups = tuple(library.duplicates.find_events(progress=call.progress, **call.options))
    head = f"{counted(len(groups), 'group')} of copies" if groups else "there are no duplicates"
    return ToolResult(record=Duplicates(groups=groups).to_record(), head=head)
