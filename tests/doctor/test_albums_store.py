"""Albums that may need to be put in order, and texts of genres, as the doctor asks for them."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from stored import OpenStore, put_own, put_track

from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.store.sql_store import Store
from map4.doctor.checks.albums import album_doubts
from map4.doctor.checks.groups import ALBUM_CHECKS
from map4.doctor.store import doubts
from map4.doctor.store.doubts import SqlDoubts
from map4.doctor.use import Doctor

HERE = QueryContext(now=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def store(open_store: OpenStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(open_store(tmp_path_factory.mktemp("albums"))) as store:
        for number, artist in enumerate("AAABBC", 1):  # in order, but for the last two
            folder = "one" if number < 4 else "two"
            place, genre = (number - 1) % 3 + 1, "House" if number < 6 else "Dub; house"
            put_track(store, number, path=f"/m/{folder}/{number}.mp3", artist=artist, title=f"T{number}", album=folder,
                      track=place, genre=genre)  # fmt: skip
        put_own(store, 6, year=1999)
        put_track(store, 7, path="/m/two/gone.mp3", album="two", artist="D", genre="Gone", is_missing=True)
        yield store


def test_albums_have_the_values_their_checks_need(store: Store) -> None:
    (first, _), (folder, tracks) = SqlDoubts(store).albums(Query.parse("is:any"), HERE)
    assert first.path == "/m/one"
    assert (folder.path, folder.is_one_album, folder.is_disc) == ("/m/two", True, False)
    assert [(track.artist, track.title, track.track, track.is_read) for track in tracks] == [
        ("B", "T4", 1, True), ("B", "T5", 2, True), ("C", "T6", 3, True)
    ]  # fmt: skip
    assert [track.own for track in tracks] == [frozenset(), frozenset(), {"year"}]
    for artist, path in ("a", "/m/one"), ("c", "/m/two"):
        assert [track.path for track, _ in SqlDoubts(store).albums(Query.parse(f"artist:{artist}"), HERE)] == [path]
    assert store.tracks.unread_tags() == 0


def test_findings_of_doubtful_folders_equal_findings_of_all_albums(
    open_store: OpenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, number = Random(3), 0
    with closing(open_store(tmp_path)) as store:
        for folder in range(80):
            columns: dict[str, Sequence[Any]] = {
                "album": chance.choice((["A"], ["A", "a"], ["A", "B"], ["A", None], [None])),
                "album_artist": chance.choice(([None], ["X"], ["X", None], ["X", "Y"])),
                "artist": chance.choice((["X"], ["X", "Z"])),
                "year": chance.choice(([None], [1999], [1999, 2001, None])),
                "track": chance.choice(([None], range(1, 9), range(1, 40), [3, 3, 4, 5, 6])),
                "disc_number": chance.choice(([None], [1], [1, 2, None])),
            }
            for place in range(chance.randint(1, 7)):
                number += 1
                values = {name: chance.choice(column) for name, column in columns.items()}
                values |= {"track": place + 1} if folder % 2 else {}
                put_track(store, number, path=f"/m/{folder}/{place}.mp3", title=f"T{place}", **values)
        with store.database.transaction() as connection:
            connection.execute("UPDATE files SET has_picture = CASE WHEN id < 60 AND id % 3 = 0 THEN 0 ELSE 1 END")
        every = _doubted(store)
        monkeypatch.setattr(doubts, "_MOST_INSIDE", 0)
        in_doubt = _doubted(store)
    assert {folder for folder, doubts in every if doubts} <= {folder for folder, _ in in_doubt}
    assert len({folder for folder, _ in in_doubt}) < len({folder for folder, _ in every})
    assert [doubts for _, doubts in in_doubt if doubts] == [doubts for _, doubts in every if doubts]


def _doubted(store: Store) -> list[tuple[str, list[str]]]:
    return sorted(
        (folder.path, [doubt.detail for doubt in album_doubts(folder, tracks, ALBUM_CHECKS)])
        for folder, tracks in SqlDoubts(store).albums(Query.parse("is:any"), HERE)
    )


def test_genre_texts_are_counted_with_their_spellings(store: Store) -> None:
    every = SqlDoubts(store).genre_texts(Query.parse("is:any"), HERE)
    assert {text: count for text, (count, _) in every.texts.items()} == {"House": 5, "Dub; house": 1}
    assert SqlDoubts(store).genre_texts(Query.parse("artist:c"), HERE) == replace(every, among={"house", "dub"})
    assert SqlDoubts(store).genre_texts(Query.parse("artist:nobody"), HERE) == replace(every, among=set())


def test_albums_have_the_album_artist_in_force(store: Store) -> None:
    put_own(store, 6, album_artist="Various Artists")
    assert {row[8] for row in store.search.in_albums(Query.parse("is:any"), HERE)} == {None, "Various Artists"}


def test_albums_in_several_folders_or_spellings_are_listed(open_store: OpenStore, tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        for number, (folder, album) in enumerate([("a", "Grey"), ("b", "grey"), ("c", "Whole"), ("c", "Whole")], 1):
            put_track(store, number, path=f"/m/{folder}/{number}.mp3", artist="A", title=f"T{number}", album=album)
        for query, expected in (("is:any", ["Grey", "grey"]), ("path:b", ["Grey", "grey"]), ("path:c", [])):
            apart = SqlDoubts(store).albums_apart(Query.parse(query), HERE)
            assert [track.album for tracks in apart for track in tracks] == expected
        [finding] = Doctor(store).findings(only=["album_spellings"])
        assert [choice.command for choice in finding.choices] == [
            "map4 set /m/b/2.mp3 album=Grey", "map4 set /m/a/1.mp3 album=grey"
        ]  # fmt: skip
