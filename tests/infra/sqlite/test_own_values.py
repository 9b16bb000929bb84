"""Values that the user set: kept, found, and carried into this version of the library."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libraries import audio_id, execute, put_imported, put_track, put_user_value
from stores import search_of

from map4.domain.genre import shipped_genres
from map4.domain.key import parse_key
from map4.domain.query.context import QueryContext
from map4.domain.query.parser import parse_query
from map4.domain.text import clean
from map4.domain.track import UserValues
from map4.domain.user_values import VALUE_NAMES, value_from_data
from map4.errors import LibraryDamagedError, Map4Error
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.facts import facts_are_in_step
from map4.infra.sqlite.maintenance.contents import verify_library
from map4.infra.sqlite.maintenance.repair import repair_library
from map4.infra.sqlite.tracks import SqliteTracks
from map4.selection.matching.matcher import TrackMatcher, WantedTrack

NOW = datetime(2026, 6, 15, tzinfo=UTC)
OWN = {
    "bpm": 87.5, "key": "8A", "artist": "Zoë Own", "title": "My Name", "genre": "Dub Techno", "year": 1999,
    "energy": 9, "rating": 3.5,
}  # fmt: skip


def fill(connection: sqlite3.Connection) -> None:
    """One track whose every value the user set, and one as it came."""
    for number in (1, 2):
        put_track(connection, number, artist="Tagged", title="Song", genre="Deep House", year=1980, rating=2.0,
                  energy=0.6, bpm=120.0)  # fmt: skip
    put_imported(connection, audio_id(1), rating=1.0)
    for name, value in OWN.items():
        put_user_value(connection, audio_id(1), name, json.dumps(value))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("own") / "library.map4"
    with closing(Database(str(path))) as database:
        with database.transaction() as connection:
            fill(connection)
        yield database


def found(database: Database, text: str) -> list[int]:
    search = search_of(database)
    return search.file_ids(parse_query(text), QueryContext(now=NOW))


def test_a_track_has_all_of_them(database: Database) -> None:
    own, other = SqliteTracks(database).tracks()
    key = parse_key("8A")
    assert own.user == UserValues(**{**OWN, "key": key})  # type: ignore[arg-type]
    assert other.user == UserValues()
    assert (own.artist(), own.title(), own.genre(), own.year()) == ("Zoë Own", "My Name", "Dub Techno", 1999)
    assert (own.energy(), own.energy_level(), own.rating(), own.bpm(), own.key()) == (0.9, 9, 3.5, 87.5, key)
    assert own.tags == other.tags
    assert own.genre_family(shipped_genres()) == shipped_genres().family("Dub Techno")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("artist:zoe", [1]), ("artist:=\"zoë own\"", [1]), ("artist:tagged", [2]), ("^artist:tagged", [1]),
        ("title:\"my name\"", [1]), ("title:\"my na\"", []), ("title:my-na", [1]), ("title:song", [2]),
        ("genre:techno", [1]), ("genre:=\"dub techno\"", [1]), ("genre:house", [2]), ("zoe name dub", [1]),
        ("song", [1, 2]), ("\"own my\"", []), ("year:1999", [1]), ("year:1980", [2]), ("rating:3.5", [1]),
        ("rating:..2", [2]), ("energy:9", [1]), ("energy:6", [2]), ("is:set", [1]), ("^is:set", [2]),
        ("sort:artist", [2, 1]), ("sort:title", [1, 2]), ("sort:genre-", [1, 2]), ("sort:energy-", [1, 2]),
        ("sort:year-", [1, 2]), ("sort:rating-", [1, 2]), ("has:artist", [1, 2]), ("artist:!!!", []),
    ],
)  # fmt: skip
def test_queries_go_by_what_the_user_set(database: Database, text: str, ids: list[int]) -> None:
    assert found(database, text) == ids


def test_columns_names_and_tallies_go_by_it(database: Database) -> None:
    search, context, everything = search_of(database), QueryContext(now=NOW), parse_query("")
    columns = search.columns(everything, context)
    assert [list(getattr(columns, name)) for name in ("artist", "title", "genre")] == [
        ["Zoë Own", "Tagged"], ["My Name", "Song"], ["Dub Techno", "Deep House"],
    ]  # fmt: skip
    assert columns.energy.tolist() == pytest.approx([0.9, 0.6])
    assert (columns.year.tolist(), columns.rating.tolist()) == ([1999, 1980], [3.5, 2.0])
    assert search.names(everything, context) == [(1, "Zoë Own", "My Name"), (2, "Tagged", "Song")]
    assert search.tallies(everything, context).genres == {"Deep House": 1, "Dub Techno": 1}


def test_a_genre_of_the_users_own_says_the_family(tmp_path: Path) -> None:
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        with database.transaction() as connection:
            put_track(connection, 1, genre="Deep House")
            data = json.dumps({"genre": "Electronic", "family": "Electronic", "tags": []})
            connection.execute(
                "INSERT INTO labels (audio_id, data, labelled_at) VALUES (?, ?, 'x')", (audio_id(1), data)
            )
        search = search_of(database)
        [before] = search.columns(parse_query(""), QueryContext(now=NOW)).label_family
        put_user_value(database.connection, audio_id(1), "genre", '"Bebop"')
        [after] = search.columns(parse_query(""), QueryContext(now=NOW)).label_family
        assert (before, after) == ("Electronic", None)
        assert found(database, "genre:electronic") == []


def test_lists_name_a_track_by_its_tags_or_by_what_was_set(database: Database) -> None:
    matcher = TrackMatcher(SqliteTracks(database).known_names())
    for artist, title in (("Zoë Own", "My Name"), ("Tagged", "Song")):
        match = matcher.match(WantedTrack(artist=artist, title=title))
        assert match is not None
        assert match.path == "/music/1.mp3"


def test_facts_follow_every_change(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(Database(str(path))) as database:
        with database.transaction() as connection:
            fill(connection)
        assert found(database, "artist:zoe") == [1]
        database.connection.execute("UPDATE user_values SET value = '\"Max\"' WHERE name = 'artist'")
        assert (found(database, "artist:zoe"), found(database, "artist:max")) == ([], [1])
        database.connection.execute("DELETE FROM user_values")
        assert (found(database, "artist:max"), found(database, "artist:tagged")) == ([], [1, 2])
        assert facts_are_in_step(database.connection)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("artist", "1"), ("title", '""'), ("genre", "null"), ("year", '"1999"'), ("year", "99"), ("year", "true"),
        ("energy", "0"), ("energy", "11"), ("energy", "5.5"), ("rating", "6"), ("rating", '"x"'), ("bpm", "-1"),
    ],
)  # fmt: skip
def test_a_value_that_can_not_be_is_damage_that_can_be_repaired(tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / "library.map4"
    with closing(Database(str(path))) as database, database.transaction() as connection:
        fill(connection)
    execute(path, "UPDATE user_values SET value = ? WHERE name = ?", (value, name))
    with closing(Database(str(path))) as database, pytest.raises((LibraryDamagedError, Map4Error)):
        list(SqliteTracks(database).tracks())
    assert f"your own {name}" in verify_library(str(path)).problems[0]
    result = repair_library(str(path), NOW)
    assert result.unreadable_values_at is not None
    with closing(Database(str(path))) as database:
        left = {left for (left,) in database.connection.execute("SELECT name FROM user_values")}
    assert left == {*OWN} - {name}


@given(st.text())
def test_any_text_that_tags_can_hold_is_kept(text: str) -> None:
    text = clean(text)
    if text:
        stored = sqlite3.connect(":memory:").execute("SELECT json_extract(?, '$')", (json.dumps(text),)).fetchone()[0]
        assert stored == text
        assert value_from_data("title", json.loads(json.dumps(text))) == text


def test_every_name_can_be_stored() -> None:
    assert {*OWN} == {*VALUE_NAMES}
