"""Plays of a library of the version before come along; lost rows leave right counts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from libraries import audio_id
from stored import numbers_found, put_track

from map4.infra.sqlite.file import schema
from map4.infra.sqlite.store import SqliteStore

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
        schema.MIGRATIONS[-1](connection)
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT count(*) FROM plays").fetchone() == (4,)
    with closing(SqliteStore(str(path))) as store:
        assert len(store.plays.page(limit=9)) == 2
