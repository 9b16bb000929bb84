"""Which table each row of a damaged library is given to, and what a repair makes of it."""

import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest
from extra_cases import of_extras
from full_library import full_library, rows_of
from lanes import sampled
from libraries import audio_id, execute, make_library
from stored import NOW

from map4.care.store.leaf_pages import LeafPages
from map4.care.store.repair import repair, repair_library
from map4.care.store.verify import verify_library
from map4.core.store.file import schema
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.stored_tables import StoredTable
from map4.errors import LibraryDamagedError, LibraryVersionError

PAGE = 4096
EMPTY = b"\x0d\0\0\0\0\x10\0\0".ljust(PAGE, b"\0")
"""A leaf page without rows."""
TABLES = [table for table in StoredTable.of_core() if table.salvage != "no"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A library with rows in most tables, also of extras."""
    path = tmp_path_factory.mktemp("whole") / "library.map4"
    with full_library(path) as store:
        for put_rows in of_extras("put_rows"):
            put_rows(store)
    execute(path, "PRAGMA journal_mode = DELETE")
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, whole: bytes) -> Path:
    path = tmp_path / "library.map4"
    path.write_bytes(whole)
    return path


@pytest.fixture(scope="module")
def large_once(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = make_library(tmp_path_factory.mktemp("large") / "large.map4", files=200)
    execute(path, "PRAGMA journal_mode = DELETE")
    return path.read_bytes()


@pytest.fixture
def large(tmp_path: Path, large_once: bytes) -> Path:
    """A library whose rows of files and analyses are behind the roots of all tables."""
    path = tmp_path / "large.map4"
    path.write_bytes(large_once)
    return path


def overwrite(path: Path, begin: int, end: int, filling: bytes | None = None) -> None:
    data = bytearray(path.read_bytes())
    data[begin:end] = random.Random(3).randbytes(end - begin) if filling is None else filling
    path.write_bytes(data)


def pages_of_schema(path: Path) -> list[int]:
    """Where the names of tables are."""
    data = path.read_bytes()
    return [page for page in range(len(data) // PAGE) if b"CREATE T" in data[page * PAGE : (page + 1) * PAGE]]


def originals(path: Path) -> Mapping[str, Any]:
    """The rows of all tables that are not derived from others."""
    names = {table.name for table in (*TABLES, *chain.from_iterable(StoredTable.of_extras().values()))}
    return {name: rows for name, rows in rows_of(str(path)).items() if name in names}


def roots(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0"))


def page_of(path: Path, number: int) -> bytes:
    return path.read_bytes()[(number - 1) * PAGE : number * PAGE]


def put_page(path: Path, number: int, page: bytes) -> None:
    overwrite(path, (number - 1) * PAGE, number * PAGE, page)


def swap_pages(path: Path, first: int, second: int) -> None:
    pages = page_of(path, first), page_of(path, second)
    put_page(path, first, pages[1])
    put_page(path, second, pages[0])


@contextmanager
def leaves_of(path: Path) -> Iterator[tuple[LeafPages, sqlite3.Connection]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as new, closing(LeafPages(str(path))) as leaves:
        schema.migrate(new)
        yield leaves, new


def test_rows_get_the_right_table_without_any_schema(path: Path, whole: bytes) -> None:
    for page in pages_of_schema(path):
        overwrite(path, max(100, page * PAGE), (page + 1) * PAGE)
    with leaves_of(path) as (leaves, new), closing(sqlite3.connect(":memory:")) as sound:
        sound.deserialize(whole)
        assert leaves.table_names == frozenset()
        leaves.assign(new, StoredTable.of_core())
        for table in TABLES:
            rows = [tuple((row or {}).get(name) for name in table.columns) for row in leaves.rows(new, table)]
            stored = sound.execute(f"SELECT {', '.join(table.columns)} FROM {table.name}")
            assert sorted(rows, key=repr) == sorted(stored, key=repr), table.name


BEGINNINGS = [(0, 16), (16, 24), (44, 48), (56, 60), (0, 100), (0, 512), (100, 112), (100, 1000), (0, PAGE)]


@pytest.mark.parametrize(("filling", "place"), sampled(product([None, 0], BEGINNINGS), every=2))
def test_nothing_is_lost_with_the_header_or_the_first_page(
    path: Path, filling: int | None, place: tuple[int, int]
) -> None:
    before, size = originals(path), place[1] - place[0]
    overwrite(path, *place, None if filling is None else bytes(size))
    found = repair_library(str(path), NOW)
    assert (found.incomplete, found.problems) == ((), ())
    assert originals(path) == before


def test_rows_of_an_extra_survive_without_any_schema(path: Path) -> None:
    before = originals(path)
    pages = pages_of_schema(path)
    assert len(pages) > 5
    for page in pages:
        overwrite(path, page * PAGE, (page + 1) * PAGE)
    found = repair_library(str(path), NOW)
    after = originals(path)
    assert {name: rows for name, rows in after.items() if rows} == {name: rows for name, rows in before.items() if rows}
    assert set(found.incomplete) == after.keys()  # nothing says that there was no more


def test_table_with_a_damaged_name_keeps_its_rows(path: Path) -> None:
    before = originals(path)
    data = path.read_bytes()
    for text in (b"tablevalue_changes", b"CREATE TABLE value_changes"):
        assert text in data
        data = data.replace(text, text.replace(b"value_c", b"vqlue_c"))
    path.write_bytes(data)
    found = repair_library(str(path), NOW)
    assert (found.incomplete, originals(path)) == (("value_changes",), before)


VERSIONS = range(schema.FIRST_VERSION, schema.newest_version())


@pytest.mark.parametrize(("version", "flipped"), sampled(product(VERSIONS, [None, 0, 1, 3, 5, 7]), every=5))
def test_older_library_is_recognised_by_its_tables(tmp_path: Path, version: int, flipped: int | None) -> None:
    path = tmp_path / "library.map4"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[: version - schema.FIRST_VERSION + 1])
        for number in range(3):
            connection.execute(
                "INSERT INTO files (path, display, size_bytes, mtime_ns, ctime_ns, inode, added_at, updated_at) "
                "VALUES (?, ?, 1, 2, 3, 4, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')",
                (f"/{number}".encode(), f"/{number}"),
            )
            imported = (audio_id(number), '{"last_played": "2026-01-01T12:00:00", "play_count": 2}')
            connection.execute("INSERT INTO imported (audio_id, data) VALUES (?, ?)", imported)
        connection.execute(f"PRAGMA user_version = {version ^ 1 << (flipped or 0)}")
    overwrite(path, 0, 100 if flipped is None else 0, bytes(100 if flipped is None else 0))
    with leaves_of(path) as (leaves, _):
        assert leaves.versions[0] == {103: 102, 104: 102, 106: 105}.get(version, version)  # their tables are the same
    with suppress(LibraryDamagedError):
        SqliteDatabase(str(path)).close()  # the number may be that of a version with the same tables
    found = repair(str(path))
    assert found is None or (found.incomplete, found.problems) == ((), ())
    assert [len(rows_of(str(path))[name]) for name in ("files", "imported")] == [3, 3]


def test_row_that_is_older_than_a_column_is_read(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:1])
        connection.execute(
            "INSERT INTO files (path, display, size_bytes, mtime_ns, ctime_ns, inode, added_at, updated_at, rating) "
            "VALUES (x'2f61', '/a', 1, 2, 3, 4, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 4)"
        )
        connection.execute("ALTER TABLE files ADD COLUMN artists TEXT")
    with leaves_of(path) as (leaves, new):
        [files] = (table for table in StoredTable.of_core() if table.name == "files")
        [row] = leaves.rows(new, files)
    assert row is not None
    assert (row["id"], row["path"], row["rating"], type(row["rating"])) == (1, b"/a", 4.0, float)
    assert "artists" not in row


def test_deleted_rows_do_not_come_back(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.map4", files=300)
    execute(path, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("DELETE FROM user_values WHERE audio_id > ?", (audio_id(20),))
        connection.execute("DELETE FROM files WHERE id > 50")
        assert connection.execute("PRAGMA freelist_count").fetchone()[0] > 5
        kept = connection.execute("SELECT count(*) FROM files").fetchone()[0]
    at = roots(path)["files"] * PAGE
    overwrite(path, 0, 100)
    overwrite(path, at - PAGE, at)
    assert repair_library(str(path), NOW).salvaged["files"] == kept


def test_database_of_another_program_with_such_names_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "music.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in ("files", "playlists", "ratings", "labels", "user_values", "analyses"):
            connection.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, name TEXT)")
            connection.execute(f"INSERT INTO {name} (name) VALUES ('x')")
    for damaged in (False, True):
        before = path.read_bytes()
        with pytest.raises(LibraryVersionError, match="another program"):
            repair_library(str(path), NOW)
        assert path.read_bytes() == before
        if not damaged:
            overwrite(path, 0, 100)


def test_lost_root_keeps_the_rows_of_its_leaves(large: Path) -> None:
    before, at = originals(large), roots(large)["files"] * PAGE
    overwrite(large, at - PAGE, at)
    found = repair_library(str(large), NOW)
    assert (found.incomplete, originals(large)["files"]) == (("files",), before["files"])


@pytest.mark.parametrize(
    ("table", "there"),
    sampled(
        product(["files", "analyses"], [EMPTY, "playlists", "credentials", "files_by_audio", "change_log"]), every=3
    ),
)
def test_another_page_on_a_root_loses_no_row_of_the_leaves(large: Path, table: str, there: str | bytes) -> None:
    before, root = originals(large), roots(large)
    put_page(large, root[table], there if isinstance(there, bytes) else page_of(large, root[there]))
    found = repair(str(large))
    assert originals(large) == before
    assert found is None or table in found.incomplete or there == table


@pytest.mark.parametrize(
    ("name", "kind"),
    sampled(
        product(["files", "analyses", "credentials", "accounts", "user_values", "ratings"], [0, 2, 5, 10, 13]), every=7
    ),
)
def test_damaged_kind_of_a_root_loses_no_row(path: Path, name: str, kind: int) -> None:
    before, at = originals(path), (roots(path)[name] - 1) * PAGE
    overwrite(path, at, at + 1, bytes([kind]))
    repair(str(path))
    assert originals(path) == before


@pytest.mark.parametrize(
    ("first", "second"),
    [("files", "analyses"), ("accounts", "played_tracks"), ("user_values", "credentials"), ("plays", "files_fts_data"),
     ("ratings", "ratings_by_owner"), ("library_identity", "audit"), ("renewed_secrets", "ignored_files")],
)  # fmt: skip
def test_swapped_roots_lose_no_row(path: Path, first: str, second: str) -> None:
    before, root = originals(path), roots(path)
    uid = rows_of(str(path))["library_identity"]
    swap_pages(path, root[first], root[second])
    assert repair(str(path)) is not None
    assert (originals(path), rows_of(str(path))["library_identity"]) == (before, uid)


@pytest.mark.parametrize("name", ["files", "analyses", "credentials", "played_tracks", "lyrics"])
def test_table_with_fewer_rows_than_its_indexes_is_incomplete(path: Path, name: str) -> None:
    put_page(path, roots(path)[name], EMPTY if name != "credentials" else b"\x0a" + EMPTY[1:])
    found = repair(str(path))
    assert found is not None
    assert name in found.incomplete


def test_leaf_of_another_table_is_not_read_as_rows_of_its_tree(large: Path) -> None:
    before = originals(large)
    with leaves_of(large) as (leaves, _):
        here, there = (leaves._trees[name].pages[3] for name in ("files", "user_values"))
    swap_pages(large, here, there)
    found = repair_library(str(large), NOW)
    assert originals(large) == before
    assert (found.unreadable_values_at, {"files", "user_values"} <= {*found.incomplete}) == (None, True)


@pytest.mark.parametrize(("filling", "size_kb"), sampled(product([None, 0], [16, 48, 100]), every=2))
def test_lost_beginning_loses_no_row_behind_it(large: Path, filling: int | None, size_kb: int) -> None:
    before = originals(large)
    overwrite(large, 0, size_kb << 10, None if filling is None else bytes(size_kb << 10))
    found = repair_library(str(large), NOW)
    after = originals(large)
    assert "files" in found.incomplete
    assert [after[name] for name in ("files", "analyses")] == [before[name] for name in ("files", "analyses")]


def other_database(path: Path, rows: int) -> bytes:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE places (id INTEGER PRIMARY KEY, url TEXT, title TEXT, visits INTEGER)")
        connection.execute("CREATE INDEX by_url ON places (url, title)")
        numbers = range(rows)
        connection.executemany(
            "INSERT INTO places VALUES (?, ?, ?, ?)", [(n, f"https://{n}", "title" * 6, n) for n in numbers]
        )
    return path.read_bytes()


@pytest.mark.parametrize(("rows", "size_kb"), sampled(product([10, 3000, 10_000], [8, 68, 200]), every=4))
def test_library_that_another_database_overwrote_is_repaired(
    large: Path, tmp_path: Path, rows: int, size_kb: int
) -> None:
    before, other = originals(large), other_database(tmp_path / "other.db", rows)[: size_kb << 10]
    overwrite(large, 0, len(other), other)
    assert not verify_library(str(large)).is_sound
    found = repair(str(large))
    assert found is not None
    assert "roots" in found.incomplete
    after = originals(large)
    assert [after[name] for name in ("files", "analyses")] == [before[name] for name in ("files", "analyses")]


@pytest.mark.parametrize("begin", [0, 100, PAGE, 5 * PAGE])
def test_damaged_database_of_another_program_is_left_as_it_is(tmp_path: Path, begin: int) -> None:
    path = tmp_path / "other.db"
    other_database(path, 3000)
    overwrite(path, begin, 10 * PAGE)
    before = path.read_bytes()
    with pytest.raises((LibraryVersionError, LibraryDamagedError)):
        repair(str(path))
    assert path.read_bytes() == before
