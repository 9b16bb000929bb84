"""Lists of wanted tracks: how they are read, and which track of a library each line means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.errors import UsageError
from map4.selection.matching.wanted_lines import FOUND, UNCERTAIN, Match, Matcher, Wanted, read_wanted

NAMES: list[tuple[str | None, str]] = [
    ("Björk", "Jóga"),
    ("Daft Punk", "One More Time"),
    ("Daft Punk", "One More Time (Extended Mix)"),
    ("Simon & Garfunkel", "Cecilia"),
    ("Beyoncé feat. Jay-Z", "Crazy in Love"),
    ("!!!", "Me and Giuliani Down by the School Yard"),
    (None, "untitled take 3"),
    ("Everything but the Girl", "Missing (Todd Terry Remix)"),
    ("Generation X", "Dancing With Myself"),
    ("Sigur Rós", "( )"),
]


def match(text: str) -> Match:
    [found] = Matcher(NAMES).matches(read_wanted(text))
    return found


@pytest.mark.parametrize(
    ("line", "verdict", "row"),
    [
        ("Björk - Jóga", "found", 0),
        ("bjork – joga", "found", 0),
        ("01. Bjork - Joga", "found", 0),
        ("[00:03:20] Björk — Jóga", "found", 0),
        ("Jóga - Björk", "found", 0),
        ("bjork joga", "found", 0),
        ("Bjorrk - Jogga", "uncertain", 0),
        ("Daft Punk - One More Time", "found", 1),
        ("Daft Punk - One More Tmie", "found", 1),
        ("Daft Punk - One More Time (Original Mix)", "found", 1),
        ("Daft Punk - One More Time (2011 Remaster)", "found", 1),
        ("Daft Punk feat. Romanthony - One More Time", "found", 1),
        ("Daft Punk - One More Time (Extended Mix)", "found", 2),
        ("Daft Punk - One More Time - Extended Mix", "found", 2),
        ("Daft Punk - One More Time (Live)", "uncertain", 1),
        ("Daft Punk - Aerodynamic", "missing", None),
        ("Simon and Garfunkel - Cecilia", "found", 3),
        ("Beyoncé - Crazy in Love (feat. Jay-Z)", "found", 4),
        ("!!! - Me and Giuliani Down by the School Yard", "found", 5),
        ("untitled take 3", "found", 6),
        ("Everything But The Girl - Missing (todd terrys remix)", "found", 7),
        ("Everything But The Girl - Missing", "uncertain", 7),
        ("Generation X - Dancing With Myself", "found", 8),
        ("Sigur Rós - ( )", "found", 9),
        ("Nobody - Nothing", "missing", None),
        ("zzz", "missing", None),
    ],
)
def test_which_track_a_line_means(line: str, verdict: str, row: int | None) -> None:
    found = match(line)
    assert (found.verdict, found.row) == (verdict, row)
    certainty = found.certainty or 0.0
    assert (certainty >= FOUND, certainty >= UNCERTAIN) == (verdict == "found", verdict != "missing")


def test_an_exact_name_is_certain_and_the_first_of_two_alike() -> None:
    assert match("Björk - Jóga").certainty == 1.0
    [found] = Matcher([("A", "B"), ("a", "b")]).matches(read_wanted("A - B"))
    assert found.row == 0
    [nothing] = Matcher([]).matches(read_wanted("A - B"))
    assert (nothing.verdict, nothing.certainty) == ("missing", None)


def test_lists_are_lines_without_empty_ones_and_remarks() -> None:
    assert read_wanted("\ufeff# my list\n\nA - B - C\n  title only \n12:30 D\tE\n- F\n") == [
        Wanted(line=3, text="A - B - C", artist="A", title="B - C"),
        Wanted(line=4, text="title only", artist=None, title="title only"),
        Wanted(line=5, text="12:30 D\tE", artist="D", title="E"),
        Wanted(line=6, text="- F", artist=None, title="- F"),
    ]
    assert read_wanted("") == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_told_by_its_columns(delimiter: str) -> None:
    rows = [["no", "Title", '"Artist"'], ["1", '"B, or; not"', "A"], ["2", "", "nothing"], ["3", "C", ""]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert [(w.line, w.artist, w.title) for w in read_wanted(text)] == [(2, "A", "B, or; not"), (4, None, "C")]


def test_no_list_at_all() -> None:
    with pytest.raises(UsageError, match="NUL"):
        read_wanted("a\0b")
    with pytest.raises(UsageError, match="no CSV"):
        read_wanted("artist,title\n" + '"' + "x" * 200_000)


@given(st.lists(st.text(max_size=30), max_size=5))
def test_whatever_stands_there_is_a_line_or_passed_over(lines: list[str]) -> None:
    wanted = read_wanted("\n".join(lines).replace("\0", ""))
    found = list(Matcher(NAMES).matches(wanted))
    assert [match.wanted for match in found] == wanted
    assert all(0.0 <= (match.certainty or 0.0) <= 1.0 for match in found)
