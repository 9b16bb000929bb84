"""Salvages the rows of a damaged library: from both ends of each table up to the damage, then page by page."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from map4.care.store.leaf_pages import LeafPages
from map4.core.base.text import utc_text
from map4.core.store.database import scalar
from map4.core.store.file import schema
from map4.core.store.file.connection import DAMAGE_ERRORS, table_names, translated
from map4.core.store.file.validation import bad_rows, failing
from map4.core.store.stored_tables import ExtraTables, Statements, StoredTable, resolved


@contextmanager
def new_library(staged: str, version: int) -> Iterator[sqlite3.Connection]:
    """A connection to a new library with the tables of a version, ready to take rows in any order."""
    with translated(staged), closing(sqlite3.connect(staged, isolation_level=None)) as new:
        new.execute("PRAGMA synchronous = OFF")  # the whole file is flushed before it gets its name
        # A missing version is damage too: then any tables will do.
        schema.migrate(new, schema.MIGRATIONS[: version - schema.FIRST_VERSION + 1 if version else None])
        # Child rows may come before, or without, their parents.
        new.execute("PRAGMA foreign_keys = OFF")
        yield new


_UID = re.compile("[0-9a-f]{16}")


class DoubtfulRow(NamedTuple):
    """A row whose letters or numbers may be damaged, in words."""

    table: str
    problem: str


@dataclass(slots=True)
class Salvage:
    """Copies rows from a damaged library to a new one, and records what could not be copied.

    now: replaces unreadable times of rows that belong to no file
    pages: the pages of the damaged library; None to copy only what SQLite reads
    tables: tables with original data, from which all others are derived
    incomplete: tables that lost rows
    unreadable: reasons by row, for unreadable rows that can't be computed again
    lost_times: number of unreadable times, which were replaced
    doubtful: rows whose letters or numbers may be damaged
    """

    old: sqlite3.Connection
    new: sqlite3.Connection
    now: datetime
    pages: LeafPages | None = None
    has_assigned_pages: bool = field(default=False, init=False)
    tables: list[StoredTable] = field(init=False)
    incomplete: set[str] = field(default_factory=set)
    unreadable: dict[tuple[Any, ...], str] = field(default_factory=dict)
    lost_times: int = 0
    doubtful: list[DoubtfulRow] = field(default_factory=list)

    def copy(self) -> None:
        """Copy every readable row of the tables of its version."""
        self.new.execute("BEGIN")
        triggers = [*self._make_tables_of_extras()]
        there = table_names(self.new)
        for table in self.tables:
            if table.is_written_by_triggers and table.name in there:  # for the rows copied so far
                self.new.execute(f"DELETE FROM {table.name}")
                self.new.execute("UPDATE change_log SET step = NULL")
            if table.name in there and not self._copy_table(table):
                self.incomplete.add(table.name)
        # Tokens and cookies refer to this id. Pages of other tables may look like a row of it.
        for (uid,) in self._values("library_identity", "uid"):
            if isinstance(uid, str) and _UID.fullmatch(uid):
                self.new.execute("UPDATE library_identity SET uid = ?", (uid,))
        for trigger in triggers:
            self.new.execute(trigger)
        self.new.execute("COMMIT")

    def _make_tables_of_extras(self) -> Iterator[str]:
        """Create the tables of extras, installed or not; yields the triggers to create after copying their rows."""
        self.tables = [table for table in StoredTable.of_core() if table.salvage != "no"]
        for extra, statements in self._extras().items():
            if statements == ExtraTables.declared(extra):
                tables = [table for table in StoredTable.of_extras()[extra] if table.salvage != "no"]
            else:
                tables = None
            self.new.execute("SAVEPOINT extra")
            try:
                for statement in statements:
                    if not statement.startswith("CREATE TRIGGER "):
                        self.new.execute(statement)
                self.new.execute(ExtraTables.RECORD, ExtraTables.record(extra, statements))
            except sqlite3.Error:  # a damaged statement
                self.new.execute("ROLLBACK TO extra")
                self.incomplete.update(ExtraTables.made_by(statements))
                continue
            self.tables += [*self._unknown_tables(statements)] if tables is None else tables
            yield from (statement for statement in statements if statement.startswith("CREATE TRIGGER "))
            self.has_assigned_pages = False  # the tables of extras may have some

    def _unknown_tables(self, statements: Statements) -> Iterator[StoredTable]:
        """The tables of an extra that is not installed."""
        for statement in statements:
            for name in ExtraTables.made_by((statement,)):
                keys = self.new.execute('SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)', (name,))
                lost = [f"{column} NOT IN (SELECT {key} FROM {parent})" for parent, column, key in keys if key]
                yield StoredTable(name, (statement,), salvage="rows", orphans=" OR ".join(lost) or None)

    def drop_unreadable(self) -> None:
        """Delete rows that lost their parent row or are unreadable.

        A stored list or import whose name is lost gets a new name.
        """
        self.new.execute("BEGIN")
        if self.pages is not None:
            self._drop_damaged_credentials()
        self._drop_orphans(self.incomplete)
        for row in list(bad_rows(self.new)):
            self.incomplete.add(row.table)
            where = " AND ".join(f"{key} = ?" for key in _keys(self.new, row.table))
            self.new.execute(f"DELETE FROM {row.table} WHERE {where}", row.key)
        self._drop_orphans(set())
        when = {"day": f"{self.now:%Y-%m-%d}", "now": utc_text(self.now)}
        for table in ExtraTables.tables_in(self.new):
            if table.lost_parents is not None and self.new.execute(table.lost_parents, when).rowcount:
                self.incomplete.add(table.name)
        for table in ExtraTables.tables_in(self.new):
            if table.recompute is not None:
                resolved(table.recompute)(self.new)
            if table.derived_from and not table.derived_from & self.incomplete:
                self.incomplete.discard(table.name)
        self.new.execute("COMMIT")
        if self.pages is not None:
            self.doubtful += self._doubts()

    def _drop_damaged_credentials(self) -> None:
        for table in ExtraTables.tables_in(self.new):
            for check in table.drops:
                for key, values, problem in [*failing(self.new, table, check)]:
                    where = " AND ".join(f"{column} = ?" for column in table.key)
                    self.new.execute(f"DELETE FROM {table.name} WHERE {where}", key)
                    self.incomplete.add(table.name)
                    self.doubtful.append(
                        DoubtfulRow(table.name, f"{check.what.format_map(values)}: {problem}; it was dropped")
                    )

    def _doubts(self) -> Iterator[DoubtfulRow]:
        for table in ExtraTables.tables_in(self.new):
            for check in table.all_doubts(self.now):
                for _, values, problem in failing(self.new, table, check):
                    yield DoubtfulRow(table.name, f"{check.what.format_map(values)}: {problem}")

    def _drop_orphans(self, incomplete: set[str]) -> None:
        for table in self.tables:
            if table.orphans and self.new.execute(f"DELETE FROM {table.name} WHERE {table.orphans}").rowcount:
                incomplete.add(table.name)

    def _insert(self, table: StoredTable, sql: str, row: tuple[Any, ...], columns: Sequence[str]) -> None:
        """Copy a row; a row with impossible values is part of the damage."""
        is_reported = table.salvage == "reported"
        before = self.new.total_changes
        values, lost_times = dict(zip(columns, row, strict=True)), 0
        for time in table.times:
            if time.name in values and not time.is_readable(values[time.name]):
                now = utc_text(self.now)
                [(other,)] = self.new.execute(f"SELECT {time.lost}", {**values, "now": now})
                values[time.name] = other if time.is_readable(other) else now
                lost_times += 1
        readable = tuple(values.values())
        problem = _problem(table, dict(zip(columns, readable, strict=True))) if is_reported else None
        if problem is None:
            problem = self._refusal(table, sql, readable, columns)
        if self.new.total_changes > before or (problem is not None and row not in self.unreadable):
            self.lost_times += lost_times  # else the row was read before
        if problem is not None:
            self.incomplete.add(table.name)
            if is_reported:
                self.unreadable[row] = problem

    def _refusal(self, table: StoredTable, sql: str, row: tuple[Any, ...], columns: Sequence[str]) -> str | None:
        """Insert a row unless it is there already; returns why the new library refuses it."""
        try:
            if self.new.execute(sql, row).rowcount:
                return None
        except sqlite3.DatabaseError as error:
            if not _is_refusal(error):
                raise
            return str(error)
        same = " AND ".join(f"{column} IS ?" for column in columns)
        is_there = self.new.execute(f"SELECT 1 FROM {table.name} WHERE {same}", row).fetchone()
        return None if is_there else "another row has its key"

    def _copy_table(self, stored: StoredTable) -> bool:
        """Copy the readable rows of a table; returns whether all rows were read."""
        if self.pages is None:
            return self._copy_tree(stored)
        self._assign_pages(self.pages)
        if self.pages.is_readable(stored.name) and self._copy_tree(stored) and self.pages.is_whole(stored.name):
            return self._count(stored) >= self.pages.least(stored.name)
        is_whole = self.pages.is_whole(stored.name)
        known = _columns(self.new, stored.name)
        for row in self.pages.rows(self.new, stored):
            if row is None:
                is_whole = False
                continue
            columns = [column for column in known if column in row]
            sql = _insert_sql(stored.name, columns)
            self._insert(stored, sql, tuple(row[column] for column in columns), columns)
        return is_whole and self._count(stored) >= self.pages.least(stored.name)

    def _count(self, stored: StoredTable) -> int:
        return int(scalar(self.new, f"SELECT count(*) FROM {stored.name}"))

    def _assign_pages(self, pages: LeafPages) -> None:
        """Find the table of each page; it may be another than the schema says."""
        if not self.has_assigned_pages:
            there, self.has_assigned_pages = table_names(self.new), True
            tables = {table.name: table for table in (*StoredTable.of_core(), *self.tables) if table.name in there}
            pages.assign(self.new, tables.values())

    def _copy_tree(self, stored: StoredTable) -> bool:
        """Copy the rows that SQLite reads up to the damage; returns whether there is none."""
        table = stored.name
        columns = self._columns(table) if table in tables_of(self.old) else {}
        if not columns:
            return False
        insert = _insert_sql(table, tuple(columns))
        keys = [columns.get(key, key) for key in _keys(self.new, table)]
        for direction in ("ASC", "DESC"):
            order = ", ".join(f"{key} {direction}" for key in keys)
            last: tuple[Any, ...] | None = ()
            for last in _read(self.old, f"SELECT {', '.join(columns.values())} FROM {table} ORDER BY {order}"):
                if last is not None:
                    self._insert(stored, insert, last, tuple(columns))
            if last is not None:
                return True
        return False

    def _columns(self, table: str) -> dict[str, str]:
        """The columns of a table, each with its name in the damaged library, which damage may have changed."""
        new, old = _columns(self.new, table), _columns(self.old, table)
        known = {name.lower(): name for name in old}
        by_place = dict(zip(new, old, strict=True)) if len(new) == len(old) else {}
        found = {name: known.get(name.lower(), by_place.get(name)) for name in new}
        return {name: '"{}"'.format(there.replace('"', '""')) for name, there in found.items() if there is not None}

    def _extras(self) -> Mapping[str, Statements]:
        """The statements that created the tables of each extra, as far as readable."""
        extras = {**ExtraTables.read_records(self._values("extras", "name", "statements"))}
        names, may_lack = tables_of(self.old), False
        if self.pages is not None:
            names |= self.pages.table_names
            may_lack = not self.pages.has_whole_schema and not self.pages.is_whole("extras")
        for extra in StoredTable.of_extras():
            statements = ExtraTables.declared(extra)
            if extra not in extras and (may_lack or names.issuperset(ExtraTables.made_by(statements))):
                extras[extra] = statements
        return extras

    def _values(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Columns of a table that is not copied, as far as readable."""
        if self.pages is not None:
            self._assign_pages(self.pages)
        is_readable = self.pages is None or self.pages.is_readable(table)
        rows = [*_read(self.old, f"SELECT {', '.join(columns)} FROM {table}")] if is_readable else [None]
        if self.pages is not None and (None in rows or not self.pages.is_whole(table)):
            [stored] = (each for each in StoredTable.of_core() if each.name == table)
            found = filter(None, self.pages.rows(self.new, stored))
            rows += [tuple(row[column] for column in columns) for row in found]
        return [row for row in rows if row is not None]


