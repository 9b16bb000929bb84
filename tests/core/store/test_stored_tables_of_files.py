"""The declared tables are the whole schema, and the hooks and columns that they name exist."""

import sqlite3
from contextlib import closing
from dataclasses import fields

from map4.core.store.file.schema import FIRST_VERSION, expected_schema, make_tables, newest_version, stored_schema
from map4.core.store.stored_tables import StoredTable, resolved

HOOKS = ("erase", "take", "rename", "merge", "recompute")


def test_declared_tables_create_the_schema_and_their_names_resolve() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for version in (None, *range(FIRST_VERSION + 1, newest_version() + 1)):
            make_tables(connection, version)
        assert stored_schema(connection) == expected_schema()
    for table in StoredTable.all():
        named = [
            value
            for field in fields(table)
            if field.name in HOOKS and isinstance(value := getattr(table, field.name), str)
        ]
        if table.export is not None and isinstance(table.export.read, str):
            named.append(table.export.read)
        assert all(callable(resolved(name)) for name in named)
        assert {place.column for place in table.people} <= {*table.columns}
