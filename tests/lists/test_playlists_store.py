"""Lists in a library file are kept whatever happens to the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from libraries import make_library, smash

from map4.care.store.repair import repair_library
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


def test_a_repair_names_a_list_that_lost_its_name(path: Path, lists: SqlPlaylists, database: SqliteDatabase) -> None:
    header, picks = ListHeader(seeds=("/a",)), [ListedPick(reasons=("x",))] * 3
    lists.put("Friday", Tracklist(tracks=tracks(database), picks=picks, header=header), now=EARLY)
    database.close()
    smash(path, "playlists")
    found = repair_library(str(path), LATE)
    assert "playlists" in found.incomplete
    with closing(SqliteDatabase(str(path))) as repaired:
        [listed] = SqlPlaylists(repaired, lambda: SqlTracks(repaired)).all()
    assert (listed.name, listed.tracks) == ("recovered list 1 (2026-01-03)", 3)
