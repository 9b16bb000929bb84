"""Finds the table of each row in the pages of a damaged library, also if its schema or the roots of trees are lost."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from map4.care.store.sqlite_pages import SqlitePages, StoredRow, Tree
from map4.store.file import schema
from map4.store.stored_tables import StoredTable, core_tables

# How many rows of a tree are compared with the tables that it may belong to.
_SAMPLED_ROWS = 20
# So many tables identify a library without its application id.
TELLING_TABLES = 3
_KINDS: dict[str, tuple[type, ...]] = {"INTEGER": (int,), "REAL": (int, float), "TEXT": (str,), "BLOB": (bytes,)}
_PARENT = re.compile(r"\bFROM (\w+)")
_VIRTUAL, _STORED = 2, 3  # generated columns, in `PRAGMA table_xinfo`


class _Shape(NamedTuple):
    """How a table stores its rows.

    columns: names and types in the order of the record; no name for generated columns
    least: how many of them the first version of the table had
    rowid: place of the column that is the rowid
    """

    columns: list[tuple[str | None, str]]
    least: int
    rowid: int | None
    has_rowids: bool

    def row(self, cell: StoredRow) -> dict[str, Any] | None:
        """The values by column, without columns that were added after the row was written; None for another table."""
        values = [*cell.values]
        if len(values) > len(self.columns) or (cell.rowid is not None) != self.has_rowids:
            return None
        if self.rowid is not None:
            if values[self.rowid : self.rowid + 1] != [None]:
                return None
            values[self.rowid] = cell.rowid
        return {
            name: float(value) if kind == "REAL" and isinstance(value, int) else value
            for (name, kind), value in zip(self.columns, values, strict=False)
            if name is not None
        }

    def fits(self, cell: StoredRow) -> bool:
        """True if a strict table with these columns may have stored these values."""
        pairs = zip(cell.values, self.columns, strict=False)
        return len(cell.values) >= self.least and all(
            value is None or isinstance(value, _KINDS.get(kind, (int, float, str, bytes))) for value, (_, kind) in pairs
        )


class _Part(NamedTuple):
    """A row of the schema: a table, an index, a view or a trigger."""

    kind: str
    name: str
    root: int
    sql: str


class LeafPages:
    """The rows in the pages of a damaged library, by table.

    The schema names the roots of trees. A tree whose root is lost belongs to the table whose rules most of its rows
    fit.

    has_whole_schema: no page of the schema is damaged
    """

    def __init__(self, path: str) -> None:
        self._pages = SqlitePages(path)
        self._assigned: dict[str, list[Tree]] = {}
        schema_tree = self._pages.claim(1)
        self.has_whole_schema = schema_tree.is_whole
        trees = [schema_tree]
        if not schema_tree.is_whole:  # its other pages may be anywhere
            pages = (Tree([number]) for number in self._pages.loose_pages())
            first_cells = ((page, next(self._pages.cells(page), None)) for page in pages)
            trees += [self._pages.claim(page.pages[0]) for page, cell in first_cells if _part(cell) is not None]
        self._schema: dict[str, _Part] = {}
        for part in filter(None, map(_part, self._pages.cells(*trees))):
            self._schema.setdefault(part.name, part)

    def close(self) -> None:
        self._pages.close()

    @property
    def table_names(self) -> frozenset[str]:
        return frozenset(part.name for part in self._schema.values() if part.kind == "table")

    @property
    def number(self) -> int:
        """The version of the library's schema in its header, which may be damaged; 0 if that is lost."""
        return int.from_bytes(self._pages.header[60:64], "big", signed=True) if self._is_marked else 0

    @property
    def versions(self) -> list[int]:
        """The versions with most of the library's tables, oldest first; empty if no table is known."""
        return self._versions_and_own[0]

    @property
    def is_library(self) -> bool:
        """True for a library of map4. Other programs have tables with such names, but not exactly as they are here."""
        return self._is_marked or self._versions_and_own[1] >= TELLING_TABLES

    @property
    def is_foreign(self) -> bool:
        """True for a database of another program; False if too little of the schema is left to know."""
        return not self.is_library and (self.has_whole_schema or bool(self._schema))

    @property
    def _is_marked(self) -> bool:
        return int.from_bytes(self._pages.header[68:72], "big") == schema.APPLICATION_ID

    @cached_property
    def _versions_and_own(self) -> tuple[list[int], int]:
        """The versions with most of the library's tables, and their number."""
        tables = {(name, part.sql) for name, part in self._schema.items()}
        names, own = {table.name for table in core_tables()}, dict[int, int]()
        for version in range(schema.FIRST_VERSION, schema.newest_version() + 1):
            expected = {(name, sql) for (_, name), sql in schema.expected_schema(version).items() if name in names}
            own[version] = len(tables & expected)
        most = max(own.values())
        return [version for version, count in own.items() if count == most > 0], most

    # ---- rows

    @cached_property
    def _trees(self) -> dict[str, Tree]:
        return {name: self._pages.claim(part.root) for name, part in self._schema.items() if part.root > 1}

    def is_whole(self, table: str) -> bool:
        """True if the tree of a table is known and lacks no page, so that its rows are in no other."""
        return table in self._trees and self._trees[table].is_whole

    def rows(self, new: sqlite3.Connection, table: StoredTable) -> Iterator[dict[str, Any] | None]:
        """The rows of a table by column, first from its known tree; None for each unreadable row."""
        shape = _shape(new, table)
        known = [self._trees[table.name]] if table.name in self._trees else []
        for cell in self._pages.cells(*known, *self._assigned.get(table.name, ())):
            yield None if cell is None else shape.row(cell)

    def assign(self, new: sqlite3.Connection, tables: Iterable[StoredTable]) -> None:
        """Give each tree without a known root to the table of a new library whose rules most of its rows fit.

        If several tables fit equally, the parents of the rows decide.
        """
        every = {table.name: table for table in tables}
        wanted = {name: table for name, table in every.items() if not self.is_whole(name)}
        shapes = {name: _shape(new, table) for name, table in wanted.items()}
        names = {name for (name,) in new.execute("SELECT name FROM sqlite_master")}
        renamed = [self._trees[name] for name in self.table_names & self._trees.keys() - names]  # by damage
        self._assigned, tied = {}, []
        with closing(_without_rows(new)) as scratch:
            for tree in [*renamed, *self._pages.loose_trees] if wanted else ():
                cells = [*islice(filter(None, self._pages.cells(tree)), _SAMPLED_ROWS)]
                fits = {name: _fitting(scratch, table, shapes[name], cells) for name, table in wanted.items()}
                most = max(fits.values())
                best = [name for name, count in fits.items() if count == most]
                if most * 2 > len(cells) and len(best) == 1:
                    self._assigned.setdefault(best[0], []).append(tree)
                elif most * 2 > len(cells):
                    tied.append((tree, cells, best))
            conditions = {every[name].orphans or "" for *_, best in tied for name in best}
            for parent in {parent for condition in conditions for parent in _PARENT.findall(condition)}:
                for row in filter(None, self.rows(new, every[parent])):
                    _put(scratch, parent, row)
            for tree, cells, best in tied:
                belong = {name: _fitting(scratch, every[name], shapes[name], cells, has_parents=True) for name in best}
                # A reference that leads to a row is more than none.
                first = max(best, key=lambda name: (belong[name], bool(every[name].orphans)))
                self._assigned.setdefault(first, []).append(tree)


