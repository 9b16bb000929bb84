"""Maintenance of a library in Postgres: figures, backups and copies; the database server does the rest."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from functools import partial

from map4.care import SqlCare, verify_library
from map4.core.base.unfinished import SafeFile
from map4.core.store.database import Connection, Database, scalar
from map4.core.store.file.connection import write_errors
from map4.core.store.file.database import LibraryFile, SqliteDatabase
from map4.core.store.library_ref import Progress, damaged
from map4.core.store.stored_tables import ExtraTables
from map4.errors import UsageError
from map4.extras.postgres.copying import copy_into_database, copy_into_file
from map4.extras.postgres.database import PostgresDatabase
from map4.extras.postgres.functions import SCHEMA
from map4.extras.postgres.store import renew_library

_COUNTED = ("files", "analyses", "accounts")


class PostgresCare(SqlCare):
    _database: PostgresDatabase

    def _schema_version(self, connection: Connection) -> int:
        return int(scalar(connection, "SELECT version FROM library_schema"))

    def _size(self) -> int:
        sql = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = ?::regnamespace"
        return int(self._database.scalar(f"{sql} AND relkind = 'r'", (SCHEMA,)))

    @property
    def _mirror(self) -> str:
        return self._database.mirror

    def _forget_mirror(self, connection: Connection) -> None:
        for table in ("mirror", "mirrors", "mirror_changes"):
            connection.execute(f"DELETE FROM {table}")

    def _copy_into(self, file: str) -> None:
        copy_into_file(self._database, file)

    @staticmethod
    def copy_from(file: str, address: str, progress: Progress, *, without: Collection[str] = ()) -> dict[str, int]:
        """Create a library in a database from a file, without the tables of some extras. Returns numbers of rows."""
        with closing(SqliteDatabase(file)) as database:
            _require_installed(database, without)
            copy_into_database(database, address, progress, without=without)
            return _counts(database)

    @staticmethod
    def copy_to(address: str, file: str, progress: Progress, *, without: Collection[str] = ()) -> dict[str, int]:
        """The other way round."""
        renew = partial(renew_library, on_update=lambda copy: None)
        with closing(PostgresDatabase(address, create=False, renew=renew)) as database:
            _require_installed(database, without)
            with write_errors(f"{file} can't be written"), LibraryFile(file).mirror_lock(), _own_copy(file) as new:
                copy_into_file(database, new, progress, without=without)
                problems = verify_library(new).problems
                if not SafeFile(new).place_new(file):
                    raise UsageError(f"{file} was created by another program in the meantime; name another file")
            if problems:
                raise damaged(database.path, problems[0], f"{file} holds the damage too")
            return _counts(database)


@contextmanager
def _own_copy(file: str) -> Iterator[str]:
    """An unfinished file; a lock makes sure that those beside it are of killed processes."""
    for left in SafeFile(file).unfinished_beside("copied"):
        os.unlink(left)
    with SafeFile(file).unfinished("copied") as new:
        yield new


def _require_installed(database: Database, without: Collection[str]) -> None:
    with database.reading() as connection:
        ExtraTables.require_installed(connection, f"{database.path} can't be copied", without)


def _counts(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {name: int(scalar(connection, f"SELECT count(*) FROM {name}")) for name in _COUNTED}
