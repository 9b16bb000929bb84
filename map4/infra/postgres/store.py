"""A library in Postgres."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from map4.domain.actor import LOCAL, Actor
from map4.domain.query.context import Preferences
from map4.infra.postgres.database import PostgresDatabase
from map4.infra.postgres.jobs import PostgresJobs
from map4.infra.postgres.others import PostgresChanges, PostgresLocks, library_id
from map4.infra.sql.store import SqlStore
from map4.ports.store.store import LibraryRef

if TYPE_CHECKING:
    from map4.domain.events import Writer
    from map4.infra.postgres.sounds import PostgresSounds


class PostgresStore(SqlStore[PostgresDatabase]):
    """The `Store` of a library in a database of Postgres.

    address: of the database, in which a library is begun where there is none
    writer: who writes into it, for those who follow what changes
    now: seconds since 1970, of jobs
    """

    def __init__(
        self,
        address: str,
        *,
        preferences: Preferences | None = None,
        actor: Actor = LOCAL,
        writer: Writer = "python",
        now: Callable[[], float] = time.time,
    ) -> None:
        database = PostgresDatabase(address)
        place = LibraryRef(address=address, shown=database.path, beside=database.file)
        super().__init__(database, place, preferences=preferences, actor=actor, writer=writer)
        self.locks = PostgresLocks(address)
        self._now = now

    @cached_property
    def sounds(self) -> PostgresSounds:
        from map4.infra.postgres.sounds import PostgresSounds

        if self.shared is not self:
            return self.shared.sounds
        return PostgresSounds(
            self.database, prefer=self.preferences.sources, progress=lambda done, of: self.on_mirror(done, of)
        )

    @cached_property
    def jobs(self) -> PostgresJobs:
        return self.shared.jobs if self.shared is not self else PostgresJobs(self.database, now=self._now)

    def has_jobs(self) -> bool:
        return self.jobs.are_there()

    def identity(self) -> str:
        return library_id(self.place.address)

    def changes(self) -> PostgresChanges:
        return PostgresChanges(self.place.address)

    def require_writable(self, instead: str = "name another with --library") -> None:
        """Whoever may open it may write."""

    def close(self) -> None:
        self.database.close()
