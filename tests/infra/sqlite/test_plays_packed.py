"""Plays of a library of the version before come along; lost rows leave right counts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from libraries import audio_id
from stored import NOW, numbers_found, put_imported, put_track

from map4.domain.lists.listed import ImportedList, ImportedPlace, ListedPick, ListHeader
from map4.domain.lists.tracklist import Tracklist
from map4.domain.text import utc_text
from map4.domain.track.imported import ImportedValues
from map4.infra.sql.tables.plays import FORMER_PLAYS
from map4.infra.sqlite.file import schema
from map4.infra.sqlite.maintenance.repair import repair_library
from map4.infra.sqlite.store import SqliteStore
from map4.ports.store.plays import Play

_PLACE = ImportedPlace(folders=(), name="Friday", number=1, file=None)
_BEFORE = schema.MIGRATIONS[: 24 - schema.FIRST_VERSION + 1]


def _older(path: Path) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, _BEFORE)
        connection.executemany(
            "INSERT INTO plays VALUES (?, ?, ?, ?, ?, ?)",
            [
                (audio_id(1), 0, "2026-01-01T00:00:00Z", "page", 100.4, 200.6),
                (audio_id(1), 0, "2026-01-02T00:00:00Z", "subsonic", None, None),
                (audio_id(2), 7, "2026-01-01T00:00:00Z", "python", None, None),
                (audio_id(2), 7, "never", "python", None, None),
            ],
        )
    return path


def test_plays_of_a_library_of_the_version_before_come_along(tmp_path: Path) -> None:
    with closing(SqliteStore(str(_older(tmp_path / "library.map4")))) as store:
        put_track(store, 1)
        told = [(one.audio_id, one.at, one.source, one.heard_s, one.length_s) for one in store.plays.page(limit=9)]
        assert told == [
            (audio_id(1), "2026-01-02T00:00:00Z", "subsonic", None, None),
            (audio_id(1), "2026-01-01T00:00:00Z", "page", 100, 201),
        ]
        assert numbers_found(store, "plays:2") == [1]


def test_an_interrupted_step_is_begun_anew(tmp_path: Path) -> None:
    path = _older(tmp_path / "library.map4")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        schema.pack_plays(connection)
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT count(*) FROM plays").fetchone() == (4,)
    with closing(SqliteStore(str(path))) as store:
        assert len(store.plays.page(limit=9)) == 2


def test_histories_of_the_version_before_are_plays_and_no_count_of_a_program(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        for number in (1, 2):
            put_track(store, number)
        put_imported(store, {1: {"bpm": 120.0}, 2: {"bpm": 100.0}}, source="b.deck")
        listed = Tracklist(
            tracks=[*store.tracks.tracks()],
            picks=[ListedPick(played_at="2026-01-30T23:10:00"), ListedPick()],
            header=ListHeader(imported=ImportedList(format="traktor", place=_PLACE, is_history=True)),
        )
        store.lists.put("Friday", listed, now=NOW)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table in ("plays", "play_counts", "played_tracks"):
            connection.execute(f"DROP TABLE {table}")
        for statement in FORMER_PLAYS:
            connection.execute(statement)
        # As it counted them.
        data = '{"bpm": 120.0, "play_count": 1, "last_played": "2026-01-30T23:10:00"}'
        connection.execute("UPDATE imported SET data = ? WHERE audio_id = ?", (data, audio_id(1)))
        schema.pack_plays(connection)
        schema.count_plays_elsewhere(connection)
    with closing(SqliteStore(str(path))) as store:
        first, second = store.tracks.tracks()
        assert (first.play_count(), first.last_played(), second.play_count()) == (1, "2026-01-30T23:10:00", 1)
        assert first.imported == ImportedValues(bpm=120.0)
        assert [one.source for one in store.plays.page(limit=9)] == ["traktor"]


def test_counts_are_right_again_where_rows_were_lost(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        for number in (1, 2):
            put_track(store, number)
            for hours in range(number + 1):
                at = utc_text(NOW - timedelta(hours=hours))
                store.plays.add(Play(audio_id=audio_id(number), at=at, source="page", heard_s=None, length_s=None))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM played_tracks WHERE audio_id = ?", (audio_id(1),))
        connection.execute("DELETE FROM play_counts")
    found = repair_library(str(path), NOW)
    assert (found.salvaged["plays"], found.incomplete) == (3, ("plays",))
    with closing(SqliteStore(str(path))) as store:
        assert (numbers_found(store, "plays:3"), numbers_found(store, "missing:plays")) == ([2], [1])
