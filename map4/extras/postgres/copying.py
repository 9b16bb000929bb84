"""Copy a library between a file and a database: every row that can't be recomputed, unchanged.

Tables filled by triggers are copied like the others, so their triggers are disabled meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any

import psycopg

from map4.care import new_library
from map4.core.store.database import scalar
from map4.core.store.file.connection import translated as sqlite_errors
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.file.schema import expected_schema, newest_version
from map4.core.store.file.validation import content_problems
from map4.core.store.library_ref import damaged
from map4.core.store.stored_tables import ExtraTables, StoredTable
from map4.extras.postgres import schema
from map4.extras.postgres.connection import translated
from map4.extras.postgres.database import PostgresDatabase
from map4.extras.postgres.dialect import TYPES
from map4.extras.postgres.functions import FILL_WORDS, SCHEMA

_COLUMNS_THERE = (
    "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns "
    f"WHERE table_schema = '{SCHEMA}'"
)
_RECORD = ExtraTables.RECORD.replace("(?, ?)", "($1, $2)").encode()
Progress = Callable[[int, int], object]


@cache
def _tables(version: int) -> tuple[str, ...]:
    """Tables of both formats except extras, parents before children."""
    named = (name for (kind, name), sql in expected_schema(version).items() if kind == "table" and sql)
    left = {table.name for table in StoredTable.of_core() if not table.is_copied}
    return tuple(name for name in named if not schema.LEFT_OUT.match(name) and name not in left)


def _columns(connection: sqlite3.Connection, table: str) -> Mapping[str, str]:
    """Stored columns with their types; generated columns are not copied."""
    return {row[1]: TYPES[row[2]] for row in connection.execute(f"PRAGMA table_info({table})")}


class _Counted:
    """Reports the number of copied rows periodically."""

    every = 1000

    def __init__(self, progress: Progress, of: int) -> None:
        self._progress, self._of, self._done = progress, of, 0

    def rows(self, rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for row in rows:
            yield row
            self._done += 1
            if self._done % self.every == 0:
                self._progress(self._done, self._of)

    def end(self) -> None:
        self._progress(self._of, self._of)


def copy_into_database(
    file: SqliteDatabase, address: str, progress: Progress = lambda done, of: None, *, without: Collection[str] = ()
) -> None:
    """Create a library in a database from a file in one transaction; raises UsageError if a library exists there."""

    PostgresDatabase(address, fill=lambda connection: fill(connection, file, progress, without=without)).close()


def fill(
    connection: psycopg.Connection[tuple[Any, ...]],
    file: SqliteDatabase,
    progress: Progress = lambda done, of: None,
    *,
    without: Collection[str] = (),
) -> None:
    """Copy a library file into a new library within this transaction, without the tables of some extras."""
    with file.reading() as reading:
        for problem in content_problems(reading):
            raise damaged(file.path, problem)
        of_extras = {
            extra: statements for extra, statements in ExtraTables.recorded(reading).items() if extra not in without
        }
    for extra, statements in of_extras.items():
        for statement in schema.of_extra(statements):
            connection.execute(statement.encode())
        connection.execute(_RECORD, ExtraTables.record(extra, statements))
    tables = (*_tables(newest_version()), *chain.from_iterable(map(ExtraTables.made_by, of_extras.values())))
    with (
        file.snapshot(),
        sqlite_errors(file.path),
        _resting_triggers(connection, chain.from_iterable(of_extras.values())),
    ):
        source = file.connection
        counted = _Counted(progress, sum(scalar(source, f"SELECT count(*) FROM {table}") for table in tables))
        for table in tables:
            columns = _columns(source, table)
            names = ", ".join(columns)
            connection.execute(f"DELETE FROM {table}".encode())  # initial rows of a library
            sql = f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY, FREEZE)"  # nobody has seen the table yet
            with connection.cursor().copy(sql.encode()) as copy:
                copy.set_types([*columns.values()])
                for row in counted.rows(source.execute(f"SELECT {names} FROM {table}")):
                    copy.write_row(row)
        for name, last in source.execute("SELECT name, seq FROM sqlite_sequence"):
            connection.execute(
                b"INSERT INTO last_numbers VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq",
                (name, last),
            )
        connection.execute(FILL_WORDS.encode())
        _count_on(connection)
        counted.end()
    for table in (*tables, "files_fts"):  # otherwise the planner assumes empty tables
        connection.execute(f"ANALYZE {table}".encode())


@contextmanager
def _resting_triggers(connection: psycopg.Connection[tuple[Any, ...]], of_extras: Iterable[str]) -> Iterator[None]:
    """Disable triggers that a library file also has; `of_extras` created the tables of extras."""
    named = [name for kind, name in expected_schema() if kind == "trigger"]
    named += [statement.split()[2] for statement in of_extras if statement.startswith("CREATE TRIGGER ")]
    of_both = connection.execute(
        b"SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname = ANY($1)", (named,)
    ).fetchall()
    for table, name in of_both:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}".encode())
    yield
    for table, name in of_both:
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}".encode())


def _count_on(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Continue identity columns after the copied rows."""
    counted = connection.execute(
        b"SELECT attrelid::regclass::text, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
        b"WHERE attidentity <> '' AND relnamespace = current_schema()::regnamespace"
    ).fetchall()
    for table, column in counted:
        sequence = f"pg_get_serial_sequence('{table}', '{column}')"
        connection.execute(
            f"SELECT setval({sequence}, max({column})) FROM {table} HAVING max({column}) IS NOT NULL".encode()
        )


