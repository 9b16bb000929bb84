"""The assistant tool that sets values."""

from __future__ import annotations

from map4.base.text import counted
from map4.server.bodies import shape
from map4.server.tools.arguments import DRY_RUN, TRACKS, known_track, many
from map4.server.tools.tool import Tool, ToolCall, ToolResult
from map4.values.use import ValueEdit


def set_values(ask: ToolCall) -> ToolResult:
    tracks = [known_track(ask.library, name) for name in many(ask.given["tracks"])]
    dry_run = ask.given.get("dry_run", False)
    changes = ask.library.set(tracks, dry_run=dry_run, **ask.alone("tracks", "dry_run"))
    count = counted(sum(change.is_change for change in changes), "value")
    head = f"{count} {'would change' if dry_run else 'changed'}"
    return ToolResult(record=changes.to_record(), head=head)


TOOLS = (
    Tool("set_values", "own", "Set tempo, key, energy, rating, comment and names (artist, title, album, genre, "
         "label, year) of tracks in the library, or unset them. Files are not changed.",
         set_values,
         shape(ValueEdit, "set_values", more={"tracks": (TRACKS, ...), "dry_run": (DRY_RUN, False)}, make=dict),
         "set"),
)  # fmt: skip
