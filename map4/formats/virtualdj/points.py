"""VirtualDJ's points of interest: cues, loops and beats of the grid.

[1] "VDJ_database", VDJPedia (virtualdj.com/wiki/VDJ_database): the attributes, and tempo as the seconds of a beat.
[2] "POI Editor", manual of VirtualDJ: kinds of points, and which VirtualDJ makes by itself.
[3] "Virtual Dj Cue Storage Format", Mixxx wiki, 2018: a track as version 8.2 wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from map4.formats.importer import ReadNotes
from map4.formats.text import one_line
from map4.formats.values import finite_number
from map4.music.analysis.plausible import plausible_seconds
from map4.music.track.cues import CueKind, CuePoint, GridMark, kind_of_name

_SECONDS_PER_MINUTE = 60.0
# A beat is shorter than 3 s, and no music is slower than 20 BPM: values in between are neither.
_LONGEST_BEAT_S = 3.0
_SLOWEST_BPM = 20.0
_FASTEST_BPM = 1000.0

_CUES: Mapping[str, CueKind] = {"": "cue", "cue": "cue", "hotcue": "cue", "remix": "cue", "load": "load"}

_OPAQUE = 0xFFFFFF


@dataclass(frozen=True, slots=True)
class Points:
    """Cues and grid of a track, by position, in VirtualDJ's time."""

    cues: tuple[CuePoint, ...]
    grid: tuple[GridMark, ...]


def read_points(
    points: Sequence[Mapping[str, str]], *, bpm: float | None, phase_s: float | None, notes: ReadNotes
) -> Points:
    """Convert the points of a track; points without an equivalent in map4 are counted.

    points: attributes of the `Poi` elements
    bpm: tempo of the track, for loops and for beats without a tempo
    phase_s: the beat detected by the scan, used if no point gives one
    """
    grid = _grid(points, bpm, phase_s, notes)
    cues = [cue for point in points if (cue := _cue(point, grid, bpm, notes)) is not None]
    return Points(cues=tuple(sorted(cues, key=lambda cue: cue.position_s)), grid=grid)


def _grid(
    points: Sequence[Mapping[str, str]], bpm: float | None, phase_s: float | None, notes: ReadNotes
) -> tuple[GridMark, ...]:
    marks = []
    for point in points:
        if point.get("Type") != "beatgrid":
            continue
        position_s, tempo = seconds_of(point.get("Pos")), bpm_of(point.get("Bpm")) or bpm
        if position_s is None or tempo is None:
            notes.left_out["beats of a grid without position or tempo"] += 1
        else:
            marks.append(GridMark(position_s=position_s, bpm=tempo))
    if not marks and phase_s is not None and bpm is not None:
        marks.append(GridMark(position_s=phase_s, bpm=bpm))
    return tuple(sorted(marks, key=lambda mark: mark.position_s))


def _cue(point: Mapping[str, str], grid: Sequence[GridMark], bpm: float | None, notes: ReadNotes) -> CuePoint | None:
    kind = point.get("Type", "")
    # VirtualDJ sets automix points in every track; points moved by hand can't be distinguished.
    if kind in ("beatgrid", "automix"):
        return None
    position_s = seconds_of(point.get("Pos"))
    if position_s is None:
        notes.left_out["points without a place"] += 1
        return None
    if kind == "loop":
        length_s = _loop_length_s(point.get("Size"), position_s, grid, bpm)
        if length_s is None:
            notes.left_out["loops of unknown length"] += 1
            return None
        return _named("loop", point, position_s, length_s)
    if kind not in _CUES:
        notes.left_out[f"points of the kind '{one_line(kind[:20])}'"] += 1
        return None
    return _named(_CUES[kind], point, position_s, None)


def _named(kind: CueKind, point: Mapping[str, str], position_s: float, length_s: float | None) -> CuePoint:
    number, name = whole_of(point.get("Num")), one_line(point.get("Name"))
    by_name = kind_of_name(name) if kind == "cue" else None  # a fade, as map4 writes it
    return CuePoint(
        position_s=position_s,
        kind=by_name or kind,
        # VirtualDJ counts buttons from 1; a loop on none of them has -1.
        number=number - 1 if number is not None and number > 0 else None,
        name=None if by_name else name,
        length_s=length_s,
        color=color_of(point.get("Color")),
    )


def _loop_length_s(size: str | None, position_s: float, grid: Sequence[GridMark], bpm: float | None) -> float | None:
    """Return the seconds of a loop, whose length VirtualDJ stores in beats."""
    beats = finite_number(size)
    here = next((mark.bpm for mark in reversed(grid) if mark.position_s <= position_s), bpm)
    if beats is None or beats <= 0 or here is None:
        return None
    length_s = plausible_seconds(beats * _SECONDS_PER_MINUTE / here)
    return None if length_s is None else round(length_s, 6)


def seconds_of(text: str | None) -> float | None:
    """Return a position, or None."""
    value = plausible_seconds(finite_number(text))
    return None if value is None else round(value, 6)


def whole_of(text: str | None) -> int | None:
    """Return a whole number, or None."""
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,15}", text) else None


def bpm_of(text: str | None) -> float | None:
    """Return the tempo from seconds per beat, or from beats per minute: both occur, and their ranges don't overlap."""
    value = finite_number(text)
    if value is not None and 0 < value < _LONGEST_BEAT_S:
        value = _SECONDS_PER_MINUTE / value
    return round(value, 3) if value is not None and _SLOWEST_BPM <= value <= _FASTEST_BPM else None


def color_of(text: str | None) -> str | None:
    """Return `#rrggbb` from a number with opacity in its highest byte, or from such a text; None for 0."""
    if text and re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
        return text.lower()
    value = whole_of(text)
    return f"#{value & _OPAQUE:06x}" if value else None
