"""The interface of a database as the parts of a store use it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
Values = Sequence[Any] | Mapping[str, Any]


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
    """Queries of a database, and single ones by their SQL."""

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

    def transaction(self, *, erases: bool = False) -> AbstractContextManager[Connection]:
        """One short write; nested, it joins the outer transaction. erases: deleted data is made unrecoverable"""

    def create(self, statements: Iterable[str]) -> None:
        """Create tables by statements as for a library file, within a transaction."""

    def state(self) -> tuple[int, int]:
        """Counters that change after each write: the first for other users' writes, the second for its own."""

    def last_number(self, table: str) -> int:
        """The last row number that a table with AUTOINCREMENT assigned; 0 without rows."""


class OwnDatabase(Database, Protocol):
    """A database connection that its opener must close.

    turn: entered around each write, in programs in which several libraries must write one after the other
    writer: who writes, for those who follow changes
    first_write: called within the first write; opening a library writes nothing, as it may only be read
    """

    turn: Callable[[], AbstractContextManager[object]]
    writer: str
    first_write: Callable[[], object] | None

    def settle(self) -> None:
        """Finish deferred writes before it is closed for a while, unless others use the library."""

    def close(self) -> None: ...


def as_json(data: object) -> str:
    """Data as stored JSON: in ASCII, so that names that are not UTF-8 survive as escapes."""
    return _ENCODER.encode(data)


def scalar(connection: Connection, sql: str, values: Values = ()) -> Any:
    return connection.execute(sql, values).fetchone()[0]
