"""A library in Postgres."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import closing
from functools import cached_property, partial
from typing import TYPE_CHECKING

from map4.base.actor import LOCAL, Actor
from map4.base.library_address import shown_address
from map4.errors import UsageError
from map4.extras.postgres.database import PostgresDatabase
from map4.extras.postgres.others import PostgresChanges, PostgresLocks, library_id
from map4.music.query.context import Preferences
from map4.store.care_records import CopiedLibrary
from map4.store.database import Database, scalar
from map4.store.place import LibraryRef
from map4.store.sql_store import Store, named

if TYPE_CHECKING:
    from map4.base.events import Writer
    from map4.extras.postgres.sounds import PostgresSounds
    from map4.store.care import SqlCare
    from map4.store.place import Progress

_COUNTED = ("files", "analyses", "accounts")


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
        renew = partial(_renew, on_update=on_update or (lambda copy: None))
        database = PostgresDatabase(address, create=create, shared=shared, renew=renew)
        place = LibraryRef(address=address, shown=database.path, beside=database.file, shared=shared)
        super().__init__(database, place, preferences=preferences, actor=actor, writer=writer)
        self.locks = PostgresLocks(address)
        self.now = now

    database: PostgresDatabase
    care: SqlCare = named("map4.extras.postgres.care:PostgresCare")

    @staticmethod
    def copy_from(file: str, address: str, progress: Progress, *, without: Collection[str] = ()) -> CopiedLibrary:
        """Create a library in a database from a library file.

        without: extras whose tables are omitted
        """
        from map4.extras.postgres.copying import copy_into_database
        from map4.store.file.database import SqliteDatabase

        with closing(SqliteDatabase(file)) as database:
            _require_installed(database, without)
            copy_into_database(database, address, progress, without=without)
            return _copied(database, file, shown_address(address))

    @staticmethod
    def copy_to(address: str, file: str, progress: Progress, *, without: Collection[str] = ()) -> CopiedLibrary:
        """Create a library file from a library in a database.

        without: extras whose tables are omitted
        """
        from map4.base.unfinished import place_new, unfinished
        from map4.extras.postgres.copying import copy_into_file
        from map4.store.file.errors import write_errors
        from map4.store.unreadable import damaged
        from map4.store.upkeep.verify import verify_library

        renew = partial(_renew, on_update=lambda copy: None)
        with closing(PostgresDatabase(address, create=False, renew=renew)) as database:
            _require_installed(database, without)
            with write_errors(f"{file} can't be written"), unfinished(file, "new") as new:
                copy_into_file(database, new, progress, without=without)
                problems = verify_library(new).problems
                if not place_new(new, file):
                    raise UsageError(f"{file} was created by another program in the meantime; name another file")
            if problems:
                raise damaged(database.path, problems[0], f"{file} holds the damage too")
            return _copied(database, database.path, file)

    @cached_property
    def sounds(self) -> PostgresSounds:
        from map4.extras.postgres.sounds import PostgresSounds

        if self.shared is not self:
            return self.shared.sounds
        return PostgresSounds(
            self.database, prefer=self.preferences.sources, progress=lambda done, of: self.on_mirror(done, of)
        )

    def identity(self) -> str:
        if self.database.is_closed:
            return library_id(self.place.address)
        with self.database.reading() as connection:  # called before each query: open no connection for it
            return str(scalar(connection, "SELECT uid FROM library_identity"))

    def changes(self) -> PostgresChanges:
        return PostgresChanges(self.place.address)

    def require_writable(self, instead: str = "name another with --library") -> None:
        """Anyone who can open it can write."""


def _renew(database: PostgresDatabase, on_update: Callable[[str], object]) -> None:
    from map4.extras.postgres.renewing import renew  # late: it imports all of the library file's code

    renew(database, on_update)


def _require_installed(database: Database, without: Collection[str]) -> None:
    from map4.store.extra_tables import require_installed

    with database.reading() as connection:
        require_installed(connection, f"{database.path} can't be copied", without)


def _copied(database: Database, source: str, target: str) -> CopiedLibrary:
    with database.reading() as connection:
        count = {name: int(scalar(connection, f"SELECT count(*) FROM {name}")) for name in _COUNTED}
    return CopiedLibrary(source=source, target=target, **count)
