"""The current beat grid, rounded grids, and marks from single beats."""

from dataclasses import replace

import pytest
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tracks import made_track

from map4.core.music.analysis.analysis import Grid, TempoSegment
from map4.core.music.analysis.inside import Bars, Metre
from map4.core.music.track.cues import GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Source, Track, UserValues
from map4.formats.beat_grid import MOST_DRIFT_S, BeatGrid


def gridded(grid: Grid | None, **changes: object) -> Track:
    track = made_track("a.mp3", 128.0)
    return replace(track, analysis=replace(track.analysis, grid=grid, **changes))  # type: ignore[arg-type]


IMPORTED_FIRST: tuple[Source, ...] = ("imported", "measured", "tag")
LINE = Grid(first_beat_s=0.25, bpm=128.0)
MARKS = (GridMark(position_s=1.0, bpm=127.0), GridMark(position_s=60.0, bpm=129.0))


@pytest.mark.parametrize(("sure", "of_metre"), [(0.49, 0.9), (0.9, 0.49)])
def test_bar_one_below_half_certainty_is_not_written(sure: float, of_metre: float) -> None:
    metre = Metre(beats_per_bar=4, confidence=of_metre)
    bars = Bars(downbeats_s=(), confidence=sure, metre=metre, grid_beat=3)
    assert BeatGrid.in_force(gridded(LINE, bars=bars)) == (GridMark(position_s=0.25, bpm=128.0),)


def test_measured_grids_have_metre_and_beat_and_count_with_their_tempo() -> None:
    for metre, downbeat in ((4, 1), (4, 3), (3, 2), (None, None)):
        [mark] = BeatGrid.in_force(gridded(replace(LINE, metre=metre, downbeat=downbeat)))
        assert (mark.metre, mark.beat) == (metre, downbeat)
    assert BeatGrid.in_force(made_track("a.mp3")) == ()
    assert BeatGrid.in_force(Track(path="/a.mp3", state="pending")) == ()
    of_user = replace(gridded(LINE), user=UserValues(bpm=64.0))
    tagged = replace(gridded(LINE), tags=replace(gridded(LINE).tags, bpm=127.0))
    assert BeatGrid.in_force(of_user) == ()
    assert BeatGrid.in_force(replace(tagged, prefer=("tag", "measured"))) == ()
    assert BeatGrid.in_force(tagged) != ()
    own = (GridMark(position_s=0.5, bpm=127.5, metre=4, beat=1),)
    track = replace(gridded(LINE), imported=ImportedValues(bpm=127.0, grid=MARKS), user=UserValues(grid=own))
    assert BeatGrid.in_force(track) == own
    assert BeatGrid.in_force(replace(track, user=UserValues(grid=own, bpm=64.0))) == ()
    halved = (replace(own[0], bpm=63.9995),)
    assert BeatGrid.in_force(replace(track, user=UserValues(grid=halved, bpm=64.0))) == halved
    assert BeatGrid.in_force(replace(track, user=UserValues(grid=halved))) == MARKS  # the tempo was taken back


def test_likely_bars_are_written_and_positions_snap_to_near_beats() -> None:
    cases = [(0.72, 0.71875), (0.8, 0.71875), (0.85, 0.85), (0.05, 0.05), (60.4, 60.4), (61.1, 61.0)]
    for position_s, there_s in cases:
        marks = (GridMark(position_s=0.25, bpm=128.0), GridMark(position_s=60.0, bpm=60.0))
        assert BeatGrid.on_beat(position_s, marks) == pytest.approx(there_s)
        assert BeatGrid.on_beat(position_s, ()) == position_s
    track = replace(gridded(LINE), imported=ImportedValues(bpm=127.0, rating=3.0, grid=MARKS), prefer=IMPORTED_FIRST)
    chosen = BeatGrid.with_measured(track)
    assert BeatGrid.in_force(chosen) == BeatGrid.in_force(gridded(LINE))
    assert (chosen.bpm(), chosen.rating()) == (128.0, 3.0)
    assert BeatGrid.in_force(BeatGrid.with_measured(replace(track, user=UserValues(bpm=64.0)))) == ()
    assert BeatGrid.in_force(BeatGrid.with_measured(made_track("a.mp3"))) == ()
    for metre, downbeat in ((4, 1), (4, 3), (3, 2), (None, None)):
        known = None if metre is None else Bars(
            downbeats_s=(), confidence=0.5, metre=Metre(beats_per_bar=metre, confidence=0.6), grid_beat=downbeat
        )  # fmt: skip
        [mark] = BeatGrid.in_force(gridded(LINE, bars=known))
        assert (mark.metre, mark.beat) == (metre, downbeat)
        assert mark.position_s == LINE.first_beat_s


