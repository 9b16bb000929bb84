"""Figures on a terminal: words at their places, marks that tell tracks apart, and nothing wider than it may be."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from conftest import Run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from map4.cli import streams
from map4.cli.views.figures import COURSE_WIDTH, RADAR_WIDTH, WHEEL_WIDTH, figure_view, titled_figure
from map4.domain.key import ALL_KEYS, Notation
from map4.domain.statistics import Bin
from map4.reports.figures.course import Stop, playlist_course
from map4.reports.figures.histogram import tempo_histogram
from map4.reports.figures.radar import hamms_radar
from map4.reports.figures.shapes import Dot, Figure, Line, Polygon, Shape, Wedge, Word, box
from map4.reports.figures.wheel import camelot_wheel

BLANK = "\u2800"
HALF = [0.5] * 12


def lines(figure: Figure, width: int) -> list[str]:
    return figure_view(figure, width=width).plain.split("\n")


def figure(*shapes: Shape, width: float = 80.0, height: float = 60.0) -> Figure:
    return Figure(title="A title", description="", width=width, height=height, shapes=shapes)


def word_at(shown: list[str], word: str) -> tuple[int, int]:
    """Row, and the column of its middle."""
    row = next(number for number, line in enumerate(shown) if word in line)
    return row, shown[row].index(word) + len(word) // 2


@pytest.mark.parametrize("notation", ["camelot", "openkey", "musical"])
@pytest.mark.parametrize("count", [7, 1_234, 123_456])
def test_the_wheel_has_every_name_and_count_at_its_place(notation: Notation, count: int) -> None:
    shown = lines(camelot_wheel({key.camelot: count for key in ALL_KEYS}, notation=notation), WHEEL_WIDTH)
    words = " ".join(shown).split()
    assert {key.in_notation(notation) for key in ALL_KEYS} <= set(words)
    assert words.count(f"{count:,}") == 24
    assert max(map(len, shown)) <= WHEEL_WIDTH


def test_the_wheel_is_round() -> None:
    shown = lines(camelot_wheel({"12A": 1, "3A": 1, "6A": 1, "9A": 1}), 48)
    (top, middle), (right, far) = word_at(shown, "12A"), word_at(shown, "3A")
    (bottom, below), (left, near) = word_at(shown, "6A"), word_at(shown, "9A")
    assert abs(middle - below) <= 1
    assert abs(right - left) <= 1
    assert far - near == pytest.approx(2 * (bottom - top), abs=3)  # a cell is twice as high as wide


def test_each_count_stands_below_the_name_of_its_key() -> None:
    shown = lines(camelot_wheel({key.camelot: 7 for key in ALL_KEYS}), WHEEL_WIDTH)
    for key in ALL_KEYS:
        row, column = word_at(shown, f" {key.camelot} ")
        assert "7" in shown[row + 1][column - 2 : column + 3], key.camelot


def test_the_fuller_a_key_the_denser_its_sector() -> None:
    shown = "".join(lines(camelot_wheel({"12B": 9, "6B": 4}), 48))
    dots = [(ord(c) - ord(BLANK)).bit_count() for c in shown if BLANK < c <= "\u28ff"]
    assert {2, 4} <= set(dots)
    assert not [c for line in lines(camelot_wheel({}), 48) for c in line if BLANK < c <= "\u28ff"]


def test_tracks_of_a_radar_are_told_apart_without_colour_and_by_the_legend() -> None:
    tracks = [("one", [0.9] * 12), ("銀河ラジオ", [0.4] * 12)]
    shown = lines(hamms_radar(tracks), RADAR_WIDTH)
    legend = {line.split()[-1]: line for line in shown[-3:] if line.strip()}
    assert "●" in legend["one"]
    assert "○" in legend["銀河ラジオ"]
    body = "".join(shown[:-3])
    assert (body.count("●"), body.count("○")) == (12, 12)
    assert {"tempo", "stability", "instrumental"} <= set(" ".join(shown).split())


def test_a_number_that_is_unknown_leaves_a_gap() -> None:
    assert "".join(lines(hamms_radar([("one", [None, *HALF[1:]])]), 48)).count("●") == 11


def test_the_course_goes_up_where_the_list_does() -> None:
    stops = [Stop(name=str(i), energy=i / 9, wanted=0.5, bpm=120.0 + i, key="8A") for i in range(10)]
    shown = lines(playlist_course(stops), COURSE_WIDTH)
    rows = [row for row, line in enumerate(shown) if "●" in line]
    assert rows == sorted(rows)
    assert "dashed: what was wanted" in shown[0]
    firsts = [line.index("●") for line in shown if "●" in line]
    assert firsts == sorted(firsts, reverse=True)  # the highest row has the last track
    assert shown[-2].split()[1:] == ["8A"] * 10
    assert shown[-1].split() == ["track", *(str(i) for i in range(1, 11))]


def test_a_bar_is_as_high_as_its_count() -> None:
    counts = (4, 4, 4, 2, 2, 2)
    bins = [Bin(low=100.0 + 5 * place, high=105.0 + 5 * place, count=count) for place, count in enumerate(counts)]
    shown = lines(tempo_histogram(bins), 40)
    heights = [sum(line[column : column + 1] == "⣿" for line in shown) for column in (10, 30)]
    assert heights[0] == pytest.approx(2 * heights[1], abs=1)
    assert heights[1] > 2


def test_words_give_way_and_dots_keep_off() -> None:
    filled = Polygon(points=box(0.0, 0.0, 80.0, 60.0), role="fill")
    one, two = (Word(at=(40.0, 30.0), text=text, anchor="middle") for text in ("first", "second"))
    shown = lines(figure(filled, one, two), 40)
    (row, _), (below, _) = word_at(shown, "first"), word_at(shown, "second")
    assert below == row + 1
    assert " first " in shown[row]
    third, fourth = (Word(at=(40.0, 30.0), text=text, anchor="middle") for text in ("third", "fourth"))
    assert "fourth" not in "".join(lines(figure(one, two, third, fourth), 40))


def test_long_and_wide_words_are_cut_and_stay_inside() -> None:
    long = Word(at=(0.0, 20.0), text="銀河" * 40)
    cut = Word(at=(70.0, 50.0), text="abcdefghij", most=20.0)
    shown = lines(figure(long, cut), 20)
    assert all(cell_len(line) <= 20 for line in shown)
    assert shown[-1].endswith("abcd…")
    accent = lines(figure(Word(at=(0.0, 20.0), text="e\u0301a")), 20)
    assert accent == ["e\u0301a"]


def test_names_can_t_move_the_cursor() -> None:
    assert "\x1b" not in "".join(lines(hamms_radar([("\x1b[2J", HALF), ("b", HALF)]), 48))


def test_what_is_wanted_is_dashed_and_rules_are_dotted() -> None:
    def dots(line: Line) -> int:
        return sum((ord(c) - ord(BLANK)).bit_count() for c in "".join(lines(figure(line), 40)) if c != " ")

    ends = ((0.0, 30.0), (79.0, 30.0))
    solid, dashed = (dots(Line(points=ends, role="series1", dashed=dashed)) for dashed in (False, True))
    rule = dots(Line(points=ends, role="grid", width=0.5))
    assert solid > dashed > rule > 0


def test_a_figure_that_is_too_wide_says_so() -> None:
    text = titled_figure(figure(Word(at=(0.0, 20.0), text="word")), width=30, least=40).plain
    assert text == "\nA title\n\nneeds a wider terminal"
    assert "word" in titled_figure(figure(Word(at=(0.0, 20.0), text="word")), width=40, least=40).plain


def test_every_sign_has_one_of_ascii() -> None:
    drawn = figure(Dot(center=(9.0, 9.0), radius=1.0, role="series4"))
    radar = figure_view(hamms_radar([(str(i), [i / 6] * 12) for i in range(6)]), width=60).plain
    wheel = figure_view(camelot_wheel({key.camelot: 1 + i for i, key in enumerate(ALL_KEYS)}), width=48).plain
    for shown in (radar, wheel, lines(drawn, 20)[0]):
        plain = shown.translate(streams.PLAIN_SIGNS)
        assert plain.isascii()
        assert len(plain) == len(shown)
    assert len({streams.PLAIN_SIGNS[ord(mark)] for mark in "●○◆◇■□"}) == 6
    assert "⣿⢸⠤⠁⢀⠅⢕ ".translate(streams.PLAIN_SIGNS) == "#|-'..: "


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(1, 100),
    st.lists(st.tuples(st.floats(0.0, 1.0) | st.none(), st.floats(30.0, 300.0) | st.none()), max_size=30),
)
def test_nothing_is_wider_than_it_may_be(width: int, values: list[tuple[float | None, float | None]]) -> None:
    stops = [Stop(name="t", energy=energy, wanted=energy, bpm=bpm, key="12A") for energy, bpm in values]
    assert all(cell_len(line) <= width for line in lines(playlist_course(stops), width))


@settings(max_examples=15, deadline=None)
@given(st.floats(0.0, 360.0), st.floats(1.0, 359.0))
def test_a_wedge_fills_its_part_of_the_ring(start: float, span: float) -> None:
    wedge = Wedge(center=(40.0, 30.0), inner=10.0, outer=30.0, start_deg=start, end_deg=start + span, role="fill")
    shown = lines(figure(wedge), 40)
    dots = sum((ord(c) - ord(BLANK)).bit_count() for c in "".join(shown) if c != " ")
    # A dot a point.
    assert dots == pytest.approx(3.1416 * (30**2 - 10**2) * span / 360, rel=0.2, abs=40)


# ---- the commands that draw ----------------------------------------------------------------------


def test_figures_are_drawn_for_people_alone(map4: Run, inside: Run, scanned: Path) -> None:
    two = inside("compare", "--figures", scanned / "one.wav", scanned / "two.wav", env={"COLUMNS": "80"})
    assert two.returncode == 0
    assert "dynamics" in two.stdout
    assert "Energy, tempo and key" not in two.stdout
    every = map4("compare", "--figures", scanned, env={"COLUMNS": "80", "PYTHONIOENCODING": "ascii"})
    assert "Energy, tempo and key" in every.stdout
    assert every.stdout.isascii()
    assert max(map(len, every.stdout.splitlines())) <= 80
    made = inside("playlist", "--query", "", "-n", "3", "--figures")
    assert made.stdout.index("mix") < made.stdout.index("Energy, tempo and key") < made.stdout.index("track")
    assert "Energy, tempo and key" not in inside("playlist", "--query", "", "-n", "3").stdout
    for command in (["compare", scanned], ["playlist", "--query", ""]):
        refused = inside(*command, "--figures", "--json")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "--figures draws for a terminal" in refused.stderr


def test_the_wheel_of_stats_has_no_colour_when_piped(inside: Run, scanned: Path) -> None:
    shown = inside("stats", "--all").stdout
    assert "\x1b" not in shown
    assert "tracks" in shown.partition("keys:")[2].partition("energy level")[0]


def test_the_stream_of_these_tests_is_that_of_the_command() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors=streams.plain_errors("replace"))
    stream.write("⣿●é")
    stream.flush()
    assert stream.buffer.getvalue() == b"#o?"  # type: ignore[attr-defined]
