"""A library copied from a file into Postgres, and back: nothing is another."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from postgres_server import PostgresServer, needs_postgres
from query_cases import fill
from stored import NOW, numbers_found, put_imported, put_own, put_track

from map4 import Library
from map4.domain.lists.listed import ListedPick, ListHeader
from map4.domain.lists.tracklist import Tracklist
from map4.domain.track.observations import Observation
from map4.errors import UsageError
from map4.infra.sqlite.file.database import SqliteDatabase
from map4.infra.sqlite.store import SqliteStore, verify
from map4.ports.scanning import Content
from map4.ports.store.accounts import NewCredential
from map4.ports.store.plays import Play

pytestmark = needs_postgres
with suppress(ImportError):  # then all of these skip
    import psycopg

    from map4.infra.postgres.copying import copy_into_database, copy_into_file
    from map4.infra.postgres.database import PostgresDatabase
    from map4.infra.postgres.store import PostgresStore

DIGEST = b"2" * 32
_MADE_ANEW = ("files_fts", "mirror")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[SqliteStore]:
    """A library file with something in most of its tables."""
    with closing(SqliteStore(str(tmp_path / "library.map4"))) as store:
        fill(store)  # type: ignore[arg-type]
        put_imported(store, {1: {"bpm": 121.25, "play_count": 3, "year": 1999}, 2: {"rating": 4.5}})  # type: ignore[arg-type]
        for rating in (3, 4):
            put_own(store, 2, rating=rating)  # type: ignore[arg-type]
        ann = store.accounts.add("Ann", "user", "hashed", NOW)
        accounts = store.accounts
        token = NewCredential(
            kind="login", account=ann.number, name="phone", scopes=frozenset({"read"}), digest=b"1" * 32
        )
        accounts.renew(accounts.issue(token, NOW).id, DIGEST, expires_at=None, now=NOW)
        accounts.add_signing_key(b"a" * 32, old_until=NOW, now=NOW)
        tracks = [track for track in store.tracks.tracks() if track.state == "ok"]
        picks = [ListedPick(energy_target=0.5, transition=None, reasons=("x",))] * len(tracks)
        for day in (1, 2):
            content = Tracklist(tracks=tracks[day:], picks=picks[day:], header=ListHeader(seeds=("/a",)))
            store.lists.put("Friday", content, now=NOW)
            one = Play(
                audio_id=tracks[0].audio_id,
                at=f"2026-01-0{day}T00:00:00Z",
                source="page",
                is_skip=False,
                heard_s=1.5,
                length_s=None,
            )
            store.plays.add(one, apart_s=60.0)
        said = Observation(provider="musicbrainz", field="label", value="Warp", provider_id="r", score=0.95,
                           fetched_at="2026-11-21T18:00:00Z")  # fmt: skip
        store.observations.put_all([(tracks[0].audio_id or "", said)])
        store.written.note(
            "/a.m3u8", Content(size_bytes=1, digest="d"), format_name="m3u8", tracks=1, seconds=0.5, now=NOW
        )
        store.ignored.forget(["/music/c/8.mp3"], ignore=True, now=NOW)
        yield store


def rows_of(path: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of a library file."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        tables = [name for name, _ in found if not name.startswith(_MADE_ANEW)]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}


def test_there_and_back_every_row_is_the_same(made: SqliteStore, postgres: PostgresServer, tmp_path: Path) -> None:
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
    assert verify(str(back)).is_sound
    with Library.open(back) as library, Library.open(made.place.address) as own:
        assert [track.path for track in library.search("bjork")] == [track.path for track in own.search("bjork")] != []


def test_both_go_on_from_where_the_copy_was_made(made: SqliteStore, postgres: PostgresServer, tmp_path: Path) -> None:
    address, back = postgres.database(), tmp_path / "back.map4"
    copy_into_database(made.database, address)
    with closing(PostgresStore(address)) as store:
        assert store.accounts.library_id() == made.accounts.library_id()
        assert numbers_found(store, "bjork") == numbers_found(made, "bjork") == [1]  # type: ignore[arg-type]
        assert [*store.tracks.tracks(beats=True)] == [*made.tracks.tracks(beats=True)]
        for one in (store, made):
            put_track(one, 30)  # type: ignore[arg-type]
            put_own(one, 30, rating=5)  # type: ignore[arg-type]
        assert store.values.steps(limit=100) == made.values.steps(limit=100)
        assert store.change_log.since(None).through == made.change_log.since(None).through
        assert store.accounts.all() == made.accounts.all()
        for one in (store, made):  # who was logged in still is
            assert one.accounts.known(DIGEST, NOW) is not None
        back.touch()
        copy_into_file(store.database, str(back))
    with closing(SqliteStore(str(back))) as again:
        put_own(again, 30, bpm=111.0)  # type: ignore[arg-type]
        assert again.values.steps(limit=1)[0].number == made.values.steps(limit=1)[0].number + 1


def test_a_copy_that_ends_early_leaves_nothing_and_one_that_stands_is_not_overwritten(
    made: SqliteStore, postgres: PostgresServer
) -> None:
    address = postgres.database()

    def fail(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_into_database(made.database, address, fail)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT to_regnamespace('map4')").fetchone() == (None,)
    copy_into_database(made.database, address)
    with pytest.raises(UsageError, match="there is a library already"):
        copy_into_database(made.database, address)


def test_a_backup_of_a_database_is_a_library_file(made: SqliteStore, postgres: PostgresServer, tmp_path: Path) -> None:
    address, backup = postgres.database(), tmp_path / "backup.map4"
    copy_into_database(made.database, address)
    with closing(PostgresStore(address)) as store:
        assert store.care.backup(str(backup), force=False, is_checked=True) == backup.stat().st_size
    assert rows_of(str(backup)) == rows_of(made.place.address)
    with closing(SqliteDatabase(str(backup))) as database:
        copy_into_database(database, postgres.database())
