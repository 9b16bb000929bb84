"""A library many times as large as another one, made by SQL: a million tracks in minutes.

Each copy of a track has a path, an artist and an album of its own, another audio id, tempo and time of addition as the
first, and a sound vector that is moved by noise as wide as its cluster: it is another recording. Facts, full-text index
and all other indexes are made by the statements that make them in any library.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase

import numpy as np

from map4.core.music.analysis.inside import SoundVector
from map4.core.store.file.database import SqliteDatabase

SEED = 20260102
_NOISE = 1.0
_NEW_ID = "'a1-' || printf('%032x', (SELECT max(id) FROM first) * :n + id)"
_PREFIX = "/copy{n}"


def multiply_library(source: Path, target: Path, times: int) -> Path:
    """Write a library with `times` as many tracks as the source."""
    shutil.copyfile(source, target)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -400000")
        rng = np.random.default_rng(SEED)
        connection.create_function("moved", 1, lambda data: _moved(data, rng))
        connection.create_function("renamed", 2, _renamed, deterministic=True)
        kept = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type = 'trigger' AND sql IS NOT NULL "
            "UNION ALL SELECT type, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for kind, name, _ in kept:
            connection.execute(f"DROP {kind} {name}")
        connection.execute("CREATE INDEX files_by_audio ON files (audio_id)")
        connection.execute("CREATE TEMP TABLE first AS SELECT id, audio_id FROM files")
        connection.execute("CREATE UNIQUE INDEX first_by_audio ON first (audio_id)")
        connection.execute("CREATE TEMP TABLE last_analysis AS SELECT max(id) AS number FROM analyses")
        for number in range(1, times):
            _add_copy(connection, number)
        connection.execute("DROP INDEX files_by_audio")
        connection.execute("DELETE FROM facts")
        for kind, name, sql in kept:
            if kind == "index" and name not in ("own_names", "imported_names"):
                connection.execute(sql)
        connection.execute("INSERT INTO facts SELECT * FROM facts_source ORDER BY file_id")
        connection.execute("INSERT INTO files_fts (files_fts) VALUES ('rebuild')")
        for kind, name, sql in kept:
            if kind == "trigger" or name in ("own_names", "imported_names"):
                connection.execute(sql)
    with closing(SqliteDatabase(str(target))) as database:
        database.connection.execute("ANALYZE")
        database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return target


def _add_copy(connection: sqlite3.Connection, number: int) -> None:
    def columns(table: str) -> list[str]:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]  # generated ones left out

    values = {"n": number, "prefix": _PREFIX.format(n=number)}
    own = {
        "id": "id + (SELECT max(id) FROM first) * :n", "path": "CAST(:prefix || path AS BLOB)",
        "display": ":prefix || display", "audio_id": _NEW_ID, "artist": "renamed(artist, :n)",
        "album": "renamed(album, :n)", "artist_sorted": "renamed(artist_sorted, :n)",
        "album_sorted": "renamed(album_sorted, :n)", "display_sorted": ":prefix || display_sorted",
    }  # fmt: skip
    names = [name for name in columns("files") if name != "uid"]  # each file gets one of its own
    chosen = ", ".join(own.get(name, name) for name in names)
    connection.execute(
        f"INSERT INTO files ({', '.join(names)}) SELECT {chosen} FROM files WHERE id IN (SELECT id FROM first)", values
    )
    ids = f"(SELECT {_NEW_ID} FROM first AS o WHERE o.audio_id = t.audio_id)"
    told = {"audio_id": ids, "data": "moved(t.data)", "id": "t.id + (SELECT number FROM last_analysis) * :n"}
    for table in ("analyses", "details", "sounds", "user_values", "ratings"):
        names = columns(table)
        chosen = ", ".join(told.get(name, f"t.{name}") for name in names)
        are_first = "t.audio_id IN (SELECT audio_id FROM first)" if "audio_id" in names else "TRUE"
        if "id" in names:
            are_first += " AND t.id <= (SELECT number FROM last_analysis)"
        connection.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} FROM {table} AS t WHERE {are_first} ORDER BY 1",
            {"n": number},
        )


def _renamed(name: str | None, number: int) -> str | None:
    """Shift each Latin letter, so that no two copies of a name are alike."""
    return name and name.translate(_shifted(2 * number))


@cache
def _shifted(steps: int) -> dict[int, str]:
    return str.maketrans(
        {
            letter: letters[(place + steps) % len(letters)]
            for letters in (ascii_lowercase, ascii_uppercase)
            for place, letter in enumerate(letters)
        }
    )


def _moved(data: bytes, rng: np.random.Generator) -> bytes:
    vector = SoundVector.unpack(data)
    if vector is None:
        return data
    return SoundVector.pack((np.array(vector) + _NOISE * rng.standard_normal(len(vector))).tolist())
