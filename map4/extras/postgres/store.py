"""A library in Postgres."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from map4.core.base.actor import LOCAL, Actor
from map4.core.music.query.context import Preferences
from map4.core.store.database import scalar
from map4.core.store.place import LibraryRef
from map4.core.store.sql_store import Store
from map4.extras.postgres.database import PostgresDatabase
from map4.extras.postgres.others import PostgresChanges, PostgresLocks, library_id

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
        actor: Actor = LOCAL,
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
        with self.database.reading() as connection:  # called before each query: open no connection for it
            return str(scalar(connection, "SELECT uid FROM library_identity"))

    def changes(self) -> PostgresChanges:
        return PostgresChanges(self.place.address)

    def require_writable(self, instead: str = "name another with --library") -> None:
        """Anyone who can open it can write."""


def renew_library(database: PostgresDatabase, on_update: Callable[[str], object]) -> None:
    from map4.extras.postgres.renewing import renew  # late: it imports all of the library file's code

    renew(database, on_update)
