"""Genres and artists that are written in several ways, and one spelling for all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.query.parser import Query
from map4.core.music.track.credits import credits_of
from map4.core.music.track.genre import GenreNames
from map4.doctor.checks.groups import GroupDoubt
from map4.doctor.checks.spellings import (
    SHORT_FORMS,
    GenreTexts,
    artist_doubts,
    genre_key,
    respelled,
    respelled_artist,
    single_doubts,
    spelling_doubts,
    spelling_key,
)


def doubts(texts: dict[str, int]) -> list[GroupDoubt]:
    return list(spelling_doubts(GenreTexts(numbered(texts))))


def numbered(texts: dict[str, int]) -> dict[str, tuple[int, int]]:
    return {text: (count, number) for number, (text, count) in enumerate(texts.items())}


def test_spellings_of_one_genre_are_reported_with_the_most_frequent() -> None:
    cases = [
        ("Drum & Bass", "Drum and Bass", "drum'n'bass", "Drum n Bass", "DnB", "D&B", "drumnbass", "Drum-and-Bass"),
        ("Hip-Hop", "Hip Hop", "hiphop", "HIP HOP"),
        ("R&B", "RnB", "R 'n' B", "r and b"),
        ("Rock'n'Roll", "Rock & Roll", "RocknRoll"),
        ("Électro", "electro"),
        ("Synth-Pop", "Synthpop"),
    ]
    for spellings in cases:
        assert len({genre_key(spelling) for spelling in spellings}) == 1
    cases = [
        ("House", "Deep House"),
        ("Techno", "Tech House"),
        ("Classic", "Classical"),
        ("Dub", "Dubstep"),
        ("Rock", "Rockabilly"),
    ]
    for name, other in cases:
        assert genre_key(name) != genre_key(other)
    texts = {"Drum & Bass": 5, "drum and bass": 2, "House; DnB": 1, "House": 9, "Techno": 1, "???": 1}
    [doubt] = doubts(texts)
    assert (doubt.about, doubt.count) == ("Drum & Bass", 3)
    assert doubt.detail == "Drum & Bass (5), drum and bass (2), DnB (1)"
    first = doubt.offers[0]
    assert (first.label, first.values) == ("all Drum & Bass", {"genre": "Drum & Bass"})
    assert first.query == 'genre:="drum and bass" or genre:="DnB"'
    assert len(Query.parse(first.query).groups) == 2
    assert [offer.label for offer in doubt.offers] == ["all Drum & Bass", "all drum and bass", "all DnB"]


def test_respelling_changes_one_of_several_genres_or_names() -> None:
    assert respelled("House; DnB", "Drum & Bass") == "House; Drum & Bass"
    assert respelled("drum and bass; Drum & Bass", "Drum & Bass") == "Drum & Bass"
    assert [respelled(text, "Drum & Bass") for text in ("Drum & Bass", "House", None, "")] == [None] * 4
    assert {genre_key(name) for name in ("Drum & Bass", "R & B", "Rock & Roll")} == {*SHORT_FORMS.values()}
    assert respelled_artist("A feat. Bjork & C; bjork", "Björk", ()) == "A feat. Bjork & C; Björk"
    assert respelled_artist("A; Bjork feat. BJORK", "Björk", ()) == "A; Björk feat. Björk"
    assert [respelled_artist(text, "Björk", ()) for text in ("Björk", "Bjorkson", "A & Bjork", None)] == [None] * 4


GENRES = st.lists(
    st.sampled_from(["House", "house", "Hip-Hop", "hip hop", "DnB", "Drum & Bass", 'a"b', "A'B"]), min_size=1
)


@given(st.dictionaries(GENRES.map("; ".join), st.integers(1, 9), max_size=6))
def test_applied_offer_removes_its_finding(texts: dict[str, int]) -> None:
    for doubt in doubts(texts):
        for offer in doubt.offers:
            genre = str(offer.values["genre"])
            Query.parse(offer.query or "")
            after = {respelled(text, genre) or text: count for text, count in texts.items()}
            assert not [doubt for doubt in doubts(after) if genre_key(doubt.about) == genre_key(genre)]


def test_spelling_of_the_own_table_is_proposed_whichever_is_frequent() -> None:
    own = GenreNames(spellings={"Prog": "Progressive House", "DnB": "Jungle"}, parents={"Jungle": "Electronic"})
    texts = {"Prog; Dub": 3, "progressive house": 5, "Dub": 2, "Drum & Bass": 4, "Jungle": 1}
    [doubt] = spelling_doubts(GenreTexts(numbered(texts), own))
    assert (doubt.about, doubt.count) == ("Progressive House", 8)
    assert doubt.detail == "progressive house (5), Prog (3)"
    assert [(offer.label, offer.query) for offer in doubt.offers] == [
        ("all Progressive House", 'genre:="progressive house" or genre:="Prog"')
    ]
    assert respelled("Prog; Dub", "Progressive House", own) == "Progressive House; Dub"
    [doubt] = spelling_doubts(GenreTexts(numbered({"DnB": 1}), own, {genre_key("Jungle", own)}))
    assert (doubt.about, doubt.file_ids) == ("Jungle", [0])
    assert not [*spelling_doubts(GenreTexts(numbered({"DnB": 1}), own, {genre_key("Dub", own)}))]


def test_genre_of_one_track_is_offered_to_a_near_or_wider_genre() -> None:
    texts = {"Techno": 5, "House": 5, "Tecno; Dub": 1, "Dub": 1, "Tribal House": 1, "Jump Rock": 1, "Rock": 4}
    singles = [*single_doubts(GenreTexts(numbered(texts)))]
    assert [(doubt.about, doubt.detail, doubt.offers[0].values) for doubt in singles] == [
        ("Tecno", "Techno has 5", {"genre": "Techno; Dub"}),
        ("Tribal House", "House has 5", {"genre": "House"}),
    ]
    assert [doubt.file_ids == list(doubt.offers[0].file_ids) for doubt in singles] == [True, True]
    own = GenreNames(parents={"Tribal House": "House", "Rock": "Guitars", "Tecno": "Techno"})
    assert [doubt.about for doubt in single_doubts(GenreTexts(numbered(texts), own))] == ["Jump Rock"]
    assert not [*single_doubts(GenreTexts(numbered(texts), among=set()))]


@pytest.mark.parametrize(
    ("name", "other", "is_one"),
    [
        ("Björk", "BJORK", True), ("AC/DC", "ACDC", True), ("Simon & Garfunkel", "Simon and Garfunkel", True),
        ("Jay-Z", "JAY Z", True), ("Mø", "Mo", False), ("が", "か", False), ("Abba", "Abbas", False),
        ("Beatles, The", "Beatles", True), ("Jackson, Michael", "Michael Jackson", True),
        ("Tyler, The Creator", "Tyler The Creator", True), ("Tyler, The Creator", "The Creator Tyler", False),
    ],
)  # fmt: skip
def test_spellings_of_one_artist_have_the_same_key(name: str, other: str, is_one: bool) -> None:
    assert (spelling_key(name) == spelling_key(other)) is is_one


@pytest.mark.parametrize(
    ("counts", "winner", "is_doubtful"),
    [
        ({"Beyonce": 5, "Beyoncé": 4}, "Beyoncé", False),
        ({"Beatles, The": 3, "The Beatles": 1}, "The Beatles", False),
        ({"Jackson, Michael": 4, "Michael Jackson": 1}, "Michael Jackson", True),
        ({"Jackson, Michael": 1, "Michael Jackson": 2}, "Michael Jackson", False),
        ({"AC/DC": 3, "ACDC": 2}, "AC/DC", True),
        ({"AC/DC": 6, "ACDC": 2}, "AC/DC", False),
        ({"Prodigy": 9, "The Prodigy": 1}, "Prodigy", True),
    ],
)  # fmt: skip
def test_accents_and_upright_names_win_and_close_counts_are_doubtful(
    counts: dict[str, int], winner: str, is_doubtful: bool
) -> None:
    [doubt] = artist_doubts((credits_of(name), count, place) for place, (name, count) in enumerate(counts.items()))
    assert (doubt.about, doubt.offers[0].values, doubt.is_doubtful) == (winner, {"artist": winner}, is_doubtful)


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
    assert len(Query.parse(first.query).groups) == 2
    assert (bach.detail, bach.offers) == ("Bach (2), bach (1)", ())  # composers can't be set
    assert [doubt.about for doubt in artist_doubts(credited, frozenset({"bach"}))] == ["Bach"]
