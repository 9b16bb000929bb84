"""Check that the values in a library are readable; shared by verify and repair."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from map4.core.store.query.facts import facts_are_in_step
from map4.core.store.stored_tables import ExtraTables, Row, RowCheck, StoredTable


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row with an unreadable value: its table and key, and the problem in words."""

    table: str
    key: tuple[Any, ...]
    problem: str


def bad_rows(connection: sqlite3.Connection) -> Iterator[BadRow]:
    """Every row with an unreadable value, by the rules for reading tracks."""
    for table in ExtraTables.tables_in(connection):
        for check in table.all_checks:
            for key, values, problem in failing(connection, table, check):
                yield BadRow(table=table.name, key=key, problem=check.message(values, problem))


def failing(
    connection: sqlite3.Connection, table: StoredTable, check: RowCheck
) -> Iterator[tuple[tuple[Any, ...], Row, str]]:
    """The rows of a table that fail a check: key, columns and problem."""
    columns, source = check.columns.split(", "), check.source or table.name
    for row in connection.execute(f"SELECT {check.columns} FROM {source} WHERE {check.where}"):
        values = dict(zip(columns, row, strict=True))
        problem = check.problem(values)
        if problem is not None:
            yield row[: len(table.key)], values, problem


def content_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Problems in the rows of a library whose pages and tables are sound."""
    for bad in bad_rows(connection):
        yield bad.problem
    yield from reference_problems(connection)


def reference_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Problems between tables."""
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {table} ({row}) belongs to no row of {parent}"
    if not facts_are_in_step(connection):
        differs = "the table facts, which searches read, differs from files and analyses"
        yield f"{differs}; run 'map4 library repair' to rebuild it"
