"""What keeps several who use a library in Postgres apart, on whatever machines, and tells each what others changed."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from typing import Any, TypeAlias

import psycopg

from map4.errors import LibraryBusyError, Map4Error
from map4.extras.postgres.connection import PostgresConnection, connect, is_cut_off, shown, translated
from map4.extras.postgres.database import SCHEMA_VERSION, require_newest
from map4.extras.postgres.functions import TOLD
from map4.store.database import scalar
from map4.store.place import LibraryChanges, Locks, SharedState

# Beside that of who writes: each database has numbers of its own.
_SCAN, _WATCH = 0x4D415035, 0x4D415036
_LOOK_S = 5.0
"""So often one looks though nothing was told, as behind what hands connections on without it."""
Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]


def library_id(address: str) -> str:
    """What tells the library that stands there from another one."""
    with closing(connect(address)) as connection, translated(shown(address)):
        return str(scalar(PostgresConnection(connection), "SELECT uid FROM library_identity"))


class PostgresLocks(Locks):
    """Each is held by a connection of its own, and ends with it."""

    def __init__(self, address: str) -> None:
        self._address, self._shown = address, shown(address)

    def scan(self, *, wait: bool) -> AbstractContextManager[None]:
        return self._lock(_SCAN, wait, f"another scan of {self._shown} is running; try later, or use --wait")

    def watch(self) -> AbstractContextManager[None]:
        busy = f"'map4 watch' runs already for {self._shown}; end it first, and name all folders in one"
        return self._lock(_WATCH, False, busy)

    def serve(self) -> AbstractContextManager[None]:
        return nullcontext()  # each does the jobs that it claims

    @contextmanager
    def _lock(self, number: int, wait: bool, busy: str) -> Iterator[None]:
        with closing(connect(self._address)) as connection:
            with translated(self._shown):
                asked = PostgresConnection(connection)
                if wait:
                    asked.execute("SELECT pg_advisory_lock(?)", (number,))
                elif not scalar(asked, "SELECT pg_try_advisory_lock(?)", (number,)):
                    raise LibraryBusyError(busy)
            try:
                yield
            finally:  # the server sees some time later only that a connection is closed
                with suppress(Map4Error), translated(self._shown):
                    asked.execute("SELECT pg_advisory_unlock(?)", (number,))


class PostgresChanges(LibraryChanges):
    """Asks for the number of the last write, by a connection of its own: who wrote sees it at once, as does every other
    server. What the database tells (`NOTIFY`) may come after one's next question, and is lost with a connection: it
    says when to ask, and nothing else.
    """

    is_asked = is_told = True

    def __init__(self, address: str) -> None:
        self._address, self._shown = address, shown(address)
        self._lock = threading.Lock()
        self._connection = connect(address)
        self._listening: Connection | None = None
        self._looked_s = 0.0

    def wait(self, limit_s: float) -> bool:
        with translated(self._shown):
            if self._listening is None or is_cut_off(self._listening):
                self._listening = self._listen()
                is_told = True  # what came before was not heard
            else:
                is_told = _hears_within(self._listening, limit_s)
        if is_told or time.monotonic() - self._looked_s > _LOOK_S:
            self._looked_s, is_told = time.monotonic(), True
        return is_told

    def _listen(self) -> Connection:
        if self._listening is not None:
            self._listening.close()
        connection = connect(self._address)
        connection.execute(f"LISTEN {TOLD}".encode())
        return connection

    def word(self) -> str:
        # A database that was put back counts on from an older number, in other transactions.
        number = "revision || 'x' || xmin"
        state = f"(SELECT uid FROM library_identity) || '-' || (SELECT {number} FROM library_state)"
        with self._lock, translated(self._shown):
            if is_cut_off(self._connection):
                self._connection.close()
                self._connection = connect(self._address)
            asked = PostgresConnection(self._connection)
            [version, word] = asked.execute(f"SELECT ({SCHEMA_VERSION}), {state}").fetchall()[0]
        require_newest(version, self._shown)
        return f"{word}-{datetime.now(UTC):%j}"

    def shared(self) -> SharedState:
        library, _, state = self.word().partition("-")
        return SharedState(library, state.replace("-", "x"))

    def close(self) -> None:
        self._connection.close()
        if self._listening is not None:
            self._listening.close()


def _hears_within(connection: Connection, limit_s: float) -> bool:
    """Whether anything was told, or the connection was cut off meanwhile, with what may have been told on it."""
    try:
        return _hears(connection) or bool(select.select([connection], [], [], limit_s)[0] and _hears(connection))
    except psycopg.OperationalError:
        return True


def _hears(connection: Connection) -> bool:
    """Whether anything was told."""
    connection.pgconn.consume_input()
    told = 0
    while connection.pgconn.notifies() is not None:
        told += 1
    return told > 0
