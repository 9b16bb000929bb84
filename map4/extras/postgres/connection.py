"""A Postgres connection with the interface of a library file's connection, and readable errors."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrBinaryDumper, StrDumper

from map4.core.base.paths import shown_address
from map4.errors import LibraryWriteError, Map4Error, UsageError
from map4.extras.postgres.dialect import chosen, in_postgres
from map4.extras.postgres.functions import SCHEMA

# Detect vanished hosts after two minutes; system defaults are hours. Units are s, and ms for the timeout.
_GIVING_UP: dict[str, Any] = {
    "keepalives_idle": 60, "keepalives_interval": 15, "keepalives_count": 4, "tcp_user_timeout": 120_000,
}  # fmt: skip
_NO_ROOM = ("53100", "53200")
_NUL_IN_JSON = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class PostgresConnection:
    """Implements `map4.core.store.database.Connection` over an open connection."""

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
    """Open a database in autocommit mode."""
    with translated(shown(address)):
        own = conninfo_to_dict(address)
        limits = {name: limit for name, limit in _GIVING_UP.items() if name not in own}
        connection = psycopg.connect(address, autocommit=True, cursor_factory=psycopg.RawCursor, **limits)
        _require_unicode(connection, address)
        connection.adapters.register_dumper(int, Int8Dumper)
        for text in (_BinaryText, _Text):  # as text, except when many rows are copied
            connection.adapters.register_dumper(str, text)
        connection.adapters.register_loader("bool", _Boolean)
        connection.adapters.register_loader("numeric", _Number)
        try:
            connection.execute("SELECT set_config('TimeZone', $1, false)", (local_zone(),))
        except psycopg.DataError:  # a name that only this machine knows: without one, C counts in UTC
            connection.execute(b"SET TimeZone = 'UTC'")
        # Queries are short and sequential: JIT compilation takes longer than they do.
        connection.execute(f"SET search_path = {SCHEMA}, pg_catalog".encode())
        connection.execute(b"SET jit = off")
        # Libraries are in memory or on SSDs.
        connection.execute(b"SET random_page_cost = 1.1")
        # Many queries run at once, and each parallel worker would repeat the word lists.
        connection.execute(b"SET max_parallel_workers_per_gather = 0")
    return connection


def local_zone() -> str:
    """Return the time zone of this machine in the form of TZ: by its name, else by its present offset."""
    if (own := os.environ.get("TZ")) is not None:
        return own.lstrip(":") or "UTC"
    name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    offset = time.strftime("%z") or "+0000"
    return name or f"<local>{'-' if offset[0] == '+' else '+'}{offset[1:3]}:{offset[3:]}"  # POSIX counts to the west


def _require_unicode(connection: psycopg.Connection[Any], address: str) -> None:
    """Reject a database with another encoding than UTF-8: SQL_ASCII, the default without a locale, returns bytes."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise UsageError(
            f"the database {shown(address)} has the encoding {encoding}, but map4 needs UTF8: create another with "
            "CREATE DATABASE map4 TEMPLATE template0 ENCODING 'UTF8'"
        )


def is_cut_off(connection: psycopg.Connection[Any]) -> bool:
    """True if the server closed the connection, such as on a restart; sends no query."""
    if connection.closed or connection.broken:
        return True
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        return False
    try:
        for _ in range(2):  # the last messages, then the end
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return False


def shown(address: str) -> str:
    """The address without its password, for messages; raises UsageError if it is invalid."""
    try:
        conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        # the original message quotes the address with the password
        raise UsageError(
            "the library's address is not a Postgres address such as postgresql://USER@HOST/DATABASE"
        ) from None
    return shown_address(address)


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Convert Postgres errors to map4's, which name the library `path`."""
    try:
        yield
    except psycopg.Error as error:
        raise _translation(path, error).of_library(path) from error


def _translation(path: str, error: psycopg.Error) -> Map4Error:
    message = (error.diag.message_primary or str(error)).strip().partition("\n")[0]
    # a failed connection attempt only has a text
    if error.sqlstate in _NO_ROOM or os.strerror(errno.ENOSPC) in str(error):
        return LibraryWriteError(
            f"no space left for the library {path} on its server; finished work is kept: free some space there and run "
            "the command again"
        )
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        return LibraryWriteError(
            f"the library {path} can't be reached; check that its server runs and accepts your login, then try again"
        )
    if isinstance(error, psycopg.OperationalError):
        return LibraryWriteError(f"the library {path} lost its connection ({message}); run the command again")
    return Map4Error(f"the library {path} can't be used: {message}")


class _Text(StrDumper):
    def dump(self, obj: str) -> Any:
        return super().dump(without_nul(obj))


class _BinaryText(StrBinaryDumper):
    def dump(self, obj: str) -> Any:
        return super().dump(without_nul(obj))


def without_nul(text: str) -> str:
    """The text with U+FFFD instead of NUL, which Postgres can't store, even as \\u0000 in JSON."""
    text = text.replace("\0", "\ufffd")
    if "\\u0000" in text and text[0] in '{["':
        text = _NUL_IN_JSON.sub(r"\1\\ufffd", text)
    return text


class _Boolean(Loader):
    """Returns 1 or 0, as SQLite does."""

    def load(self, data: Any) -> int:
        return int(bytes(data) == b"t")


class _Number(Loader):
    """Loads sums and averages as int where possible."""

    def load(self, data: Any) -> int | float:
        text = bytes(data)
        try:
            return int(text)
        except ValueError:
            return float(text)
