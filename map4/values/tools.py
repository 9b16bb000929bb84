"""The assistant tool that sets values."""

from __future__ import annotations

from map4.core.base.text import counted
from map4.core.base.tool import KNOWN, Argument, ToolCall, ToolResult, tool
from map4.library import Library
from map4.values.use import ValueEdit, changed_values


@tool("own", "Set tempo, key, energy, rating, comment and names (artist, title, album, genre, label, year) of tracks "
      "in the library, or unset them. Files are not changed.",
      "set", {"tracks": KNOWN, "dry_run": Argument(bool, "only report what would change", False)},
      ValueEdit)  # fmt: skip
def set_values(library: Library, call: ToolCall) -> ToolResult:
    dry_run = call.given.get("dry_run", False)
    changes = library.set(call.given["tracks"], dry_run=dry_run, **call.options)
    count = counted(len(changed_values(changes)), "value")
    head = f"{count} {'would change' if dry_run else 'changed'}"
    return ToolResult(record=changes.to_record(), head=head)
