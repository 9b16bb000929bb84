"""Update a library in Postgres from an older schema, in one transaction.

Rows pass through a library file of the old version, which is migrated (`MIGRATIONS`), so that no step is written
twice. The new schema is created next to the old one, which is dropped at the end; grants on the views are kept.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from os import remove
from typing import Any, TypeAlias

import psycopg

from map4.core.base.unfinished import SafeFile
from map4.core.store.file.connection import copy_before, translated, write_errors
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.file.schema import is_changed_since, migrate
from map4.errors import UsageError
from map4.extras.postgres import schema
from map4.extras.postgres.copying import copy_into_file, fill
from map4.extras.postgres.database import PostgresDatabase
from map4.extras.postgres.functions import SCHEMA
from map4.extras.postgres.schema import VIEWS_SCHEMA
from map4.jobs import JOB_TABLES

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
_FORMER = f"{SCHEMA}_before"
_OF_JOBS = re.findall(r"CREATE TABLE (\w+)", JOB_TABLES)
# Foreign views that read the tables directly would be dropped too.
_FORMER_IS_USED = b"""SELECT v.oid::regclass::text FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
JOIN pg_class AS v ON v.oid = r.ev_class JOIN pg_class AS t ON t.oid = d.refobjid
WHERE t.relnamespace = $1::regnamespace AND v.relnamespace <> $1::regnamespace LIMIT 1"""


def renew(database: PostgresDatabase, on_update: Callable[[str], object]) -> None:
    """Update a library of an older map4.

    on_update: called with the path of a copy of the old library, unless only functions differ
    """
    copy = None
    try:
        with database.locked() as connection:
            version = database.schema_version()
            if version >= schema.version():  # another process updated it in the meantime
                return
            where = f"a copy of {database.path} can't be made beside {database.file}"
            with write_errors(where), SafeFile(database.file).unfinished("upgrading") as name:
                copy_into_file(database, name, version=version[0])
                with translated(name), closing(sqlite3.connect(name, isolation_level=None)) as file:
                    if is_changed_since(version[0]):
                        copy = copy_before(file, database.file, f"{database.file}.before-schema-{schema.version()[0]}")
                    migrate(file)
                _recreate(connection, name, database.path)
    except BaseException:
        with suppress(OSError):
            remove(copy or "")
        raise
    if copy is not None:
        on_update(copy)


def _recreate(connection: Connection, name: str, path: str) -> None:
    connection.execute(f"ALTER SCHEMA {SCHEMA} RENAME TO {_FORMER}".encode())
    schema.make(connection)
    with closing(SqliteDatabase(name)) as file:
        fill(connection, file)
    for table in _OF_JOBS:
        connection.execute(f"LOCK {_FORMER}.{table}".encode())  # wait for open transactions
        names = ", ".join(name for (name,) in connection.execute(_COMMON, (table,)))
        connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {_FORMER}.{table}".encode())
    connection.execute(_COUNTED, (_OF_JOBS,))
    for state in ("library_state", "jobs_state"):
        connection.execute(f"UPDATE {state} SET revision = 1 + (SELECT revision FROM {_FORMER}.{state})".encode())
    used = connection.execute(_FORMER_IS_USED, (_FORMER,)).fetchone()
    if used is not None:
        raise UsageError(
            f"the view {used[0]} reads map4's own tables, which an update recreates: change it to read {VIEWS_SCHEMA}, "
            f"or drop it. {path} was not changed"
        )
    connection.execute(f"DROP SCHEMA {_FORMER} CASCADE".encode())


_COMMON = f"""SELECT quote_ident(column_name) FROM information_schema.columns
WHERE table_name = $1 AND table_schema IN ('{SCHEMA}', '{_FORMER}') GROUP BY column_name HAVING count(*) = 2""".encode()
# Job numbers continue; no library file has them.
_COUNTED = f"""INSERT INTO last_numbers SELECT name, seq FROM {_FORMER}.last_numbers WHERE name = ANY($1)
ON CONFLICT (name) DO UPDATE SET seq = excluded.seq""".encode()
