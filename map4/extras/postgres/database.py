"""One user's connection to a library in Postgres: one writes at a time, and all see whole writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

import psycopg

from map4.base.paths import quoted
from map4.base.user_folders import user_file
from map4.errors import LibraryVersionError, NothingFoundError, UsageError
from map4.extras.postgres import schema
from map4.extras.postgres.connection import PostgresConnection, connect, is_cut_off, shown, translated
from map4.extras.postgres.functions import SCHEMA, TELLING
from map4.store.database import scalar
from map4.store.file.library_file import PRIVATE_FOLDER
from map4.store.file.schema import FIRST_VERSION, OLD_VERSION, made_by_older
from map4.store.unreadable import UNREADABLE_VALUES, damaged

# Of this number is the lock of who writes into a library, or makes it; each database has locks of its own.
_WRITING = 0x4D415034
_LOCKED = f"SELECT pg_advisory_xact_lock({_WRITING})"
Fill = Callable[[psycopg.Connection[tuple[Any, ...]]], None]
SCHEMA_VERSION = "SELECT version FROM library_schema"
_COUNT = f"UPDATE library_state SET revision = revision + 1 WHERE ? = ({SCHEMA_VERSION}) {TELLING}"
_BEGUN = "UPDATE change_log SET writer = ?1, actor = 0, step = NULL"


class PostgresDatabase:
    """What `map4.store.database.Database` says.

    address: of the database
    create: begin a library where there is none
    shared: a folder in which several machines have what map4 keeps of it outside; None for one of this machine's
    fill: puts into a new one what there is from the beginning; then none may be there
    renew: brings one of an older map4 up to date
    is_old: open one of schema 33, which is only read
    path: of the library, as messages name it
    file: what map4 keeps of it on this machine lies beside it; there is none of this name itself
    mirror: where its mirror lies on this machine
    turn: entered around each write, by programs in which several libraries write one after the other
    writer: who writes, for those who follow what changes
    """

    turn: Callable[[], AbstractContextManager[object]] = staticmethod(nullcontext)
    writer = ""

    def __init__(
        self,
        address: str,
        *,
        create: bool = True,
        shared: str | None = None,
        fill: Fill | None = None,
        renew: Callable[[PostgresDatabase], None] | None = None,
        is_old: bool = False,
    ) -> None:
        self.address, self.path = address, shown(address)
        self._own, self._within, self.is_closed = 0, 0, False
        self._connection = connect(address)
        self._asked = PostgresConnection(self._connection)
        try:
            with translated(self.path):
                self._prepare(create, shared, fill)
                if is_old:
                    require_old(self.schema_version(), self.path)
                    return
                if renew is not None and FIRST_VERSION <= self.schema_version() < schema.version():
                    renew(self)
                require_newest(self.schema_version(), self.path)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, create: bool, shared: str | None, fill: Fill | None) -> None:
        if fill is not None or not self._is_there():
            if not create:
                raise NothingFoundError(f"there is no library {self.path} yet; 'map4 scan FOLDER' makes it")
            with self._connection.transaction():
                self._asked.execute(_LOCKED)
                if not self._is_there():  # else somebody else has made it meanwhile
                    schema.make(self._connection)
                    if fill is not None:
                        fill(self._connection)
                elif fill is not None:
                    raise UsageError(
                        f"in {self.path} there is a library already; name another database, or delete this one's with "
                        f"'DROP SCHEMA {SCHEMA} CASCADE'"
                    )
        uid = scalar(self._asked, "SELECT uid FROM library_identity")
        self.file = os.path.join(shared or user_file("data", "libraries"), uid, "library")
        with suppress(OSError):  # who writes there tells why that can't be
            os.makedirs(os.path.dirname(self.file), mode=PRIVATE_FOLDER, exist_ok=True)
        self.mirror = user_file("cache", "libraries", uid, "library.mirror")

    def schema_version(self) -> int:
        """The version of the library's schema."""
        return int(scalar(self._asked, SCHEMA_VERSION))

    def _go_on(self) -> None:
        """Connect anew where the server has ended the connection since it was used."""
        if not self._within and not self.is_closed and is_cut_off(self._connection):
            self._connection.close()
            self._connection = connect(self.address)
            self._asked = PostgresConnection(self._connection)

    def _is_there(self) -> bool:
        return bool(scalar(self._asked, f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL"))

    @contextmanager
    def transaction(self, *, erases: bool = False) -> Iterator[PostgresConnection]:
        """One short write, which waits for other writers; within another one it is a part of that.

        erases: makes no difference here: what is deleted is out of reach, and its room is the server's to overwrite
        """
        if self._is_within():
            yield self._asked
            return
        with self.turn(), translated(self.path):
            with self._whole():
                self._asked.execute(_LOCKED)
                self._asked.execute(_BEGUN, (self.writer,))
                if self._asked.execute(_COUNT, (schema.version(),)).rowcount == 0:
                    require_newest(self.schema_version(), self.path)  # somebody brought it up to date meanwhile
                yield self._asked
            self._own += 1

    @contextmanager
    def alone(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """The connection, while nobody else writes, to change what the library is made of: all within, or nothing."""
        with translated(self.path), self._whole():
            self._asked.execute(_LOCKED)
            yield self._connection

    @contextmanager
    def copied(self, sql: str) -> Iterator[psycopg.Copy]:
        """What COPY gives out."""
        with self._connection.cursor().copy(sql.encode()) as copy:
            yield copy

    @contextmanager
    def beside(self) -> Iterator[PostgresConnection]:
        """One short write to what is no part of the library: no other one waits for it as a whole, nor is told."""
        with translated(self.path), self._whole():
            yield self._asked

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All within is done together, or nothing of it; where the connection is lost it is nothing."""
        self._go_on()
        self._within += 1
        try:
            with self._connection.transaction():
                yield
        finally:
            self._within -= 1

    def _is_within(self) -> bool:
        return self._within > 0

    @contextmanager
    def reading(self) -> Iterator[PostgresConnection]:
        """The connection, for questions; a value that can't be read as what it should be is damage."""
        with translated(self.path):
            self._go_on()
            try:
                yield self._asked
            except UNREADABLE_VALUES as error:
                raise damaged(self.path, f"a value can't be read: {error}") from error

    def asking(self) -> AbstractContextManager[PostgresConnection]:
        return self.reading()

    @contextmanager
    def snapshot(self) -> Iterator[PostgresConnection]:
        """As `reading`: all questions see the library at one moment. What is temporary may be written."""
        with self.reading() as connection:
            if self._is_within():
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

    def state(self) -> tuple[int, int]:
        with self.reading() as connection:
            return scalar(connection, "SELECT revision FROM library_state") - self._own, self._own

    def close(self) -> None:
        self.is_closed = True
        self._connection.close()


def require_newest(version: int, path: str) -> None:
    """Raise LibraryVersionError unless a library has the schema that this map4 makes."""
    if version < FIRST_VERSION:
        then = ", and 'map4 library copy NEW ADDRESS' puts that into a database without a library"
        raise made_by_older(path, version, then)
    if version != schema.version():
        older_or_newer, do = ("newer", "update map4") if version > schema.version() else ("older", "open it once more")
        raise LibraryVersionError(
            f"{path} was written by a map4 that is {older_or_newer} (schema {version}, this one knows "
            f"{schema.version()}); {do}, or name another library"
        )


def require_old(version: int, path: str) -> None:
    """Raise LibraryVersionError unless a library has schema 33."""
    if version >= FIRST_VERSION:
        raise LibraryVersionError(
            f"{path} has schema {version}, and only libraries of schema {OLD_VERSION} are restored from Postgres; "
            f"'map4 library copy {quoted(path)} FILE' copies this one into a file"
        )
    if version != OLD_VERSION:
        raise made_by_older(path, version)
