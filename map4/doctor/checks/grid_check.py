"""Check whether a beat grid of another program is on the measured beats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from map4.core.base.text import clock, percent
from map4.core.music.analysis.analysis import DOUBTFUL, Analysis, Grid
from map4.core.music.analysis.inside import Bars
from map4.core.music.analysis.median import median
from map4.core.music.analysis.plausible import SURE_OF_TEMPO
from map4.core.music.track.cues import GridMark

SURE_OF_OCTAVE = 0.95  # the same for half and double tempo, which are legitimate in music with a slow and a fast pulse
SURE_OF_BARS = 0.95
"""Minimum confidence of the bars for half a beat: the tempo does not locate the beats, and bars are certain only on
beats, not between them. DJ programs seldom err here, and DJs correct them."""

LEAST_BEATS = 64  # with fewer beats, no grid is judged
SAME_TEMPO = 0.06  # share by which the tempi of two grids may differ and still count the same beats
OCTAVE = 0.01  # the same for half and double tempo: other grids are not judged there
OFF_GRID = 0.15
"""Part of a beat by which a grid may differ and still match: delays of encoders, roundings, and positions set by eye
are within this (50 ms at 174 BPM)."""
HALF_BEAT = 0.5 - OFF_GRID  # from here to half a beat, the grid is half a beat off
DRIFT = 0.3  # from here on a drifting grid is audible: beats of two tracks part
JUMP = 0.1  # a grid that moves by this much between beats was edited there

_SECONDS_PER_MINUTE = 60.0
_FloatArray = npt.NDArray[np.float64]


def grid_fault(marks: Sequence[GridMark], analysis: Analysis) -> str | None:
    """Return what is certainly wrong with a grid, in words; None if nothing is, or if it is not certain.

    Checked in this order: half or double tempo, drift, half a beat off.
    """
    grid, tempo = analysis.grid, analysis.tempo
    if not marks or grid is None or tempo is None or tempo.confidence < SURE_OF_TEMPO:
        return None
    times_s = _beats(grid, analysis)
    if len(times_s) < LEAST_BEATS:
        return None
    place = _places(marks, times_s)
    step = float(place[-1] - place[0]) / (len(place) - 1)
    if any(abs(step - ratio) <= OCTAVE * ratio for ratio in (0.5, 2.0)):
        return _octave(place, step, grid) if tempo.confidence >= SURE_OF_OCTAVE else None
    if abs(step - 1.0) > SAME_TEMPO:
        return None
    late = np.arange(len(place)) - place  # fraction of a beat by which the grid is late
    if float(np.abs(np.diff(late)).max()) > JUMP:
        return None
    span = float(np.ptp(late))
    if span >= DRIFT:
        tempi = f"{marks[0].bpm:.2f} BPM, measured {grid.bpm:.2f}: " if len(marks) == 1 else ""
        beats, (first, last) = abs(float(late[-1] - late[0])), (clock(times_s[0]), clock(times_s[-1]))
        return f"{tempi}it runs {beats:.1f} beats away from the music between {first} and {last}"
    if span > OFF_GRID:
        return None
    off = median(late)
    off -= round(off)
    return _half_beat(off, grid, analysis.bars) if abs(off) >= HALF_BEAT else None


def other_bar_one(marks: Sequence[GridMark], analysis: Analysis) -> int | None:
    """Return the beat of a grid, 2 or more, on which the measured bars begin.

    None if they begin with its bars, if they are doubtful, and if the grid is off the beats or has another metre.
    """
    grid, tempo, bars = analysis.grid, analysis.tempo, analysis.bars
    if grid is None or tempo is None or tempo.confidence < SURE_OF_TEMPO:
        return None
    if bars is None or bars.grid_beat is None or bars.sure < DOUBTFUL:
        return None
    metre, times_s = bars.metre.beats_per_bar, _beats(grid, analysis)
    if len(times_s) < LEAST_BEATS or any(mark.beat is None or mark.metre != metre for mark in marks):
        return None
    place, here = places_of(marks, times_s)
    steps = np.diff(_places(marks, times_s))
    if float(np.abs(place - np.rint(place)).max()) > OFF_GRID or float(np.abs(steps - 1.0).max()) > SAME_TEMPO:
        return None
    index = np.rint((times_s - grid.first_beat_s) * grid.bpm / _SECONDS_PER_MINUTE).astype(np.int64)
    first = np.array([mark.beat or 1 for mark in marks]) - 1
    numbers = (first[here] + np.rint(place).astype(np.int64))[(index + bars.grid_beat - 1) % metre == 0] % metre
    return int(numbers[0]) + 1 if numbers[0] and (numbers == numbers[0]).all() else None


def _beats(grid: Grid, analysis: Analysis) -> _FloatArray:
    """Return the beats of the measured grid where there is sound."""
    end_s = analysis.cue_out_s or analysis.duration_s
    period_s = _SECONDS_PER_MINUTE / grid.bpm
    first = max(0, int(((analysis.cue_in_s or 0.0) - grid.first_beat_s) / period_s))
    last = int((end_s - grid.first_beat_s) / period_s)
    beats_s: _FloatArray = grid.first_beat_s + np.arange(first, max(first, last + 1), dtype=np.float64) * period_s
    return beats_s


def _places(marks: Sequence[GridMark], times_s: _FloatArray) -> _FloatArray:
    """Return times as continuous beats of the grid from its first mark; the grid extends before the mark."""
    starts = np.array([mark.position_s for mark in marks])
    rates = np.array([mark.bpm / _SECONDS_PER_MINUTE for mark in marks])
    counts = np.concatenate(([0.0], np.cumsum(np.rint(np.diff(starts) * rates[:-1]))))
    place, here = places_of(marks, times_s)
    return counts[here] + place


def places_of(marks: Sequence[GridMark], times_s: _FloatArray) -> tuple[_FloatArray, npt.NDArray[np.int64]]:
    """Return times as beats of the grid from the applicable mark, and that mark's index; the first mark also applies
    to times before it."""
    starts = np.array([mark.position_s for mark in marks])
    rates = np.array([mark.bpm / _SECONDS_PER_MINUTE for mark in marks])
    here: npt.NDArray[np.int64] = np.maximum(np.searchsorted(starts, times_s, side="right") - 1, 0)
    return (times_s - starts[here]) * rates[here], here


def _octave(place: _FloatArray, step: float, grid: Grid) -> str | None:
    """Return a message if the tempo is half or double: every beat of the slower grid is a beat of the other grid."""
    halves = place / min(step, 1.0)
    if float(np.abs(halves - np.rint(halves)).max()) > OFF_GRID:
        return None
    word = "half" if step < 1.0 else "double"
    return f"at {word} the measured tempo: {grid.bpm * step:.2f} BPM, measured {grid.bpm:.2f}"


def _half_beat(off: float, grid: Grid, bars: Bars | None) -> str | None:
    if bars is None or bars.confidence < SURE_OF_BARS:
        return None
    off_ms = abs(off) * _SECONDS_PER_MINUTE / grid.bpm * 1000.0
    return f"half a beat ({off_ms:.0f} ms) off the measured beats ({percent(bars.confidence)} sure)"
