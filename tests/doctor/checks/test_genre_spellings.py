"""Genres that are written in several ways, and one spelling for all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from map4.doctor.checks.groups import GroupDoubt
from map4.doctor.checks.spellings import SHORT_FORMS, genre_key, respelled, spelling_doubts
from map4.music.query.parser import parse_query


def doubts(texts: dict[str, int]) -> list[GroupDoubt]:
    return list(spelling_doubts(texts, lambda text: len(text)))


def test_spellings_of_one_genre() -> None:
    cases = [
        ("Drum & Bass", "Drum and Bass", "drum'n'bass", "Drum n Bass", "DnB", "D&B", "drumnbass", "Drum-and-Bass"),
        ("Hip-Hop", "Hip Hop", "hiphop", "HIP HOP"),
        ("R&B", "RnB", "R 'n' B", "r and b"),
        ("Rock'n'Roll", "Rock & Roll", "RocknRoll"),
        ("Électro", "electro"),
        ("Synth-Pop", "Synthpop"),
    ]
    for spellings in cases:
        assert len({genre_key(one) for one in spellings}) == 1


def test_genres_that_are_not_one() -> None:
    cases = [
        ("House", "Deep House"),
        ("Techno", "Tech House"),
        ("Classic", "Classical"),
        ("Dub", "Dubstep"),
        ("Rock", "Rockabilly"),
    ]
    for one, other in cases:
        assert genre_key(one) != genre_key(other)


def test_the_most_frequent_spelling_is_proposed_for_all() -> None:
    texts = {"Drum & Bass": 5, "drum and bass": 2, "House; DnB": 1, "House": 9, "Techno": 1, "???": 1}
    [doubt] = doubts(texts)
    assert (doubt.about, doubt.count) == ("Drum & Bass", 3)
    assert doubt.detail == "Drum & Bass (5), drum and bass (2), DnB (1)"
    first = doubt.offers[0]
    assert (first.label, first.values) == ("all Drum & Bass", {"genre": "Drum & Bass"})
    assert first.query == 'genre:="drum and bass" or genre:="DnB"'
    assert len(parse_query(first.query).groups) == 2
    assert [one.label for one in doubt.offers] == ["all Drum & Bass", "all drum and bass", "all DnB"]


def test_respelling_changes_one_of_several_genres() -> None:
    assert respelled("House; DnB", "Drum & Bass") == "House; Drum & Bass"
    assert respelled("drum and bass; Drum & Bass", "Drum & Bass") == "Drum & Bass"
    assert [respelled(text, "Drum & Bass") for text in ("Drum & Bass", "House", None, "")] == [None] * 4


def test_short_forms_lead_to_what_a_spelled_out_genre_becomes() -> None:
    assert {genre_key(name) for name in ("Drum & Bass", "R & B", "Rock & Roll")} == {*SHORT_FORMS.values()}


GENRES = st.lists(
    st.sampled_from(["House", "house", "Hip-Hop", "hip hop", "DnB", "Drum & Bass", 'a"b', "A'B"]), min_size=1
)


@given(st.dictionaries(GENRES.map("; ".join), st.integers(1, 9), max_size=6))
def test_applied_offer_resolves_its_doubt(texts: dict[str, int]) -> None:
    for doubt in doubts(texts):
        for offer in doubt.offers:
            genre = str(offer.values["genre"])
            parse_query(offer.query or "")
            after = {respelled(text, genre) or text: count for text, count in texts.items()}
            assert not [one for one in doubts(after) if genre_key(one.about) == genre_key(genre)]
