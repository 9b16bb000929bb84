"""The table `facts`: what queries compare, in step with all that it is made of, whoever changes that."""

import importlib
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from libraries import audio_id, execute, make_library, put_file, put_imported, put_track, put_user_value
from query_cases import NOW
from stores import search_of

from map4.care.store.repair import repair_library
from map4.care.store.verify import verify_library
from map4.core.base.declaration import QueryField
from map4.core.music.query.context import QueryContext
from map4.core.music.query.fields import FIELDS as QUERY_FIELDS
from map4.core.music.query.parser import Query
from map4.core.music.track import fields as track_fields
from map4.core.music.track.fields import FIELDS, QUERIED, Field
from map4.core.store import query as queries
from map4.core.store.file import schema
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.query import facts as stored_facts
from map4.core.store.query.facts import FACTS_COLUMNS, facts_are_in_step
from map4.core.store.tracks import SqlTracks
from map4.errors import LibraryDamagedError, Map4Error

OWN = {
    "bpm": 87.5, "key": "8A", "artist": "Zoë Own", "title": "My Name", "genre": "Dub Techno", "year": 1999,
    "energy": 9, "rating": 3.5, "album": "My Album", "label": "Own Label", "comment": "for the end",
}  # fmt: skip


def found(database: SqliteDatabase, text: str) -> list[int]:
    return search_of(database).file_ids(Query.parse(text), QueryContext(now=NOW))


def facts(connection: sqlite3.Connection, number: int) -> dict[str, object]:
    row = connection.execute(
        f"SELECT {', '.join(FACTS_COLUMNS)} FROM facts WHERE file_id = (SELECT id FROM files WHERE audio_id = ?)",
        (audio_id(number),),
    ).fetchone()
    return dict(zip(FACTS_COLUMNS, row, strict=True))


def test_facts_follow_every_change(tmp_path: Path) -> None:
    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as database:
        connection = database.connection
        put_track(connection, 1, bpm=120.0, key="8A", tag_bpm=60.0, flags=("silent",))
        first = facts(connection, 1)
        assert (first["state"], first["measured_bpm"], first["tag_bpm"], first["user_bpm"]) == ("ok", 120.0, 60.0, None)
        assert (first["flags"], first["hamms_dynamic_range"], first["true_peak_dbtp"]) == ('["silent"]', 0.55, -0.5)
        put_user_value(connection, audio_id(1), "bpm", "61.5")
        assert facts(connection, 1)["user_bpm"] == 61.5
        for sql, name, value in (
            ("UPDATE user_values SET value = '62'", "user_bpm", 62.0),
            ("DELETE FROM user_values", "user_bpm", None),
            ("UPDATE files SET year = 1999", "year", 1999),
            ("UPDATE files SET missing_since = 'now'", "state", "missing"),
            ("UPDATE files SET missing_since = NULL", "state", "ok"),
            ("UPDATE analyses SET core = json_set(core, '$.energy', 0.25)", "energy", 0.25),
            ("UPDATE analyses SET version = 99", "analysis_version", 99),
            ("DELETE FROM analyses", "state", "pending"),
            ("UPDATE files SET error_kind = 'corrupt', error_message = 'x'", "state", "failed"),
        ):
            connection.execute(sql)
            assert facts(connection, 1)[name] == value, sql
            assert facts_are_in_step(connection), sql
        connection.execute("INSERT OR REPLACE INTO files SELECT * FROM files")
        assert facts_are_in_step(connection)
        connection.execute("DELETE FROM files")
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (0,)


def test_files_of_the_same_audio_share_its_facts(tmp_path: Path) -> None:
    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as database:
        connection = database.connection
        put_track(connection, 1, bpm=120.0)
        put_file(connection, "/music/copy.mp3", audio_id=audio_id(1))
        put_user_value(connection, audio_id(1), "key", '"8A"')
        rows = connection.execute("SELECT measured_bpm, user_key FROM facts").fetchall()
        assert rows == [(120.0, "8A"), (120.0, "8A")]


def test_outdated_facts_are_detected_and_rebuilt(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.map4")
    assert verify_library(str(path)).is_sound
    execute(path, "UPDATE facts SET measured_bpm = 1.0 WHERE file_id = 1")
    assert "table facts" in verify_library(str(path)).problems[0]
    repair_library(str(path), NOW)
    assert verify_library(str(path)).is_sound


def test_damaged_number_does_not_prevent_opening_and_searching(tmp_path: Path) -> None:
    """A damaged number must not keep a library from being opened or written."""
    path = tmp_path / "library.map4"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old)
        put_file(old, "/music/1.mp3", audio_id=audio_id(1))
        put_user_value(old, audio_id(1), "bpm", '"fast"')
        core = json.dumps({"hamms": {"vector": ["x"]}, "loudness": {"true_peak_dbtp": "loud"}})
        old.execute(
            "INSERT INTO analyses (audio_id, version, analysed_at, core) VALUES (?, 1, 'x', ?)", (audio_id(1), core)
        )
    with closing(SqliteDatabase(str(path))) as database:
        assert search_of(database).file_ids(Query.parse("sort:bpm"), QueryContext(now=NOW)) == [1]
        with pytest.raises(Map4Error, match="can't be read"):
            list(SqlTracks(database).tracks())


