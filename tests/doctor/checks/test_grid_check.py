"""Grids of other programs beside measured ones: what is surely wrong is found, and no grid that is right."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from map4.core.music.analysis.analysis import Analysis, Grid, Tempo
from map4.core.music.analysis.inside import Bars, Metre
from map4.core.music.track.cues import GridMark
from map4.doctor.checks.grid_check import grid_fault, other_bar_one

BPM, BEAT_S, LENGTH_S = 128.0, 60.0 / 128.0, 300.0


def measured(
    *,
    bpm: float = BPM,
    first_s: float = 0.1,
    sure: float = 0.99,
    bars_sure: float | None = 0.99,
    metre: int | None = 4,
    downbeat: int | None = 1,
    length_s: float = LENGTH_S,
) -> Analysis:
    bars = None
    if bars_sure is not None:
        counted = Metre(beats_per_bar=metre or 4, confidence=bars_sure)
        bars = Bars(downbeats_s=(), confidence=bars_sure, metre=counted, grid_beat=downbeat)
    return Analysis(
        duration_s=length_s,
        tempo=Tempo(bpm=bpm, confidence=sure),
        grid=Grid(first_beat_s=first_s, bpm=bpm, metre=metre, downbeat=downbeat),
        bars=bars,
        cue_in_s=0.0,
        cue_out_s=length_s,
    )


def mark(position_s: float = 0.1, bpm: float = BPM, metre: int | None = 4, beat: int | None = 1) -> GridMark:
    return GridMark(position_s=position_s, bpm=bpm, metre=metre, beat=beat)


def fault(*marks: GridMark, **of: object) -> str | None:
    return grid_fault(marks, measured(**of))  # type: ignore[arg-type]


def test_grids_off_the_measured_beats_are_reported() -> None:
    cases = [
        (mark(),),
        (mark(0.1 + 40 * BEAT_S),),  # a grid that begins late, on another One
        (mark(0.1 + 0.026),),  # an encoder's delay
        (mark(0.1 + 3 * BEAT_S, metre=None, beat=None),),  # of a program that knows no bars
        (mark(0.1 + 3 * BEAT_S, beat=4),),
        (mark(beat=3),),  # of bar one the check of bars speaks
        (mark(), mark(0.1 + 64 * BEAT_S), mark(0.1 + 130 * BEAT_S, beat=3)),
        (mark(bpm=128.01),),
    ]
    for marks in cases:
        assert fault(*marks) is None
    assert fault(mark(0.1 + BEAT_S / 2)) == "half a beat (234 ms) off the measured beats (99 % sure)"
    assert fault(mark(0.1 - 0.46 * BEAT_S)) == "half a beat (216 ms) off the measured beats (99 % sure)"
    assert fault(mark(0.1 + 33.5 * BEAT_S, metre=None, beat=None)) is not None
    assert fault(mark(bpm=64.0)) == "at half the measured tempo: 64.00 BPM, measured 128.00"
    assert fault(mark(0.1 + BEAT_S, bpm=64.0)) is not None
    assert fault(mark(bpm=256.0)) == "at double the measured tempo: 256.00 BPM, measured 128.00"
    assert (
        fault(mark(bpm=127.5))
        == "127.50 BPM, measured 128.00: it runs 2.5 beats away from the music between 0:00 and 5:00"
    )
    assert (
        fault(mark(bpm=127.93))
        == "127.93 BPM, measured 128.00: it runs 0.3 beats away from the music between 0:00 and 5:00"
    )
    late = (mark(), mark(0.1 + 320 * BEAT_S, bpm=127.0))
    assert fault(*late) == "it runs 2.5 beats away from the music between 0:00 and 5:00"


def test_grid_with_another_beat_as_bar_one_is_reported() -> None:
    cases: list[tuple[tuple[GridMark, ...], dict[str, object], int | None]] = [
        ((mark(0.1 + BEAT_S),), {}, 4),
        ((mark(beat=3),), {"bars_sure": 0.5}, 3),
        ((mark(),), {"downbeat": 2}, 4),
        ((mark(0.1 + BEAT_S), mark(0.1 + 65 * BEAT_S)), {}, 4),
        ((mark(metre=3),), {"metre": 3, "downbeat": 3}, 2),
        ((mark(0.1 + 40 * BEAT_S),), {}, None),  # on another bar one
        ((mark(beat=3),), {"bars_sure": 0.49}, None),
        ((mark(beat=3),), {"bars_sure": None}, None),
        ((mark(beat=3),), {"downbeat": None}, None),
        ((mark(beat=3),), {"sure": 0.85}, None),
        ((mark(0.1 + BEAT_S),), {"length_s": 25.0}, None),
        ((mark(metre=None, beat=None),), {}, None),
        ((mark(beat=3, metre=3),), {}, None),  # another metre: which is right is another question
        ((mark(0.1 + BEAT_S), mark(0.1 + 66 * BEAT_S)), {}, None),  # counts anew in the middle
        ((mark(0.1 + BEAT_S / 2),), {}, None),
        ((mark(0.1 + BEAT_S, bpm=64.0),), {}, None),
        ((mark(0.1 + BEAT_S, bpm=127.5),), {}, None),
    ]
    for marks, of, beat in cases:
        assert other_bar_one(marks, measured(**of)) == beat  # type: ignore[arg-type]


def test_uncertain_or_unmeasured_grids_are_not_reported() -> None:
    cases = [
        ((mark(0.1 + BEAT_S / 2),), {"sure": 0.85}),
        ((mark(0.1 + BEAT_S / 2),), {"bars_sure": 0.94}),
        ((mark(0.1 + BEAT_S / 2),), {"bars_sure": None}),
        ((mark(bpm=64.0),), {"sure": 0.94}),
        ((mark(bpm=127.5),), {"sure": 0.85}),
        ((mark(0.1 + BEAT_S / 2),), {"length_s": 25.0}),
    ]
    for marks, of in cases:
        assert fault(*marks, **of) is None
    cases = [
        (mark(), mark(0.1 + 64.5 * BEAT_S)),  # edited there
        (mark(0.1 + 0.3 * BEAT_S),),  # neither on nor between the beats
        (mark(bpm=96.0),),  # another tempo is said of the tempo
        (),
    ]
    for marks in cases:
        assert fault(*marks) is None
    assert grid_fault((mark(),), replace(measured(), grid=None)) is None
    assert grid_fault((mark(),), replace(measured(), tempo=None)) is None


# ---- false alarms --------------------------------------------------------------------------------


def true_grids(count: int) -> Iterator[tuple[tuple[GridMark, ...], Analysis]]:
    """Grids that are right, as programs write them, and what map4 measures of the same beats, 20 ms at random apart."""
    rng = np.random.default_rng(5)
    for number in range(count):
        bpm, length_s, metre = rng.uniform(60.0, 190.0), rng.uniform(60.0, 600.0), int(rng.choice([3, 4]))
        period_s = 60.0 / bpm
        first_s, downbeat = rng.uniform(0.0, period_s), int(rng.integers(metre))
        beats_s = np.arange(first_s, length_s, period_s)
        heard_s = beats_s + rng.normal(0.0, 0.02, len(beats_s)) + rng.uniform(-0.01, 0.01)
        step_s, start_s = np.polyfit(np.arange(len(beats_s)), heard_s, 1)
        start_s = max(0.0, start_s)
        found = measured(
            bpm=60.0 / step_s, first_s=start_s, metre=metre, downbeat=-downbeat % metre + 1, length_s=length_s
        )
        delay_s = float(rng.choice([0.0, 0.0251, 0.0479, -0.0251]))
        yield _as_written(number % 4, beats_s + delay_s, bpm, metre, downbeat, rng), found


def _as_written(
    way: int, beats_s: np.ndarray, bpm: float, metre: int, downbeat: int, rng: np.random.Generator
) -> tuple[GridMark, ...]:
    """One mark at a bar one, one of a program that knows no bars, a mark every 40 beats, or one on every beat."""
    if way == 0:
        return (mark(round(beats_s[downbeat], 3), round(bpm, 2), metre),)
    if way == 1:
        return (mark(beats_s[int(rng.choice([0, 4, 31]))], round(bpm, 3), None, None),)
    if way == 2:
        numbers = range(0, len(beats_s), 40)
        return tuple(mark(round(beats_s[i], 3), round(bpm, 2), metre, (i - downbeat) % metre + 1) for i in numbers)
    jittered = beats_s + rng.normal(0.0, 0.008, len(beats_s))
    return tuple(mark(time_s, round(bpm, 2), None, None) for time_s in jittered.round(3).tolist())


@pytest.mark.world
def test_correct_grids_are_not_accused() -> None:
    assert [grid_fault(marks, found) for marks, found in true_grids(1200)] == [None] * 1200


@pytest.mark.world
def test_grids_shifted_by_half_a_beat_are_found() -> None:
    found = 0
    for marks, analysis in true_grids(400):
        half_s = 30.0 / analysis.grid.bpm  # type: ignore[union-attr]
        shifted = tuple(replace(mark, position_s=mark.position_s + half_s) for mark in marks)
        found += "half a beat" in (grid_fault(shifted, analysis) or "")
    assert found >= 375
