"""A library copied from a file into Postgres, and back: nothing is another."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from extras.postgres.postgres_server import PostgresServer, needs_postgres
from full_library import DIGEST, full_library, rows_of
from stored import NOW, numbers_found, put_own, put_track

from map4 import Library
from map4.accounts.store.accounts import SqlAccounts
from map4.care import SqlCare, verify_library
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import LibraryDamagedError, UsageError
from map4.values.store.values import SqlValues

pytestmark = [pytest.mark.world, needs_postgres]

with suppress(ImportError):  # then all of these skip
    import psycopg

    from map4.extras.postgres.copying import copy_into_database, copy_into_file
    from map4.extras.postgres.database import PostgresDatabase
    from map4.extras.postgres.store import PostgresStore


@pytest.fixture
def made(tmp_path: Path) -> Iterator[SqliteStore]:
    with full_library(tmp_path / "library.map4") as store:
        yield store


def test_copy_to_postgres_and_back_keeps_all_rows(made: SqliteStore, postgres: PostgresServer, tmp_path: Path) -> None:
    address, back = postgres.database(), tmp_path / "back.map4"
    steps: list[tuple[int, int]] = []
    copy_into_database(made.database, address, lambda done, of: steps.append((done, of)))
    with closing(PostgresDatabase(address)) as database:
        back.touch()
        copy_into_file(database, str(back))
    before, after = rows_of(made.place.address), rows_of(str(back))
    assert sum(map(len, before.values())) > 100
    assert len([name for name, rows in before.items() if rows]) > 25
    assert after == before
    assert steps[-1][0] == steps[-1][1] > 100
    assert verify_library(str(back)).is_sound
    with Library.open(back) as library, Library.open(made.place.address) as own:
        assert [track.path for track in library.search("bjork")] == [track.path for track in own.search("bjork")] != []


def test_original_and_copy_continue_independently(made: SqliteStore, postgres: PostgresServer, tmp_path: Path) -> None:
    address, back = postgres.database(), tmp_path / "back.map4"
    copy_into_database(made.database, address)
    with closing(PostgresStore(address)) as store:
        assert store.part(SqlAccounts).library_id() == made.part(SqlAccounts).library_id()
        assert numbers_found(store, "bjork") == numbers_found(made, "bjork") == [1]  # type: ignore[arg-type]
        assert [*store.tracks.tracks(beats=True)] == [*made.tracks.tracks(beats=True)]
        for side in (store, made):
            put_track(side, 30)  # type: ignore[arg-type]
            put_own(side, 30, rating=5)  # type: ignore[arg-type]
        assert store.part(SqlValues).steps(limit=100) == made.part(SqlValues).steps(limit=100)
        assert store.change_log.since(None).through == made.change_log.since(None).through
        assert store.part(SqlAccounts).all() == made.part(SqlAccounts).all()
        for side in (store, made):  # who was logged in still is
            assert side.part(SqlAccounts).known(DIGEST, NOW) is not None
        back.touch()
        copy_into_file(store.database, str(back))
    with closing(SqliteStore(str(back))) as again:
        put_own(again, 30, bpm=111.0)  # type: ignore[arg-type]
        assert again.part(SqlValues).steps(limit=1)[0].number == made.part(SqlValues).steps(limit=1)[0].number + 1


def test_interrupted_copy_leaves_an_empty_database(made: SqliteStore, postgres: PostgresServer) -> None:
    address = postgres.database()

    with pytest.raises(KeyboardInterrupt):
        copy_into_database(made.database, address, Mock(side_effect=KeyboardInterrupt))
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT to_regnamespace('map4')").fetchone() == (None,)
    copy_into_database(made.database, address)
    with pytest.raises(UsageError, match="already contains a library"):
        copy_into_database(made.database, address)


def test_a_backup_of_a_database_is_a_library_file(made: SqliteStore, postgres: PostgresServer, tmp_path: Path) -> None:
    address, backup = postgres.database(), tmp_path / "backup.map4"
    copy_into_database(made.database, address)
    with closing(PostgresStore(address)) as store:
        assert store.part(SqlCare).backup(str(backup), force=False, only_sound=True) == backup.stat().st_size
    assert rows_of(str(backup)) == rows_of(made.place.address)
    with closing(SqliteDatabase(str(backup))) as database:
        copy_into_database(database, postgres.database())


def test_copy_removes_the_files_of_a_killed_copy(made: SqliteStore, postgres: PostgresServer, tmp_path: Path) -> None:
    address, copy = postgres.database(), tmp_path / "copy.map4"
    copy_into_database(made.database, address)
    for suffix in ("", "-wal"):
        Path(f"{copy}.copied-0123abcd{suffix}").touch()
    Library.care.copy(address, copy)
    assert sorted(path.name for path in tmp_path.glob("copy.map4*") if ".copied-" in path.name) == []
    assert verify_library(str(copy)).is_sound


def test_damage_is_reported_by_backups_and_copies(made: SqliteStore, postgres: PostgresServer, tmp_path: Path) -> None:
    address, backup, copy = postgres.database(), tmp_path / "backup.map4", tmp_path / "copy.map4"
    copy_into_database(made.database, address)
    bad = "UPDATE files SET added_at = '2026-02-30T00:00:00Z' WHERE id = 1"
    with psycopg.connect(address) as connection:
        connection.execute("SET search_path TO map4")
        connection.execute(bad)
    message = "day is out of range.*holds the damage too.*'map4 library copy' to copy it into a new file"
    with closing(PostgresStore(address)) as store:
        with pytest.raises(LibraryDamagedError, match=message):
            store.part(SqlCare).backup(str(backup), force=False)
        with pytest.raises(LibraryDamagedError, match="older backups are kept"):
            store.part(SqlCare).backup(str(backup), force=False)
    with pytest.raises(LibraryDamagedError, match=message):
        Library.care.copy(address, copy)
    for file in (backup, copy):
        with pytest.raises(LibraryDamagedError, match="Nothing was changed"):
            Library.care.copy(file, postgres.database())
        repaired = Library.care.repair(file)
        assert repaired.lost_times == 1
        Library.care.copy(file, postgres.database())
