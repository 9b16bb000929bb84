"""An extra's first write creates its tables, which stay as they are where the extra is not installed."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, cast

import pytest
from conftest import Run
from extras.postgres.postgres_server import ABSENT, PostgresServer, needs_postgres
from libraries import audio_id, execute
from stored import put_track

from map4 import Library
from map4.accounts.store.accounts import SqlAccounts
from map4.accounts.store.people import SqlPeople
from map4.care import SqlCare
from map4.care.store.repair import repair_library
from map4.core.base.declaration import Declaration, Tables
from map4.core.base.declarations import declarations
from map4.core.store.file import schema
from map4.core.store.sql_store import Store
from map4.core.store.sqlite_store import SqliteStore
from map4.core.store.stored_tables import ExtraTables
from map4.errors import LibraryDamagedError, LibraryVersionError, UsageError

pytestmark = pytest.mark.world

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ROWS = [(audio_id(1), 0, "calm", "2026-01-01T00:00:00Z"), (audio_id(2), 7, "wild", "2026-02-01T00:00:00Z")]
NOT_INSTALLED = "tables of the extra 'moods', which is not installed here .* with --without moods"
MADE_UP = Declaration(Tables("made_up_extra:TABLES", 1000, extra="moods"))

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Say which extras are installed: "moods", "connect"."""

    def put(*extras: str) -> None:
        kept = [
            declaration
            for declaration in declarations()
            if all(tables.extra in ("", *extras) for tables in declaration.tables)
        ]
        kept += [MADE_UP] if "moods" in extras else []
        monkeypatch.setattr("map4.core.base.declarations.declarations", lambda: kept)
        _forget()

    put("moods", "connect")
    yield put
    monkeypatch.undo()
    _forget()


@pytest.fixture
def connect() -> Any:
    """The module of connections, an extra with tables."""
    return pytest.importorskip("map4.extras.connect.store.connections")


def connection_to(connect: Any, name: str) -> Any:
    return connect.NewConnection(
        name=name, url="https://music.example.org", login="ann", sign_in="token", sealed=b"sealed",
        server=connect.ServerInfo(), open_to=(), added_at="2026-01-03T00:00:00Z",
    )  # fmt: skip


def _forget() -> None:
    names = ["map4.core.store.stored_tables:StoredTable.of_core", "map4.core.store.stored_tables:StoredTable.of_extras"]
    if ABSENT is None:
        names += ["map4.extras.postgres.schema:_statements_of", "map4.extras.postgres.copying:_tables"]
    for name in names:
        resolve_name(name).cache_clear()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def made(request: pytest.FixtureRequest, tmp_path: Path, install: Install) -> Iterator[Any]:
    if request.param == "sqlite":
        store: Any = SqliteStore(str(tmp_path / "library.map4"))
    else:
        from map4.extras.postgres.store import PostgresStore

        store = PostgresStore(cast(PostgresServer, request.getfixturevalue("postgres")).database())
    with closing(store):
        put_track(cast(Store, store), 1)
        yield store


def fill(store: Any) -> None:
    ExtraTables.make(store.database, "moods")
    with store.database.transaction() as connection:
        connection.executemany("INSERT INTO moods VALUES (?, ?, ?, ?)", ROWS)


def rows(store: Any) -> list[tuple[Any, ...]]:
    with store.database.reading() as connection:
        sql = "SELECT audio_id, owner, mood, set_at FROM moods ORDER BY audio_id"
        return [tuple(row) for row in connection.execute(sql)]


@pytest.fixture
def path(tmp_path: Path, install: Install) -> Path:
    """A library file with tables of an extra that is not installed any more."""
    file = tmp_path / "library.map4"
    with closing(SqliteStore(str(file))) as store:
        put_track(cast(Store, store), 1)
        fill(store)
    install("connect")
    return file


def parts(file: str | Path) -> list[tuple[Any, ...]]:
    """Rows and SQL of the extra's tables, and what is recorded of it."""
    with closing(sqlite3.connect(file)) as connection:
        of_schema = (
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ('moods', 'moods_by_owner') ORDER BY name"
        )
        return [
            *connection.execute(of_schema),
            *connection.execute("SELECT * FROM moods ORDER BY audio_id"),
            *connection.execute("SELECT * FROM extras"),
        ]


def test_tables_of_an_extra_are_created_by_its_first_write(made: Any) -> None:
    with made.database.reading() as connection:
        assert (ExtraTables.exist(connection, "moods"), ExtraTables.recorded(connection)) == (False, {})
    fill(made)
    ExtraTables.make(made.database, "moods")
    with made.database.reading() as connection:
        assert (ExtraTables.exist(connection, "moods"), [*ExtraTables.recorded(connection)]) == (True, ["moods"])
    assert rows(made) == ROWS


