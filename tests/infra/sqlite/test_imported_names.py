"""Names, dates and colours that were imported: the last source, found, shown and carried into this version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from libraries import audio_id, put_imported, put_track, put_user_value
from stores import search_of

from map4.domain.query.context import QueryContext
from map4.domain.query.parser import parse_query
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.facts import facts_are_in_step
from map4.infra.sqlite.tracks import SqliteTracks
from map4.selection.matching.matcher import TrackMatcher, WantedTrack

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
SAID = {
    "title": "Velvet Undertöw ", "artist": "Nadia & Vellum", "album": "Basement", "genre": "Deep House",
    "label": "Lantern", "composer": "Bea", "remixer": "Cid", "mix": "Dub Mix", "grouping": "opener", "year": 1998,
    "track_number": 3, "disc_number": 2, "date_added": "2019-08-23", "color": "#fa4b35",
}  # fmt: skip


def fill(connection: sqlite3.Connection) -> None:
    """1: no tags; 2: tags that say otherwise; 3: no tags, and names that the user set; 4: nothing at all."""
    put_track(connection, 1, bpm=120.0)
    put_track(connection, 2, artist="Tagged", title="Song", album="LP", genre="Techno", label="Own", year=2020, track=9)
    put_track(connection, 3)
    put_track(connection, 4, added_at="2021-05-05T12:00:00Z")
    for number in (1, 2, 3):
        put_imported(connection, audio_id(number), **SAID)
    put_user_value(connection, audio_id(3), "artist", '"Mine"')
    put_user_value(connection, audio_id(3), "genre", '"Dub"')


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("imported-names") / "library.map4"
    with closing(Database(str(path))) as database:
        with database.transaction() as connection:
            fill(connection)
        yield database


def found(database: Database, text: str) -> list[int]:
    return search_of(database).file_ids(parse_query(text), QueryContext(now=NOW))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        # a tag counts before what was imported, and what the user set before both
        ("nadia", [1, 3]), ("vellum velvet", [1, 3]), ("artist:nadia", [1]), ("artist:=\"nadia & vellum\"", [1]),
        ("artist:tagged", [2]), ("artist:mine", [3]), ("title:undertow", [1, 3]), ("title:velv", [1, 3]),
        ("\"velv\"", []), ("\"nadia vellum\"", [1, 3]), ("album:basement", [1, 3]), ("album:lp", [2]),
        ("genre:house", [1]), ("genre:=\"deep house\"", [1]), ("genre:dub", [3]), ("genre:techno", [2]),
        ("label:lantern", [1, 3]), ("label:own", [2]), ("year:1998", [1, 3]), ("year:2020", [2]),
        ("track:3", [1, 3]), ("track:9", [2]), ("artist:&", [1]), ("title:=\"velvet undertöw\"", [1, 3]),
        # what no tag is read for
        ("composer:bea", [1, 2, 3]), ("remixer:=cid", [1, 2, 3]), ("mix:dub", [1, 2, 3]), ("missing:mix", [4]),
        ("grouping:opener", [1, 2, 3]), ("disc:2", [1, 2, 3]), ("color:red", [1, 2, 3]), ("colour:=red", [1, 2, 3]),
        ("color:blue", []), ("has:color", [1, 2, 3]), ("missing:artist", [4]), ("has:title", [1, 2, 3]),
        ("sort:artist", [3, 1, 2, 4]), ("sort:album-", [2, 1, 3, 4]),
        # when a program took it in, else when map4 first saw it
        ("added:2019", [1, 2, 3]), ("added:2021", [4]), ("added:2019-08-23", [1, 2, 3]), ("added:2019-08-24..", [4]),
        ("added:..2019-08-22", []), ("date-added:..2020", [1, 2, 3]), ("sort:added- limit:1", [4]),
    ],
)  # fmt: skip
def test_queries_know_what_was_imported(database: Database, text: str, ids: list[int]) -> None:
    assert found(database, text) == ids


def test_tracks_columns_and_names_agree(database: Database) -> None:
    store = SqliteTracks(database)
    search, context, everything = search_of(database), QueryContext(now=NOW), parse_query("")
    columns = search.columns(everything, context)
    for row, track in enumerate(store.tracks_by_id(columns.file_id.tolist())):
        for name in ("artist", "title", "album", "genre"):
            assert getattr(columns, name)[row] == getattr(track, name)()
    assert [(artist, title) for _, artist, title in search.names(everything, context)][:2] == [
        ("Nadia & Vellum", "Velvet Undertöw "), ("Tagged", "Song"),
    ]  # fmt: skip
    assert columns.year[0] == 1998
    assert search.tallies(everything, context).genres == {"Deep House": 1, "Techno": 1, "Dub": 1}


def test_lists_name_a_track_by_what_was_imported(database: Database) -> None:
    matcher = TrackMatcher(SqliteTracks(database).known_names())
    match = matcher.match(WantedTrack(artist="Nadia & Vellum", title="Velvet Undertöw"))
    assert match is not None
    assert match.path == "/music/1.mp3"


def test_facts_follow_every_import(tmp_path: Path) -> None:
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        with database.transaction() as connection:
            fill(connection)
        put_imported(database.connection, audio_id(1), artist="Other")
        assert (found(database, "artist:nadia"), found(database, "artist:other")) == ([], [1])
        database.connection.execute("UPDATE files SET artist = 'Now tagged' WHERE id = 1")
        assert (found(database, "artist:other"), found(database, "artist:now")) == ([], [1])
        database.connection.execute("DELETE FROM imported")
        assert found(database, "composer:bea or title:velvet") == []
        assert facts_are_in_step(database.connection)
