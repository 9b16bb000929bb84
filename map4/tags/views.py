"""What each source says of a track, and changes of tags, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from map4.cli.output import same_audio_line
from map4.cli.views.columns import moment, safe_text, stars
from map4.core.base.paths import display_path
from map4.core.base.text import percent
from map4.core.music.analysis.key import Key, Notation
from map4.core.music.track.fields import FIELDS
from map4.core.music.track.sources import FIELD_SOURCES, FieldSource
from map4.core.music.track.track import Track
from map4.core.music.track.track_fields import TrackField, sold_by, track_fields
from map4.tags.tagging import TAG_FIELDS, FieldPlan, TagField, TaggedFile

COUNTS_MARK = "*"
"""Marker before the current value."""

_HEADS: dict[FieldSource, str] = {
    "tag": "tag",
    "measured": "measured",
    "imported": "imported",
    "provider": "looked up",
    "user": "set by you",
    "labels": "labels",
}


def tags_view(track: Track, notation: Notation) -> RenderableType:
    """Fields by sources, the value that counts with a mark, and why it does where sources differ.

    notation: of keys; that of a tag stays as it is
    """
    head = Text.assemble(safe_text(track.caption(), "bold"), "\n", safe_text(track.shown_path, "dim"))
    fields = track_fields(track)
    known = [field for field in fields if field.sources]
    rest = "; ".join(_name(field) for field in fields if not field.sources)
    parts: list[RenderableType] = [head]
    if known:
        parts.append(_table(known, notation, sold_by(track)))
    notes = [
        Text(f"{_name(field)}: {field.why}", style="dim")
        for field in known
        if len({_shown(field.name, value, notation) for value in field.sources.values()}) > 1
    ]
    if len(names := [f"{credit.name} ({credit.role})" for credit in track.credits()]) > 1:
        notes.append(safe_text(f"credits: {'; '.join(names)}"))
    if known:
        notes.append(Text(f"{COUNTS_MARK} counts", style="dim"))
    if rest:
        notes.append(Text(f"not known: {rest}", style="dim"))
    return Group(*parts, Padding(Group(*notes), (0, 0, 0, 2)), Text(""))


def _table(fields: list[TrackField], notation: Notation, shop: str | None) -> Table:
    shown = [source for source in FIELD_SOURCES if any(source in field.sources for field in fields)]
    table = Table(box=None, padding=(0, 1), show_edge=True, header_style="bold")
    table.add_column("field", no_wrap=True, style="bold")
    for source in shown:
        head = f"{shop.lower()} tag" if shop and source == "tag" else _HEADS[source]
        table.add_column(f"  {head}", overflow="fold")
    for field in fields:
        table.add_row(_name(field), *(_cell(field, source, notation) for source in shown))
    return table


def _cell(field: TrackField, source: FieldSource, notation: Notation) -> Text:
    if source not in field.sources:
        return Text("")
    text = _shown(field.name, field.sources[source], notation)
    return safe_text(f"{COUNTS_MARK} {text}") if source == field.counts else safe_text(f"  {text}", "dim")


def _shown(name: str, value: Any, notation: Notation) -> str:
    if isinstance(value, Key):
        return value.in_notation(notation)
    match FIELDS[name].kind:
        case "stars":
            return stars(value)
        case "moment":
            return moment(value)
        case "decibels":
            return f"{value:+.2f} dB"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _name(field: TrackField) -> str:
    return FIELDS[field.name].words


_WIDTH = max(map(len, TAG_FIELDS))
_STATES = {"write": "to write", "differs": "differs", "unsure": "not sure", "same": "same", "unknown": "not known"}


def change_lines(file: TaggedFile) -> Iterator[str]:
    """Yield the file and its changes, one line each; nothing for an unchanged file."""
    if file.state not in ("written", "planned"):
        return
    yield display_path(file.path)
    for field in file.changes:
        name = field.name.replace("_", "-")
        yield f"  {name:{_WIDTH}}  {field.old or 'none'} → {field.new}  ({_origin(field)})"
    if file.also:
        yield same_audio_line("set by you also for", file.also)


def _origin(field: FieldPlan) -> str:
    source = {"user": "set by you", None: "in the title"}.get(field.source, str(field.source))
    return source if field.confidence is None else f"{source}, {percent(field.confidence, is_estimate=True)} sure"


def fields_table(counts: Counter[tuple[str, str]], caption: Callable[[TagField], str]) -> Table:
    """Return how many files each field could be written into, by field and state."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("field")
    for heading in _STATES.values():
        table.add_column(heading, justify="right")
    for name in TAG_FIELDS:
        table.add_row(caption(name), *(str(counts[name, state]) for state in _STATES))
    return table
