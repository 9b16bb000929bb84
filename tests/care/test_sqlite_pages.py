"""What is read of an SQLite file page by page, against what SQLite itself reads."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from map4.care.store.sqlite_pages import SqlitePages, StoredRow, Tree

# All serial types: NULL, integers of each length and both constants, reals, texts, bytes.
VALUES = (
    None, 0, 1, -1, 2, 127, -128, 2**15 - 1, -(2**15), 2**23 - 1, -(2**23), 2**31 - 1, -(2**31), 2**47 - 1, -(2**47),
    2**63 - 1, -(2**63), 0.5, -1e300, 1e-300, "", "é ☃", "x" * 58, b"", b"\x00\xff", b"y" * 58,
)  # fmt: skip
LENGTHS = (10, 400, 480, 500, 1000, 4000, 4050, 4061, 4062, 4063, 4096, 5000, 8190, 70_000)
"""Of values around the limits at which records continue on overflow pages, in pages of 512 to 4,096 bytes."""


def made(path: Path, *statements: str | tuple[str, tuple[Any, ...]], page_size: int = 4096) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {page_size}")
        for statement in statements:
            connection.execute(*((statement,) if isinstance(statement, str) else statement))
    return path


def root_of(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        [(root,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
        return int(root)


def read(path: Path, table: str) -> list[StoredRow | None]:
    with closing(SqlitePages(str(path))) as pages:
        return [*pages.cells(pages.claim(root_of(path, table)))]


def values_of(cells: list[StoredRow | None]) -> list[list[Any]]:
    return [cell.values for cell in cells if cell is not None]


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_values_of_all_types_are_read(tmp_path: Path, page_size: int) -> None:
    rows = [("INSERT INTO t (value) VALUES (?)", (value,)) for value in VALUES]
    path = made(tmp_path / "x", "CREATE TABLE t (id INTEGER PRIMARY KEY, value)", *rows, page_size=page_size)
    assert read(path, "t") == [StoredRow(number, [None, value]) for number, value in enumerate(VALUES, start=1)]


@pytest.mark.parametrize("page_size", [512, 1024, 4096])
@pytest.mark.parametrize("suffix", ["", "WITHOUT ROWID"])
def test_records_on_overflow_pages_are_read(tmp_path: Path, page_size: int, suffix: str) -> None:
    chance = random.Random(1)
    contents = {f"{number:04}": chance.randbytes(length) for number, length in enumerate(LENGTHS)}
    rows = [("INSERT INTO t VALUES (?, ?, 7)", item) for item in contents.items()]
    path = made(
        tmp_path / "x", f"CREATE TABLE t (key TEXT PRIMARY KEY, data, last) {suffix}", *rows, page_size=page_size
    )
    assert sorted(values_of(read(path, "t"))) == [[key, data, 7] for key, data in contents.items()]


@pytest.mark.parametrize("kind", [0, 2, 5, 10, 13, 0xFF])
@pytest.mark.parametrize("suffix", ["", "WITHOUT ROWID"])
@pytest.mark.parametrize("count", [3, 2000])
def test_damaged_kind_of_a_page_is_known_by_its_cells(tmp_path: Path, count: int, suffix: str, kind: int) -> None:
    rows = [("INSERT INTO t VALUES (?, ?)", (f"key {number:05}", "x" * 50)) for number in range(count)]
    path = made(tmp_path / "x", f"CREATE TABLE t (key TEXT PRIMARY KEY, data) {suffix}", "BEGIN", *rows, "COMMIT")
    before, root = read(path, "t"), root_of(path, "t")
    data = bytearray(path.read_bytes())
    data[(root - 1) * 4096] = kind
    path.write_bytes(data)
    with closing(SqlitePages(str(path))) as pages:
        tree = pages.claim(root)
        assert tree.is_whole
        assert [*pages.cells(tree)] == before


def test_columns_of_a_key_come_first_without_rowids(tmp_path: Path) -> None:
    table = "CREATE TABLE t (a, b, c, PRIMARY KEY (c, a)) WITHOUT ROWID"
    path = made(tmp_path / "x", table, "INSERT INTO t VALUES ('a', 'b', 'c')")
    assert values_of(read(path, "t")) == [["c", "a", "b"]]


def test_negative_rowids_reals_as_integers_and_added_columns(tmp_path: Path) -> None:
    path = made(
        tmp_path / "x",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL)",
        "INSERT INTO t VALUES (-5, 3.0)",
        "ALTER TABLE t ADD COLUMN later TEXT",
        "INSERT INTO t VALUES (2, 1.5, 'x')",
    )
    assert read(path, "t") == [StoredRow(-5, [None, 3]), StoredRow(2, [None, 1.5, "x"])]


def test_rows_on_interior_pages_of_tables_without_rowids_are_read(tmp_path: Path) -> None:
    rows = [("INSERT INTO t VALUES (?, ?)", (f"key {number:05}", "x" * 50)) for number in range(2000)]
    path = made(tmp_path / "x", "CREATE TABLE t (key TEXT PRIMARY KEY, data) WITHOUT ROWID", "BEGIN", *rows, "COMMIT")
    with closing(SqlitePages(str(path))) as pages:
        tree = pages.claim(root_of(path, "t"))
        assert tree.is_whole
        assert {key for key, _ in values_of([*pages.cells(tree)])} == {f"key {number:05}" for number in range(2000)}


def fill(path: Path, rows: int = 300) -> Path:
    inserts = [("INSERT INTO t VALUES (?, ?)", (number, "x" * 100)) for number in range(rows)]
    return made(path, "CREATE TABLE t (id INTEGER PRIMARY KEY, text)", "BEGIN", *inserts, "COMMIT")


@pytest.mark.parametrize("page_size", [512, 1024, 4096, 8192, 65536])
def test_page_size_is_detected_without_a_header(tmp_path: Path, page_size: int) -> None:
    table = "CREATE TABLE t (id INTEGER PRIMARY KEY, text)"
    rows = [("INSERT INTO t (text) VALUES (?)", (f"{number} " * 100,)) for number in range(3000)]
    path = made(tmp_path / "x", table, "BEGIN", *rows, "COMMIT", page_size=page_size)
    root = root_of(path, "t")
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    with closing(SqlitePages(str(path))) as pages:
        assert len([*pages.cells(pages.claim(root))]) == 3000


def test_committed_pages_of_a_wal_count_and_others_do_not(tmp_path: Path) -> None:
    path = fill(tmp_path / "x")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE t SET text = 'new' WHERE id = 7")
        connection.execute("INSERT INTO t VALUES (1000, 'one more')")
        committed = os.path.getsize(f"{path}-wal")
        connection.execute("DELETE FROM t WHERE id < 200")
        for copy, length in (("both", committed), ("torn", committed + 500), ("all", None)):
            shutil.copy(path, tmp_path / copy)
            (tmp_path / f"{copy}-wal").write_bytes(Path(f"{path}-wal").read_bytes()[:length])
        shutil.copy(path, tmp_path / "alone")
    root = root_of(path, "t")

    def rows(name: str) -> dict[int | None, str]:
        with closing(SqlitePages(str(tmp_path / name))) as pages:
            return {cell.rowid: cell.values[1] for cell in pages.cells(pages.claim(root)) if cell is not None}

    assert (len(rows("alone")), rows("alone")[7]) == (300, "x" * 100)
    for name in ("both", "torn"):
        assert (len(rows(name)), rows(name)[7], rows(name)[1000]) == (301, "new", "one more")
    assert rows("all").keys() == {*range(200, 300), 1000}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data, at: data.__setitem__(slice(at, at + 4096), bytes(4096)),
        lambda data, at: data.__setitem__(slice(at, at + 4096), random.Random(1).randbytes(4096)),
        lambda data, at: data.__delitem__(slice(at, None)),
    ],
)
def test_damaged_page_loses_only_its_rows(tmp_path: Path, spoil: Callable[[bytearray, int], None]) -> None:
    path = fill(tmp_path / "x")
    root = root_of(path, "t")
    data = bytearray(path.read_bytes())
    spoil(data, len(data) - 4096)
    path.write_bytes(data)
    with closing(SqlitePages(str(path))) as pages:
        tree = pages.claim(root)
        rows = [*pages.cells(tree)]
    assert not tree.is_whole
    assert 240 < len(rows) < 300
    assert None not in rows


def test_row_with_a_damaged_overflow_page_is_unreadable(tmp_path: Path) -> None:
    rows = [("INSERT INTO t VALUES (?, ?)", (number, bytes([number]) * 5000)) for number in (1, 2, 3)]
    path = made(tmp_path / "x", "CREATE TABLE t (id INTEGER PRIMARY KEY, data)", *rows)
    data = bytearray(path.read_bytes())
    page = data.index(b"\2" * 3000) // 4096 * 4096
    data[page : page + 4096] = random.Random(1).randbytes(4096)
    path.write_bytes(data)
    assert [cell and cell.rowid for cell in read(path, "t")] == [1, None, 3]


def test_tree_without_its_root_is_loose_and_pages_on_the_freelist_are_not(tmp_path: Path) -> None:
    path = fill(tmp_path / "x")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE gone AS SELECT 'deleted' AS what, text FROM t")
        connection.execute("DROP TABLE gone")
        assert connection.execute("PRAGMA freelist_count").fetchone()[0] > 5
    assert b"deleted" in path.read_bytes()
    root = root_of(path, "t")
    data = bytearray(path.read_bytes())
    data[:100] = bytes(100)
    data[(root - 1) * 4096 : root * 4096] = bytes(4096)
    path.write_bytes(data)
    with closing(SqlitePages(str(path))) as pages:
        pages.claim(1)
        cells = [*pages.cells(*pages.loose_trees)]
    assert {cell.rowid for cell in cells if cell is not None} == {*range(300)}
    assert all(cell is not None and cell.values == [None, "x" * 100] for cell in cells)


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_raise_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(fill(tmp_path / "x").read_bytes())
    for _ in range(chance.choice((1, 100, 5000))):
        data[chance.randrange(len(data))] = chance.choice((0, 1, 2, 5, 10, 13, 255, chance.randrange(256)))
    (tmp_path / "x").write_bytes(data)
    with closing(SqlitePages(str(tmp_path / "x"))) as pages:
        trees = [pages.claim(number) for number in range(1, 4)] + pages.loose_trees
        assert len([*pages.cells(*trees)]) < 10_000


def test_pages_that_contain_each_other_end(tmp_path: Path) -> None:
    page = bytearray(4096)
    page[0], page[8:12] = 5, (2).to_bytes(4, "big")  # an interior page whose only child is itself
    (tmp_path / "x").write_bytes(fill(tmp_path / "y").read_bytes()[:4096] + page)
    with closing(SqlitePages(str(tmp_path / "x"))) as pages:
        assert pages.claim(2) == Tree([], is_whole=False)
