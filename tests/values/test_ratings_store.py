"""Everybody has ratings of their own, which outrank the file's for them alone."""

import json
from pathlib import Path

import pytest
from libraries import audio_id, put_imported, put_track
from made_library import database_of

from map4 import Library
from map4.core.base.actor import SCOPES, Actor

ANN, BOB = (Actor(id=number, name=name, scopes=frozenset(SCOPES)) for number, name in ((1, "Ann"), (2, "Bob")))
# What each has set, of tracks whose tags say two stars, but for the last, which has none and four from another program.
SET = {Actor.LOCAL.id: {}, ANN.id: {1: 5.0, 2: 1.0}, BOB.id: {1: 0.5, 3: 4.5}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "library.map4"
    with database_of(path) as database, database.transaction() as connection:
        for number in (1, 2, 3):
            put_track(connection, number, title=f"Title {number}", rating=None if number == 3 else 2.0)
        put_imported(connection, audio_id(3), rating=4.0)
    with Library.open(path) as library:
        for actor in (ANN, BOB):
            for number, rating in SET[actor.id].items():
                library.acting_as(actor).set([library.track(f"/music/{number}.mp3")], rating=rating)
    return path


@pytest.mark.parametrize(
    ("actor", "ratings", "best", "order", "own"),
    [
        (Actor.LOCAL, [2.0, 2.0, 4.0], [3], [3, 1, 2], []),
        (ANN, [5.0, 1.0, 4.0], [1, 3], [1, 3, 2], [1, 2]),
        (BOB, [0.5, 2.0, 4.5], [3], [3, 2, 1], [1, 3]),
    ],
    ids=lambda value: value.name if isinstance(value, Actor) else "",
)
def test_accounts_see_and_export_own_ratings(
    path: Path, tmp_path: Path, actor: Actor, ratings: list[float], best: list[int], order: list[int], own: list[int]
) -> None:
    with Library.open(path) as opened:
        library = opened.acting_as(actor)

        def found(query: str) -> list[int]:
            return [int(Path(track.path).stem) for track in library.search(query)]

        tracks = list(library.search("sort:path"))
        assert [track.rating() for track in tracks] == ratings
        assert [track.user.rating for track in tracks] == [SET[actor.id].get(number) for number in (1, 2, 3)]
        assert (found("rating:4.. sort:path"), found("sort:rating-"), found("is:set")) == (best, order, own)
        assert found("sort:rating- limit:1") == order[:1]
        assert library.stats().ratings == {
            stars: [int(rating + 0.5) for rating in ratings].count(stars)
            for stars in sorted({int(rating + 0.5) for rating in ratings})
        }
        library.export(tmp_path / "x.jsonl", query="sort:path")
        lines = map(json.loads, (tmp_path / "x.jsonl").read_text().splitlines())
        assert [(line["user"] or {}).get("rating") for line in lines] == [track.user.rating for track in tracks]


def test_ratings_are_removed_per_account_and_values_record_an_author(path: Path) -> None:
    with Library.open(path) as library:
        ann, bob = library.acting_as(ANN), library.acting_as(BOB)
        ann.set(list(ann.search("")), unset=["rating"])
        assert [track.rating() for track in ann.search("sort:path")] == [2.0, 2.0, 4.0]
        assert [track.rating() for track in bob.search("sort:path")] == [0.5, 2.0, 4.5]
        assert library.care.info()["user_values"] == 2
    with Library.open(path) as library:
        library.acting_as(BOB).set(list(library.search("title:1")), bpm=120)
        assert [track.bpm() for track in library.acting_as(ANN).search("title:1")] == [120.0]
    with database_of(path) as database:
        assert database.connection.execute("SELECT name, set_by FROM user_values").fetchall() == [("bpm", BOB.id)]
