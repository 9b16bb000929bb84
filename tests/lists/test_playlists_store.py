"""Lists in the library: stored, found again, and kept whatever happens to the rest."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from libraries import make_library, smash
from report_tracks import transition_of

from map4.base.actor import Actor
from map4.errors import LibraryDamagedError, NotAllowedError
from map4.lists.store.playlists import SqlPlaylists
from map4.music.lists.listed import ListedPick, ListHeader
from map4.music.lists.tracklist import Tracklist
from map4.music.track.track import Track
from map4.store.file.database import SqliteDatabase
from map4.store.tracks import SqlTracks
from map4.store.upkeep.backup import backup_library
from map4.store.upkeep.contents import verify_library
from map4.store.upkeep.repair import repair_library

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


def pick_of(compatibility: float | None) -> ListedPick:
    step = None if compatibility is None else transition_of(compatibility)
    return ListedPick(energy_target=0.5, transition=step, reasons=("x",))


def three(database: SqliteDatabase) -> Tracklist:
    picks = [pick_of(None), pick_of(0.9), pick_of(0.7)]
    return Tracklist(tracks=tracks(database), picks=picks, description="D", header=ListHeader(seeds=("/a",)))


def stored_anyhow(path: Path) -> Tracklist | None:
    with closing(SqliteDatabase(str(path))) as database:
        return SqlPlaylists(database, lambda: SqlTracks(database)).get("Friday")


def test_copies_and_repairs_keep_the_ids_of_lists(
    path: Path, lists: SqlPlaylists, database: SqliteDatabase, tmp_path: Path
) -> None:
    lists.put("Friday", three(database), now=EARLY)
    before = [each.id for each in lists.all()]
    backup_library(database, str(tmp_path / "copy.map4"), force=False)
    database.close()
    smash(path, "analyses")
    repair_library(str(path), LATE)
    for copy in (tmp_path / "copy.map4", path):
        with closing(SqliteDatabase(str(copy))) as found:
            assert [each.id for each in SqlPlaylists(found, lambda: SqlTracks(found)).all()] == before


ANN, BOB = (Actor(id=number, name=name, scopes=frozenset({"read", "own"})) for number, name in ((1, "Ann"), (2, "Bob")))


def test_a_list_is_shared_to_be_looked_at_or_to_be_changed(database: SqliteDatabase) -> None:
    ann, bob = (SqlPlaylists(database, lambda: SqlTracks(database), actor=actor) for actor in (ANN, BOB))
    ann.put("Friday", three(database), now=EARLY)
    for sharing, may_change in (("read", False), ("edit", True)):
        database.connection.execute("UPDATE playlists SET sharing = ?", (sharing,))
        assert bob.get("friday").name == "Friday"
        for change in (
            lambda: bob.describe("Friday", "x", now=LATE),
            lambda: bob.rename("Friday", "Friday", now=LATE),
        ):
            with nullcontext() if may_change else pytest.raises(NotAllowedError):
                change()
    bob.put("Friday", Tracklist(tracks=[]), now=LATE)
    assert [(one.name, one.tracks) for one in ann.all()] == [("Friday", 0)]
    database.connection.execute("UPDATE playlists SET sharing = 'read'")
    bob.put("Friday", three(database), now=LATE)  # one of his own
    assert [(one.name, one.tracks) for one in ann.all()] == [("Friday", 0)]
    assert bob.get("Friday").description == "D"


# ---- nothing drops them --------------------------------------------------------------------------


def test_a_repair_takes_lists_along(path: Path, lists: SqlPlaylists, database: SqliteDatabase) -> None:
    lists.put("Friday", three(database), now=EARLY)
    database.close()
    smash(path, "analyses")
    found = repair_library(str(path), LATE)
    assert (found.salvaged["playlists"], found.salvaged["playlist_tracks"]) == (1, 3)
    restored = stored_anyhow(path)
    assert restored is not None
    assert [track.path for track in restored.tracks] == [f"/music/{n}.wav" for n in range(3)]


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
    assert restored is not None
    kept = [track.path.split("x")[0] for track in restored.tracks]
    assert 180 < len(kept) < 200
    assert (kept[0], kept[-1]) == ("/0.mp3", "/199.mp3")


@pytest.mark.parametrize("table", ["playlists", "playlist_tracks"])
def test_verify_finds_a_list_that_can_not_be_read(
    path: Path, lists: SqlPlaylists, database: SqliteDatabase, table: str
) -> None:
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
