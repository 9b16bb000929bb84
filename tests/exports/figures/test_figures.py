"""Geometry with known answers, and nothing outside of its figure."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.analysis.analysis import Analysis, KeySegment, TempoSegment
from map4.core.music.analysis.inside import Bars, Metre, Overview, Phrase, Structure
from map4.core.music.analysis.key import Key
from map4.core.music.mixing.compatibility import MixTraits
from map4.exports.figures import library_map as maps
from map4.exports.figures.histogram import energy_histogram, loudness_histogram, named_bars, tempo_histogram
from map4.exports.figures.library_map import MapDot, library_map
from map4.exports.figures.matrix import compatibility_matrix
from map4.exports.figures.radar import hamms_lines, hamms_radar
from map4.exports.figures.shapes import Dot, Figure, Line, Polygon, Wedge, Word
from map4.exports.figures.strip import Mark, track_strip
from map4.exports.figures.wheel import camelot_wheel, key_partners
from map4.stats.records import Bin

SHARE = st.none() | st.floats(0.0, 1.0)


def of(figure: Figure, kind: type) -> list:
    return [shape for shape in figure.shapes if isinstance(shape, kind)]


def words(figure: Figure) -> list[str]:
    return [word.text for word in of(figure, Word)]


def points(figure: Figure) -> list[tuple[float, float]]:
    found = []
    for shape in figure.shapes:
        match shape:
            case Line() | Polygon():
                found += shape.points
            case Wedge():
                x, y = shape.center
                found += [(x - shape.outer, y - shape.outer), (x + shape.outer, y + shape.outer)]
            case Dot():
                found.append(shape.center)
            case Word():
                found.append(shape.at)
    return found


def is_inside(figure: Figure) -> bool:
    return all(0.0 <= x <= figure.width and 0.0 <= y <= figure.height for x, y in points(figure))


def test_wheel_has_every_key_at_its_hour_and_is_fullest_at_the_most_frequent_key() -> None:
    wheel = camelot_wheel({"12A": 3, "3B": 6, "6B": 1})
    wedges = {wedge.hint.split()[0]: wedge for wedge in of(wheel, Wedge)}
    assert len(wedges) == 24
    assert (wedges["12A"].start_deg + wedges["12A"].end_deg) / 2 == pytest.approx(0.0)
    assert (wedges["3B"].start_deg + wedges["3B"].end_deg) / 2 == pytest.approx(90.0)
    assert wedges["12A"].outer < wedges["12B"].inner  # minor inside, major outside
    assert wedges["3B"].opacity > wedges["12A"].opacity > wedges["6B"].opacity > wedges["1A"].opacity > 0.0
    assert wedges["3B"].hint == "3B (D♭ major): 6 tracks"
    assert {"10", "with a key"} <= set(words(wheel))
    assert "Most at: 3B 6, 12A 3, 6B 1." in wheel.description
    assert is_inside(wheel)


def test_radar_draws_each_number_at_its_radius_and_a_gap_for_unknown_values() -> None:
    whole = hamms_radar([0.5] * 12, name="one")
    radii = [math.dist(dot.center, (150.0, 112.0)) for dot in of(whole, Dot)]
    assert radii == pytest.approx([42.0] * 12)
    assert of(whole, Dot)[3].center == pytest.approx((192.0, 112.0))  # the fourth of twelve is at three o'clock
    gap = hamms_radar([None, *[0.5] * 11], name="one")
    assert len(of(gap, Dot)) == 11
    drawn = {"series1"}
    assert sum(line.role in drawn for line in of(whole, Line)) == 12
    assert sum(line.role in drawn for line in of(gap, Line)) == 10
    assert "bpm unknown, key 0.50" in gap.description


def test_lines_of_up_to_six_tracks_have_distinct_signs_at_their_numbers() -> None:
    vectors = [[None, *[i / 10.0] * 11] for i in range(6)]
    several = hamms_lines([(f"track {i}", vector) for i, vector in enumerate(vectors)])
    assert {f"track {i}" for i in range(6)} <= set(words(several))
    marks = [mark for mark in of(several, Polygon) if mark.hint]
    assert len(marks) == 6 * 11
    assert len({(mark.role, len(mark.points), mark.opacity) for mark in marks}) == 6
    lefts = [min(x for x, _ in mark.points) for mark in marks if mark.hint.startswith("key ")]
    assert [right - left for left, right in itertools.pairwise(lefts)] == pytest.approx([20.6] * 5, abs=1.5)
    assert is_inside(several)
    assert min(word.size for word in of(several, Word)) >= 11.0
    for refused in ([("x", [0.5] * 12)] * 7, [("x", [0.5])]):
        with pytest.raises(ValueError, match="up to 6 vectors of 12 numbers"):
            hamms_lines(refused)
    with pytest.raises(ValueError, match="12 numbers"):
        hamms_radar([0.5], name="x")


def bins(*counts: int, low: float = 100.0, width: float = 5.0) -> list[Bin]:
    return [Bin(low=low + i * width, high=low + (i + 1) * width, count=n) for i, n in enumerate(counts)]


def test_bars_are_as_high_as_their_counts_or_only_axes() -> None:
    figure = tempo_histogram(bins(1, 0, 4, 2), median_bpm=111.0)
    height, four, two = (shape.points[2][1] - shape.points[0][1] for shape in of(figure, Polygon))
    assert (four / height, two / height) == pytest.approx((4.0, 2.0))
    assert [p.hint for p in of(figure, Polygon)][1] == "110 to 115 BPM: 4 tracks"
    assert {"100", "105", "110", "115"} <= set(words(figure))
    assert is_inside(figure)
    figure = loudness_histogram(bins(*[1] * 200, low=-200.0, width=1.0), median_lufs=-9.0)
    counts = [int(p.hint.split(": ")[1].split()[0]) for p in of(figure, Polygon)]
    assert sum(counts) == 200
    assert len(counts) <= 40
    for figure in (tempo_histogram([]), energy_histogram({}), loudness_histogram([]), named_bars("Genres", [])):
        assert not of(figure, Polygon)
        assert is_inside(figure)


@given(st.lists(st.integers(0, 10**6), max_size=150), st.lists(SHARE, min_size=12, max_size=12))
def test_figures_stay_inside_their_frame_for_any_numbers(counts: list[int], vector: list[float | None]) -> None:
    assert is_inside(tempo_histogram(bins(*counts)))
    assert is_inside(named_bars("x", [(str(i), n) for i, n in enumerate(counts)]))
    assert is_inside(hamms_radar(vector, name="x"))


def test_the_matrix_has_a_square_for_each_pair_and_none_for_a_track_with_itself() -> None:
    alike, unlike = (MixTraits(bpm=120).compared(MixTraits(bpm=bpm)) for bpm in (120, 160))
    mixes = [[None, alike, unlike], [alike, None, alike], [unlike, alike, None]]
    figure = compatibility_matrix(["a", "b", "c"], mixes)
    *squares, excellent, good, fair, poor = of(figure, Polygon)
    assert len(squares) == 6
    assert squares[0].hint == "a → b: 0.70 fair"
    assert [(box.role, box.opacity) for box in squares[:2]] == [(box.role, box.opacity) for box in (fair, poor)]
    assert len({(box.role, box.opacity) for box in (excellent, good, fair, poor)}) == 4
    assert words(figure)[-4:] == ["excellent", "good", "fair", "poor"]
    assert words(figure).count("70") == 4
    assert is_inside(compatibility_matrix(["x"] * 24, [[alike] * 24] * 24))
    with pytest.raises(ValueError, match="up to 24"):
        compatibility_matrix(["x"] * 25, [[alike] * 25] * 25)
    with pytest.raises(ValueError, match="each with each"):
        compatibility_matrix(["x", "y"], [[alike]])


def test_the_map_colours_the_most_frequent_genres(monkeypatch: pytest.MonkeyPatch) -> None:
    dots = [MapDot(name=f"t{i}", genre=f"g{i % 8}" if i else None, x=float(i), y=-float(i)) for i in range(80)]
    figure = library_map(dots)
    assert is_inside(figure)
    signs = [*of(figure, Dot), *of(figure, Polygon)]
    assert {sign.role for sign in signs} == {"wanted", *(f"series{i}" for i in range(1, 7))}
    # Without colour, too: each series has a sign of its own.
    corners = {shape.role: len(shape.points) for shape in of(figure, Polygon)}
    assert corners == {"series2": 4, "series3": 3, "series4": 4, "series5": 3, "series6": 12}
    assert words(figure)[-1] == "other"
    first = of(figure, Dot)[0]
    last = next(dot for dot in of(figure, Dot) if (dot.hint or "").startswith("t72"))
    assert first.center[0] < last.center[0]
    assert first.center[1] < last.center[1]  # a larger y stands higher
    monkeypatch.setattr(maps, "MOST_DOTS", 10)
    assert library_map(dots).description.startswith("10 of 80 tracks")


def test_wheel_of_one_key_highlights_the_best_mixing_keys() -> None:
    wheel = key_partners(Key.from_camelot(8, "A"))
    wedges = {wedge.hint.split()[0]: wedge for wedge in of(wheel, Wedge)}
    order = sorted(wedges, key=lambda name: -wedges[name].opacity)
    assert order[:2] == ["8A", "8B"]
    assert set(order[2:4]) == {"7A", "9A"}
    assert wedges["9A"].hint == "9A (E minor): neighbour, 0.88"
    assert wedges["2B"].opacity == min(wedge.opacity for wedge in wedges.values())
    assert words(wheel).count("88") == 2
    assert "50" not in words(wheel)  # it does not fit
    assert wheel.description == "8A mixes well with 8B, 7A, 9A, 10A, 6A, 7B, 9B."
    assert is_inside(wheel)


def overview() -> Overview:
    return Overview(low=bytes([255]) * 400, mid=bytes([128]) * 400, high=bytes(400), energy=bytes(200))


def test_strip_shows_phrases_and_cues_at_their_times() -> None:
    structure = Structure(
        phrases=(
            Phrase(start_s=0.0, end_s=30.0, bars=16, group="A", role="intro", energy=0.2, confidence=0.9),
            Phrase(start_s=30.0, end_s=120.0, bars=48, group="B", role=None, energy=0.8, confidence=0.9),
        ),
        confidence=0.9,
    )
    analysis = Analysis(
        duration_s=120.0,
        overview=overview(),
        structure=structure,
        key_map=(
            KeySegment(start_s=0.0, end_s=60.0, key=Key.parse("8A"), confidence=0.9),
            KeySegment(start_s=60.0, end_s=120.0, key=Key.parse("9A"), confidence=0.9),
        ),
    )
    figure = track_strip(analysis, [Mark(name="drop", at_s=30.0)], notation="openkey")
    assert words(figure)[:1] == ["drop"]
    assert {"A intro", "B", "1m", "2m", "0:00", "2:00"} <= set(words(figure))
    drop = next(shape for shape in of(figure, Polygon) if shape.hint and shape.hint.startswith("drop at 0:30"))
    assert abs(drop.points[2][0] - (8 + 684 / 4)) < 0.01
    assert all(0 <= x <= figure.width and 0 <= y <= figure.height for x, y in points(figure))
    assert "drop at 0:30" in figure.description


@pytest.mark.parametrize("seconds", [0.5, 40_000.0])
def test_strip_of_any_length_fits_its_frame(seconds: float) -> None:
    figure = track_strip(Analysis(duration_s=seconds, overview=overview()))
    assert 1 <= len(words(figure)) <= 14
    assert all(0 <= x <= figure.width for x, _ in points(figure))


def test_strip_draws_names_and_bars_only_if_distinguishable() -> None:
    marks = [Mark(name="First beat", at_s=2.0), Mark(name="Mix in", at_s=9.0), Mark(name="Drop", at_s=30.0)]
    figure = track_strip(Analysis(duration_s=179.0, overview=overview()), marks)
    assert figure is not None
    assert words(figure)[:2] == ["Mix in", "Drop"]
    for seconds, beats, bars in ((60.0, 120, 30), (240.0, 0, 120), (3600.0, 0, 0)):
        times_s = tuple(np.arange(0.0, seconds, 0.5).tolist())
        found = Bars(downbeats_s=times_s[::4], confidence=0.9, metre=Metre(beats_per_bar=4, confidence=0.9))
        plain = Analysis(duration_s=seconds, overview=overview())
        figures = track_strip(replace(plain, beats_s=times_s), ()), track_strip(replace(plain, bars=found), ())
        marks = [len([line for line in of(figure, Line) if line.role == "muted"]) for figure in figures if figure]
        assert marks == [beats, bars]


def test_tempo_label_is_printed_whole_or_not_at_all() -> None:
    lengths_s = (100.0, 40.0, 20.0, 9.0, 431.0)
    edges_s = [0.0, *itertools.accumulate(lengths_s)]
    parts = tuple(
        TempoSegment(start_s=start_s, end_s=end_s, bpm=bpm)
        for (start_s, end_s), bpm in zip(itertools.pairwise(edges_s), (131.0, 65.0, 174.0, 98.0, 120.5), strict=True)
    )
    figure = track_strip(Analysis(duration_s=600.0, overview=overview(), tempo_map=parts))
    assert figure is not None
    assert [word for word in words(figure) if ":" not in word and word != "energy"] == [
        "131.0 BPM",
        "65.0",
        "120.5 BPM",
    ]
