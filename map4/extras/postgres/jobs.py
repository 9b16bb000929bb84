"""Jobs of a library in Postgres: each is claimed by one server, without blocking other claims."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from typing import Any, Self

from map4.core.store.database import UNREADABLE_VALUES, scalar
from map4.core.store.sql_store import Store
from map4.errors import LibraryDamagedError
from map4.extras.postgres.connection import PostgresConnection
from map4.extras.postgres.database import PostgresDatabase
from map4.extras.postgres.functions import NOTIFY
from map4.jobs import SqlJobs

_COUNT = f"UPDATE jobs_state SET revision = revision + 1 {NOTIFY}"


class PostgresJobs(SqlJobs):
    """Jobs of an open library."""

    _database: PostgresDatabase
    look_s = 2.0
    skip_locked_sql = " FOR UPDATE SKIP LOCKED"
    lost = "lease_until < :now"

    def __init__(self, database: PostgresDatabase, *, now: Callable[[], float] = time.time) -> None:
        super().__init__(now)
        self._database, self._own = database, 0

    @classmethod
    def of(cls, store: Any) -> Self:
        return cls(store.database, now=store.now)

    @classmethod
    def are_in(cls, store: Store) -> bool:
        with store.part(SqlJobs)._reading() as connection:
            return bool(scalar(connection, "SELECT count(*) FROM last_numbers WHERE name = 'jobs'"))

    def again(self) -> PostgresJobs:
        return PostgresJobs(PostgresDatabase(self._database.address), now=self._now)

    def close(self) -> None:
        self._database.close()

    def _seat(self, owner: str) -> int:
        return int.from_bytes(sha256(owner.encode()).digest()[:4]) >> 1

    def version(self) -> int:
        with self._reading() as connection:
            return int(scalar(connection, "SELECT revision FROM jobs_state")) - self._own

    @contextmanager
    def _readable(self, opened: AbstractContextManager[PostgresConnection]) -> Iterator[PostgresConnection]:
        with opened as connection:
            try:
                yield connection
            except (*UNREADABLE_VALUES, zlib.error) as error:  # values written by another program
                raise LibraryDamagedError(
                    f"the jobs of the library {self._database.path} can't be read ({error}); delete the rows that "
                    "another program wrote to its table 'jobs'. Finished analyses are in the library"
                ) from error

    def _reading(self) -> AbstractContextManager[PostgresConnection]:
        return self._readable(self._database.reading())

    @contextmanager
    def _transaction(self, *, erases: bool = False, notifies: bool = True) -> Iterator[PostgresConnection]:
        with self._readable(self._database.beside()) as connection:
            yield connection
            if notifies:
                connection.execute(_COUNT)  # last, because others wait for the row
        self._own += notifies
