"""The parts of a store that are SQL, made when they are first asked for; where it lies is a matter of its kind."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from map4.domain.actor import Actor
from map4.domain.query.context import Preferences
from map4.infra.sql.database import OwnDatabase
from map4.ports.store.store import LibraryRef, Locks

if TYPE_CHECKING:
    from map4.domain.events import Writer
    from map4.infra.sql.kept_rows import KeptRows
    from map4.infra.sql.playlists import SqlPlaylists
    from map4.infra.sql.search import SqlSearch
    from map4.infra.sql.sound.copies import SqlCopies
    from map4.infra.sql.sound.sound_index import SqlSounds
    from map4.infra.sql.table_rows import SqlTableRows
    from map4.infra.sql.tracks import SqlTracks
    from map4.ports.store.accounts import AccountStore
    from map4.ports.store.addresses import Addresses
    from map4.ports.store.annotations import LabelStore, ObservationStore, PreferredSources, ValueStore
    from map4.ports.store.change_log import ChangeLog
    from map4.ports.store.connections import ConnectionStore
    from map4.ports.store.files import HandOvers, IgnoredFiles, WrittenFiles
    from map4.ports.store.imports import ImportStore
    from map4.ports.store.people import PersonStore
    from map4.ports.store.player_notes import PlayerNotes
    from map4.ports.store.plays import PlayStore
    from map4.ports.store.sounds import Progress

D = TypeVar("D", bound=OwnDatabase)


class StorePart:
    """A part that is made when it is first asked for: with most comes much to import. What is not `own` is the same for
    all who use the library.
    """

    def __init__(self, module: str, made_by: str, own: bool) -> None:
        self._module, self._made_by, self._own = f"map4.infra.{module}", made_by, own

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, store: SqlStore[Any], owner: type) -> Any:
        if store.shared is not store and not self._own:
            return getattr(store.shared, self._name)
        more = {"actor": store.actor} if self._own else {}
        made = getattr(import_module(self._module), self._made_by)(store.database, **more)
        return store.__dict__.setdefault(self._name, made)


def part(module: str, made_by: str, *, own: bool = False) -> Any:
    return StorePart(module, made_by, own)


class SqlStore(Generic[D]):
    """An open library, however it is kept; see `map4.ports.store.store.Store`."""

    shared: Self
    """Has what is the same for all who use it."""
    locks: Locks
    _now: Callable[[], float]

    def __init__(
        self: Self, database: D, place: LibraryRef, *, preferences: Preferences | None, actor: Actor, writer: Writer
    ) -> None:
        self.database, self.place = database, place
        self.database.writer = self.writer = writer
        self.preferences = preferences or Preferences()
        self.actor, self.shared = actor, self
        self._on_mirror: Progress = lambda done, of: None

    def acting_as(self, actor: Actor) -> Self:
        other = object.__new__(type(self))
        for name in ("database", "place", "preferences", "locks", "shared", "writer", "_now"):
            setattr(other, name, getattr(self, name))
        other.actor = actor
        return other

    @property
    def on_mirror(self) -> Progress:
        return self.shared._on_mirror

    @on_mirror.setter
    def on_mirror(self, told: Progress) -> None:
        self.shared._on_mirror = told

    addresses: Addresses = part("sql.addresses", "SqlAddresses")
    imports: ImportStore = part("sql.imports", "SqlImports", own=True)
    values: ValueStore = part("sql.values", "SqlValues", own=True)
    labels: LabelStore = part("sql.observations", "SqlLabels", own=True)
    written: WrittenFiles = part("sql.noted_files", "SqlWrittenFiles", own=True)
    observations: ObservationStore = part("sql.observations", "SqlObservations")
    preferred: PreferredSources = part("sql.preferred", "SqlPreferredSources")
    ignored: IgnoredFiles = part("sql.noted_files", "SqlIgnoredFiles")
    hand_overs: HandOvers = part("sql.hand_over", "SqlHandOvers", own=True)
    change_log: ChangeLog = part("sql.change_log", "SqlChangeLog", own=True)
    plays: PlayStore = part("sql.plays", "SqlPlays", own=True)
    player_notes: PlayerNotes = part("sql.player_notes", "SqlPlayerNotes", own=True)
    connections: ConnectionStore = part("sql.connections", "SqlConnections", own=True)
    accounts: AccountStore = part("sql.accounts", "SqlAccounts")
    people: PersonStore = part("sql.people", "SqlPeople")

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

        return SqlSearch(self.database, self.tracks, lambda: self.copies, lambda: self.kept)

    @property
    @abstractmethod
    def sounds(self) -> SqlSounds: ...

    @cached_property
    def kept(self) -> KeptRows:
        """What is told of each file and kept between runs."""
        from map4.infra.sql.kept_rows import KeptRows

        return KeptRows(self.database, lambda name: self.sounds.beside(name))

    @cached_property
    def rows(self) -> SqlTableRows:
        from map4.infra.sql.table_rows import SqlTableRows

        return SqlTableRows(self.database, self.search)

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

    def changed_by_others(self) -> int:
        return self.database.state()[0]

    def take_turns(self, turn: Callable[[], AbstractContextManager[object]]) -> None:
        self.database.turn = turn
