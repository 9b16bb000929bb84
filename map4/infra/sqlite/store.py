"""A library in a file of SQLite: the one place where its adapters are made; and care of a file that is closed."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from map4.domain.actor import LOCAL, Actor
from map4.domain.query.context import Preferences
from map4.infra.sqlite.connection import require_file
from map4.infra.sqlite.file.database import SqliteDatabase
from map4.infra.sqlite.file.library_state import LibraryState
from map4.infra.sqlite.file.locks import SqliteLocks
from map4.ports.store.store import LibraryRef
from map4.regular_files import file_number

if TYPE_CHECKING:
    from map4.domain.events import Writer
    from map4.infra.sql.playlists import SqlPlaylists
    from map4.infra.sql.search import SqlSearch
    from map4.infra.sql.sound.copies import SqlCopies
    from map4.infra.sql.table_rows import SqlTableRows
    from map4.infra.sql.tracks import SqlTracks
    from map4.infra.sqlite.jobs import SqliteJobs
    from map4.infra.sqlite.sound.sound_index import SqliteSounds
    from map4.ports.store.accounts import AccountStore
    from map4.ports.store.addresses import Addresses
    from map4.ports.store.annotations import LabelStore, ObservationStore, PreferredSources, ValueStore
    from map4.ports.store.care import Care, Repair, Restored, Verification
    from map4.ports.store.change_log import ChangeLog
    from map4.ports.store.connections import ConnectionStore
    from map4.ports.store.files import HandOvers, IgnoredFiles, WrittenFiles
    from map4.ports.store.imports import ImportStore
    from map4.ports.store.people import PersonStore
    from map4.ports.store.player_notes import PlayerNotes
    from map4.ports.store.plays import PlayStore
    from map4.ports.store.sounds import Progress


class _Part:
    """A part that is made when it is first asked for: with most comes much to import. What is not `own` is the same for
    all who use the library.
    """

    def __init__(self, module: str, made_by: str, own: bool) -> None:
        self._module, self._made_by, self._own = f"map4.infra.{module}", made_by, own

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, store: SqliteStore, owner: type) -> Any:
        if store.shared is not store and not self._own:
            return getattr(store.shared, self._name)
        more = {"actor": store.actor} if self._own else {}
        made = getattr(import_module(self._module), self._made_by)(store.database, **more)
        return store.__dict__.setdefault(self._name, made)


def _part(module: str, made_by: str, *, own: bool = False) -> Any:
    return _Part(module, made_by, own)


class SqliteStore:
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
        self.database = SqliteDatabase(path, on_update=on_update)
        self.database.writer = self.writer = writer
        self.place = LibraryRef(address=path, beside=self.database.file)
        self.preferences = preferences or Preferences()
        self.locks = SqliteLocks(path)
        self._now = now
        self.actor, self.shared = actor, self
        self._on_mirror: Progress = lambda done, of: None

    def acting_as(self, actor: Actor) -> SqliteStore:
        other = object.__new__(type(self))
        other.database, other.place, other.preferences = self.database, self.place, self.preferences
        other.locks, other.actor, other.shared, other.writer = self.locks, actor, self.shared, self.writer
        return other

    @property
    def on_mirror(self) -> Progress:
        return self.shared._on_mirror

    @on_mirror.setter
    def on_mirror(self, told: Progress) -> None:
        self.shared._on_mirror = told

    addresses: Addresses = _part("sql.addresses", "SqlAddresses")
    imports: ImportStore = _part("sql.imports", "SqlImports", own=True)
    values: ValueStore = _part("sql.values", "SqlValues", own=True)
    labels: LabelStore = _part("sql.observations", "SqlLabels", own=True)
    written: WrittenFiles = _part("sql.noted_files", "SqlWrittenFiles", own=True)
    observations: ObservationStore = _part("sql.observations", "SqlObservations")
    preferred: PreferredSources = _part("sql.preferred", "SqlPreferredSources")
    ignored: IgnoredFiles = _part("sql.noted_files", "SqlIgnoredFiles")
    hand_overs: HandOvers = _part("sql.hand_over", "SqlHandOvers", own=True)
    change_log: ChangeLog = _part("sql.change_log", "SqlChangeLog", own=True)
    plays: PlayStore = _part("sql.plays", "SqlPlays", own=True)
    player_notes: PlayerNotes = _part("sql.player_notes", "SqlPlayerNotes", own=True)
    connections: ConnectionStore = _part("sql.connections", "SqlConnections", own=True)
    accounts: AccountStore = _part("sql.accounts", "SqlAccounts")
    people: PersonStore = _part("sql.people", "SqlPeople")
    care: Care = _part("sqlite.maintenance.contents", "SqliteCare")

    def at_once(self) -> AbstractContextManager[object]:
        return self.database.transaction()

    @cached_property
    def tracks(self) -> SqlTracks:
        from map4.infra.sql.tracks import SqlTracks

        return SqlTracks(
            self.database,
            prefer=self.preferences.sources,
            preferred=self.preferred.all,
            actor=self.actor,
            certainties=self.preferences.certainties,
        )

    @cached_property
    def search(self) -> SqlSearch:
        from map4.infra.sql.search import SqlSearch

        return SqlSearch(self.database, self.tracks, lambda: self.copies)

    @cached_property
    def rows(self) -> SqlTableRows:
        from map4.infra.sql.table_rows import SqlTableRows

        return SqlTableRows(self.database, self.search)

    @cached_property
    def sounds(self) -> SqliteSounds:
        from map4.infra.sqlite.sound.sound_index import SqliteSounds

        if self.shared is not self:
            return self.shared.sounds
        return SqliteSounds(
            self.database, prefer=self.preferences.sources, progress=lambda done, of: self.on_mirror(done, of)
        )

    @cached_property
    def copies(self) -> SqlCopies:
        from map4.infra.sql.sound.alike_recordings import AlikeRecordings
        from map4.infra.sql.sound.copies import SqlCopies

        if self.shared is not self:
            return self.shared.copies
        return SqlCopies(self.database, AlikeRecordings(self.database), self.preferred.all)

    @cached_property
    def lists(self) -> SqlPlaylists:
        from map4.infra.sql.playlists import SqlPlaylists

        return SqlPlaylists(self.database, lambda: self.tracks, actor=self.actor)

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

    def changed_by_others(self) -> int:
        return self.database.state()[0]

    def take_turns(self, turn: Callable[[], AbstractContextManager[object]]) -> None:
        self.database.turn = turn

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
