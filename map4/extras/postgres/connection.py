"""A connection to Postgres that takes and gives what one to a library file does, and errors in plain words."""

from __future__ import annotations

import errno
import os
import re
import select
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrBinaryDumper, StrDumper

from map4.base.library_address import shown_address
from map4.errors import LibraryWriteError, Map4Error, UsageError
from map4.extras.postgres.dialect import chosen, in_postgres
from map4.extras.postgres.functions import SCHEMA
from map4.extras.postgres.query_functions import use_clock

# A host that vanished without closing is given up after two minutes; by itself a system waits for hours. In s and ms.
_GIVING_UP: dict[str, Any] = {
    "keepalives_idle": 60, "keepalives_interval": 15, "keepalives_count": 4, "tcp_user_timeout": 120_000,
}  # fmt: skip
_NO_ROOM = ("53100", "53200")
_NUL_IN_JSON = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class PostgresConnection:
    """What `map4.store.database.Connection` says, over an open connection."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.connection = connection

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        text, which = in_postgres(sql)
        return self.connection.execute(text.encode(), chosen(which, values))

    def executemany(
        self, sql: str, values: Iterable[Sequence[Any] | Mapping[str, Any]]
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        text, which = in_postgres(sql)
        cursor = self.connection.cursor()
        cursor.executemany(text.encode(), [chosen(which, row) for row in values])
        return cursor


def connect(address: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Open a database, in autocommit mode."""
    with translated(shown(address)):
        own = conninfo_to_dict(address)
        limits = {name: limit for name, limit in _GIVING_UP.items() if name not in own}
        connection = psycopg.connect(address, autocommit=True, cursor_factory=psycopg.RawCursor, **limits)
        _require_unicode(connection, address)
        connection.adapters.register_dumper(int, Int8Dumper)
        for text in (_BinaryText, _Text):  # as text, unless many rows are copied
            connection.adapters.register_dumper(str, text)
        connection.adapters.register_loader("bool", _Boolean)
        connection.adapters.register_loader("numeric", _Number)
        # Short questions, one after the other: compiling them takes longer than answering.
        connection.execute(f"SET search_path = {SCHEMA}, pg_catalog".encode())
        connection.execute(b"SET jit = off")
        # Libraries lie in memory, or on disks that need not turn.
        connection.execute(b"SET random_page_cost = 1.1")
        # Many are answered at once, and each worker would make the same lists of what is looked for again.
        connection.execute(b"SET max_parallel_workers_per_gather = 0")
        connection.execute(use_clock().encode())
    return connection


def _require_unicode(connection: psycopg.Connection[Any], address: str) -> None:
    """Refuse a database that can't keep every name: one of SQL_ASCII, as servers without a locale make, gives bytes."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise UsageError(
            f"the database {shown(address)} keeps texts as {encoding}, map4 needs UTF8: make another one with "
            "CREATE DATABASE map4 TEMPLATE template0 ENCODING 'UTF8'"
        )


def is_cut_off(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has ended it, as when it is restarted, told without asking it."""
    if connection.closed or connection.broken:
        return True
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        return False
    try:
        while select.select([connection.fileno()], [], [], 0)[0]:  # what it said last, and then the end
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return False


def shown(address: str) -> str:
    """The address as messages name it, without the password; raises UsageError where it is none."""
    try:
        conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        # What it says quotes the address, with the password in it.
        raise UsageError("the address of the library is none of Postgres: postgresql://USER@HOST/DATABASE") from None
    return shown_address(address)


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn Postgres's errors into ours; path: of the library, as messages name it."""
    try:
        yield
    except psycopg.Error as error:
        raise _translation(path, error) from error


def _translation(path: str, error: psycopg.Error) -> Map4Error:
    said = (error.diag.message_primary or str(error)).strip().partition("\n")[0]
    # Of a connection that can't even be begun there is a text alone.
    if error.sqlstate in _NO_ROOM or os.strerror(errno.ENOSPC) in str(error):
        return LibraryWriteError(
            f"no space left for the library {path} on its server; what is finished is kept: make room there and run "
            "the command again"
        )
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        return LibraryWriteError(
            f"the library {path} can't be reached; see that its server runs and lets you in, and try again"
        )
    if isinstance(error, psycopg.OperationalError):
        return LibraryWriteError(f"the library {path} was cut off ({said}); run the command again")
    return Map4Error(f"the library {path} can't be used: {said}")


class _Text(StrDumper):
    def dump(self, obj: str) -> Any:
        return super().dump(without_nul(obj))


class _BinaryText(StrBinaryDumper):
    def dump(self, obj: str) -> Any:
        return super().dump(without_nul(obj))


def without_nul(text: str) -> str:
    """The text, with U+FFFD where it has NUL, of which Postgres keeps none: not in JSON either, as \\u0000."""
    text = text.replace("\0", "\ufffd")
    if "\\u0000" in text and text[0] in '{["':
        text = _NUL_IN_JSON.sub(r"\1\\ufffd", text)
    return text


class _Boolean(Loader):
    """As SQLite gives it: 1 or 0."""

    def load(self, data: Any) -> int:
        return int(bytes(data) == b"t")


class _Number(Loader):
    """What sums and averages are: whole where it can be."""

    def load(self, data: Any) -> int | float:
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)
