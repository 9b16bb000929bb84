"""The voices of a track, drawn for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from map4.core.base.text import clock, percent
from map4.core.music.track.track import Track
from map4.extras.voice.records import Vocals

_SOURCES = {"user": "set by you", "imported": "imported", "lyrics": "by the times of lyrics", "model": "detected"}


def voice_table(track: Track) -> RenderableType:
    """A line per span, with its confidence."""
    voice: Vocals | None = track.block("voice")
    if voice is None:
        return Text("voices unknown", style="dim")
    source = Text(f"  {_SOURCES[voice.source]}", style="dim")
    if not voice.spans:
        return Text("no voice").append(source)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for column in ("from", "to", "sure"):
        table.add_column(column, justify="right", no_wrap=True)
    for span in voice.spans:
        table.add_row(clock(span.start_s, 1), clock(span.end_s, 1), percent(span.confidence, is_estimate=True))
    return Group(Text(f"voices in {voice.percent:.0f} % of the track").append(source), table)
