"""Tables that one module declares take part in every operation on tables. The tables here are made up."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, cast

import made_up_tables
import pytest
from extra_cases import of_extras
from libraries import audio_id
from store_fixtures import STORES
from stored import put_track

from map4 import Library
from map4.accounts.store.accounts import SqlAccounts
from map4.accounts.store.people import SqlPeople
from map4.care import SqlCare
from map4.care.store.repair import repair_library
from map4.care.store.verify import verify_library
from map4.core.base.account import Account
from map4.core.base.declaration import Declaration, Tables
from map4.core.base.declarations import declarations
from map4.core.store.file import schema
from map4.core.store.sqlite_store import SqliteStore
from map4.core.store.stored_tables import ExtraTables, StoredTable
from map4.values.store.values import SqlValues

NOW = datetime(2026, 3, 4, tzinfo=UTC)
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def _forget() -> None:
    """Ask anew which tables there are."""
    kept = ["map4.core.store.stored_tables:StoredTable.of_core", "map4.core.store.stored_tables:StoredTable.of_extras"]
    for name in (*kept, *chain.from_iterable(of_extras("CACHED_TABLES"))):
        resolve_name(name).cache_clear()


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    subject = Declaration(Tables("made_up_tables:TABLES", 1000))
    monkeypatch.setattr("map4.core.base.declarations.declarations", lambda: (*declarations(), subject))
    monkeypatch.setattr(
        schema, "MIGRATIONS", (lambda connection: schema.make_tables(connection), *schema.MIGRATIONS[1:])
    )
    _forget()
    yield
    _forget()


@pytest.fixture(params=STORES)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A new library with both tables and two tracks."""
    is_file = request.param == "sqlite"
    address = tmp_path / "library.map4" if is_file else request.getfixturevalue(request.param).database()
    with Library.open(address) as library:
        for number in (1, 2):
            put_track(library._store, number)
        yield library._store


def put(store: Any, number: int, mood: str, *, owner: int = 0, at: str = EARLY, table: str = "moods") -> None:
    with store.database.transaction() as connection:
        SqlAccounts.of(store).begin_step(connection)
        connection.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", (audio_id(number), owner, mood, at))


def rows(store: Any, table: str = "moods") -> list[tuple[Any, ...]]:
    with store.database.reading() as connection:
        sql = f"SELECT audio_id, owner, mood, set_at FROM {table} ORDER BY audio_id, owner"
        return [tuple(row) for row in connection.execute(sql)]


@pytest.fixture
def anna(made: Any) -> Account:
    account: Account = made.part(SqlAccounts).add("Anna", "admin", None, NOW)
    return account


def test_changes_of_a_declared_table_are_logged_for_its_owner_and_undone(made: Any) -> None:
    number = made.change_log.since(None).through
    put(made, 1, "calm")
    put(made, 2, "calm", owner=7)
    changes = made.change_log.since(number).changes
    assert [(change.type, change.what, change.subject) for change in changes] == [("values", "set", audio_id(1))]
    put(made, 1, "calm", table="tempers")
    [step] = made.part(SqlValues).steps(limit=9)
    [undone] = made.part(SqlValues).undone(step.number)
    assert (undone.name, undone.was, undone.now, undone.is_as_left) == ("temper", None, "calm", True)
    assert made.part(SqlCare).info()["user_values"] == 1


def test_rows_of_a_person_are_taken_over_exported_and_erased(made: Any, anna: Account) -> None:
    for number, mood in ((1, "calm"), (2, "wild")):
        put(made, number, mood)
    put(made, 1, "wild", owner=anna.number)
    made.part(SqlPeople).take_local(anna)
    assert [row[:3] for row in rows(made)] == [
        (audio_id(1), anna.number, "wild"), (audio_id(2), anna.number, "wild")
    ]  # fmt: skip
    mood_rows = [{"audio_id": audio_id(number), "mood": "wild"} for number in (1, 2)]
    assert list(made.part(SqlPeople).data_of(anna.number).more["moods"]) == mood_rows
    with Library.open(made.place.address) as library:
        assert json.loads("".join(library.accounts.export(anna.number).pieces()))["moods"] == mood_rows
    put(made, 1, "calm", owner=7)
    made.part(SqlPeople).erase(anna)
    assert rows(made) == [(audio_id(1), 7, "calm", EARLY)]


