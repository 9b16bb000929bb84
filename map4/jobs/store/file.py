"""The jobs of a library file, in a separate file beside it: `<library>.jobs`."""

from __future__ import annotations

import os
import random
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from map4.core.base.regular_files import OnDisk
from map4.core.store.database import scalar
from map4.core.store.file import connection as sqlite
from map4.core.store.file.database import LibraryFile
from map4.core.store.library_ref import IN_MEMORY
from map4.core.store.sql_store import Store
from map4.errors import LibraryDamagedError, LibraryWriteError, NoLibraryError
from map4.jobs.store.queue import JOB_TABLES, SqlJobs

SUFFIX = ".jobs"
_APPLICATION_ID = 0x6D34_4A6F  # "m4Jo"
_VERSION = 2
# SQLite's busy handler is unfair and may starve a waiter; many short attempts are fair.
_BUSY_S = 60.0
_TRY_AGAIN_S = (0.001, 0.01)


def jobs_file(library: str) -> str:
    """The path of a library's jobs; links are followed."""
    return os.path.realpath(library) + SUFFIX


class SqliteJobs(SqlJobs):
    """The jobs of a library file."""

    def __init__(self, library: str, *, now: Callable[[], float] = time.time) -> None:
        if library == IN_MEMORY:
            raise LibraryWriteError("a library in memory has no jobs")
        self.file = jobs_file(library)
        super().__init__(now)
        self._library = library
        with sqlite.write_errors(f"the jobs {self.file} can't be made"):
            if not os.path.exists(self.file):
                os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, LibraryFile.PRIVATE))
        with sqlite.translated(self.file, _unreadable):
            self._connection = sqlite.connect(self.file, read_only=False)
        self._number = OnDisk(self.file).number()
        with self._reading():
            try:
                sqlite.use_journal(self._connection, self.file)
                self._make_tables()
            except BaseException:
                self._connection.close()
                raise

    @classmethod
    def of(cls, store: Any) -> Self:
        store.require_writable()
        return cls(store.place.address, now=store.now)

    @classmethod
    def are_in(cls, store: Store) -> bool:
        return os.path.exists(jobs_file(store.place.address))

    def again(self) -> SqliteJobs:
        if not os.path.exists(self._library):  # make no jobs without a library
            raise NoLibraryError(f"there is no library {self._library}; it was moved away while it was open")
        return SqliteJobs(self._library, now=self._now)

    def is_current(self) -> bool:
        return OnDisk(self.file).number() == self._number

    def close(self) -> None:
        self._connection.close()

    def version(self) -> int:
        with self._reading() as connection:
            return int(scalar(connection, "PRAGMA data_version"))

    def _make_tables(self) -> None:
        version = scalar(self._connection, "PRAGMA user_version")
        if version == 0:
            with self._transaction() as connection:
                if scalar(connection, "PRAGMA user_version") == 0:
                    for statement in JOB_TABLES.split(";\n"):
                        connection.execute(statement)
                    # Start at a random number, so that numbers of a deleted file are never reused.
                    connection.execute("INSERT INTO sqlite_sequence VALUES ('events', abs(random() % 1000000000000))")
                    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                    connection.execute(f"PRAGMA user_version = {_VERSION}")
        if (
            scalar(self._connection, "PRAGMA application_id") != _APPLICATION_ID
            or scalar(self._connection, "PRAGMA user_version") != _VERSION
        ):
            raise LibraryDamagedError(
                f"{self.file} was written by another program or another version of map4; move it away. Analyses are "
                "safe in the library"
            )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with sqlite.translated(self.file, _unreadable):
                yield self._connection
        except (ValueError, TypeError, KeyError, OverflowError, zlib.error) as error:  # damaged values
            raise _unreadable(self.file, str(error)) from error

    @contextmanager
    def _transaction(self, *, erases: bool = False, notifies: bool = True) -> Iterator[sqlite3.Connection]:
        with self._reading():
            if erases:
                self._connection.execute("PRAGMA secure_delete = ON")
            until = time.monotonic() + _BUSY_S
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                while not self._connection.in_transaction:
                    try:
                        self._connection.execute("BEGIN IMMEDIATE")
                    except sqlite3.OperationalError as error:
                        if not sqlite.is_busy(error) or time.monotonic() > until:
                            raise
                        time.sleep(random.uniform(*_TRY_AGAIN_S))
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * sqlite.BUSY_TIMEOUT_S)}")
            with sqlite.committed(self._connection, begin=None):
                yield self._connection


def _unreadable(file: str, why: str) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"the jobs in {file} can't be read ({why}); move this file away. Only waiting jobs are lost: analyses are in "
        "the library"
    )
