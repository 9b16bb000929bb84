"""A set on the clock: where each track lies, how its joint looks, and how rows part it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from map4.core.music.analysis.inside import OVERVIEW_POINTS, Overview
from map4.core.music.mixing.compatibility import Compatibility
from map4.exports.figures.set_clock import NARROW, RATING_ROLES, WIDE, Bar, Joint, clock_rows, energy_levels, set_clock
from map4.exports.figures.shapes import Figure, Line, Polygon, Word

LOUD = Overview(low=bytes([255]) * OVERVIEW_POINTS, mid=bytes(400), high=bytes(400), energy=bytes(200))


def joint(rating: str = "poor", overlap_s: float = 0.0) -> Joint:
    return Joint(
        rating=rating,  # type: ignore[arg-type]
        compatibility=0.5,
        lines=(f"{rating} 0.50", "8A → 2B clash", "+5.0 % tempo"),
        short=("8A→2B", "+5.0 %"),
        sentence=f"{rating}: 8A → 2B clash, +5.0 % tempo",
        overlap_s=overlap_s,
    )


def bars(count: int, length_s: float = 240.0, overlap_s: float = 0.0, **more: Any) -> list[Bar]:
    return [
        Bar(
            number=place + 1,
            name=f"Ann - Song {place}",
            mark="8A  124.0 BPM",
            starts_s=place * (length_s - overlap_s),
            sounds_s=length_s,
            energy=0.5,
            joint=joint(overlap_s=overlap_s) if place else None,
            **more,
        )
        for place in range(count)
    ]


def of(figure: Figure, kind: type, role: str | None = None) -> list[Any]:
    return [shape for shape in figure.shapes if isinstance(shape, kind) and role in (None, shape.role)]


def words(figures: tuple[Figure, ...]) -> list[str]:
    return [shape.text for figure in figures for shape in figure.shapes if isinstance(shape, Word)]


def is_inside(figure: Figure) -> bool:
    points = [point for shape in figure.shapes for point in getattr(shape, "points", [getattr(shape, "at", (0, 0))])]
    return all(-1.0 <= x <= figure.width + 1.0 and -1.0 <= y <= figure.height + 1.0 for x, y in points)


@pytest.mark.parametrize(("count", "rows"), [(3, 1), (200, 17)])
def test_a_set_of_any_length_has_rows_that_last_about_as_long(count: int, rows: int) -> None:
    figures = set_clock(bars(count))
    assert len(figures) == rows
    assert [figure.title for figure in figures] == ["The set on the clock", *[""] * (rows - 1)]
    assert [word for word in words(figures) if word.startswith(f"{count}. ")]
    assert all(is_inside(figure) for figure in figures)


def test_horizontal_position_is_the_time_and_every_text_is_legible() -> None:
    long = Bar(number=3, name="Long", mark="", starts_s=480.0, sounds_s=480.0)
    (figure,) = set_clock([*bars(2), long])
    first, second, third = (shape.points for shape in of(figure, Polygon, "fill"))
    assert second[1][0] - second[0][0] == pytest.approx(first[1][0] - first[0][0])
    assert third[1][0] - third[0][0] == pytest.approx(2 * (first[1][0] - first[0][0]), rel=0.02)
    assert first[0][1] == third[0][1] < second[0][1]  # in turns on the upper and the lower deck
    assert "4:00" in words((figure,))
    assert min(shape.size for figure in set_clock(bars(40)) for shape in of(figure, Word)) >= 11.0


def test_joint_is_rated_by_colour_sign_and_words() -> None:
    for rating in (*Compatibility.RATING_SIGNS,):
        first, second = bars(2)
        second = Bar(
            **{name: getattr(second, name) for name in second.__dataclass_fields__ if name != "joint"},
            joint=joint(rating),
        )
        (figure,) = set_clock([first, second])
        role = RATING_ROLES[rating]  # type: ignore[index]
        assert [shape.text for shape in of(figure, Word, role)] == [f"{rating} 0.50"]
        assert {"8A → 2B clash", "+5.0 % tempo"} <= set(words((figure,)))
        (sign,) = [shape for shape in of(figure, Polygon, role) if shape.outlined and shape.hint]
        assert (len(sign.points), sign.opacity) == {
            "excellent": (16, 1.0),
            "good": (16, 0.0),
            "fair": (3, 0.0),
            "poor": (3, 1.0),
        }[rating]


def test_strip_shows_only_the_played_part() -> None:
    half = bytes(200) + bytes([255]) * 200
    quiet = Overview(low=half, mid=bytes(400), high=bytes(400), energy=bytes(200))

    def heights(shown: tuple[float, float]) -> set[float]:
        (figure,) = set_clock(bars(1, overview=quiet, shown=shown))
        (wave,) = of(figure, Polygon, "low")
        return {round(wave.points[0][1] - y, 2) for _, y in wave.points[1:-1]}

    assert heights((0.0, 0.5)) == {0.0}
    assert len(heights((0.5, 1.0))) == 1
    assert heights((0.5, 1.0)) != {0.0}


def test_energy_and_wanted_energy_share_the_scale_of_the_set() -> None:
    (figure,) = set_clock(bars(3, wanted=0.7))
    (wanted,) = [line for line in of(figure, Line, "wanted") if len(line.points) > 2]
    (reached,) = [line for line in of(figure, Line, "series1") if len(line.points) > 2]
    assert wanted.dashed
    assert wanted.points[0][1] < reached.points[0][1]
    assert energy_levels(bars(3, wanted=0.7)) == (4, 8)
    assert energy_levels(bars(1)) == (3, 7)
    quiet = [replace(bar, energy=0.3, wanted=0.0) for bar in bars(2)]
    assert energy_levels(quiet) == (0, 4)
    unknown = [Bar(number=1, name="x", mark="", starts_s=0.0, sounds_s=60.0)]
    assert not [line for line in of(set_clock(unknown)[0], Line, "series1") if line.points[0][1] > 20.0]


def test_rows_begin_with_a_track_overlaps_and_levels_are_means() -> None:
    assert [[bar.number for bar in row] for row in clock_rows(bars(7), 3)] == [[1, 2, 3], [4, 5, 6], [7]]
    long = Bar(number=8, name="A long mix", mark="", starts_s=1680.0, sounds_s=3600.0)
    assert [len(row) for row in clock_rows([*bars(7), long], 3)] == [7, 1]
    assert Overview.resampled(bytes([0, 100, 200, 200]), 2) == [50.0, 200.0]
    assert Overview.resampled(bytes([0, 100, 200, 200]), 1, (0.5, 1.0)) == [200.0]
    assert Overview.resampled(bytes([7]), 3) == [7.0, 7.0, 7.0]
    (figure,) = set_clock(bars(2, overlap_s=60.0))
    first, second = (shape.points for shape in of(figure, Polygon, "fill"))
    (both,) = [shape for shape in of(figure, Polygon, "poor") if len(shape.points) == 4]
    assert second[0][0] < first[1][0]
    assert [both.points[0][0], both.points[1][0]] == pytest.approx([second[0][0], first[1][0]], abs=2.0)


@settings(max_examples=15)
@given(st.lists(st.floats(0.0, 5000.0), min_size=1, max_size=80), st.sampled_from([WIDE, NARROW]))
def test_set_clock_of_any_lengths_fits_its_frame(lengths: list[float], width: float) -> None:
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    listed = [
        Bar(number=place + 1, name="n", mark="m", starts_s=start, sounds_s=length, overview=LOUD, joint=joint())
        for place, (start, length) in enumerate(zip(starts, lengths, strict=True))
    ]
    assert all(is_inside(figure) for figure in set_clock(listed, width=width))