def put_own(connection: sqlite3.Connection) -> None:
    """One track whose every value the user set."""
    put_track(connection, 1, artist="Tagged", title="Song", genre="Deep House", bpm=120.0)
    for name, value in OWN.items():
        put_user_value(connection, audio_id(1), name, json.dumps(value))


def test_facts_follow_values_of_the_user(tmp_path: Path) -> None:
    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as database:
        with database.transaction() as connection:
            put_own(connection)
        assert found(database, "artist:zoe") == [1]
        database.connection.execute("UPDATE user_values SET value = '\"Max\"' WHERE name = 'artist'")
        assert (found(database, "artist:zoe"), found(database, "artist:max")) == ([], [1])
        database.connection.execute("DELETE FROM user_values")
        assert (found(database, "artist:max"), found(database, "artist:tagged")) == ([], [1])
        assert facts_are_in_step(database.connection)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("artist", "1"), ("title", '""'), ("genre", "null"), ("year", '"1999"'), ("year", "99"), ("year", "true"),
        ("energy", "0"), ("energy", "11"), ("energy", "5.5"), ("bpm", "-1"),
    ],
)  # fmt: skip
def test_impossible_value_is_damage_and_repairable(tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        put_own(connection)
    execute(path, "UPDATE user_values SET value = ? WHERE name = ?", (value, name))
    with closing(SqliteDatabase(str(path))) as database, pytest.raises((LibraryDamagedError, Map4Error)):
        list(SqlTracks(database).tracks())
    assert f"your value {name}" in verify_library(str(path)).problems[0]
    result = repair_library(str(path), NOW)
    assert result.unreadable_values_at is not None
    with closing(SqliteDatabase(str(path))) as database:
        left = {left for (left,) in database.connection.execute("SELECT name FROM user_values")}
    assert left == {*OWN} - {name, "rating"}


def test_facts_follow_every_import(tmp_path: Path) -> None:
    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as database:
        connection = database.connection
        put_track(connection, 1, rating=2.0)
        put_imported(connection, audio_id(1), artist="Nadia", composer="Bea", rating=4.0, play_count=3)
        assert found(database, "artist:nadia composer:bea rating:4 plays:3") == [1]
        put_imported(connection, audio_id(1), artist="Other", play_count=4)
        assert (found(database, "artist:nadia"), found(database, "artist:other rating:2 plays:4")) == ([], [1])
        connection.execute("UPDATE files SET artist = 'Now tagged' WHERE id = 1")
        assert (found(database, "artist:other"), found(database, "artist:now")) == ([], [1])
        assert facts_are_in_step(connection)
        connection.execute("DELETE FROM imported")
        assert found(database, "composer:bea or has:plays or is:imported") == []
        assert facts_are_in_step(connection)


def test_new_field_of_tracks_is_searched_without_a_change_of_the_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = Field(name="mastering", kind="whole", sources=("user", "imported"), query="mastering:2")
    monkeypatch.setattr(track_fields, "_ROWS", (*FIELDS.values(), field))
    for fields in (FIELDS, QUERIED):
        monkeypatch.setitem(fields, field.name, field)
    monkeypatch.setitem(QUERY_FIELDS, field.name, QueryField(field.name, "number", "", field.query))
    for name in ("facts", "field_sql"):  # their constants are made from FIELDS
        monkeypatch.setattr(queries, name, getattr(queries, name))
        monkeypatch.delitem(sys.modules, f"map4.core.store.query.{name}")
    new = importlib.import_module("map4.core.store.query.facts")
    assert new is not stored_facts
    made = ("FACTS_TABLES", "FACTS_BY_FILE")
    assert [getattr(new, name) for name in made] == [getattr(stored_facts, name) for name in made]

    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as database:
        connection = database.connection
        put_track(connection, 1)
        put_track(connection, 2)
        connection.execute(
            "INSERT INTO imported (audio_id, data) SELECT audio_id, '{\"mastering\": 2}' FROM files WHERE audio_id = ?",
            (audio_id(1),),
        )
        assert [len(found(database, query)) for query in ("mastering:2", "mastering:3..")] == [1, 0]
