"""Finds the table of each row in the pages of a damaged library, also if its schema or the roots of trees are lost."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import cache, cached_property
from itertools import islice
from typing import Any, NamedTuple

from map4.care.store.sqlite_pages import SqlitePages, StoredRow, Tree
from map4.core.store.file import schema
from map4.core.store.stored_tables import StoredTable

# How many rows of a tree are compared with the tables that it may belong to.
_SAMPLED_ROWS = 20
# So many tables identify a library without its application id.
TELLING_TABLES = 3
# Other programs may have tables with fewer columns of the same types.
_TELLING_COLUMNS = 5
_KINDS: dict[str, tuple[type, ...]] = {"INTEGER": (int,), "REAL": (int, float), "TEXT": (str,), "BLOB": (bytes,)}
_INDEXES = """SELECT t.name, i.name, NOT i.partial FROM sqlite_master AS t, pragma_index_list(t.name) AS i
    WHERE t.type = 'table'"""
_PARENT = re.compile(r"\bFROM (\w+)")
_VIRTUAL, _STORED = 2, 3  # generated columns, in `PRAGMA table_xinfo`


class _Shape(NamedTuple):
    """How a table stores its rows.

    columns: names and types in the order of the record; no name for generated columns
    least: how many of them the first version of the table had
    rowid: place of the column that is the rowid
    """

    columns: Sequence[tuple[str | None, str]]
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
        is_long_enough = self.least <= len(cell.values) <= len(self.columns)
        return (
            is_long_enough
            and (cell.rowid is not None) == self.has_rowids
            and all(
                value is None or isinstance(value, _KINDS.get(kind, (int, float, str, bytes)))
                for value, (_, kind) in pairs
            )
        )


class _Part(NamedTuple):
    """A row of the schema: a table, an index, a view or a trigger."""

    kind: str
    name: str
    root: int
    sql: str


class _Page(NamedTuple):
    """Pages whose table is not sure.

    owner: the table whose known tree has them; None for a tree without a known root
    is_likely: its rows are more likely those of its owner than of a table with the same rules
    """

    tree: Tree
    owner: str | None = None
    is_likely: bool = False


class LeafPages:
    """The rows in the pages of a damaged library, by table.

    The schema names the roots of trees. A tree whose root is lost belongs to the table whose rules most of its rows
    fit.

    has_whole_schema: no page of map4's schema is damaged
    """

    def __init__(self, path: str) -> None:
        self._pages = SqlitePages(path)
        self._assigned: dict[str, list[Tree]] = {}
        self._own_trees: dict[str, Tree] = {}
        self._mixed: set[str] = set()
        self._proved: set[str] = set()
        self._lacking: set[str] = set()
        self._least: dict[str, int] = {}
        schema_tree = self._pages.claim(1)
        parts = [*filter(None, map(_part, self._pages.cells(schema_tree)))]
        self._has_schema = schema_tree.is_whole
        self.has_whole_schema = schema_tree.is_whole and any(map(_is_own, parts))
        if not self.has_whole_schema:  # its other pages may be anywhere
            pages = (Tree([number]) for number in self._pages.loose_pages())
            first_cells = ((page, next(self._pages.cells(page), None)) for page in pages)
            trees = [self._pages.claim(page.pages[0]) for page, cell in first_cells if _part(cell) is not None]
            parts += filter(None, map(_part, self._pages.cells(*trees)))
        # map4's trees claim their pages before those of a database that overwrote the beginning.
        self._schema: dict[str, _Part] = {}
        for part in sorted(parts, key=lambda part: not _is_own(part)):
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
        return not self.is_library and (self._has_schema or bool(self._schema)) and not self._has_rows_of_library

    @property
    def is_overwritten(self) -> bool:
        """True for a library whose beginning is that of another database."""
        return not self._is_marked and not self.is_foreign

    @property
    def _is_marked(self) -> bool:
        return int.from_bytes(self._pages.header[68:72], "big") == schema.APPLICATION_ID

    @cached_property
    def _has_rows_of_library(self) -> bool:
        """True if rows fit tables of map4, and no table in the schema."""
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
            schema.migrate(new)
            tables = {table.name: table for table in StoredTable.of_core()}
            self.assign(new, tables.values())
            theirs = set(self._pages_of_others())
            telling = {
                name
                for name, trees in self._assigned.items()
                if len(_shape(new, name).columns) >= _TELLING_COLUMNS
                and any(page not in theirs for tree in trees for page in tree.pages)
            }
        return len(telling) >= TELLING_TABLES

    def _pages_of_others(self) -> Iterator[int]:
        """The pages with rows as the schema describes them."""
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as theirs:
            for part in self._schema.values():
                if part.kind == "table" and part.root > 1:
                    with suppress(sqlite3.Error):
                        theirs.execute(part.sql)
            made = {name for (name,) in theirs.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for name in made & self._claimed.keys():
                tree = self._claimed[name]
                yield from {*tree.pages} - {*self._strange(tree, _shape(theirs, name))}

    @cached_property
    def _versions_and_own(self) -> tuple[list[int], int]:
        """The versions with most of the library's tables, and their number."""
        tables = {(name, part.sql) for name, part in self._schema.items()}
        names, own = {table.name for table in StoredTable.of_core()}, dict[int, int]()
        for version in range(schema.FIRST_VERSION, schema.newest_version() + 1):
            expected = {(name, sql) for (_, name), sql in schema.expected_schema(version).items() if name in names}
            own[version] = len(tables & expected)
        most = max(own.values())
        return [version for version, count in own.items() if count == most > 0], most

    # ---- rows

    @cached_property
    def _claimed(self) -> dict[str, Tree]:
        return {name: self._pages.claim(part.root) for name, part in self._schema.items() if part.root > 1}

    @property
    def _trees(self) -> dict[str, Tree]:
        return self._own_trees or self._claimed

    def is_whole(self, table: str) -> bool:
        """True if the tree of a table is known and lacks no page, so that its rows are in no other."""
        return table in self._trees and self._trees[table].is_whole and table not in self._assigned

    def is_readable(self, table: str) -> bool:
        """True unless SQLite reads other rows than those in the pages of a table."""
        return table not in self._mixed and not (table in self._trees and self._trees[table].is_mended)

    def least(self, table: str) -> int:
        """How many rows a table has at least, by its tree and its indexes."""
        return self._least.get(table, 0)

    def rows(self, new: sqlite3.Connection, table: StoredTable) -> Iterator[dict[str, Any] | None]:
        """The rows of a table by column, first from its known tree; None for each unreadable row."""
        shape = _shape(new, table.name, table)
        known = [self._trees[table.name]] if table.name in self._trees else []
        for cell in self._pages.cells(*known, *self._assigned.get(table.name, ())):
            yield None if cell is None else shape.row(cell)

    def assign(self, new: sqlite3.Connection, tables: Iterable[StoredTable]) -> None:
        """Give each page outside the tree of its table to the table of a new library whose rules most of its rows fit.

        Such pages are in no known tree, or in the tree of another table. If several tables fit equally, the parents of
        the rows decide.
        """
        every = {table.name: table for table in tables}
        shapes = {name: _shape(new, name, table) for name, table in every.items()}
        names = {name for (name,) in new.execute("SELECT name FROM sqlite_master")}
        unknown = (tree for name, tree in self._claimed.items() if name not in names)  # renamed by damage, or foreign
        renamed = [_Page(Tree([page])) for tree in unknown for page in tree.pages]
        self._assigned, tied = {}, []
        with closing(_without_rows(new)) as scratch:
            strange = [*self._strange_pages(new, scratch, every, shapes)]
            for page in [*strange, *renamed, *map(_Page, self._pages.loose_trees)]:
                cells = [*islice(filter(None, self._pages.cells(page.tree)), _SAMPLED_ROWS)]
                fits = {name: _fitting(scratch, name, shape, cells) for name, shape in shapes.items()}
                most = max(fits.values())
                # Further rows of a complete table were deleted, or are copies.
                best = [name for name, count in fits.items() if count == most > 0 and name not in self._proved]
                if most * 2 <= len(cells):
                    best = [page.owner] if page.owner in every else []
                if len(best) == 1:
                    self._give(page, best[0])
                elif best:
                    tied.append((page, cells, best))
            conditions = {every[name].orphans or "" for *_, best in tied for name in best}
            for parent in {parent for condition in conditions for parent in _PARENT.findall(condition)}:
                for row in filter(None, self.rows(new, every[parent])):
                    _put(scratch, parent, row)
            for page, cells, best in tied:
                ranks = {
                    name: (
                        _fitting(scratch, name, shapes[name], cells, every[name].orphans),
                        name in self._lacking or name == page.owner,
                        bool(every[name].orphans),  # a reference that leads to a row counts more than none
                        (name == page.owner) == page.is_likely,
                    )
                    for name in best
                }
                self._give(page, max(best, key=ranks.__getitem__))
        for name, tree in self._own_trees.items():
            before = self._claimed[name]
            if len(tree.pages) != len(before.pages):
                self._mixed.add(name)
            tree.is_whole = before.is_whole and name not in self._mixed and tree.count >= self.least(name)
            if tree.is_whole:
                self._least[name] = tree.count

    def _give(self, page: _Page, table: str) -> None:
        if table == page.owner:
            self._trees[table].pages += page.tree.pages
        else:
            self._assigned.setdefault(table, []).append(page.tree)

    def _strange_pages(
        self,
        new: sqlite3.Connection,
        scratch: sqlite3.Connection,
        tables: Mapping[str, StoredTable],
        shapes: Mapping[str, _Shape],
    ) -> Iterator[_Page]:
        """The pages of known trees that may belong to another, which leave their trees.

        They have no row that their table or index takes, or one that is not in the indexes of the table. Without an
        index, rows that a table without all of its rows takes are enough.
        """
        stored = {name for (name,) in scratch.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        indexes = {name: (table, is_full) for table, name, is_full in new.execute(_INDEXES)}
        self._own_trees = {name: replace(tree, pages=[*tree.pages]) for name, tree in self._claimed.items()}
        self._mixed, self._proved, self._least = set(), set(), {}
        full, partial = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
        for name, tree in self._claimed.items():
            if name in indexes:
                table, is_full = indexes[name]
                strange = self._strange(tree, _index_shape(new, name, table))
                if tree.is_whole and not strange:
                    (full if is_full else partial)[table].append(name)
            else:
                shape = shapes.get(name) or (_shape(new, name) if name in stored else None)
                strange = self._strange(tree, shape, scratch, name) if shape is not None else []
            yield from self._taken_out(name, strange)
        for name in tables.keys() & self._own_trees.keys():
            tree, counts = self._own_trees[name], {self._claimed[index].count for index in full[name]}
            self._least[name] = max(counts | {self._claimed[index].count for index in partial[name]}, default=0)
            tree.is_whole &= tree.count >= self._least[name]
            if full[name]:
                doubtful = self._alike(tree, [other for table, other in shapes.items() if table != name])
                yield from self._taken_out(name, self._unnamed(new, doubtful, shapes[name], full[name][0]))
            if tree.is_whole and tree.count in counts:
                self._proved.add(name)
        self._lacking = {name for name in shapes if name not in self._trees or not self._trees[name].is_whole}
        for name in [name for name in tables if name in self._own_trees and not full[name]]:
            others = [shapes[other] for other in self._lacking if other != name]
            yield from self._taken_out(name, self._alike(self._own_trees[name], others), is_likely=True)

    def _strange(
        self, tree: Tree, shape: _Shape, scratch: sqlite3.Connection | None = None, table: str = ""
    ) -> list[int]:
        """The pages of a tree with rows, but none that an index, or a table, takes."""

        def is_own(cell: StoredRow | None) -> bool:
            if cell is None or not shape.fits(cell):
                return False
            return scratch is None or _fitting(scratch, table, shape, [cell]) > 0

        strange = []
        for page in tree.pages:
            are_own = map(is_own, islice(self._pages.cells(Tree([page])), _SAMPLED_ROWS))
            if not next(are_own, True) and not any(are_own):
                strange.append(page)
        return strange

    def _alike(self, tree: Tree, others: Iterable[_Shape]) -> list[int]:
        """The pages of a tree whose first row other tables may have."""
        first = ((page, next(self._pages.cells(Tree([page])), None)) for page in tree.pages)
        return [page for page, cell in first if cell is not None and any(shape.fits(cell) for shape in others)]

    def _unnamed(self, new: sqlite3.Connection, pages: list[int], shape: _Shape, index: str) -> list[int]:
        """The pages whose first row is not in an index."""
        if not pages:
            return []
        columns = [name for (name,) in new.execute("SELECT name FROM pragma_index_xinfo(?)", (index,))]
        entries = {(*cell.values,) for cell in self._pages.cells(self._claimed[index]) if cell is not None}
        unnamed = []
        for page in pages:
            cell = next(self._pages.cells(Tree([page])))
            row = (shape.row(cell) if cell is not None else None) or {}
            if cell is not None and tuple(row.get(name, cell.rowid) for name in columns) not in entries:
                unnamed.append(page)
        return unnamed

    def _taken_out(self, name: str, pages: list[int], *, is_likely: bool = False) -> Iterator[_Page]:
        """Pages that leave a known tree, if there are any."""
        if pages:
            tree = self._own_trees[name]
            tree.pages, tree.is_whole = [page for page in tree.pages if page not in {*pages}], False
        for page in pages:
            yield _Page(Tree([page]), name, is_likely)


@cache
def _own_tables() -> frozenset[tuple[str, str | None]]:
    """Names and statements of the tables of all versions."""
    versions = range(schema.FIRST_VERSION, schema.newest_version() + 1)
    parts = (part for version in versions for part in schema.expected_schema(version).items())
    return frozenset((name, sql) for (kind, name), sql in parts if kind == "table")


def _is_own(part: _Part) -> bool:
    return (part.name, part.sql) in _own_tables()


def _part(cell: StoredRow | None) -> _Part | None:
    """A row of the schema (2.6 of the file format), None for any other."""
    if cell is None or cell.rowid is None or len(cell.values) != 5:
        return None
    kind, name, _, root, sql = cell.values
    if kind not in ("table", "index", "view", "trigger") or not isinstance(name, str) or not isinstance(root, int):
        return None
    return _Part(kind, name, root, sql if isinstance(sql, str) else "")


def _shape(connection: sqlite3.Connection, name: str, table: StoredTable | None = None) -> _Shape:
    info = connection.execute(f"PRAGMA table_xinfo({name})").fetchall()
    keys = [row for row in sorted(info, key=lambda row: int(row[5])) if row[5]]
    [(is_without_rowid,)] = connection.execute("SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'", (name,))
    stored = [row for row in info if row[6] != _VIRTUAL]
    if is_without_rowid:  # the key first (2.4)
        stored = keys + [row for row in stored if row not in keys]
    is_rowid = not is_without_rowid and len(keys) == 1 and keys[0][2].upper() == "INTEGER"
    columns = [(None if row[6] == _STORED else str(row[1]), str(row[2])) for row in stored]
    later = table.later if table is not None else ()
    added = sum("ADD COLUMN" in statement for _, statements in later for statement in statements)
    return _Shape(columns, len(columns) - added, stored.index(keys[0]) if is_rowid else None, not is_without_rowid)


def _index_shape(connection: sqlite3.Connection, index: str, table: str) -> _Shape:
    """How an index stores its entries; its columns have no names here."""
    kinds = {row[0]: str(row[2]) for row in connection.execute(f"PRAGMA table_xinfo({table})")}
    kinds[-1] = "INTEGER"  # the rowid; an expression has any type
    columns = [(None, kinds.get(row[1], "")) for row in connection.execute(f"PRAGMA index_xinfo({index})")]
    return _Shape(columns, len(columns), None, has_rowids=False)


def _without_rows(new: sqlite3.Connection) -> sqlite3.Connection:
    """The tables of a library in memory, without triggers."""
    scratch = sqlite3.connect(":memory:", isolation_level=None)
    made = "SELECT sql FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%' AND name NOT LIKE 'sqlite%'"
    for (sql,) in new.execute(made):
        scratch.execute(sql)
    return scratch


def _fitting(
    scratch: sqlite3.Connection, table: str, shape: _Shape, cells: Iterable[StoredRow], orphans: str | None = None
) -> int:
    """The number of rows that a table takes. orphans: a condition for rows that don't count"""
    rows = [shape.row(cell) or {} for cell in cells if shape.fits(cell)]
    if not rows:
        return 0
    scratch.execute("BEGIN")
    count = sum(_put(scratch, table, row) for row in rows)
    if orphans:
        count -= scratch.execute(f"DELETE FROM {table} WHERE {orphans}").rowcount
    scratch.execute("ROLLBACK")
    return count


def _put(scratch: sqlite3.Connection, table: str, row: dict[str, Any]) -> bool:
    sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    with suppress(sqlite3.Error, OverflowError):
        return scratch.execute(sql, (*row.values(),)).rowcount > 0
    return False
