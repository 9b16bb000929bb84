"""VirtualDJ's points of interest: cues, loops and beats of the grid.

[1] "VDJ_database", VDJPedia (virtualdj.com/wiki/VDJ_database): the attributes, and tempo as the seconds of a beat.
[2] "POI Editor", manual of VirtualDJ: kinds of points, and which VirtualDJ makes by itself.
[3] "Virtual Dj Cue Storage Format", Mixxx wiki, 2018: a track as version 8.2 wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from map4.core.music.analysis.plausible import plausible_seconds
from map4.core.music.track.cues import CueKind, CuePoint, GridMark, kind_of_name
from map4.formats.fields import ProgramFields
from map4.formats.importer import ReadNotes
from map4.formats.text import one_line
from map4.formats.values import above_zero, finite_number

_SECONDS_PER_MINUTE = 60.0
# A beat is shorter than 3 s, and no music is slower than 20 BPM: values in between are neither.
_LONGEST_BEAT_S = 3.0
_SLOWEST_BPM = 20.0
_FASTEST_BPM = 1000.0

_CUES: Mapping[str, CueKind] = {
    "": "cue", "cue": "cue", "hotcue": "cue", "remix": "cue", "load": "load", "loop": "loop"
}  # fmt: skip
_LOST_BEATS = "beats of a grid without position or tempo"

_OPAQUE = 0xFFFFFF


@dataclass(frozen=True, slots=True)
class Points:
    """Cues and grid of a track, by position, in VirtualDJ's time."""

    cues: tuple[CuePoint, ...]
    grid: tuple[GridMark, ...]


def read_points(
    points: Iterable[Mapping[str, str]], *, bpm: float | None, phase_s: float | None, notes: ReadNotes
) -> Points:
    """Convert the points of a track; points without an equivalent in map4 are counted.

    points: attributes of the `Poi` elements
    bpm: tempo of the track, for loops and for beats without a tempo
    phase_s: the beat detected by the scan, used if no point gives one
    """
    beats, others = list[Mapping[str, str]](), list[Mapping[str, str]]()
    for point in points:
        # VirtualDJ sets automix points in every track; points moved by hand can't be distinguished.
        if (kind := point.get("Type")) != "automix":
            (beats if kind == "beatgrid" else others).append(point)
    grid = _grid(beats, bpm, phase_s, notes)
    cues = [cue for point in others if (cue := _cue(point, grid, bpm, notes)) is not None]
    return Points(cues=tuple(sorted(cues, key=lambda cue: cue.position_s)), grid=grid)


def _grid(
    points: Iterable[Mapping[str, str]], bpm: float | None, phase_s: float | None, notes: ReadNotes
) -> tuple[GridMark, ...]:
    marks = []
    for point in points:
        values = {"bpm": bpm, **BEAT.read(point, notes.left_out)}
        if values["bpm"] is None:
            notes.left_out[_LOST_BEATS] += "position_s" in values
        elif "position_s" in values:
            marks.append(GridMark(**values))
    if not marks and phase_s is not None and bpm is not None:
        marks.append(GridMark(position_s=phase_s, bpm=bpm))
    return tuple(sorted(marks, key=lambda mark: mark.position_s))


def _cue(point: Mapping[str, str], grid: Sequence[GridMark], bpm: float | None, notes: ReadNotes) -> CuePoint | None:
    values = CUE.read(point, notes.left_out)
    if not values:
        return None
    kind, by_name, length_s = _CUES.get(point.get("Type", "")), None, None
    if kind is None:
        notes.left_out[f"points of the kind '{one_line(point['Type'][:20])}'"] += 1
        return None
    if kind == "loop":
        length_s = _loop_length_s(LOOP.read(point, notes.left_out), values["position_s"], grid, bpm, notes)
        if length_s is None:
            return None
    elif kind == "cue" and (by_name := kind_of_name(values.get("name"))):  # a fade, as map4 writes it
        del values["name"]
    return CuePoint(kind=by_name or kind, length_s=length_s, **values)


def _loop_length_s(
    read: Mapping[str, float], position_s: float, grid: Sequence[GridMark], bpm: float | None, notes: ReadNotes
) -> float | None:
    """Return the seconds of a loop, whose length VirtualDJ stores in beats."""
    here = next((mark.bpm for mark in reversed(grid) if mark.position_s <= position_s), bpm)
    if not read:
        return None
    length_s = None if here is None else plausible_seconds(read["length_s"] * _SECONDS_PER_MINUTE / here)
    if length_s is None:
        notes.left_out[LOOP.lost] += 1
        return None
    return round(length_s, 6)


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


def _button(text: str) -> int | None:
    """Return a button from 0; VirtualDJ counts from 1, and a loop on none of them has -1."""
    number = whole_of(text)
    return number - 1 if number is not None and number > 0 else None


_PLACE = ("cues.position_s", "Pos", seconds_of)
CUE = ProgramFields(
    "Poi",
    (_PLACE, ("cues.number", "Num", _button), ("cues.name", "Name", one_line), ("cues.color", "Color", color_of)),
    needs=("position_s",),
    lost="points without a place",
)
LOOP = ProgramFields("Poi", (("cues.length_s", "Size", above_zero),), ("length_s",), "loops of unknown length")
BEAT = ProgramFields("Poi", (_PLACE, ("grid.bpm", "Bpm", bpm_of)), ("position_s",), _LOST_BEATS)
