"""What a library in Postgres does where its server has no room, and with texts that it can't keep."""

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from extras.postgres.postgres_server import PostgresServer, needs_postgres, running_postgres
from query_cases import fill
from stored import NOW, numbers_found, put_imported, put_own, put_track
from waiting import wait_until

from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import LibraryWriteError
from map4.jobs.store.queue import SqlJobs
from map4.search.store import SqlTableRows
from map4.server.connections.open_connections import raise_file_limit

pytestmark = [pytest.mark.world, needs_postgres]

with suppress(ImportError):  # then all of these skip
    import psycopg

    from map4.extras.postgres.connection import connect
    from map4.extras.postgres.copying import copy_into_database
    from map4.extras.postgres.store import PostgresStore

_FULL = """CREATE FUNCTION map4.full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER z_full AFTER INSERT ON map4.files FOR EACH ROW WHEN (new.display LIKE '%3.mp3')
EXECUTE FUNCTION map4.full()"""


def _paths(store: Any) -> list[str]:
    return [track.path for track in store.tracks.tracks()]


def test_full_disk_is_reported_and_finished_work_kept(postgres: PostgresServer) -> None:
    address = postgres.database()
    with closing(PostgresStore(address)) as store:
        with psycopg.connect(address) as connection:
            connection.execute(_FULL)

        def write() -> None:
            for number in range(1, 5):
                put_track(store, number)  # type: ignore[arg-type]

        with pytest.raises(LibraryWriteError, match=r"no space left .* finished work is kept: free some space there"):
            write()
        assert _paths(store) == ["/music/1.mp3", "/music/2.mp3"]
        with psycopg.connect(address) as connection:
            connection.execute("DROP TRIGGER z_full ON map4.files")
        write()
        assert _paths(store) == [f"/music/{number}.mp3" for number in range(1, 5)]


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own, on which little more than a server has room; the server's user may go there."""
    folder = Path(tempfile.mkdtemp(prefix="map4-disk-"))
    folder.chmod(0o755)
    mounted = ["mount", "-t", "tmpfs", "-o", "size=128m,mode=755", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounted, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("only root may mount a small disk, where that is allowed at all")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def test_full_disk_of_the_server_loses_no_data(small_disk: Path, tmp_path: Path) -> None:
    comment = "long " * 3000
    with running_postgres(within=small_disk, max_wal_size="32MB", min_wal_size="32MB") as server:
        address, other = server.database(), server.database()
        with closing(PostgresStore(address)) as store:
            fill(store)  # type: ignore[arg-type]
            free = os.statvfs(small_disk)
            (small_disk / "others").write_bytes(b"\1" * (free.f_bavail * free.f_frsize - 3_000_000))
            written = []

            def write(number: int) -> None:
                # What does not shrink where it is kept.
                put_track(store, number, comment=os.urandom(9000).hex() + comment)  # type: ignore[arg-type]
                written.append(f"/music/{number}.mp3")

            def write_on() -> None:
                for number in range(100, 2000):
                    write(number)

            with pytest.raises(LibraryWriteError, match="no space left"):
                write_on()
            assert len(written) > 10
            assert {*written} <= {*_paths(store)}
            assert numbers_found(store, "artist:bjork") == [1]  # type: ignore[arg-type]
            with closing(SqliteStore(str(tmp_path / "library.map4"))) as file:
                fill(file)  # type: ignore[arg-type]
                with pytest.raises(LibraryWriteError):  # where nothing can be written, it may let nobody in
                    copy_into_database(file.database, other)
            (small_disk / "others").unlink()
            write(2000)
            assert {*written} <= {*_paths(store)}
        with psycopg.connect(other) as connection:
            assert connection.execute("SELECT to_regnamespace('map4')").fetchone() == (None,)


def test_timeouts_are_two_minutes_or_set_by_the_address(postgres: PostgresServer) -> None:
    names = ("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")

    def limits(address: str) -> list[str | None]:
        with closing(connect(address)) as connection:
            known = connection.info.get_parameters()
            return [known.get(name) for name in names]

    address = postgres.database()
    assert limits(address) == ["60", "15", "4", "120000"]
    assert limits(f"{address}&keepalives_idle=7&tcp_user_timeout=9000") == ["7", "15", "4", "9000"]


def test_nul_in_a_text_becomes_a_replacement_character(postgres: PostgresServer, tmp_path: Path) -> None:
    def put(store: Any) -> None:
        put_track(store, 1, artist="a\0b", comment="\0")
        put_track(store, 2, title=r"\u0000")
        put_imported(store, {1: {"title": "x", "comment": r"\u0000"}})

    def rows_of(store: Any) -> list[Any]:
        context = QueryContext(now=NOW)
        ids = store.search.file_ids(Query.parse(""), context)
        return [*store.part(SqlTableRows).values(ids, ("artist", "title", "comment"), context)]

    with closing(SqliteStore(str(tmp_path / "library.map4"))) as file:
        put(file)
        kept = [tuple(v.replace("\0", "\ufffd") if isinstance(v, str) else v for v in row) for row in rows_of(file)]
        copied = postgres.database()
        copy_into_database(file.database, copied)
        with closing(PostgresStore(copied)) as store:
            assert rows_of(store) == kept
    with closing(PostgresStore(postgres.database())) as store:
        put(store)
        assert rows_of(store) == kept
        put_imported(store, {1: {"title": "x\0y", "comment": r"\u0000"}})  # kept as JSON
        assert rows_of(store)[0][2] == "x\ufffdy"
    assert kept[0][1] == "a\ufffdb"


@pytest.mark.parametrize("other_files", [0, 1_024])
def test_waiting_ends_with_each_write_and_survives_a_lost_connection(
    postgres: PostgresServer, other_files: int
) -> None:
    raise_file_limit()
    with ExitStack() as opened:
        for _ in range(other_files):
            opened.enter_context(open(os.devnull))
        store = opened.enter_context(closing(PostgresStore(postgres.database())))
        changes = opened.enter_context(closing(store.changes()))
        assert changes.notifies
        assert changes.wait(0)  # it listens from here on
        assert not changes.wait(0.05)
        put_track(store, 1)  # type: ignore[arg-type]
        wait_until(lambda: changes.wait(0.2))
        put_own(store, 1, rating=2.0)  # type: ignore[arg-type]
        store.part(SqlJobs).add("export", {"to": "csv"}, priority=5)
        wait_until(lambda: changes.wait(0.2))
        wait_until(lambda: not changes.wait(0.1))
        store.part(SqlJobs).beat("me")  # is no news
        store.part(SqlJobs).recover("me")
        assert not changes.wait(0.05)
        _cut_all_off(postgres)
        wait_until(lambda: changes.wait(0.2))  # what came meanwhile it did not hear
        wait_until(lambda: not changes.wait(0.1))
        cut = threading.Timer(0.2, _cut_all_off, [postgres])
        cut.start()
        wait_until(lambda: changes.wait(0.2))  # cut off while it waits
        cut.join()


def _cut_all_off(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.address("postgres"), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
