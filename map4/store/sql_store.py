"""The parts of a store that are SQL, made when they are first asked for; where it lies is a matter of its kind."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from map4.base.actor import Actor
from map4.music.query.context import Preferences
from map4.store.database import Database, OwnDatabase
from map4.store.place import LibraryRef, Locks

if TYPE_CHECKING:
    from map4.accounts.store import SqlAccounts
    from map4.base.events import Writer
    from map4.duplicates.store.copies import SqlCopies
    from map4.imports.store import SqlImports
    from map4.jobs.store.queue import SqlJobs
    from map4.lists.store.playlists import SqlPlaylists
    from map4.plays.store.player_notes import SqlPlayerNotes
    from map4.plays.store.plays import SqlPlays
    from map4.search.store import SqlTableRows
    from map4.store.addresses import SqlAddresses
    from map4.store.care import SqlCare
    from map4.store.change_log import SqlChangeLog
    from map4.store.hand_over import SqlHandOvers
    from map4.store.kept_rows import KeptRows
    from map4.store.noted_files import SqlIgnoredFiles, SqlWrittenFiles
    from map4.store.observations import SqlLabels, SqlObservations
    from map4.store.people import SqlPeople
    from map4.store.place import LibraryChanges, Progress
    from map4.store.search import SqlSearch
    from map4.store.sound.sound_index import SqlSounds
    from map4.store.tracks import SqlTracks
    from map4.values.store.preferred import SqlPreferredSources
    from map4.values.store.values import SqlValues


class ExtraPart(Protocol):
    """What an extra keeps in the library."""

    def __init__(self, database: Database, *, actor: Actor = ...) -> None: ...


P = TypeVar("P", bound=ExtraPart)


class StorePart:
    """A part that is made when it is first asked for: with most comes much to import. What is not `own` is the same for
    all who use the library.
    """

    def __init__(self, module: str, made_by: str, own: bool) -> None:
        self._module, self._made_by, self._own = module, made_by, own

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, store: Store, owner: type) -> Any:
        if store.shared is not store and not self._own:
            return getattr(store.shared, self._name)
        more = {"actor": store.actor} if self._own else {}
        made = getattr(import_module(self._module), self._made_by)(store.database, **more)
        return store.__dict__.setdefault(self._name, made)


def part(module: str, made_by: str, *, own: bool = False) -> Any:
    return StorePart(module, made_by, own)


class Store:
    """An open library, which belongs to one thread. Each part is made when it is first used.

    What can't be read raises LibraryDamagedError, what can't be written LibraryWriteError; errors of the database below
    never leave it. Ratings, lists and files written are those of the actor.

    place: where it is
    writer: who writes into it, for those who follow what changes
    preferences: what counts where more than one answer is possible
    """

    shared: Self
    """Has what is the same for all who use it."""
    locks: Locks
    _now: Callable[[], float]

    def __init__(
        self: Self,
        database: OwnDatabase,
        place: LibraryRef,
        *,
        preferences: Preferences | None,
        actor: Actor,
        writer: Writer,
    ) -> None:
        self.database, self.place = database, place
        self.database.writer = self.writer = writer
        self.preferences = preferences or Preferences()
        self.actor, self.shared = actor, self
        self._parts = dict[type[Any], Any]()
        self._on_mirror: Progress = lambda done, of: None

    def acting_as(self, actor: Actor) -> Self:
        """The same open library as somebody else uses it; it is closed with this one."""
        other = object.__new__(type(self))
        for name in ("database", "place", "preferences", "locks", "shared", "writer", "_now"):
            setattr(other, name, getattr(self, name))
        other.actor, other._parts = actor, {}
        return other

    def of_extra(self, kind: type[P]) -> P:
        """What an extra keeps in the library, for the actor; made when it is first asked for."""
        if kind not in self._parts:
            self._parts[kind] = kind(self.database, actor=self.actor)
        made: P = self._parts[kind]
        return made

    @property
    def on_mirror(self) -> Progress:
        """Called with the progress of the mirror that `sounds` reads, when an answer has to wait for it."""
        return self.shared._on_mirror

    @on_mirror.setter
    def on_mirror(self, told: Progress) -> None:
        self.shared._on_mirror = told

    addresses: SqlAddresses = part("map4.store.addresses", "SqlAddresses")
    imports: SqlImports = part("map4.imports.store", "SqlImports", own=True)
    values: SqlValues = part("map4.values.store.values", "SqlValues", own=True)
    labels: SqlLabels = part("map4.store.observations", "SqlLabels", own=True)
    written: SqlWrittenFiles = part("map4.store.noted_files", "SqlWrittenFiles", own=True)
    observations: SqlObservations = part("map4.store.observations", "SqlObservations")
    preferred: SqlPreferredSources = part("map4.values.store.preferred", "SqlPreferredSources")
    ignored: SqlIgnoredFiles = part("map4.store.noted_files", "SqlIgnoredFiles")
    hand_overs: SqlHandOvers = part("map4.store.hand_over", "SqlHandOvers", own=True)
    change_log: SqlChangeLog = part("map4.store.change_log", "SqlChangeLog", own=True)
    plays: SqlPlays = part("map4.plays.store.plays", "SqlPlays", own=True)
    player_notes: SqlPlayerNotes = part("map4.plays.store.player_notes", "SqlPlayerNotes", own=True)
    accounts: SqlAccounts = part("map4.accounts.store", "SqlAccounts")
    people: SqlPeople = part("map4.store.people", "SqlPeople")
    care: SqlCare

    def at_once(self) -> AbstractContextManager[object]:
        """Make all writes within it, or none if an error leaves it; other writers wait."""
        return self.database.transaction()

    @cached_property
    def tracks(self) -> SqlTracks:
        from map4.store.tracks import SqlTracks

        return SqlTracks(
            self.database,
            prefer=self.preferences.sources,
            preferred=self.preferred.all,
            actor=self.actor,
            certainties=self.preferences.certainties,
        )

    @cached_property
    def search(self) -> SqlSearch:
        from map4.store.search import SqlSearch

        return SqlSearch(self.database, self.tracks, lambda: self.copies.file_ids())

    @property
    @abstractmethod
    def sounds(self) -> SqlSounds: ...

    @property
    @abstractmethod
    def jobs(self) -> SqlJobs: ...

    @cached_property
    def kept(self) -> KeptRows:
        """What is told of each file and kept between runs."""
        from map4.store.kept_rows import KeptRows

        return KeptRows(self.database, lambda name: self.sounds.beside(name))

    @cached_property
    def rows(self) -> SqlTableRows:
        from map4.search.store import SqlTableRows

        return SqlTableRows(self.database, self.search)

    @cached_property
    def copies(self) -> SqlCopies:
        from map4.duplicates.store.alike_recordings import AlikeRecordings
        from map4.duplicates.store.copies import SqlCopies

        if self.shared is not self:
            return self.shared.copies
        return SqlCopies(self.database, AlikeRecordings(self.database), self.preferred.all)

    @cached_property
    def lists(self) -> SqlPlaylists:
        from map4.lists.store.playlists import SqlPlaylists

        return SqlPlaylists(self.database, lambda: self.tracks, actor=self.actor)

    @abstractmethod
    def has_jobs(self) -> bool:
        """Whether there ever was a job; unlike `jobs`, this creates nothing."""

    @abstractmethod
    def identity(self) -> Hashable:
        """Tells this library from another put in its place, also after closing."""

    @abstractmethod
    def changes(self) -> LibraryChanges:
        """Reports changes, also after this store is closed; the caller closes it."""

    def changed_by_others(self) -> int:
        """A number that changes whenever another connection writes."""
        return self.database.state()[0]

    def take_turns(self, turn: Callable[[], AbstractContextManager[object]]) -> None:
        """Enter `turn` around each write, so that several stores of one library write one after the other."""
        self.database.turn = turn

    @abstractmethod
    def require_writable(self, instead: str = "name another with --library") -> None:
        """Raise LibraryWriteError if this library is read-only; `instead` says what to do."""

    @abstractmethod
    def close(self) -> None:
        """Close the library and the parts that were used."""
