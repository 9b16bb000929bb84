"""The cue points of a track, drawn for a terminal."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from map4.cli.views.columns import safe_text
from map4.core.base.text import clock, percent
from map4.core.music.analysis.analysis import DOUBTFUL
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.track import Track
from map4.core.music.track.track_cues import TrackCue, without_twins

_LETTERS = 26


def cue_table(track: Track) -> RenderableType:
    """A line per cue point: time, bar, name, and its source or why it was detected.

    track: without beat times, the bars are omitted
    """
    cues = track.cues()
    if not cues:
        return Text("no cue points imported or detected", style="dim")
    bars = None if track.analysis is None else track.analysis.bars
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("bar", justify="right", no_wrap=True)
    table.add_column("cue", no_wrap=True, overflow="ellipsis", max_width=24)
    table.add_column("sure", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    shown = {id(point) for point in without_twins(cue.point for cue in cues)}
    for cue in (cue for cue in cues if id(cue.point) in shown):
        bar = TrackCue.bar_at(cue.point.position_s, (bars and bars.downbeats_s) or ())
        table.add_row(
            clock(cue.point.position_s, 1),
            "–" if bar is None else str(bar),
            safe_text(cue.point.name or cue.point.kind.replace("_", " ")),
            "" if cue.confidence is None else _share(cue.confidence),
            safe_text(_imported(cue.point) if cue.reason is None else cue.reason, "dim"),
        )
    return table


def _share(confidence: float) -> Text:
    return Text(percent(confidence, is_estimate=True), style="magenta" if confidence < DOUBTFUL else "")


def _imported(cue: CuePoint) -> str:
    if cue.number is None:
        return "imported"
    return f"imported, hot cue {chr(ord('A') + cue.number) if cue.number < _LETTERS else cue.number + 1}"
