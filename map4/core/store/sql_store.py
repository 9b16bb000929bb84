"""The parts of a store that are SQL, created on first use; subclasses connect to the database."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from map4.core.base.actor import Actor
from map4.core.base.declaration import load
from map4.core.music.query.context import OF_LIBRARY, Preferences
from map4.core.store.preferred_sources import SqlPreferredSources
from map4.core.store.query.hooks import copied_files
from map4.core.store.store_part import LibraryChanges, LibraryRef, Locks, Progress, StorePart
from map4.errors import LibraryDamagedError

if TYPE_CHECKING:
    from map4.core.base.events import Writer
    from map4.core.music.track.sources import Preferred
    from map4.core.store.addresses import SqlAddresses
    from map4.core.store.change_log import SqlChangeLog
    from map4.core.store.database import OwnDatabase
    from map4.core.store.row_cache import RowCache
    from map4.core.store.search import SqlSearch
    from map4.core.store.sound.sound_index import SqlSounds
    from map4.core.store.tracks import SqlTracks


P = TypeVar("P", bound=StorePart)
_SHARED = ("database", "given", "locks", "now", "place", "shared", "writer", "_on_mirror")
"""What stores of one library share, whoever uses them."""


class Store:
    """An open library, which belongs to one thread. Each part is created on first use.

    Unreadable data raises LibraryDamagedError, a failed write LibraryWriteError; errors of the database itself never
    leave it. Ratings, lists and files written are those of the actor.

    place: the library's path or address
    writer: who writes to it, for those who follow changes
    preferences: the preferred sources and rules; a library that keeps none yet keeps these. None: its own, or the
        defaults
    given: these preferences, as another process would open it
    """

    shared: Self
    """Contains everything that is the same for all users."""
    locks: Locks
    sounds_type: ClassVar[str]
    now: Callable[[], float]

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
        self.given = preferences
        self.actor, self.shared = actor, self
        self._parts = dict[type[StorePart], Any]()
        self._on_mirror: Progress = lambda done, of: None
        if preferences is not None:
            with suppress(LibraryDamagedError):  # a damaged value is reported where it counts
                if not self.part(SqlPreferredSources).stored().keys() >= {*OF_LIBRARY}:
                    database.first_write = lambda: self.keep(preferences, OF_LIBRARY, replaces=False)

    def keep(self, preferences: Preferences, names: Iterable[str], *, replaces: bool = True) -> None:
        """Store fields of `OF_LIBRARY`. replaces: overwrite existing rows"""
        self.part(SqlPreferredSources).keep(preferences, names, replaces=replaces)

    @property
    def preferences(self) -> Preferences:
        """The preferences in force: the library's own, and the rest as it was opened."""
        stored = self.part(SqlPreferredSources).stored()
        return replace(self.given or Preferences(), **stored)

    def acting_as(self, actor: Actor) -> Self:
        """The same open library for another user; it is closed with this store."""
        other: Self = object.__new__(type(self))
        # Nothing else is taken over: what was made for one person must not reach another.
        vars(other).update({name: getattr(self, name) for name in _SHARED})
        other.actor, other._parts = actor, {}
        return other

    def part(self, kind: type[P]) -> P:
        """The store's part of a class that a subject defines, created on first use."""
        store = self.shared if kind.is_shared else self
        if kind not in store._parts:
            store._parts[kind] = kind.of(store)
        part: P = store._parts[kind]
        return part

    @property
    def on_mirror(self) -> Progress:
        """Called with the progress of the mirror that `sounds` reads, when an answer has to wait for it."""
        return self.shared._on_mirror

    @on_mirror.setter
    def on_mirror(self, report: Progress) -> None:
        self.shared._on_mirror = report

    # Imported on first use, because most parts import much.

    @property
    def addresses(self) -> SqlAddresses:
        part: SqlAddresses = self.part(load("map4.core.store.addresses:SqlAddresses"))
        return part

    @property
    def change_log(self) -> SqlChangeLog:
        part: SqlChangeLog = self.part(load("map4.core.store.change_log:SqlChangeLog"))
        return part

    def at_once(self) -> AbstractContextManager[object]:
        """Make all writes within it atomic; other writers wait."""
        return self.database.transaction()

    def preferred(self) -> Preferred:
        """The first source of each field with several sources, for all users of this library."""
        return self.part(SqlPreferredSources).all()

    @cached_property
    def tracks(self) -> SqlTracks:
        from map4.core.store.tracks import SqlTracks

        return SqlTracks(
            self.database, preferences=lambda: self.preferences, preferred=self.preferred, actor=self.actor
        )

    @cached_property
    def search(self) -> SqlSearch:
        from map4.core.store.search import SqlSearch

        return SqlSearch(self.database, self.tracks, lambda: [*chain(*copied_files(self))])

    @cached_property
    def sounds(self) -> SqlSounds:
        if self.shared is not self:
            return self.shared.sounds
        sounds: type[SqlSounds] = load(self.sounds_type)
        return sounds(self.database, progress=lambda *done: self.on_mirror(*done))

    @cached_property
    def row_cache(self) -> RowCache:
        """Results about the whole library, cached between runs."""
        from map4.core.store.row_cache import RowCache

        return RowCache(self.database, self.database.cache_file)

    @abstractmethod
    def identity(self) -> Hashable:
        """Distinguishes this library from another in its place, also after closing."""

    @abstractmethod
    def changes(self) -> LibraryChanges:
        """Reports changes, also after this store is closed; the caller closes it."""

    def changed_by_others(self) -> int:
        """A number that changes whenever another connection writes."""
        return self.database.state()[0]

    def take_turns(self, turn: Callable[[], AbstractContextManager[object]]) -> None:
        """Enter `turn` around each write, so that several stores of a library write in sequence."""
        self.database.turn = turn

    @abstractmethod
    def require_writable(self, instead: str = "name another with --library") -> None:
        """Raise LibraryWriteError if this library is read-only; `instead` says what to do."""

    def close(self) -> None:
        """Close the library and the parts that were used."""
        for part in self.shared._parts.values():
            part.close()
        self.database.close()
