"""The result of merging libraries, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from map4.cli.output import counted, local_time
from map4.extras.cluster.records import MergeConflict, MergedLibraries

_MOST_SHOWN = 20
_NAMES = {"ignored_files": "ignored files", "lookups": "look-ups"}


def merge_lines(merged: MergedLibraries) -> Iterator[str]:
    """Yield what is new and newer, one line per kind, then the differences between the libraries."""
    for kind, count in merged.merged.items():
        parts = [f"{number:,} {word}" for word, number in (("new", count.new), ("newer", count.newer)) if number]
        yield f"{_NAMES.get(kind, kind):<14} {', '.join(parts)}"
    if not merged.merged:
        yield "nothing new"
    shown = merged.conflicts[:_MOST_SHOWN]
    if merged.conflicts:
        yield f"said differently in {counted(len(merged.conflicts), 'place')}; the newer counts:"
    yield from map(_conflict_line, shown)
    if len(merged.conflicts) > len(shown):
        yield f"  … and {len(merged.conflicts) - len(shown):,} more (--json has all)"
    if merged.hidden_conflicts:
        hidden = counted(merged.hidden_conflicts, "rating or private list", "ratings or private lists")
        yield f"and in {hidden} of others"


def _conflict_line(conflict: MergeConflict) -> str:
    if conflict.about == "list":
        what = f"list '{conflict.name}'"
    elif conflict.about == "file":
        what = f"what {conflict.file} holds"
    else:
        what = f"{conflict.name} of {conflict.file or conflict.audio_id}"
    return (
        f"  {what}: {_value(conflict, conflict.counts)} ({local_time(conflict.set_at)}), "
        f"not {_value(conflict, conflict.instead_of)} ({local_time(conflict.instead_set_at)})"
    )


def _value(conflict: MergeConflict, value: Any) -> str:
    if value is None:
        return "deleted" if conflict.about == "list" else "taken back"
    if conflict.about == "list":
        return counted(value, "track")
    if isinstance(value, list):
        return counted(len(value), "mark")
    return f"{value:g}" if isinstance(value, float) else str(value)