def test_tables_declare_whether_copies_transfer_their_rows(made: Any) -> None:
    put(made, 1, "calm")
    with made.database.reading() as connection:
        names = {table.name for table in ExtraTables.on_hand_over(connection, "copied")}
    assert ("moods" in names, "tempers" in names) == (True, False)


@pytest.mark.parametrize("kind", STORES[1:])
def test_declared_table_is_copied_there_and_back(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    file, address, back = tmp_path / "library.map4", request.getfixturevalue(kind).database(), tmp_path / "back.map4"
    with closing(SqliteStore(str(file))) as store:
        put(store, 1, "calm")
        before = rows(store)
    Library.care.copy(file, address)
    with Library.open(address) as there:
        assert rows(there._store) == before
    Library.care.copy(address, back)
    with closing(SqliteStore(str(back))) as store:
        assert rows(store) == before


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.map4"


@pytest.mark.skipif(not hasattr(Library, "merge"), reason="needs an extra that merges libraries")
def test_merging_libraries_keeps_the_newest_row(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.map4"
    with closing(SqliteStore(str(path))) as store, closing(SqliteStore(str(other))) as another:
        put(store, 1, "calm", at=EARLY)
        put(store, 2, "calm", at=LATE)
        put(store, 1, "calm", at=EARLY, table="tempers")
        for number, at in ((1, LATE), (2, EARLY), (3, EARLY)):
            put(another, number, "wild", at=at)
        put(another, 1, "wild", at=LATE, table="tempers")
    with Library.open(path) as library:
        merged = library.merge([other])
        assert {kind: (count.new, count.newer) for kind, count in merged.merged.items()} == {
            "moods": (1, 1), "values": (0, 1)
        }  # fmt: skip
    with closing(SqliteStore(str(path))) as store:
        assert [(row[0], row[2]) for row in rows(store)] == [
            (audio_id(1), "wild"), (audio_id(2), "calm"), (audio_id(3), "wild")
        ]  # fmt: skip
        assert rows(store, "tempers") == [(audio_id(1), 0, "wild", LATE)]


def test_unreadable_rows_are_reported_and_the_rest_salvaged(path: Path) -> None:
    with closing(SqliteStore(str(path))) as store:
        put(store, 1, "calm")
        put(store, 2, "grumpy")
    assert verify_library(str(path)).problems == (f"the mood of {audio_id(2)} can't be read (grumpy is no mood)",)
    found = repair_library(str(path), NOW)
    assert (found.salvaged["moods"], found.incomplete) == (1, ("moods",))
    kept = json.loads(Path(cast(str, found.unreadable_values_at)).read_text("utf-8"))["rows"]
    assert [(row["row"][2], row["problem"]) for row in kept] == [("grumpy", "grumpy is no mood")]
    with closing(SqliteStore(str(path))) as store:
        assert [row[2] for row in rows(store)] == ["calm"]


def test_a_table_of_a_later_version_is_created_by_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "old.map4", tmp_path / "new.map4"
    SqliteStore(str(old)).close()
    later = StoredTable("hues", (made_up_tables.MOODS.replace("moods", "hues"),), since=schema.newest_version() + 1)
    monkeypatch.setattr(made_up_tables, "TABLES", (*made_up_tables.TABLES, later))
    monkeypatch.setattr(
        schema, "MIGRATIONS", (*schema.MIGRATIONS, lambda connection: schema.make_tables(connection, later.since))
    )
    _forget()
    for path in (old, new):
        SqliteStore(str(path)).close()
        assert not verify_library(str(path)).problems
        with closing(sqlite3.connect(path)) as connection:
            assert schema.user_version(connection) == later.since
            assert connection.execute("SELECT count(*) FROM hues").fetchone() == (0,)
