"""A user's connection to a library in Postgres: one writer at a time, and only complete writes are visible."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import psycopg

from map4.core.base.paths import user_file
from map4.core.base.unfinished import SafeFile
from map4.core.store.database import UNREADABLE_VALUES, Queries, scalar
from map4.core.store.file.schema import FIRST_VERSION
from map4.core.store.library_ref import damaged
from map4.errors import LibraryVersionError, Map4Error, NothingFoundError, UsageError
from map4.extras.postgres import schema
from map4.extras.postgres.connection import PostgresConnection, connect, is_cut_off, shown, translated
from map4.extras.postgres.functions import NOTIFY, SCHEMA

# Advisory lock for writing to or creating a library; each database has its own locks.
_WRITING = 0x4D415034
_LOCKED = f"SELECT pg_advisory_xact_lock({_WRITING})"
Fill = Callable[[psycopg.Connection[tuple[Any, ...]]], None]
SCHEMA_VERSION = "SELECT ARRAY[version, coalesce((to_jsonb(s) ->> 'functions')::bigint, 0)] FROM library_schema AS s"
_COUNT = f"UPDATE library_state SET revision = revision + 1 WHERE ? = ({SCHEMA_VERSION}) {NOTIFY}"
_BEGUN = "UPDATE change_log SET writer = ?1, actor = 0, step = NULL"


class PostgresDatabase(Queries):
    """Implements `map4.core.store.database.Database`.

    address: of the database
    create: create a library if there is none
    shared: folder shared by several machines for data outside the library; None uses a local folder
    fill: fills a new library; then none may exist
    renew: updates a library of an older map4
    path: name of the library in messages
    file: base path of local data of the library; no file has this name itself
    mirror: path of the local mirror
    """

    def __init__(
        self,
        address: str,
        *,
        create: bool = True,
        shared: str | None = None,
        fill: Fill | None = None,
        renew: Callable[[PostgresDatabase], None] | None = None,
    ) -> None:
        self.address, self.path = address, shown(address)
        self._own, self._within, self.is_closed = 0, 0, False
        self._connection = connect(address)
        self._session = PostgresConnection(self._connection)
        try:
            with translated(self.path):
                self._prepare(create, shared, fill)
                if renew is not None and [FIRST_VERSION] <= self.schema_version() < schema.version():
                    renew(self)
                require_newest(self.schema_version(), self.path)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, create: bool, shared: str | None, fill: Fill | None) -> None:
        if fill is not None or not self._is_there():
            if not create:
                raise NothingFoundError(f"there is no library {self.path} yet; to create it, run 'map4 scan FOLDER'")
            with self._connection.transaction():
                self._session.execute(_LOCKED)
                if not self._is_there():  # unless another process created it in the meantime
                    schema.make(self._connection)
                    if fill is not None:
                        fill(self._connection)
                elif fill is not None:
                    raise UsageError(
                        f"{self.path} already contains a library; name another database, or delete its library with "
                        f"'DROP SCHEMA {SCHEMA} CASCADE'"
                    )
        uid = scalar(self._session, "SELECT uid FROM library_identity")
        self.file = os.path.join(shared or user_file("data", "libraries"), uid, "library")
        with suppress(OSError):  # writers there report the problem
            SafeFile.make_private_folder(os.path.dirname(self.file))
        self.mirror = user_file("cache", "libraries", uid, "library.mirror")

    def schema_version(self) -> list[int]:
        """Version of the library's schema, and of its functions."""
        return list(scalar(self._session, SCHEMA_VERSION))

    def _go_on(self) -> None:
        """Reconnect if the server has closed the connection."""
        if self.is_closed:
            raise Map4Error(f"the library {self.path} is closed; open it again")
        if not self._within and is_cut_off(self._connection):
            self._connection.close()
            self._connection = connect(self.address)
            self._session = PostgresConnection(self._connection)

    def _is_there(self) -> bool:
        return bool(scalar(self._session, f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL"))

    @contextmanager
    def transaction(self, *, erases: bool = False, wait_s: float | None = None) -> Iterator[PostgresConnection]:
        """A short write transaction, which waits for other writers; nested calls join it.

        erases: no effect, because deleted rows are unreachable and the server reuses their space
        """
        if self._within:
            yield self._session
            return
        with self.turn(), translated(self.path):
            with self._whole():
                if wait_s is not None:
                    self._session.execute(f"SET LOCAL lock_timeout = {round(1000 * wait_s)}")
                self._session.execute(_LOCKED)
                self._session.execute(_BEGUN, (self.writer,))
                if self._session.execute(_COUNT, (schema.version(),)).rowcount == 0:
                    require_newest(self.schema_version(), self.path)  # another process updated it in the meantime
                if (first_write := self.first_write) is not None:
                    self.first_write = None
                    first_write()
                yield self._session
            self._own += 1

    @contextmanager
    def locked(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """The connection with the write lock held, for schema changes in one transaction."""
        with translated(self.path), self._whole():
            self._session.execute(_LOCKED)
            yield self._connection

    @contextmanager
    def beside(self) -> Iterator[PostgresConnection]:
        """A short write to data outside the library: it takes no library lock and is not reported as a change."""
        with translated(self.path), self._whole():
            yield self._session

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """A transaction; if the connection is lost, it is rolled back."""
        self._go_on()
        self._within += 1
        try:
            with self._connection.transaction():
                yield
        finally:
            self._within -= 1

    @contextmanager
    def reading(self) -> Iterator[PostgresConnection]:
        """The connection for queries; unreadable values are reported as damage."""
        with translated(self.path):
            self._go_on()
            try:
                yield self._session
            except UNREADABLE_VALUES as error:
                raise damaged(self.path, f"a value can't be read: {error}") from error

    def asking(self) -> AbstractContextManager[PostgresConnection]:
        return self.reading()

    @contextmanager
    def snapshot(self) -> Iterator[PostgresConnection]:
        """Like `reading`, but all queries see the same snapshot. Temporary tables may be written."""
        with self.reading() as connection:
            if self._within:
                yield connection
                return
            with self._whole():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                yield connection

    def last_number(self, table: str) -> int:
        with self.reading() as connection:
            return int(scalar(connection, "SELECT coalesce(max(seq), 0) FROM last_numbers WHERE name = ?", (table,)))

    def create(self, statements: Iterable[str]) -> None:
        for statement in schema.of_extra(statements):
            self._connection.execute(statement.encode())

    def cache_file(self, name: str) -> str | None:
        folder = os.path.dirname(self.mirror)
        with suppress(OSError):
            SafeFile.make_private_folder(folder)
        return f"{self.mirror}-{name}" if os.access(folder, os.W_OK) else None

    def state(self) -> tuple[int, int]:
        with self.reading() as connection:
            return scalar(connection, "SELECT revision FROM library_state") - self._own, self._own

    def settle(self) -> None:
        """There is nothing to finish."""

    def close(self) -> None:
        self.is_closed = True
        self._connection.close()


def require_newest(version: list[int], path: str) -> None:
    """Raise LibraryVersionError unless the schema is the current one."""
    if version < [FIRST_VERSION]:
        raise LibraryVersionError.of_older(path, version[0])
    own = schema.version()
    if version != own:
        older_or_newer, do = ("a newer", "update map4") if version > own else ("an older", "open it again")
        raise LibraryVersionError(
            f"{path} was written by {older_or_newer} map4 (schema {version[0]}.{version[1]}; this map4 knows "
            f"{own[0]}.{own[1]}); {do}, or name another library"
        )
