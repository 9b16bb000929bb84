"""A library in a file of SQLite: the one place where its adapters are made; and care of a file that is closed."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from map4.domain.actor import LOCAL, Actor
from map4.domain.query.context import Preferences
from map4.infra.sql.store import SqlStore, part
from map4.infra.sqlite.connection import require_file
from map4.infra.sqlite.file.database import SqliteDatabase
from map4.infra.sqlite.file.library_state import LibraryState
from map4.infra.sqlite.file.locks import SqliteLocks
from map4.ports.store.store import LibraryRef
from map4.regular_files import file_number

if TYPE_CHECKING:
    from map4.domain.events import Writer
    from map4.infra.sqlite.jobs import SqliteJobs
    from map4.infra.sqlite.sounds import SqliteSounds
    from map4.ports.store.care import Care, Repair, Restored, Verification


class SqliteStore(SqlStore[SqliteDatabase]):
    """The `Store` of a library file.

    path: of the file, which is made where there is none; or `IN_MEMORY`
    writer: who writes into it, for those who follow what changes
    on_update: told, before a library of an older map4 is brought up to date, where the copy of it is
    now: seconds since 1970, of jobs
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
        self._now = now

    care: Care = part("sqlite.maintenance.contents", "SqliteCare")

    @cached_property
    def sounds(self) -> SqliteSounds:
        from map4.infra.sqlite.sounds import SqliteSounds

        if self.shared is not self:
            return self.shared.sounds
        return SqliteSounds(
            self.database, prefer=self.preferences.sources, progress=lambda done, of: self.on_mirror(done, of)
        )

    @cached_property
    def jobs(self) -> SqliteJobs:
        from map4.infra.sqlite.jobs import SqliteJobs

        if self.shared is not self:
            return self.shared.jobs
        self.require_writable()
        return SqliteJobs(self.place.address, now=self._now)

    def has_jobs(self) -> bool:
        from map4.infra.sqlite.jobs import has_jobs

        return has_jobs(self.place.address)

    def identity(self) -> tuple[int, int] | None:
        return file_number(self.place.address)

    def changes(self) -> LibraryState:
        return LibraryState(self.place.address)

    def require_writable(self, instead: str = "name another with --library") -> None:
        self.database.require_writable(instead)

    def close(self) -> None:
        if "jobs" in self.shared.__dict__:
            self.shared.jobs.close()
        self.database.close()


def verify(path: str) -> Verification:
    """Check a library file that may be damaged, and the mirror beside it."""
    from map4.infra.sqlite.maintenance.contents import verify_library

    return verify_library(path)


def repair(path: str) -> Repair | None:
    """Salvage a damaged library into a new file; None where it is sound, and nothing is changed."""
    from map4.infra.sqlite.maintenance.repair import repair_library

    require_file(path)
    with SqliteLocks(path).scan(wait=False):
        return repair_library(path, datetime.now(UTC)) if verify(path).needs_repair else None


def check_backup(source: str, path: str) -> bool:
    """Refuse at once a backup that `restore` would refuse; see `map4.Library.care.check_backup`."""
    from map4.infra.sqlite.maintenance import backup

    require_file(path)
    return backup.check_backup(source, path)


def restore(source: str, path: str) -> Restored:
    """Put a backup in a library's place, or take over a former library; see `map4.Library.care.restore`."""
    from map4.infra.sqlite.maintenance.backup import restore_library
    from map4.infra.sqlite.maintenance.former import take_over
    from map4.ports.store.care import Restored

    require_file(path)
    with SqliteLocks(path).scan(wait=False):
        if check_backup(source, path):
            return Restored(kept_at=restore_library(source, path, datetime.now(UTC)))
        with closing(SqliteDatabase(path)) as database:
            return Restored(taken=take_over(source, database))