def test_parts_of_a_track_have_marks_of_their_tempo_or_of_the_user() -> None:
    parts = (
        TempoSegment(start_s=0.0, end_s=60.1, bpm=120.0),
        TempoSegment(start_s=60.1, end_s=120.0, bpm=150.0),
        TempoSegment(start_s=120.0, end_s=184.0, bpm=100.0),
    )
    marks = BeatGrid.in_force(gridded(None, tempo_map=parts))
    # Each part but the first begins on a beat, and the bars of the first are counted back.
    assert [mark.position_s for mark in marks] == [0.1, 60.1, 120.0]
    assert {(mark.metre, mark.beat) for mark in marks} == {(None, None)}
    assert (marks[0].bpm, marks[2].bpm) == (120.0, 100.0)
    # 150 beats: the last is not a quarter of a beat before the next part.
    assert (marks[2].position_s - marks[1].position_s) * marks[1].bpm / 60.0 == pytest.approx(150.0, abs=1e-5)
    starts_s, tempi = (0.0, 60.1, 120.0), (120.0, 150.0, 120.0)
    parts = tuple(map(lambda at, bpm: TempoSegment(start_s=at, end_s=at + 50.0, bpm=bpm), starts_s, tempi))
    assert len(BeatGrid.in_force(replace(gridded(None, tempo_map=parts), user=UserValues(bpm=150.0)))) == 3


def beats_at(bpm: float, first_s: float = 0.3, end_s: float = 180.0) -> tuple[float, ...]:
    return tuple(first_s + index * 60.0 / bpm for index in range(int((end_s - first_s) * bpm / 60.0)))


@pytest.mark.parametrize(("marks", "follows"), [
    ([(0.3, 120.0)], True),
    ([(0.3, 60.0)], True),
    ([(0.3, 240.0)], True),
    ([(5.3, 120.0)], True),
    ([(0.345, 120.0)], True),
    ([(0.36, 120.0)], False),
    ([(0.55, 120.0)], False),
    ([(0.3, 120.2)], False),
    ([(0.3, 120.0), (90.3, 120.0)], True),
    ([(0.3, 120.0), (90.5, 120.0)], False),
    ([(0.3, 120.0), (170.5, 120.0)], True),
])  # fmt: skip
def test_grid_follows_beats_of_which_few_are_off_it(marks: list[tuple[float, float]], follows: bool) -> None:
    analysis = replace(gridded(LINE).analysis, beats_s=beats_at(120.0))
    grid = tuple(GridMark(position_s=position_s, bpm=bpm) for position_s, bpm in marks)
    assert BeatGrid.follows_beats(grid, analysis) is follows
    assert BeatGrid.follows_beats(grid, replace(analysis, beats_s=()))
    assert BeatGrid.follows_beats((), analysis)


@given(st.floats(40.0, 250.0), st.floats(0.0, 5.0), st.floats(30.0, 900.0))
def test_rounded_grid_drifts_within_the_limit(bpm: float, first_s: float, end_s: float) -> None:
    marks = list(BeatGrid.rounded([GridMark(position_s=first_s, bpm=bpm)], decimals=2, end_s=end_s))
    assert all(mark.bpm == round(bpm, 2) for mark in marks)
    for mark, until_s in zip(marks, [*(after.position_s for after in marks[1:]), end_s], strict=True):
        beats = max(0, int((until_s - mark.position_s) * bpm / 60.0) - 1)
        assert beats * abs(60.0 / mark.bpm - 60.0 / bpm) <= MOST_DRIFT_S + 1e-9


@given(st.floats(-30.0, 30.0), st.floats(40.0, 250.0), st.integers(1, 4))
def test_grid_moved_to_zero_keeps_its_beats(position_s: float, bpm: float, beat: int) -> None:
    mark = GridMark(position_s=position_s, bpm=bpm, metre=4, beat=beat)
    found = BeatGrid.from_zero(mark)
    moved = (found.position_s - position_s) * bpm / 60.0
    assert found.position_s >= -1e-9
    assert found.position_s <= 60.0 / bpm or found == mark
    assert moved == pytest.approx(round(moved), abs=1e-6)
    assert found.beat == (beat - 1 + round(moved)) % 4 + 1


