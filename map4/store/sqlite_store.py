"""A library in an SQLite file: creates its adapters."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from map4.base.actor import LOCAL, Actor
from map4.base.regular_files import file_number
from map4.music.query.context import Preferences
from map4.store.file.database import SqliteDatabase
from map4.store.file.library_state import LibraryState
from map4.store.file.locks import SqliteLocks
from map4.store.place import LibraryRef
from map4.store.sql_store import Store

if TYPE_CHECKING:
    from map4.base.events import Writer
    from map4.store.sound.sqlite_sounds import SqliteSounds


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
        actor: Actor = LOCAL,
        writer: Writer = "python",
        on_update: Callable[[str], object] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        database = SqliteDatabase(path, on_update=on_update)
        place = LibraryRef(address=path, shown=path, beside=database.file)
        super().__init__(database, place, preferences=preferences, actor=actor, writer=writer)
        self.locks = SqliteLocks(path)
        self.now = now

    database: SqliteDatabase

    @cached_property
    def sounds(self) -> SqliteSounds:
        from map4.store.sound.sqlite_sounds import SqliteSounds

        if self.shared is not self:
            return self.shared.sounds
        return SqliteSounds(
            self.database, prefer=self.preferences.sources, progress=lambda done, of: self.on_mirror(done, of)
        )

    def identity(self) -> tuple[int, int] | None:
        return file_number(self.place.address)

    def changes(self) -> LibraryState:
        return LibraryState(self.place.address)

    def require_writable(self, instead: str = "name another with --library") -> None:
        self.database.require_writable(instead)