def copy_into_file(
    database: PostgresDatabase,
    path: str,
    progress: Progress = lambda done, of: None,
    *,
    version: int | None = None,
    without: Collection[str] = (),
) -> None:
    """Create a library file from a consistent snapshot of a database.

    path: an empty file
    without: extras whose tables are omitted
    version: schema version of the library, if it differs from the current one
    """
    version = version or newest_version()
    with new_library(path, version) as file, database.snapshot() as connection, translated(database.path):
        there = {*connection.execute(_COLUMNS_THERE)}
        of_extras = {
            extra: statements for extra, statements in ExtraTables.recorded(connection).items() if extra not in without
        }
        for extra, statements in of_extras.items():
            for statement in statements:
                file.execute(statement)
            file.execute(ExtraTables.RECORD, ExtraTables.record(extra, statements))
        tables = (*_tables(version), *chain.from_iterable(map(ExtraTables.made_by, of_extras.values())))
        counted = _Counted(progress, sum(scalar(connection, f"SELECT count(*) FROM {table}") for table in tables))
        file.execute("BEGIN")
        triggers = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            file.execute(f"DROP TRIGGER {name}")
        for table in tables:
            # Derived columns may be missing in an older version; they are recomputed.
            columns = {name: kind for name, kind in _columns(file, table).items() if (table, name) in there}
            names = ", ".join(columns)
            file.execute(f"DELETE FROM {table}")
            sql = f"COPY (SELECT {names} FROM {table} ORDER BY {_key(file, table)}) TO STDOUT (FORMAT BINARY)"
            with connection.connection.cursor().copy(sql.encode()) as copy:
                copy.set_types([*columns.values()])
                places = ", ".join("?" * len(columns))
                file.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", counted.rows(copy.rows()))
        file.execute("DELETE FROM sqlite_sequence")
        numbers = connection.execute("SELECT name, seq FROM last_numbers").fetchall()
        file.executemany(
            "INSERT INTO sqlite_sequence VALUES (?, ?)", [(name, last) for name, last in numbers if name in tables]
        )
        rebuilt = (f"INSERT INTO {name} ({name}) VALUES ('rebuild')" for name in ("files_fts", "lyrics_fts"))
        for sql in chain((sql for _, sql in triggers), rebuilt):
            file.execute(sql)
        file.execute("COMMIT")
        counted.end()


def _key(connection: sqlite3.Connection, table: str) -> str:
    info = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return ", ".join(row[1] for row in sorted(info, key=lambda row: int(row[5])) if row[5]) or "1"
