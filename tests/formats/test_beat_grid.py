"""The beat grid that goes along with a track."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tracks import made_track

from map4.domain.analysis import Grid, TempoSegment
from map4.domain.cues import GridMark
from map4.domain.imported import ImportedValues
from map4.domain.track import Track, UserValues
from map4.formats.beat_grid import MOST_DRIFT_S, from_zero, grid_in_force, rounded_grid


def gridded(grid: Grid | None, **changes: object) -> Track:
    track = made_track("a.mp3", 128.0)
    assert track.analysis is not None
    return replace(track, analysis=replace(track.analysis, grid=grid, **changes))  # type: ignore[arg-type]


LINE = Grid(first_beat_s=0.25, bpm=128.0)
MARKS = (GridMark(position_s=1.0, bpm=127.0), GridMark(position_s=60.0, bpm=129.0))


def test_the_measured_grid_of_a_steady_track() -> None:
    assert grid_in_force(gridded(LINE)) == (GridMark(position_s=0.25, bpm=128.0),)


@pytest.mark.parametrize(("downbeat", "beat"), [(1, 1), (2, 4), (3, 3), (4, 2)])
def test_the_downbeat_tells_which_beat_the_first_is(downbeat: int, beat: int) -> None:
    [mark] = grid_in_force(gridded(replace(LINE, metre=4, downbeat=downbeat)))
    assert (mark.metre, mark.beat) == (4, beat)


def test_an_imported_grid_comes_first() -> None:
    track = replace(gridded(LINE), imported=ImportedValues(bpm=127.0, grid=MARKS))
    assert grid_in_force(track) == MARKS


def test_no_grid_beside_another_tempo() -> None:
    of_user = replace(gridded(LINE), user=UserValues(bpm=64.0))
    tagged = replace(gridded(LINE), tags=replace(gridded(LINE).tags, bpm=127.0))
    assert grid_in_force(of_user) == ()
    assert grid_in_force(replace(tagged, prefer=("tag", "measured"))) == ()
    assert grid_in_force(tagged) != ()


def test_no_grid_without_a_tempo() -> None:
    assert grid_in_force(made_track("a.mp3")) == ()
    assert grid_in_force(Track(path="/a.mp3", state="pending")) == ()


def test_a_track_that_changes_its_tempo_has_a_mark_for_each_part() -> None:
    parts = (
        TempoSegment(start_s=0.0, end_s=60.1, bpm=120.0),
        TempoSegment(start_s=60.1, end_s=120.0, bpm=150.0),
        TempoSegment(start_s=120.0, end_s=184.0, bpm=100.0),
    )
    marks = grid_in_force(gridded(None, tempo_map=parts))
    # Each part but the first begins on a beat; those of the first are counted back.
    assert [(mark.position_s, mark.bpm) for mark in marks] == [(0.1, 120.0), (60.1, 150.0), (120.0, 100.0)]
    assert {(mark.metre, mark.beat) for mark in marks} == {(None, None)}


def test_a_tempo_that_needs_no_rounding_needs_no_more_marks() -> None:
    marks = (GridMark(position_s=0.1, bpm=128.25, metre=4, beat=1), GridMark(position_s=60.0, bpm=90.0))
    assert tuple(rounded_grid(marks, decimals=2, end_s=300.0)) == marks


def test_without_an_end_there_are_no_more_marks() -> None:
    assert len(list(rounded_grid([GridMark(position_s=0.1, bpm=127.996)], decimals=2, end_s=None))) == 1


def test_beats_of_the_bar_go_on_in_between() -> None:
    marks = list(rounded_grid([GridMark(position_s=0.0, bpm=120.004, metre=4, beat=3)], decimals=2, end_s=600.0))
    beats = [round(mark.position_s * 120.004 / 60.0) for mark in marks]
    assert len(marks) > 2
    assert [mark.beat for mark in marks] == [(2 + beat) % 4 + 1 for beat in beats]


@given(st.floats(40.0, 250.0), st.floats(0.0, 5.0), st.floats(30.0, 900.0))
def test_a_rounded_grid_stays_near_its_beats(bpm: float, first_s: float, end_s: float) -> None:
    marks = list(rounded_grid([GridMark(position_s=first_s, bpm=bpm)], decimals=2, end_s=end_s))
    assert all(mark.bpm == round(bpm, 2) for mark in marks)
    for mark, until_s in zip(marks, [*(after.position_s for after in marks[1:]), end_s], strict=True):
        beats = max(0, int((until_s - mark.position_s) * bpm / 60.0) - 1)
        assert beats * abs(60.0 / mark.bpm - 60.0 / bpm) <= MOST_DRIFT_S + 1e-9


@given(st.floats(-30.0, 30.0), st.floats(40.0, 250.0), st.integers(1, 4))
def test_a_grid_from_zero_on_is_the_same_grid(position_s: float, bpm: float, beat: int) -> None:
    mark = GridMark(position_s=position_s, bpm=bpm, metre=4, beat=beat)
    found = from_zero(mark)
    moved = (found.position_s - position_s) * bpm / 60.0
    assert found.position_s >= -1e-9
    assert found.position_s <= 60.0 / bpm or found == mark
    assert moved == pytest.approx(round(moved), abs=1e-6)
    assert found.beat == (beat - 1 + round(moved)) % 4 + 1
