"""A library in Postgres."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg

from map4.core.base.actor import Actor
from map4.core.music.query.context import Preferences
from map4.core.store.database import scalar
from map4.core.store.library_ref import LibraryChanges, LibraryRef, Locks, SharedState
from map4.core.store.sql_store import Store
from map4.errors import LibraryBusyError, Map4Error
from map4.extras.postgres.connection import PostgresConnection, connect, is_cut_off, shown, translated
from map4.extras.postgres.database import SCHEMA_VERSION, PostgresDatabase, require_newest
from map4.extras.postgres.functions import CHANNEL

# Next to the writer's lock; each database has its own locks.
_SCAN, _WATCH = 0x4D415035, 0x4D415036
_LOOK_S = 5.0  # polling interval without notifications, such as behind connection poolers that drop them
Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]


def library_id(address: str) -> str:
    """The unique id of the library at an address."""
    with closing(connect(address)) as connection, translated(shown(address)):
        return str(scalar(PostgresConnection(connection), "SELECT uid FROM library_identity"))


class PostgresLocks(Locks):
    """Each lock is held by its own connection and ends with it."""

    def __init__(self, address: str) -> None:
        self._address, self._shown = address, shown(address)

    def scan(self, *, wait: bool) -> AbstractContextManager[None]:
        return self._lock(_SCAN, wait, f"another scan of {self._shown} is running; try later, or 'map4 scan --wait'")

    def watch(self) -> AbstractContextManager[None]:
        busy = f"'map4 scan --watch' already runs for {self._shown}; stop it first, or name all folders in one call"
        return self._lock(_WATCH, False, busy)

    def serve(self) -> AbstractContextManager[None]:
        return nullcontext()  # each server runs the jobs that it claims

    @contextmanager
    def _lock(self, number: int, wait: bool, busy: str) -> Iterator[None]:
        with closing(connect(self._address)) as connection:
            with translated(self._shown):
                locking = PostgresConnection(connection)
                if wait:
                    locking.execute("SELECT pg_advisory_lock(?)", (number,))
                elif not scalar(locking, "SELECT pg_try_advisory_lock(?)", (number,)):
                    raise LibraryBusyError(busy)
            try:
                yield
            finally:  # the server notices a closed connection only after some time
                with suppress(Map4Error), translated(self._shown):
                    locking.execute("SELECT pg_advisory_unlock(?)", (number,))


class PostgresChanges(LibraryChanges):
    """Reads the number of the last write through its own connection, so changes are visible immediately on all servers.
    Notifications (`NOTIFY`) may arrive after the next query and are lost with a connection, so they only trigger a
    read."""

    is_remote = notifies = True

    def __init__(self, address: str) -> None:
        self._address, self._shown = address, shown(address)
        self._lock = threading.Lock()
        self._connection = connect(address)
        self._listening: Connection | None = None
        self._looked_s = 0.0

    def wait(self, limit_s: float) -> bool:
        with translated(self._shown):
            if self._listening is None or is_cut_off(self._listening):
                if self._listening is not None:
                    self._listening.close()
                connection = connect(self._address)
                connection.execute(f"LISTEN {CHANNEL}".encode())
                self._listening = connection
                is_due = True  # earlier notifications were missed
            else:
                is_due = _notified_within(self._listening, limit_s)
        if is_due or time.monotonic() - self._looked_s > _LOOK_S:
            self._looked_s, is_due = time.monotonic(), True
        return is_due

    def word(self) -> str:
        # A restored database counts on from an older number, but in other transactions.
        number = "revision || 'x' || xmin"
        state = f"(SELECT uid FROM library_identity) || '-' || (SELECT {number} FROM library_state)"
        with self._lock, translated(self._shown):
            if is_cut_off(self._connection):
                self._connection.close()
                self._connection = connect(self._address)
            reading = PostgresConnection(self._connection)
            [version, word] = reading.execute(f"SELECT ({SCHEMA_VERSION}), {state}").fetchall()[0]
        require_newest(version, self._shown)
        return f"{word}-{datetime.now().astimezone():%j}"

    def shared(self) -> SharedState:
        library, _, state = self.word().partition("-")
        return SharedState(library, state.replace("-", "x"))

    def close(self) -> None:
        self._connection.close()
        if self._listening is not None:
            self._listening.close()


def _notified_within(connection: Connection, limit_s: float) -> bool:
    """True if there was a notification, or the connection was lost and may have lost some."""
    try:
        return _notified(connection) or any(connection.notifies(timeout=limit_s, stop_after=1))
    except psycopg.OperationalError:
        return True


def _notified(connection: Connection) -> bool:
    """True if there was a notification; takes all that wait."""
    connection.pgconn.consume_input()
    return len([*iter(connection.pgconn.notifies, None)]) > 0


if TYPE_CHECKING:
    from map4.core.base.events import Writer


class PostgresStore(Store):
    """The store of a library in Postgres.

    address: of the database
    create: create a library if there is none
    shared: folder shared by several machines for data outside the library
    writer: name of the writer for change followers
    now: returns seconds since 1970, for jobs
    on_update: called with the path of a copy after a library of an older map4 is updated
    """

    def __init__(
        self,
        address: str,
        *,
        create: bool = True,
        shared: str | None = None,
        preferences: Preferences | None = None,
        actor: Actor = Actor.LOCAL,
        writer: Writer = "python",
        now: Callable[[], float] = time.time,
        on_update: Callable[[str], object] | None = None,
    ) -> None:
        renew = partial(renew_library, on_update=on_update or (lambda copy: None))
        database = PostgresDatabase(address, create=create, shared=shared, renew=renew)
        place = LibraryRef(address=address, shown=database.path, beside=database.file, shared=shared)
        super().__init__(database, place, preferences=preferences, actor=actor, writer=writer)
        self.locks = PostgresLocks(address)
        self.now = now

    database: PostgresDatabase
    sounds_type = "map4.extras.postgres.sounds:PostgresSounds"

    def identity(self) -> str:
        if self.database.is_closed:
            return library_id(self.place.address)
        # Called before each query: open no connection for it.
        return str(self.database.scalar("SELECT uid FROM library_identity"))

    def changes(self) -> PostgresChanges:
        return PostgresChanges(self.place.address)

    def require_writable(self, instead: str = "name another with --library") -> None:
        """Anyone who can open it can write."""


def renew_library(database: PostgresDatabase, on_update: Callable[[str], object]) -> None:
    from map4.extras.postgres.renewing import renew  # late: it imports all of the library file's code

    renew(database, on_update)
