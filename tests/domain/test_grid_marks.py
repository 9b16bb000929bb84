"""Which grid is in force, and where its marks lie."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_tracks import made_track

from map4.domain.analysis import Grid, TempoSegment
from map4.domain.grid_marks import grid_marks
from map4.domain.imported import GridMark, ImportedValues
from map4.domain.track import Track, UserValues

GRID = Grid(first_beat_s=0.25, bpm=120.0, metre=4, downbeat=3)
MARK = GridMark(position_s=0.1, bpm=121.0)


def with_grid(grid: Grid | None = GRID, segments: tuple[TempoSegment, ...] = ()) -> Track:
    track = made_track("a.mp3", 120.0)
    assert track.analysis is not None
    return replace(track, analysis=replace(track.analysis, grid=grid, tempo_map=segments))


def test_a_mark_lies_on_the_first_full_bar() -> None:
    assert grid_marks(with_grid()) == (GridMark(position_s=1.25, bpm=120.0, metre=4, beat=1),)


def test_without_a_downbeat_it_lies_on_the_first_beat() -> None:
    assert grid_marks(with_grid(replace(GRID, downbeat=None))) == (GridMark(position_s=0.25, bpm=120.0, metre=4),)


def test_the_imported_grid_counts_more() -> None:
    track = replace(with_grid(), imported=ImportedValues(grid=(MARK,)), user=UserValues(bpm=60.0))
    assert grid_marks(track) == (MARK,)


@pytest.mark.parametrize(
    "track",
    [
        with_grid(None),
        made_track("a.mp3"),
        replace(with_grid(), analysis=None),
        replace(with_grid(), user=UserValues(bpm=60.0)),
        Track(path="/a.mp3", state="failed"),
    ],
    ids=["no grid", "no tempo", "no analysis", "another tempo", "failed"],
)
def test_there_is_none(track: Track) -> None:
    assert grid_marks(track) == ()


def test_the_measured_grid_goes_with_the_measured_tempo() -> None:
    track = replace(with_grid(), imported=ImportedValues(bpm=60.0))
    assert len(grid_marks(track)) == 1
    assert grid_marks(track, ("imported", "measured")) == ()


def test_a_changing_tempo_has_a_mark_for_each_part() -> None:
    segments = (
        TempoSegment(start_s=0.0, end_s=60.1, bpm=120.0),
        TempoSegment(start_s=60.1, end_s=120.0, bpm=150.0),
        TempoSegment(start_s=120.0, end_s=184.0, bpm=100.0),
    )
    marks = grid_marks(with_grid(None, segments))
    assert [(mark.position_s, mark.bpm) for mark in marks] == [(0.1, 120.0), (60.1, 150.0), (120.0, 100.0)]
    assert {(mark.metre, mark.beat) for mark in marks} == {(None, None)}