@contextmanager
def salvaged(
    old: sqlite3.Connection, target: str, version: int, now: datetime, pages: LeafPages | None = None
) -> Iterator[Salvage]:
    """Copy the readable data of a library of a given version to a new library, and update it."""
    # Rows are copied into tables of the same version; migrations then fill in later columns.
    with new_library(target, version) as new:
        salvage = Salvage(old, new, now, pages)
        salvage.copy()
        schema.migrate(new)
        salvage.drop_unreadable()
        yield salvage


def tables_of(old: sqlite3.Connection) -> frozenset[str]:
    """The tables that SQLite finds in a damaged schema; no views, which could be anything, even an endless query."""
    # `sqlite_master` fails as a whole, and its other columns may be damaged where the SQL of a table is not.
    rows = _read(old, "SELECT name FROM pragma_table_list WHERE type = 'table'")
    return frozenset(row[0] for row in rows if row is not None)


def _problem(table: StoredTable, row: dict[str, Any]) -> str | None:
    checks = (check for check in table.checks if check.read and {*check.columns.split(", ")} <= row.keys())
    return next((problem for check in checks if (problem := check.problem(row)) is not None), None)


def _read(old: sqlite3.Connection, sql: str, parameters: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...] | None]:
    """Rows up to the damage; the last is None if there is any."""
    try:
        yield from old.execute(sql, parameters)
    except DAMAGE_ERRORS:
        yield None


def _is_refusal(error: sqlite3.DatabaseError) -> bool:
    """True if the new library refused the values of a row, rather than failing itself."""
    is_value = isinstance(error, sqlite3.IntegrityError | sqlite3.DataError)
    return is_value or (isinstance(error, sqlite3.OperationalError) and "malformed" in str(error))


def _insert_sql(table: str, columns: Sequence[str]) -> str:
    """A row that is read twice is skipped; one with impossible values, or the key of another, is reported."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) ON CONFLICT DO NOTHING"


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns in their order, without generated ones, which are computed again."""
    return [row[1] for row in _read(connection, f"PRAGMA table_info({table})") if row is not None]


def _keys(connection: sqlite3.Connection, table: str) -> list[str]:
    info = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return [row[1] for row in sorted(info, key=lambda row: int(row[5])) if row[5]]
