"""The interface of a database for the parts of a store, and their base class."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, ClassVar, Protocol, Self

from map4.core.base.actor import Actor
from map4.core.store.library_ref import damaged
from map4.errors import Map4Error

_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
Values = Sequence[Any] | Mapping[str, Any]
# Exceptions from reading a malformed value.
UNREADABLE_VALUES = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
UNREADABLE = (*UNREADABLE_VALUES, Map4Error)


class Cursor(Protocol):
    """Rows of a result, to be iterated over or fetched."""

    @property
    def rowcount(self) -> int: ...

    @property
    def description(self) -> Any:
        """For each column, a sequence that starts with its name."""

    def fetchone(self) -> Any: ...
    def fetchmany(self, size: int = ..., /) -> list[Any]: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    def execute(self, sql: str, values: Values = ..., /) -> Cursor: ...
    def executemany(self, sql: str, values: Iterable[Values], /) -> Cursor: ...


class Queries(Protocol):
    """Queries of a database, and single ones by their SQL.

    turn: entered around each write, in programs in which several libraries must write one after the other
    writer: who writes, for those who follow changes
    first_write: called within the first write; opening a library writes nothing, as it may only be read
    """

    turn: Callable[[], AbstractContextManager[object]] = staticmethod(nullcontext)
    writer: str = ""
    first_write: Callable[[], object] | None = None

    def reading(self) -> AbstractContextManager[Connection]:
        """The connection for queries; a stored value of the wrong form raises a damage error."""

    def rows(self, sql: str, values: Values = ()) -> list[Any]:
        """All rows."""
        with self.reading() as connection:
            return connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Values = ()) -> Any:
        """The first row; None if there is none."""
        with self.reading() as connection:
            return connection.execute(sql, values).fetchone()

    def scalar(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row."""
        return self.row(sql, values)[0]

    def column(self, sql: str, values: Values = ()) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self.rows(sql, values)]


class Database(Queries, Protocol):
    """One user's connection to a library, in autocommit mode; writes go through `transaction`.

    path: the library as messages name it
    """

    @property
    def path(self) -> str: ...

    @property
    def file(self) -> str:
        """The path beside which map4 keeps its own files for the library on this machine."""

    def cache_file(self, name: str) -> str | None:
        """The path of data derived from the library, on this machine; None if nothing can be stored."""

    def asking(self) -> AbstractContextManager[Connection]:
        """As `reading`, with the functions of `map4.core.store.query.functions`."""

    def snapshot(self) -> AbstractContextManager[Connection]:
        """As `reading`, with all queries on one snapshot of the library. Temporary tables may be written."""

    def transaction(self, *, erases: bool = False, wait_s: float | None = None) -> AbstractContextManager[Connection]:
        """A short write; nested, it joins the outer transaction.

        erases: deleted data is made unrecoverable
        wait_s: how long it waits for other writers, instead of 30 s
        """

    def create(self, statements: Iterable[str]) -> None:
        """Create tables by statements as for a library file, within a transaction."""

    def state(self) -> tuple[int, int]:
        """Counters that change after each write: the first for other users' writes, the second for its own."""

    def last_number(self, table: str) -> int:
        """The last row number that a table with AUTOINCREMENT assigned; 0 without rows."""


class OwnDatabase(Database, Protocol):
    """A database connection that its opener must close."""

    def settle(self) -> None:
        """Finish deferred writes before it is closed for a while, unless others use the library."""

    def close(self) -> None: ...


def as_json(data: object) -> str:
    """Data as stored JSON: in ASCII, so that names that are not UTF-8 survive as escapes."""
    return _ENCODER.encode(data)


def scalar(connection: Connection, sql: str, values: Values = ()) -> Any:
    return connection.execute(sql, values).fetchone()[0]


@contextmanager
def readable(path: str, what: str) -> Iterator[None]:
    """Turn errors in reading a stored value into a LibraryDamagedError that names the value."""
    try:
        yield
    except UNREADABLE as error:
        raise damaged(path, f"{what} can't be read: {error}") from error


class StorePart:
    """The tables of a subject, for an actor. `Store.part` creates it on first use.

    is_shared: all actors of an open library share an instance
    """

    is_shared: ClassVar[bool] = False

    def __init__(self, database: Database, *, actor: Actor = Actor.LOCAL) -> None:
        self._database, self._actor = database, actor

    @classmethod
    def of(cls, store: Any) -> Self:
        """The part of an open `Store`."""
        return cls(store.database, actor=store.actor)

    def begin_step(self, connection: Connection) -> None:
        """Begin a step of the actor within a transaction; the values set next belong to it."""
        connection.execute("UPDATE change_log SET actor = ?, step = NULL", (self._actor.id,))

    def close(self) -> None:
        """Close resources that the part opened, except the database."""
