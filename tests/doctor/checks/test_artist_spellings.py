"""Artists that are written in several ways in credits, and one spelling for all."""

from __future__ import annotations

import pytest

from map4.doctor.checks.spellings import artist_doubts, artist_key, respelled_artist
from map4.music.query.parser import parse_query
from map4.music.track.credits import credits_of


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("Björk", "BJORK", True), ("AC/DC", "ACDC", True), ("Simon & Garfunkel", "Simon and Garfunkel", True),
        ("Jay-Z", "JAY Z", True), ("Mø", "Mo", False), ("が", "か", False), ("Abba", "Abbas", False),
    ],
)  # fmt: skip
def test_spellings_of_one_artist(one: str, other: str, is_one: bool) -> None:
    assert (artist_key(one) == artist_key(other)) is is_one


def test_artists_within_credits_are_compared_unless_ids_differ() -> None:
    credited = [
        (credits_of("Björk"), 5, 1),
        (credits_of("A feat. Bjork", composer="Bach"), 2, 2),
        (credits_of("A", title="T (feat. BJORK)"), 1, 3),
        (credits_of("A", composer="bach"), 1, 4),
        (credits_of("Air", ids="a-1"), 3, 5),
        (credits_of("AIR", ids="a-2"), 1, 6),
        (credits_of("!!!"), 1, 7),
    ]
    bjork, bach = artist_doubts(credited)
    assert (bjork.about, bjork.detail, bjork.count) == ("Björk", "Björk (5), Bjork (2), BJORK (1)", 3)
    first = bjork.offers[0]
    assert (first.values, first.query) == ({"artist": "Björk"}, 'artist:="Bjork" or artist:="BJORK"')
    assert len(parse_query(first.query).groups) == 2
    assert (bach.detail, bach.offers) == ("Bach (2), bach (1)", ())  # composers can't be set
    assert [doubt.about for doubt in artist_doubts(credited, frozenset({"bach"}))] == ["Bach"]


def test_a_name_is_respelled_within_an_artist() -> None:
    assert respelled_artist("A feat. Bjork & C; bjork", "Björk", ()) == "A feat. Bjork & C; Björk"
    assert respelled_artist("A; Bjork feat. BJORK", "Björk", ()) == "A; Björk feat. Björk"
    assert [respelled_artist(text, "Björk", ()) for text in ("Björk", "Bjorkson", "A & Bjork", None)] == [None] * 4
