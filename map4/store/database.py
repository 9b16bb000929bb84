"""What SQL is sent through: the few things that the parts of a store ask of the database they lie in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class Cursor(Protocol):
    """Rows of an answer, to be iterated over or fetched."""

    @property
    def rowcount(self) -> int: ...

    @property
    def description(self) -> Any:
        """Of each column a sequence whose first is its name."""

    def fetchone(self) -> Any: ...
    def fetchmany(self, size: int = ..., /) -> list[Any]: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    def execute(self, sql: str, values: Values = ..., /) -> Cursor: ...
    def executemany(self, sql: str, values: Iterable[Values], /) -> Cursor: ...


class Database(Protocol):
    """One user's connection to a library, in autocommit mode; writes go through `transaction`.

    path: of the library, as messages name it
    """

    @property
    def path(self) -> str: ...

    @property
    def file(self) -> str:
        """What map4 keeps of the library on this machine lies beside it."""

    def reading(self) -> AbstractContextManager[Connection]:
        """The connection, for questions; a value that can't be read as what it should be is damage."""

    def asking(self) -> AbstractContextManager[Connection]:
        """As `reading`, with the functions of `map4.store.query.functions`."""

    def snapshot(self) -> AbstractContextManager[Connection]:
        """As `reading`: all questions see the library at one moment. What is temporary may be written."""

    def transaction(self, *, erases: bool = False) -> AbstractContextManager[Connection]:
        """One short write; within another one it is a part of that. erases: what is deleted can't be found any more"""

    def create(self, statements: Iterable[str]) -> None:
        """Create tables by statements as for a library file, within a transaction."""

    def state(self) -> tuple[int, int]:
        """Another one after each change: the first number for those of other users, the second for its own."""

    def last_number(self, table: str) -> int:
        """The last one that a table whose numbers never come again gave to a row; 0 without one."""


class OwnDatabase(Database, Protocol):
    """One that whoever opened it closes.

    turn: entered around each write, by programs in which several libraries write one after the other
    writer: who writes, for those who follow what changes
    """

    turn: Callable[[], AbstractContextManager[object]]
    writer: str

    def close(self) -> None: ...


def scalar(connection: Connection, sql: str, values: Values = ()) -> Any:
    return connection.execute(sql, values).fetchone()[0]
