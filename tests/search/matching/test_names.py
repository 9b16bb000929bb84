"""Which artist and title another one means, and how sure that is."""

from map4.search.matching.names import POSSIBLE, SURE, NameMatcher
from map4.search.matching.resolved_playlist import EntryStatus, status_of
from map4.search.matching.wanted_lines import read_wanted

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


def match(text: str, names: list[tuple[str | None, str]] = NAMES) -> tuple[EntryStatus, int | None, float]:
    """Status, row and certainty of what a line means."""
    [line] = read_wanted(text)
    row, certainty = NameMatcher(names).best(line.artist, line.title) or (None, 0.0)
    return status_of(certainty), row, certainty


def test_text_lines_are_matched_to_tracks() -> None:
    cases = [
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
        ("Daft Punk - Aerodynamic", "unknown", None),
        ("Simon and Garfunkel - Cecilia", "found", 3),
        ("Beyoncé - Crazy in Love (feat. Jay-Z)", "found", 4),
        ("!!! - Me and Giuliani Down by the School Yard", "found", 5),
        ("untitled take 3", "found", 6),
        ("Everything But The Girl - Missing (todd terrys remix)", "found", 7),
        ("Everything But The Girl - Missing", "uncertain", 7),
        ("Generation X - Dancing With Myself", "found", 8),
        ("Sigur Rós - ( )", "found", 9),
        ("Nobody - Nothing", "unknown", None),
        ("zzz", "unknown", None),
    ]
    for line, status, row in cases:
        found, best, certainty = match(line)
        assert found == status
        assert row is None or best == row
        assert (certainty >= SURE, certainty >= POSSIBLE) == (status == "found", status != "unknown")


def test_exact_name_is_certain_and_the_first_of_equals_wins() -> None:
    assert match("Björk - Jóga") == ("found", 0, 1.0)
    assert match("A - B", [("A", "B"), ("a", "b")]) == ("found", 0, 1.0)
    assert match("A - B", []) == ("unknown", None, 0.0)