# ---- from single beats ---------------------------------------------------------------------------

TOLERANCE_S = 0.001


def beats_of(marks: tuple[GridMark, ...], last_s: float) -> list[float]:
    """The beats that a grid says, up to one of them."""
    ends = [mark.position_s for mark in marks[1:]] + [last_s]
    return [
        mark.position_s + i * 60 / mark.bpm
        for mark, end_s in zip(marks, ends, strict=True)
        for i in range(round((end_s - mark.position_s) * mark.bpm / 60))
    ] + [last_s]


def test_changes_of_tempo_and_cut_bars_but_no_repetitions_begin_a_mark() -> None:
    times_s = [0.1 + i * 0.5 for i in range(8)] + [0.1 + 7 * 0.5 + i * 0.4 for i in range(1, 9)]
    assert BeatGrid.of_beats(times_s, tolerance_s=TOLERANCE_S) == (
        GridMark(position_s=0.1, bpm=120.0),
        GridMark(position_s=3.6, bpm=150.0),
    )
    times_s = [i * 0.5 for i in range(9)]
    assert BeatGrid.of_beats(times_s, tolerance_s=TOLERANCE_S, numbers=[3, 4, 1, 2, 1, 2, 3, 4, 1]) == (
        GridMark(position_s=0.0, bpm=120.0, metre=4, beat=3),
        GridMark(position_s=1.5, bpm=120.0, metre=4, beat=2),
        GridMark(position_s=2.0, bpm=120.0, metre=4, beat=1),
    )
    # rekordbox may store a mark per beat, and programs that begin a bar at each mark would count anew at each.
    marks = [GridMark(position_s=round(0.5 * beat, 3), bpm=120.0, metre=4, beat=beat % 4 + 1) for beat in range(10)]
    assert [mark.position_s for mark in BeatGrid.on_downbeats(marks)] == [0.0, 2.0, 4.0]
    other = replace(marks[9], bpm=121.0)  # another tempo moves to the next bar
    assert [mark.beat for mark in BeatGrid.on_downbeats([*marks[:9], other])] == [1, 1, 1, 1]


def test_even_beats_give_one_mark_and_others_continue_the_beats() -> None:
    assert BeatGrid.of_beats([], tolerance_s=TOLERANCE_S) == ()
    assert BeatGrid.of_beats([1.0], tolerance_s=TOLERANCE_S) == ()
    with pytest.raises(ValueError, match="not ascending"):
        BeatGrid.of_beats([0.0, 0.5, 0.5], tolerance_s=TOLERANCE_S)
    times_s = [round(0.025 + i * 60 / 127.98, 3) for i in range(500)]
    assert BeatGrid.of_beats(times_s, tolerance_s=TOLERANCE_S) == (GridMark(position_s=0.025, bpm=127.98),)
    times_s = [i * 60 / 127.9837 for i in range(1000)]
    (mark,) = BeatGrid.of_beats(times_s, tolerance_s=1e-6)
    assert mark.bpm == pytest.approx(127.9837, abs=1e-9)
    marks = (GridMark(position_s=0.1, bpm=128.25, metre=4, beat=1), GridMark(position_s=60.0, bpm=90.0))
    assert tuple(BeatGrid.rounded(marks, decimals=2, end_s=300.0)) == marks
    assert len(list(BeatGrid.rounded([GridMark(position_s=0.1, bpm=127.996)], decimals=2, end_s=None))) == 1
    marks = list(BeatGrid.rounded([GridMark(position_s=0.0, bpm=120.004, metre=4, beat=3)], decimals=2, end_s=600.0))
    beats = [round(mark.position_s * 120.004 / 60.0) for mark in marks]
    assert len(marks) > 2
    assert [mark.beat for mark in marks] == [(2 + beat) % 4 + 1 for beat in beats]


@settings(max_examples=examples(60))
@given(st.lists(st.floats(0.2, 1.5), min_size=1, max_size=80))
def test_grid_marks_reproduce_the_beats(gaps_s: list[float]) -> None:
    times_s = [0.0]
    for gap_s in gaps_s:
        times_s.append(times_s[-1] + gap_s)
    marks = BeatGrid.of_beats(times_s, tolerance_s=TOLERANCE_S)
    beats = beats_of(marks, times_s[-1])
    assert len(beats) == len(times_s)
    assert beats == pytest.approx(times_s, abs=2 * TOLERANCE_S + 1e-5)
