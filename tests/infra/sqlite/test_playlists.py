"""Lists in the library: stored, found again, and kept whatever happens to the rest."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from libraries import audio_id, make_library, put_file, smash
from report_tracks import transition_of

from map4.domain.lists.listed import ListedPick, ListHeader
from map4.domain.tags import Tags
from map4.domain.track import Track
from map4.domain.tracklist import Tracklist
from map4.errors import LibraryDamagedError, StoredListExistsError, UsageError
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.maintenance.backup import backup_library
from map4.infra.sqlite.maintenance.contents import SqliteCare, verify_library
from map4.infra.sqlite.maintenance.repair import repair_library
from map4.infra.sqlite.playlists import SqlitePlaylists
from map4.infra.sqlite.tracks import SqliteTracks

EARLY, LATE = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_library(tmp_path / "library.map4")


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(Database(str(path))) as database:
        yield database


@pytest.fixture
def lists(database: Database) -> SqlitePlaylists:
    return SqlitePlaylists(database, lambda: SqliteTracks(database))


def tracks(database: Database) -> list[Track]:
    return list(SqliteTracks(database).tracks())


def pick_of(compatibility: float | None) -> ListedPick:
    step = None if compatibility is None else transition_of(compatibility)
    return ListedPick(energy_target=0.5, transition=step, reasons=("x",))


def three(database: Database) -> Tracklist:
    picks = [pick_of(None), pick_of(0.9), pick_of(0.7)]
    return Tracklist(tracks=tracks(database), picks=picks, description="D", header=ListHeader(seeds=("/a",)))


def stored_anyhow(path: Path) -> Tracklist | None:
    with closing(Database(str(path))) as database:
        return SqlitePlaylists(database, lambda: SqliteTracks(database)).get("Friday")


def test_a_list_comes_back_as_it_was_stored(lists: SqlitePlaylists, database: Database) -> None:
    content = three(database)
    lists.put(" Friday ", content, now=EARLY)
    found = lists.get("friday")
    assert found is not None
    assert (found.name, found.description, found.header) == ("Friday", "D", ListHeader(seeds=("/a",)))
    assert (list(found.tracks), list(found.picks)) == (list(content.tracks), list(content.picks))
    assert lists.get("Saturday") is None


def test_a_list_is_stored_anew_under_its_name(lists: SqlitePlaylists, database: Database) -> None:
    lists.put("Friday", three(database), now=EARLY)
    lists.put("FRIDAY", Tracklist(tracks=tracks(database)[:1]), now=LATE)
    [found] = lists.all()
    assert found.to_record() == {
        "name": "Friday", "description": None, "tracks": 1, "present": 1, "duration_s": 10.0, "compatibility": None,
        "created_at": "2026-01-02T00:00:00Z", "updated_at": "2026-01-03T00:00:00Z",
        "history": False, "played_at": None,
    }  # fmt: skip


def test_upper_and_lower_case_are_one_name_in_every_script(lists: SqlitePlaylists, database: Database) -> None:
    lists.put("ärger", three(database), now=EARLY)
    with pytest.raises(StoredListExistsError, match="ärger"):
        lists.require_free("ÄRGER")
    with pytest.raises(StoredListExistsError, match="ärger"):
        lists.put("Ärger", three(database), now=EARLY, replace=False)
    lists.put("Ärger", Tracklist(tracks=tracks(database)[:1]), now=LATE)
    [found] = lists.all()
    assert (found.name, found.tracks) == ("ärger", 1)
    assert lists.delete("ÄRGER")


def test_names_that_an_older_map4_kept_apart_stay_apart(path: Path, lists: SqlitePlaylists, database: Database) -> None:
    lists.put("ärger", three(database), now=EARLY)
    lists.put("other", three(database), now=EARLY)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE playlists SET name = 'Ärger' WHERE name = 'other'")
    lists.put("Ärger", Tracklist(tracks=tracks(database)[:1]), now=LATE)
    assert {found.name: found.tracks for found in lists.all()} == {"ärger": 3, "Ärger": 1}
    lists.require_free("ÄRGER")


def test_all_lists_are_told_by_name(lists: SqlitePlaylists, database: Database) -> None:
    lists.put("b", three(database), now=EARLY)
    lists.put("A", Tracklist(tracks=[]), now=EARLY)
    empty, full = lists.all()
    assert (empty.name, empty.tracks, empty.present, empty.duration_s, empty.compatibility) == ("A", 0, 0, 0.0, None)
    assert (full.tracks, full.present, full.duration_s, full.compatibility) == (3, 3, 30.0, 0.8)
    assert [lists.delete("B"), lists.delete("B"), lists.delete("n\udce9")] == [True, False, False]
    assert lists.get("n\udce9") is None
    assert [found.name for found in lists.all()] == ["A"]


def test_tracks_are_followed_when_they_move_and_named_when_they_are_gone(
    lists: SqlitePlaylists, database: Database
) -> None:
    content = three(database)
    gone = Track(path="/gone.mp3", state="ok", tags=Tags(artist="Ann\ud800", title="Song"))
    lists.put("Friday", Tracklist(tracks=[*content.tracks, gone]), now=EARLY)
    with database.transaction() as connection:
        connection.execute("UPDATE files SET path = ? WHERE display = '/music/1.wav'", (b"/new/1.wav",))
        connection.execute("UPDATE files SET missing_since = '2026' WHERE display = '/music/0.wav'")
    found = lists.get("Friday")
    assert found is not None
    assert [(track.path, track.state) for track in found.tracks] == [
        ("/music/0.wav", "missing"), ("/new/1.wav", "ok"), ("/music/2.wav", "ok"), ("/gone.mp3", "missing"),
    ]  # fmt: skip
    assert found.tracks[3].tags == Tags(artist="Ann?", title="Song")
    assert (lists.all()[0].tracks, lists.all()[0].present) == (4, 2)


def test_of_copies_the_one_that_is_there_is_taken(lists: SqlitePlaylists, database: Database) -> None:
    lists.put("Friday", Tracklist(tracks=tracks(database)[:1]), now=EARLY)
    with database.transaction() as connection:
        connection.execute("DELETE FROM files WHERE display = '/music/0.wav'")
        put_file(connection, "/old.wav", audio_id=audio_id(0), missing_since="2026")
        put_file(connection, "/copy.wav", audio_id=audio_id(0))
    found = lists.get("Friday")
    assert found is not None
    assert [(track.path, track.state) for track in found.tracks] == [("/copy.wav", "ok")]


def test_other_audio_under_the_same_name_is_another_track(lists: SqlitePlaylists, database: Database) -> None:
    lists.put("Friday", three(database), now=EARLY)
    with database.transaction() as connection:
        put_file(connection, "/copy.wav", audio_id=audio_id(0))
        connection.execute("UPDATE files SET audio_id = 'a1-other' WHERE display = '/music/0.wav'")
        connection.execute("UPDATE files SET audio_id = 'a1-else' WHERE display = '/music/1.wav'")
    found = lists.get("Friday")
    assert found is not None
    # Where the audio is nowhere else, the file that now has the name stands for it.
    assert [track.path for track in found.tracks] == ["/copy.wav", "/music/1.wav", "/music/2.wav"]


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a\\b", "-", "x" * 201, "a\nb", "n\udce9"])
def test_what_can_be_no_name(lists: SqlitePlaylists, name: str) -> None:
    with pytest.raises(UsageError, match=r"a list's name|taken for a file"):
        lists.put(name, Tracklist(tracks=[]), now=EARLY)


def test_names_of_all_files(database: Database) -> None:
    with database.transaction() as connection:
        put_file(connection, "/x.mp3", artist="Ann", title="Song", size_bytes=7, missing_since="2026")
    first, *_, last = SqliteTracks(database).known_names()
    assert (first.path, first.audio_id, first.duration_s, first.is_missing) == (
        "/music/0.wav",
        audio_id(0),
        10.0,
        False,
    )
    assert (last.path, last.artist, last.title, last.size_bytes, last.duration_s) == ("/x.mp3", "Ann", "Song", 7, None)
    assert last.is_missing


# ---- nothing drops them --------------------------------------------------------------------------


def test_clear_and_prune_leave_lists_alone(lists: SqlitePlaylists, database: Database) -> None:
    lists.put("Friday", three(database), now=EARLY)
    with database.transaction() as connection:
        connection.execute("UPDATE files SET missing_since = '2026'")
    SqliteCare(database).clear()
    SqliteCare(database).prune(dry_run=False)
    found = lists.get("Friday")
    assert found is not None
    assert [(track.path, track.state) for track in found.tracks] == [(f"/music/{n}.wav", "missing") for n in range(3)]


def test_a_backup_has_the_lists(lists: SqlitePlaylists, database: Database, tmp_path: Path) -> None:
    lists.put("Friday", three(database), now=EARLY)
    backup_library(database, str(tmp_path / "backup.map4"), force=False)
    found = stored_anyhow(tmp_path / "backup.map4")
    assert found is not None
    assert len(found.tracks) == 3


def test_a_repair_takes_lists_along(path: Path, lists: SqlitePlaylists, database: Database) -> None:
    lists.put("Friday", three(database), now=EARLY)
    database.close()
    smash(path, "analyses")
    found = repair_library(str(path), LATE)
    assert (found.salvaged["playlists"], found.salvaged["playlist_tracks"]) == (1, 3)
    restored = stored_anyhow(path)
    assert restored is not None
    assert [track.path for track in restored.tracks] == [f"/music/{n}.wav" for n in range(3)]


def test_a_repair_names_a_list_that_lost_its_name(path: Path, lists: SqlitePlaylists, database: Database) -> None:
    lists.put("Friday", three(database), now=EARLY)
    database.close()
    smash(path, "playlists")
    found = repair_library(str(path), LATE)
    assert "playlists" in found.incomplete
    with closing(Database(str(path))) as repaired:
        [listed] = SqlitePlaylists(repaired, lambda: SqliteTracks(repaired)).all()
    assert (listed.name, listed.tracks) == ("recovered list 1 (2026-01-03)", 3)


def test_a_repair_finds_positions_around_the_damage(path: Path, lists: SqlitePlaylists, database: Database) -> None:
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
    path: Path, lists: SqlitePlaylists, database: Database, table: str
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
