"""Beats become marks that say where every beat lies."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from map4.domain.cues import GridMark
from map4.formats.beat_grid import grid_of_beats

TOLERANCE_S = 0.001


def beats_of(marks: tuple[GridMark, ...], last_s: float) -> list[float]:
    """The beats that a grid says, up to one of them."""
    ends = [mark.position_s for mark in marks[1:]] + [last_s]
    return [
        mark.position_s + i * 60 / mark.bpm
        for mark, end_s in zip(marks, ends, strict=True)
        for i in range(round((end_s - mark.position_s) * mark.bpm / 60))
    ] + [last_s]


def test_even_beats_are_one_mark_of_a_plain_tempo() -> None:
    times_s = [round(0.025 + i * 60 / 127.98, 3) for i in range(500)]
    assert grid_of_beats(times_s, tolerance_s=TOLERANCE_S) == (GridMark(position_s=0.025, bpm=127.98),)


def test_a_tempo_that_two_decimals_do_not_hold() -> None:
    times_s = [i * 60 / 127.9837 for i in range(1000)]
    (mark,) = grid_of_beats(times_s, tolerance_s=1e-6)
    assert mark.bpm == pytest.approx(127.9837, abs=1e-9)


def test_a_change_of_tempo_is_a_mark_on_its_beat() -> None:
    times_s = [0.1 + i * 0.5 for i in range(8)] + [0.1 + 7 * 0.5 + i * 0.4 for i in range(1, 9)]
    assert grid_of_beats(times_s, tolerance_s=TOLERANCE_S) == (
        GridMark(position_s=0.1, bpm=120.0),
        GridMark(position_s=3.6, bpm=150.0),
    )


def test_bars_are_kept_and_a_bar_that_is_cut_begins_a_mark() -> None:
    times_s = [i * 0.5 for i in range(9)]
    assert grid_of_beats(times_s, tolerance_s=TOLERANCE_S, numbers=[3, 4, 1, 2, 1, 2, 3, 4, 1]) == (
        GridMark(position_s=0.0, bpm=120.0, metre=4, beat=3),
        GridMark(position_s=1.5, bpm=120.0, metre=4, beat=2),
        GridMark(position_s=2.0, bpm=120.0, metre=4, beat=1),
    )


def test_fewer_than_two_beats_have_no_tempo() -> None:
    assert grid_of_beats([], tolerance_s=TOLERANCE_S) == ()
    assert grid_of_beats([1.0], tolerance_s=TOLERANCE_S) == ()


def test_beats_must_rise() -> None:
    with pytest.raises(ValueError, match="rise"):
        grid_of_beats([0.0, 0.5, 0.5], tolerance_s=TOLERANCE_S)


@settings(max_examples=60)
@given(st.lists(st.floats(0.2, 1.5), min_size=1, max_size=80))
def test_every_beat_is_where_the_marks_say(gaps_s: list[float]) -> None:
    times_s = [0.0]
    for gap_s in gaps_s:
        times_s.append(times_s[-1] + gap_s)
    marks = grid_of_beats(times_s, tolerance_s=TOLERANCE_S)
    said = beats_of(marks, times_s[-1])
    assert len(said) == len(times_s)
    assert said == pytest.approx(times_s, abs=2 * TOLERANCE_S + 1e-5)