def test_rows_of_an_extra_belong_to_persons_after_reinstallation(made: Any, install: Install) -> None:
    fill(made)
    install()
    install("moods")
    assert list(made.part(SqlPeople).data_of(7).more["moods"]) == [{"audio_id": audio_id(2), "mood": "wild"}]
    anna = made.part(SqlAccounts).add("Anna", "admin", None, NOW)
    made.part(SqlPeople).take_local(anna)
    made.part(SqlPeople).erase(anna)
    assert rows(made) == ROWS[1:]


def test_a_person_is_not_exported_or_erased_without_the_extra(made: Any, install: Install) -> None:
    fill(made)
    anna = made.part(SqlAccounts).add("Anna", "admin", None, NOW)
    install()
    with Library.open(made.place.address) as library:
        with pytest.raises(UsageError, match=f"can't be exported: .*{NOT_INSTALLED}"):
            library.accounts.export(anna.number)
        with pytest.raises(UsageError, match=f"can't be erased: .*{NOT_INSTALLED}"):
            library.accounts.remove(anna.number)
        assert "moods" not in library.accounts.export(anna.number, without=["moods"]).document()
        library.accounts.remove(anna.number, without=["moods"])
    assert rows(made) == ROWS


def test_the_tables_of_another_version_are_not_used(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(made)
    with made.database.transaction() as connection:
        connection.execute("UPDATE extras SET statements = '[\"CREATE TABLE moods (mood TEXT) STRICT\"]'")
    with (
        made.database.reading() as connection,
        pytest.raises(LibraryVersionError, match="'moods' in this library were made by another version"),
    ):
        ExtraTables.exist(connection, "moods")
    with pytest.raises(UsageError, match="not installed here in this version"):
        made.part(SqlPeople).data_of(7)


@needs_postgres
def test_copy_needs_the_extra(path: Path, tmp_path: Path, postgres: PostgresServer, install: Install) -> None:
    address, back, more = postgres.database(), tmp_path / "back.map4", tmp_path / "more.map4"
    before = parts(path)
    with pytest.raises(UsageError, match=f"can't be copied: .*{NOT_INSTALLED}"):
        Library.care.copy(path, address)
    install("connect", "moods")
    Library.care.copy(path, address)
    Library.care.copy(address, back)
    assert parts(back) == before
    install("connect")
    with pytest.raises(UsageError, match=f"can't be copied: .*{NOT_INSTALLED}"):
        Library.care.copy(address, more)
    Library.care.copy(address, more, without=["moods"])
    assert Library.care.verify(more).is_sound
    with closing(SqliteStore(str(more))) as store, store.database.reading() as connection:
        assert ExtraTables.recorded(connection) == {}


@needs_postgres
def test_backup_of_a_database_has_tables_of_extras(tmp_path: Path, postgres: PostgresServer, install: Install) -> None:
    from map4.extras.postgres.store import PostgresStore

    backup = tmp_path / "backup.map4"
    with closing(PostgresStore(postgres.database())) as store:
        fill(store)
        install()
        store.part(SqlCare).backup(str(backup), force=False)
    install("moods")
    with closing(SqliteStore(str(backup))) as copy:
        assert rows(copy) == ROWS


def test_tables_of_extras_are_verified_backed_up_and_salvaged(path: Path, tmp_path: Path) -> None:
    before, backup = parts(path), tmp_path / "backup.map4"
    assert Library.care.verify(path).problems == ()
    with Library.open(path) as library:
        library.care.backup(backup)
    with closing(SqliteStore(str(path))) as store:
        put_track(cast(Store, store), 2)
    assert parts(path) == parts(backup) == before
    Library.care.restore(backup, path)
    assert parts(path) == before
    assert Library.care.verify(path).is_sound
    before = parts(path)
    found = repair_library(str(path), NOW)
    assert (found.salvaged["moods"], found.incomplete) == (2, ())
    assert parts(path) == before
    assert Library.care.verify(path).is_sound


def test_tables_of_extras_are_restored_without_foreign_tables(path: Path, tmp_path: Path) -> None:
    before, backup = parts(path), tmp_path / "backup.map4"
    with Library.open(path) as library:
        library.care.backup(backup)
    execute(backup, "CREATE TABLE of_others (what TEXT)")
    Library.care.restore(backup, path)
    assert parts(path) == before
    with closing(sqlite3.connect(path)) as connection:
        assert schema.foreign_parts(connection) == []


def test_tables_of_extras_are_salvaged_without_their_register(path: Path, install: Install) -> None:
    before = parts(path)
    install("connect", "moods")
    execute(path, "DELETE FROM extras")
    repair_library(str(path), NOW)
    assert parts(path) == before


@pytest.mark.parametrize("is_installed", [True, False])
def test_orphaned_rows_are_left_out(path: Path, install: Install, connect: Any, is_installed: bool) -> None:
    with closing(SqliteStore(str(path))) as store:
        connections = store.part(connect.SqlConnections)
        for name in ("home", "barn"):
            number = connections.add(connection_to(connect, name)).number
            connections.put_list(number, connect.PushedList(list="l-1", remote="1", name="Friday", songs=("1",)))
    execute(path, "DELETE FROM connections WHERE name = 'home'")
    install(*(["connect"] if is_installed else []))
    found = repair_library(str(path), NOW)
    assert (found.salvaged["connections"], found.salvaged["connected_lists"]) == (1, 1)
    assert found.incomplete == ("connected_lists",)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("DROP TABLE moods", "the table moods of the extra moods is missing"),
        ("DROP INDEX moods_by_owner", "the tables of the extra moods are altered"),
        ("CREATE TRIGGER more AFTER INSERT ON moods BEGIN DELETE FROM files; END", "of the extra moods are altered"),
    ],
)
def test_damage_of_tables_of_extras_is_reported(path: Path, damage: str, problem: str) -> None:
    execute(path, damage)
    with pytest.raises(LibraryDamagedError, match=problem):
        Library.open(path)


