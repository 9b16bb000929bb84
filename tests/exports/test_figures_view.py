"""Figures on a terminal: words at their places, marks that tell tracks apart, and nothing wider than it may be."""

from pathlib import Path

import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from map4.cli import output
from map4.core.music.analysis.key import ALL_KEYS, Notation
from map4.core.music.mixing.compatibility import Compatibility
from map4.exports.figures.shapes import Figure, Shape, Wedge, Word
from map4.exports.figures.wheel import camelot_wheel
from map4.exports.views import WHEEL_WIDTH, figure_view, hamms_view

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


@pytest.mark.parametrize(("notation", "count"), [("camelot", 7), ("musical", 123_456)])
def test_drawn_wheel_has_every_name_and_count_at_its_place(notation: Notation, count: int) -> None:
    shown = lines(camelot_wheel({key.camelot: count for key in ALL_KEYS}, notation=notation), WHEEL_WIDTH)
    words = " ".join(shown).split()
    assert {key.in_notation(notation) for key in ALL_KEYS} <= set(words)
    assert words.count(f"{count:,}") == 24
    assert max(map(len, shown)) <= WHEEL_WIDTH


def test_wheel_is_round_and_denser_and_hamms_numbers_have_signs() -> None:
    shown = lines(camelot_wheel({"12A": 1, "3A": 1, "6A": 1, "9A": 1}), 48)
    (top, middle), (right, far) = word_at(shown, "12A"), word_at(shown, "3A")
    (bottom, below), (left, near) = word_at(shown, "6A"), word_at(shown, "9A")
    assert abs(middle - below) <= 1
    assert abs(right - left) <= 1
    assert far - near == pytest.approx(2 * (bottom - top), abs=3)  # a cell is twice as high as wide
    shown = "".join(lines(camelot_wheel({"12B": 9, "6B": 4}), 48))
    dots = [(ord(c) - ord(BLANK)).bit_count() for c in shown if BLANK < c <= "\u28ff"]
    assert {2, 4} <= set(dots)
    assert not [c for line in lines(camelot_wheel({}), 48) for c in line if BLANK < c <= "\u28ff"]
    tracks = [("one", [0.0, 0.5, *[0.9] * 10]), ("銀河ラジオ", [1.0, 0.5, None, *[0.4] * 9])]
    shown = hamms_view(tracks, width=80).plain.splitlines()
    tempo, key, energy, *_ = shown[4:]
    assert tempo == "       tempo ●" + "·" * 65 + "○"
    assert "●○" in key or "○●" in key  # beside each other
    assert (energy.count("●"), energy.count("○")) == (1, 0)
    assert shown[-2:] == ["● one", "○ 銀河ラジオ"]
    assert max(map(cell_len, shown)) <= 80
    six = hamms_view([("\x1b[2J" * 40, HALF)] * 6, width=40).plain
    assert "\x1b" not in six
    assert max(map(cell_len, six.splitlines())) <= 40
    assert [six.count(sign) for sign in "●○◆◇■□"] == [13] * 6
    assert "needs a wider terminal" in hamms_view(tracks, width=30).plain


def test_words_of_figures_move_apart_and_signs_have_substitutes() -> None:
    filled = Wedge(center=(40.0, 30.0), inner=0.0, outer=30.0, start_deg=0.0, end_deg=359.9, role="minor")
    first, second = (Word(at=(40.0, 30.0), text=text, anchor="middle") for text in ("first", "second"))
    shown = lines(figure(filled, first, second), 40)
    (row, _), (below, _) = word_at(shown, "first"), word_at(shown, "second")
    assert below == row + 1
    assert " first " in shown[row]
    third, fourth = (Word(at=(40.0, 30.0), text=text, anchor="middle") for text in ("third", "fourth"))
    assert "fourth" not in "".join(lines(figure(first, second, third, fourth), 40))
    long = Word(at=(0.0, 20.0), text="銀河" * 40)
    cut = Word(at=(70.0, 50.0), text="abcdefghij", most=20.0)
    shown = lines(figure(long, cut), 20)
    assert all(cell_len(line) <= 20 for line in shown)
    assert shown[-1].endswith("abcd…")
    accent = lines(figure(Word(at=(0.0, 20.0), text="e\u0301a")), 20)
    assert accent == ["e\u0301a"]
    joints = "".join((*Compatibility.RATING_SIGNS.values(), "━╸┄─"))
    numbers = hamms_view([(str(i), [i / 6] * 12) for i in range(6)], width=60).plain
    wheel = figure_view(camelot_wheel({key.camelot: 1 + i for i, key in enumerate(ALL_KEYS)}), width=48).plain
    for shown in (numbers, wheel, joints):
        plain = shown.translate(output.PLAIN_SIGNS)
        assert plain.isascii()
        assert len(plain) == len(shown)
    assert len({output.PLAIN_SIGNS[ord(mark)] for mark in "●○◆◇■□"}) == 6
    assert "⣿⢸⠤⠁⢀⠅⢕ ".translate(output.PLAIN_SIGNS) == "#|-'..: "


@settings(max_examples=15)
@given(st.floats(0.0, 360.0), st.floats(1.0, 359.0))
def test_a_wedge_fills_its_part_of_the_ring(start: float, span: float) -> None:
    wedge = Wedge(center=(40.0, 30.0), inner=10.0, outer=30.0, start_deg=start, end_deg=start + span, role="minor")
    shown = lines(figure(wedge), 40)
    dots = sum((ord(c) - ord(BLANK)).bit_count() for c in "".join(shown) if c != " ")
    # A dot a point.
    assert dots == pytest.approx(3.1416 * (30**2 - 10**2) * span / 360, rel=0.2, abs=40)


# ---- the commands that draw ----------------------------------------------------------------------


@pytest.mark.world
def test_figures_are_drawn_only_in_text_output(map4: Run, inside: Run, scanned: Path) -> None:
    two = inside("compare", "--figures", scanned / "one.wav", scanned / "two.wav", env={"COLUMNS": "80"})
    assert two.returncode == 0
    assert "dynamics" in two.stdout
    assert "The set on the clock" not in two.stdout
    every = map4("compare", "--figures", scanned, env={"COLUMNS": "80", "PYTHONIOENCODING": "ascii"})
    assert "The set on the clock" in every.stdout
    assert every.stdout.isascii()
    assert max(map(len, every.stdout.splitlines())) <= 80
    made = inside("playlist", "--query", "", "-n", "3", "--figures")
    assert made.stdout.index("mix") < made.stdout.index("The set on the clock") < made.stdout.index("excellent")
    assert "The set on the clock" not in inside("playlist", "--query", "", "-n", "3").stdout
    inside("playlist", "--query", "", "-n", "3", "--save", "Drawn")
    assert "The set on the clock" in inside("playlist", "show", "Drawn", "--figures").stdout
    for command in (["compare", scanned], ["playlist", "--query", ""], ["playlist", "show", "Drawn"]):
        refused = inside(*command, "--figures", "--json")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "--figures draws for a terminal" in refused.stderr
    assert "--hamms is for a terminal" in inside("compare", scanned, "--hamms", "--json").stderr


def test_the_wheel_of_stats_has_no_colour_when_piped(inside: Run, scanned: Path) -> None:
    shown = inside("stats", "--all").stdout
    assert "\x1b" not in shown
    assert "with a key" in shown.partition("keys:")[2].partition("energy level")[0]
