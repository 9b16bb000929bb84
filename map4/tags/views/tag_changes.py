"""Changes of tags, written or planned, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from map4.audio.tags.tagging import TAG_FIELDS
from map4.base.text import sureness
from map4.cli.output import counted, local_time, same_audio_line
from map4.music.track.track import display_path

if TYPE_CHECKING:
    from collections import Counter

    from map4.audio.tags.changes import Journal
    from map4.audio.tags.tagging import FieldPlan, TaggedFile

_WIDTH = max(map(len, TAG_FIELDS))
_STATES = {"write": "to write", "differs": "differs", "unsure": "not sure", "same": "same", "unknown": "not known"}


def change_lines(file: TaggedFile) -> Iterator[str]:
    """Yield the file and its changes, one line each; nothing for an unchanged file."""
    if file.state not in ("written", "planned", "restored"):
        return
    yield f"{display_path(file.path)}{' restored' if file.state == 'restored' else ''}"
    for field in file.changes:
        name = field.name.replace("_", "-")
        yield f"  {name:{_WIDTH}}  {field.old or 'none'} → {field.new}  ({_origin(field)})"
    if file.also:
        yield same_audio_line("set by you also for", file.also)


def _origin(field: FieldPlan) -> str:
    source = {"user": "set by you"}.get(field.source or "", field.source or "")
    return source if field.confidence is None else f"{source}, {sureness(field.confidence)} sure"


def fields_table(counts: Counter[tuple[str, str]]) -> Table:
    """Return how many files each field could be written into, by field and state."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("field")
    for heading in _STATES.values():
        table.add_column(heading, justify="right")
    for name in TAG_FIELDS:
        table.add_row(name.replace("_", "-"), *(str(counts[name, state]) for state in _STATES))
    return table


def journal_line(journal: Journal) -> str:
    """Return name, time and content of a write."""
    undone = "  (undone)" if journal.undone_at is not None else ""
    fields = ", ".join(journal.names)
    written = local_time(journal.written_at.isoformat())
    return f"{journal.name}  {written}  {counted(journal.files, 'file')}: {fields}{undone}"
