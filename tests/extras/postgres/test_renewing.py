"""A library in Postgres of an older map4 is brought up to date when it is opened: all of it, or nothing."""

import sqlite3
import threading
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from extra_cases import of_extras
from extras.postgres.postgres_server import PostgresServer, needs_postgres
from full_library import full_library, rows_of
from stored import numbers_found, put_own

from map4 import Library
from map4.core.store import stored_tables
from map4.core.store.file import schema as of_file
from map4.errors import LibraryVersionError, LibraryWriteError, UsageError
from map4.jobs.store.queue import SqlJobs

pytestmark = [pytest.mark.world, needs_postgres]

with suppress(ImportError):  # then all of these skip
    import psycopg

    from map4.extras.postgres import renewing, schema
    from map4.extras.postgres.copying import copy_into_database, copy_into_file
    from map4.extras.postgres.store import PostgresStore

OLDER = of_file.newest_version()


def _step(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE files ADD COLUMN heard_in TEXT")
    connection.execute("UPDATE files SET heard_in = 'room ' || id")
    connection.execute("DELETE FROM facts")
    connection.execute("INSERT INTO facts SELECT * FROM facts_source")


@pytest.fixture
def older(postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A library that a map4 made which had one step less; with a job, and another program that reads its views."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    address = postgres.database()
    with full_library(tmp_path / "library.map4") as file:
        for put_rows in of_extras("put_rows"):
            put_rows(file)
        copy_into_database(file.database, address)
    with closing(PostgresStore(address)) as store:
        store.part(SqlJobs).add("export", {"to": "csv"}, priority=5)
    with psycopg.connect(address) as connection:
        with suppress(psycopg.errors.DuplicateObject), connection.transaction():
            connection.execute("CREATE ROLE dashboard")
        connection.execute("GRANT USAGE ON SCHEMA map4_views TO dashboard")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA map4_views TO dashboard")
        connection.execute("ALTER TABLE map4.facts DROP COLUMN color")  # as it was before there was any
        connection.execute("CREATE VIEW public.artists AS SELECT DISTINCT artist FROM map4_views.tracks")
    monkeypatch.setattr(of_file, "MIGRATIONS", (*of_file.MIGRATIONS, _step))
    return address


def _one(address: str, sql: str) -> Any:
    with psycopg.connect(address) as connection:
        return connection.execute(sql.encode()).fetchone()


def _is_as_it_was(address: str) -> bool:
    version = _one(address, "SELECT version FROM map4.library_schema")
    return bool(version == (OLDER,)) and _one(address, "SELECT to_regnamespace('map4_before')") == (None,)


def test_update_keeps_all_data_and_a_copy_of_the_old_schema(older: str, tmp_path: Path) -> None:
    messages: list[str] = []
    now = tmp_path / "now.map4"
    with closing(PostgresStore(older, on_update=messages.append)) as store:
        now.touch()
        copy_into_file(store.database, str(now))
        assert numbers_found(store, "artist:bjork") == [1]  # type: ignore[arg-type]
        assert [job.kind for job in store.part(SqlJobs).page(limit=9)] == ["export"]
        assert store.part(SqlJobs).add("export", {"to": "csv"}, priority=5).number == 2
        put_own(store, 2, rating=1.0)  # type: ignore[arg-type]
    [kept] = messages
    before, after = rows_of(kept), rows_of(str(now))
    assert len(before["files"]) == 10
    assert before == rows_of(str(tmp_path / "library.map4"))
    assert sorted(row[-1] for row in after["files"]) == sorted(f"room {row[0]}" for row in before["files"])
    assert [row[:-1] for row in after.pop("files")] == before.pop("files")
    assert {row[0] for row in before.pop("facts")} == {row[0] for row in after.pop("facts")}
    # The step itself was noted.
    assert {*before.pop("changes")} < {*after.pop("changes")}
    assert {name for name in after if after[name] != before[name]} <= {"sqlite_sequence", "change_log"}
    assert _one(older, "SELECT version FROM map4.library_schema") == (schema.version()[0],) == (OLDER + 1,)
    assert [path.name for path in Path(kept).parent.iterdir()] == [f"library.before-schema-{OLDER + 1}"]
    # What other programs were given stays.
    assert _one(older, "SELECT count(*) FROM public.artists WHERE artist = 'Björk'") == (1,)
    with psycopg.connect(older) as connection:
        connection.execute("SET ROLE dashboard")
        assert connection.execute("SELECT count(*) FROM map4_views.tracks").fetchone() == (10,)


def test_older_version_cannot_write_after_an_update(older: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as former:
        former.setattr(of_file, "MIGRATIONS", of_file.MIGRATIONS[:-1])
        still_open = PostgresStore(older)
        changes = still_open.changes()
    PostgresStore(older).close()
    revision = _one(older, "SELECT revision FROM map4.library_state")
    monkeypatch.setattr(of_file, "MIGRATIONS", of_file.MIGRATIONS[:-1])
    with closing(still_open), closing(changes):
        with pytest.raises(LibraryVersionError, match=r"by a newer map4 .*; update map4"):
            put_own(still_open, 1, rating=2.0)  # type: ignore[arg-type]
        with pytest.raises(LibraryVersionError, match="by a newer map4"):
            changes.word()
    assert _one(older, "SELECT revision FROM map4.library_state") == revision


@pytest.mark.parametrize("at", ["step", "fill", "cut off", "end"])
def test_interrupted_update_is_undone(older: str, tmp_path: Path, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any) -> None:
        if at == "cut off":
            pid = given[0].info.backend_pid
            _one(older, f"SELECT pg_terminate_backend({pid})")
            given[0].execute(b"SELECT 1")
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        if at == "step":
            broken.setattr(renewing, "migrate", fail)
        elif at == "end":
            broken.setattr(renewing, "_FORMER_IS_USED", b"SELECT 1 / 0 WHERE $1 = 'map4_before'")
        else:
            broken.setattr(renewing, "fill", fail)
        with pytest.raises(LibraryWriteError if at == "cut off" else Exception if at == "end" else KeyboardInterrupt):
            PostgresStore(older)
    assert _is_as_it_was(older)
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    messages: list[str] = []
    with closing(PostgresStore(older, on_update=messages.append)) as store:
        assert numbers_found(store, "artist:bjork") == [1]  # type: ignore[arg-type]
    assert len(messages) == 1


def test_one_of_concurrent_openings_updates_the_schema(older: str) -> None:
    messages: list[str] = []
    found: list[list[int]] = []

    def open_it() -> None:
        with closing(PostgresStore(older, on_update=messages.append)) as store:
            found.append(numbers_found(store, "artist:bjork"))  # type: ignore[arg-type]

    threads = [threading.Thread(target=open_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[1]] * 3
    assert len(messages) == 1


def test_tables_of_an_extra_that_is_not_installed_are_kept(older: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("map4.extras.connect", reason="needs an extra with tables")
    sql = "SELECT count(*), min(name), (SELECT min(name) FROM map4.extras) FROM map4.connections"
    before = _one(older, sql)
    monkeypatch.setattr(stored_tables.StoredTable, "of_extras", dict)
    PostgresStore(older).close()
    assert _one(older, "SELECT version FROM map4.library_schema") == (OLDER + 1,)
    assert _one(older, sql) == before
    assert (before[0] > 0, before[2]) == (True, "connect")


def test_foreign_view_on_tables_of_map4_is_refused_not_dropped(older: str) -> None:
    with psycopg.connect(older) as connection:
        connection.execute("CREATE VIEW public.own AS SELECT artist FROM map4.files")
    with pytest.raises(UsageError, match=r"the view public\.own reads map4's own tables.*map4_views, or drop it"):
        PostgresStore(older)
    assert _is_as_it_was(older)
    assert _one(older, "SELECT count(*) FROM public.own") == (10,)


def test_functions_of_an_older_map4_are_renewed_without_a_copy(postgres: PostgresServer, tmp_path: Path) -> None:
    address = postgres.database()
    with full_library(tmp_path / "library.map4") as file:
        copy_into_database(file.database, address)
    with psycopg.connect(address) as connection:
        connection.execute("ALTER TABLE map4.library_schema DROP COLUMN functions")  # as before there was one
        connection.execute("DROP FUNCTION map4.map4_shuffle")
    messages: list[str] = []
    now = tmp_path / "now.map4"
    with closing(PostgresStore(address, on_update=messages.append)) as store:
        now.touch()
        copy_into_file(store.database, str(now))
    assert (rows_of(str(now)), messages) == (rows_of(str(tmp_path / "library.map4")), [])
    with psycopg.connect(address) as connection:
        connection.execute("SELECT map4.map4_shuffle('', '')")
        connection.execute("UPDATE map4.library_schema SET functions = functions + 1")
    with pytest.raises(LibraryVersionError, match=r"newer map4 \(schema \d+\.5; this map4 knows \d+\.4\)"):
        PostgresStore(address)


def test_changed_functions_or_views_need_a_new_version() -> None:
    digest = sha256("\n".join(schema.statements()).encode()).hexdigest()[:16]
    # If only the digest changes, raise FUNCTIONS_VERSION.
    assert (schema.version(), digest) == ([110, 4], "69e8e77da08b512e")


def test_update_reports_the_path_of_its_copy(older: str, tmp_path: Path) -> None:
    messages: list[str] = []
    with Library.open(older, on_update=messages.append) as library:
        assert [track.title() for track in library.search("artist:bjork")] == ["Jóga"]
    [uid] = _one(older, "SELECT uid FROM map4.library_identity")
    assert messages == [str(tmp_path / "data" / "map4" / "libraries" / str(uid) / f"library.before-schema-{OLDER + 1}")]
