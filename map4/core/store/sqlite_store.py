"""A library in an SQLite file: creates its adapters."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from map4.core.base.actor import Actor
from map4.core.base.regular_files import OnDisk
from map4.core.music.query.context import Preferences
from map4.core.store.database import scalar
from map4.core.store.file.connection import connect, translated
from map4.core.store.file.database import SqliteDatabase, SqliteLocks
from map4.core.store.library_ref import LibraryChanges, LibraryRef, Locks
from map4.core.store.sql_store import Store

if TYPE_CHECKING:
    from map4.core.base.events import Writer


class SqliteStore(Store):
    """The store of a library file.

    path: the file, created if absent; or `IN_MEMORY`
    writer: who writes to it, for those who follow changes
    on_update: called with the path of the copy before a library of an older map4 is updated
    now: seconds since 1970, for jobs
    """

    def __init__(
        self,
        path: str,
        *,
        preferences: Preferences | None = None,
        actor: Actor = Actor.LOCAL,
        writer: Writer = "python",
        on_update: Callable[[str], object] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        database = SqliteDatabase(path, on_update=on_update)
        place = LibraryRef(address=path, shown=path, beside=database.file)
        super().__init__(database, place, preferences=preferences, actor=actor, writer=writer)
        self.now = now

    database: SqliteDatabase
    sounds_type = "map4.core.store.sound.sound_index:SqliteSounds"

    @cached_property
    def locks(self) -> Locks:
        return SqliteLocks(self.place.address)

    def identity(self) -> tuple[int, int] | None:
        return OnDisk(self.place.address).number()

    def changes(self) -> LibraryState:
        return LibraryState(self.place.address)

    def require_writable(self, instead: str = "name another with --library") -> None:
        self.database.require_writable(instead)


class LibraryState(LibraryChanges):
    """Watches one library file; thread-safe.

    SQLite counts the commits of other connections (`PRAGMA data_version`), separately for each connection, so this
    connection never writes. The file itself may also be replaced, for example by `map4 library restore`.
    """

    def __init__(self, path: str) -> None:
        self._file = os.path.realpath(path)
        self._shown = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._number: tuple[int, int] | None = None
        self._generation = 0
        # Another process counts from another start, so words from different processes must differ.
        self._process = os.urandom(4).hex()

    def word(self) -> str:
        """Changes when the library does, and at midnight, since a query may ask for days."""
        with self._lock, translated(self._shown):
            version = scalar(self._current(), "PRAGMA data_version")
        return f"{self._process}-{self._generation}-{version}-{datetime.now().astimezone():%j}"

    is_remote = notifies = False

    def wait(self, limit_s: float) -> bool:
        time.sleep(limit_s)
        return True

    def shared(self) -> None:
        """None: only one server can use a library file."""

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _current(self) -> sqlite3.Connection:
        number = OnDisk(self._file).number()
        if self._connection is None or number != self._number:
            self._close()
            self._connection = connect(self._file, read_only=True, check_same_thread=False)
            self._number = number
            self._generation += 1
        return self._connection
