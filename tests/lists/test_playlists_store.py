"""Lists in a library file are kept whatever happens to the rest."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from libraries import make_library, smash

from map4.care.store.backup import backup_library
from map4.care.store.repair import repair_library
from map4.care.store.verify import verify_library
from map4.errors import LibraryDamagedError
from map4.lists.store.playlists import SqlPlaylists
from map4.music.lists.listed import ListedPick, ListHeader
from map4.music.lists.tracklist import Tracklist
from map4.music.track.track import Track
from map4.store.file.database import SqliteDatabase
from map4.store.tracks import SqlTracks

EARLY, LATE = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_library(tmp_path / "library.map4")


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    with closing(SqliteDatabase(str(path))) as database:
        yield database


@pytest.fixture
def lists(database: SqliteDatabase) -> SqlPlaylists:
    return SqlPlaylists(database, lambda: SqlTracks(database))


def tracks(database: SqliteDatabase) -> list[Track]:
    return list(SqlTracks(database).tracks())


def three(database: SqliteDatabase) -> Tracklist:
    return Tracklist(tracks=tracks(database), picks=[ListedPick(reasons=("x",))] * 3, header=ListHeader(seeds=("/a",)))


def stored_anyhow(path: Path) -> Tracklist | None:
    with closing(SqliteDatabase(str(path))) as database:
        return SqlPlaylists(database, lambda: SqlTracks(database)).get("Friday")


def test_copy_and_repair_keep_lists(path: Path, lists: SqlPlaylists, database: SqliteDatabase, tmp_path: Path) -> None:
    lists.put("Friday", three(database), now=EARLY)
    before = [each.id for each in lists.all()]
    backup_library(database, str(tmp_path / "copy.map4"), force=False)
    database.close()
    smash(path, "analyses")
    found = repair_library(str(path), LATE)
    assert (found.salvaged["playlists"], found.salvaged["playlist_tracks"]) == (1, 3)
    for copy in (tmp_path / "copy.map4", path):
        restored = stored_anyhow(copy)
        assert [track.path for track in restored.tracks] == [f"/music/{n}.wav" for n in range(3)]
        with closing(SqliteDatabase(str(copy))) as found_there:
            assert [each.id for each in SqlPlaylists(found_there, lambda: SqlTracks(found_there)).all()] == before


def test_a_repair_names_a_list_that_lost_its_name(path: Path, lists: SqlPlaylists, database: SqliteDatabase) -> None:
    lists.put("Friday", three(database), now=EARLY)
    database.close()
    smash(path, "playlists")
    found = repair_library(str(path), LATE)
    assert "playlists" in found.incomplete
    with closing(SqliteDatabase(str(path))) as repaired:
        [listed] = SqlPlaylists(repaired, lambda: SqlTracks(repaired)).all()
    assert (listed.name, listed.tracks) == ("recovered list 1 (2026-01-03)", 3)


def test_a_repair_finds_positions_around_the_damage(path: Path, lists: SqlPlaylists, database: SqliteDatabase) -> None:
    many = [Track(path=f"/{n}.mp3" + "x" * 500, state="ok") for n in range(200)]
    lists.put("Friday", Tracklist(tracks=many), now=EARLY)
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DROP INDEX playlist_tracks_by_path")  # which has the paths too
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    content = path.read_bytes()
    place = content.index(b"/100.mp3x") // size * size
    path.write_bytes(content[:place] + b"\xa5" * size + content[place + size :])
    found = repair_library(str(path), LATE)
    assert "playlist_tracks" in found.incomplete
    restored = stored_anyhow(path)
    kept = [track.path.split("x")[0] for track in restored.tracks]
    assert 180 < len(kept) < 200
    assert (kept[0], kept[-1]) == ("/0.mp3", "/199.mp3")


@pytest.mark.parametrize("table", ["playlists", "playlist_tracks"])
def test_verify_names_unreadable_list(path: Path, lists: SqlPlaylists, database: SqliteDatabase, table: str) -> None:
    lists.put("Friday", three(database), now=EARLY)
    database.close()
    column = {"playlists": "header", "playlist_tracks": "detail"}[table]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(f"UPDATE {table} SET {column} = '[]'")
        connection.commit()
    assert not verify_library(str(path)).is_sound
    with pytest.raises(LibraryDamagedError, match="holds no object"):
        stored_anyhow(path)
    found = repair_library(str(path), LATE)
    assert table in found.incomplete
    assert found.unreadable_values_at is not None
    assert os.path.exists(found.unreadable_values_at)