def _part(cell: StoredRow | None) -> _Part | None:
    """A row of the schema (2.6 of the file format), None for any other."""
    if cell is None or cell.rowid is None or len(cell.values) != 5:
        return None
    kind, name, _, root, sql = cell.values
    if kind not in ("table", "index", "view", "trigger") or not isinstance(name, str) or not isinstance(root, int):
        return None
    return _Part(kind, name, root, sql if isinstance(sql, str) else "")


def _shape(connection: sqlite3.Connection, table: StoredTable) -> _Shape:
    info = connection.execute(f"PRAGMA table_xinfo({table.name})").fetchall()
    keys = [row for row in sorted(info, key=lambda row: int(row[5])) if row[5]]
    kind = "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?"
    [(is_without_rowid,)] = connection.execute(kind, (table.name,))
    stored = [row for row in info if row[6] != _VIRTUAL]
    if is_without_rowid:  # the key first (2.4)
        stored = keys + [row for row in stored if row not in keys]
    is_rowid = not is_without_rowid and len(keys) == 1 and keys[0][2].upper() == "INTEGER"
    columns = [(None if row[6] == _STORED else str(row[1]), str(row[2])) for row in stored]
    added = sum("ADD COLUMN" in statement for _, statements in table.later for statement in statements)
    return _Shape(columns, len(columns) - added, stored.index(keys[0]) if is_rowid else None, not is_without_rowid)


def _without_rows(new: sqlite3.Connection) -> sqlite3.Connection:
    """The tables of a library in memory, without triggers."""
    scratch = sqlite3.connect(":memory:", isolation_level=None)
    made = "SELECT sql FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%' AND name NOT LIKE 'sqlite%'"
    for (sql,) in new.execute(made):
        scratch.execute(sql)
    return scratch


def _fitting(
    scratch: sqlite3.Connection,
    table: StoredTable,
    shape: _Shape,
    cells: Iterable[StoredRow],
    *,
    has_parents: bool = False,
) -> int:
    """The number of rows that a table takes. has_parents: rows without their parents don't count"""
    scratch.execute("BEGIN")
    rows = (shape.row(cell) for cell in cells if shape.fits(cell))
    count = sum(_put(scratch, table.name, row) for row in rows if row is not None)
    if has_parents and table.orphans:
        count -= scratch.execute(f"DELETE FROM {table.name} WHERE {table.orphans}").rowcount
    scratch.execute("ROLLBACK")
    return count


def _put(scratch: sqlite3.Connection, table: str, row: dict[str, Any]) -> bool:
    sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    with suppress(sqlite3.Error, OverflowError):
        return scratch.execute(sql, (*row.values(),)).rowcount > 0
    return False