def test_extra_that_claims_core_tables_is_refused_and_changes_no_schema(path: Path, install: Install) -> None:
    claim = json.dumps(["CREATE TABLE files (id INTEGER)"])
    execute(path, "INSERT INTO extras VALUES ('claims', ?)", (claim,))
    with pytest.raises(LibraryDamagedError, match="files"):
        Library.open(path)
    digests = set()
    for extras in ((), ("connect",), ("connect", "moods")):
        install(*extras)
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            schema.migrate(connection)
            digests.add(tuple(sorted(schema.stored_schema(connection))))
            assert schema.missing_parts(connection) == []
    assert len(digests) == 1


def test_merge_needs_the_extra(path: Path, tmp_path: Path, install: Install) -> None:
    into = tmp_path / "into.map4"
    with closing(SqliteStore(str(into))) as store:
        put_track(cast(Store, store), 2)
    with Library.open(into) as library:
        with pytest.raises(UsageError, match=f"library.map4 can't be merged: .*{NOT_INSTALLED}"):
            library.merge([path])
        assert "moods" not in library.merge([path], without=["moods"]).merged
        install("moods")
        assert library.merge([path]).merged["moods"].new == 2
    with closing(SqliteStore(str(into))) as store:
        assert rows(store) == ROWS


def test_connection_survives_without_the_extra(made: Any, tmp_path: Path, install: Install, connect: Any) -> None:
    assert made.part(connect.SqlConnections).all() == []
    with made.database.reading() as connection:
        assert ExtraTables.recorded(connection) == {}
    ann = made.part(SqlAccounts).add("Ann", "admin", None, NOW)
    connected = made.acting_as(ann.actor()).part(connect.SqlConnections).add(connection_to(connect, "home"))
    install()
    with Library.open(made.place.address) as library:
        with pytest.raises(UsageError, match="leave its tables out with --without connect"):
            library.accounts.export(ann.number)
        library.care.backup(tmp_path / "backup.map4")
    assert Library.care.verify(tmp_path / "backup.map4").is_sound
    install("connect")
    for store in (made, SqliteStore(str(tmp_path / "backup.map4"))):
        with closing(store):
            assert store.part(connect.SqlConnections).all() == [connected]
            assert list(store.part(SqlPeople).data_of(ann.number).more["connections"]) == [connected]


def test_commands_leave_out_tables_of_missing_extras(map4: Run, path: Path, tmp_path: Path) -> None:
    execute(path, "UPDATE extras SET name = 'gone'")
    into = tmp_path / "into.map4"
    refused = map4("--library", into, "library", "merge", path)
    assert (refused.returncode, "with --without gone" in refused.stderr) == (2, True), refused.stderr
    assert map4("--library", into, "library", "merge", "--without", "gone", path).returncode == 0
    with Library.open(path) as library:
        library.accounts.add("Ann", "admin")
    for command in (("export", "Ann"), ("remove", "Ann", "--yes")):
        refused = map4("--library", path, "accounts", *command)
        assert (refused.returncode, "with --without gone" in refused.stderr) == (2, True), refused.stderr
        assert map4("--library", path, "accounts", *command, "--without", "gone").returncode == 0
