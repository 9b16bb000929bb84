"""One store: all that a library keeps, and what keeps several who use it apart."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from map4.domain.actor import Actor
    from map4.domain.events import Writer
    from map4.domain.query.context import Preferences
    from map4.ports.store.accounts import AccountStore
    from map4.ports.store.addresses import Addresses
    from map4.ports.store.annotations import LabelStore, ObservationStore, PreferredSources, ValueStore
    from map4.ports.store.care import Care
    from map4.ports.store.change_log import ChangeLog
    from map4.ports.store.connections import ConnectionStore
    from map4.ports.store.files import HandOvers, IgnoredFiles, WrittenFiles
    from map4.ports.store.imports import ImportStore
    from map4.ports.store.jobs import JobStore
    from map4.ports.store.lists import PlaylistStore
    from map4.ports.store.people import PersonStore
    from map4.ports.store.player_notes import PlayerNotes
    from map4.ports.store.plays import PlayStore
    from map4.ports.store.search import Search
    from map4.ports.store.sounds import Copies, Progress, SoundIndex
    from map4.ports.store.table_rows import TableRows
    from map4.ports.store.tracks import TrackStore


IN_MEMORY = ":memory:"
"""Address of a library that is nowhere else, and gone when it is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryRef:
    """What names a library, and where files lie that belong to it but not into it.

    address: opens it, in another process too; it may have a password in it
    shown: as messages and records name it
    beside: what the names of its side files begin with on this machine, links followed
    shared: the folder in which several machines have these; None where each has its own
    """

    address: str
    shown: str
    beside: str
    shared: str | None = None

    @property
    def is_in_memory(self) -> bool:
        """Whether there is no file of it."""
        return self.address == IN_MEMORY


class Locks(Protocol):
    """One scan of a library at a time, one watch, one server of a file; each ends with the process that holds it.

    Who can't have one is told by a LibraryBusyError, or a LibraryWriteError where nothing can be locked.
    """

    def scan(self, *, wait: bool) -> AbstractContextManager[None]:
        """Be the one scan; `wait` until the other is over."""

    def watch(self) -> AbstractContextManager[None]:
        """Be the one watch; scans go on beside it."""

    def serve(self) -> AbstractContextManager[None]:
        """Be a server, which does jobs; scans and a watch go on beside it. Of a library file there is one at a time."""


class SharedState(NamedTuple):
    """Which library it is, and in which state: the same words in every process that may be told the same.

    library, state: of letters and digits
    """

    library: str
    state: str


class LibraryChanges(Protocol):
    """Tells whether a library has changed, by whomever; any thread may ask."""

    def word(self) -> str:
        """Another one after every change, and after midnight, since a query may ask for days."""

    @property
    def is_asked(self) -> bool:
        """Whether `word` asks another process, which may give no answer; else it is there at once."""

    @property
    def is_told(self) -> bool:
        """Whether `wait` ends as soon as anybody has written, also to the jobs; else one has to look."""

    def wait(self, limit_s: float) -> bool:
        """Wait so long, or until somebody has written; gives whether one should look. In one thread alone."""

    def shared(self) -> SharedState | None:
        """The same as other servers of the library say it; None where there can be none."""

    def close(self) -> None:
        """Look no more."""


class Store(Protocol):
    """An open library; it belongs to one thread. Each part is made when it is first asked for.

    What can't be read raises LibraryDamagedError, what can't be written LibraryWriteError; errors of what is behind the
    store never leave it.
    """

    on_mirror: Progress
    """Is told how far what `sounds` is read from is made, where an answer has to wait for it."""

    @property
    def place(self) -> LibraryRef:
        """Where it is."""

    @property
    def actor(self) -> Actor:
        """Who uses it: what is read and written of ratings, lists and files written is theirs."""

    def acting_as(self, actor: Actor) -> Store:
        """The same open library as somebody else uses it; it is closed with this one."""

    @property
    def writer(self) -> Writer:
        """Who writes into it, for those who follow what changes."""

    @property
    def preferences(self) -> Preferences:
        """What counts where more than one answer is possible, as it was opened."""

    @property
    def tracks(self) -> TrackStore: ...
    @property
    def search(self) -> Search: ...
    @property
    def rows(self) -> TableRows: ...
    @property
    def addresses(self) -> Addresses: ...
    @property
    def sounds(self) -> SoundIndex: ...
    @property
    def copies(self) -> Copies: ...
    @property
    def lists(self) -> PlaylistStore: ...
    @property
    def imports(self) -> ImportStore: ...
    @property
    def values(self) -> ValueStore: ...
    @property
    def labels(self) -> LabelStore: ...
    @property
    def observations(self) -> ObservationStore: ...
    @property
    def preferred(self) -> PreferredSources: ...
    @property
    def written(self) -> WrittenFiles: ...
    @property
    def ignored(self) -> IgnoredFiles: ...
    @property
    def hand_overs(self) -> HandOvers: ...
    @property
    def change_log(self) -> ChangeLog: ...
    @property
    def jobs(self) -> JobStore: ...
    @property
    def locks(self) -> Locks: ...
    @property
    def player_notes(self) -> PlayerNotes: ...
    @property
    def plays(self) -> PlayStore: ...
    @property
    def connections(self) -> ConnectionStore: ...
    @property
    def accounts(self) -> AccountStore: ...
    @property
    def people(self) -> PersonStore: ...
    @property
    def care(self) -> Care: ...

    def has_jobs(self) -> bool:
        """Whether there ever was a job; asking makes nothing, where `jobs` may."""

    def identity(self) -> Hashable:
        """What tells the library that stands there now from another put in its place, also when this is closed."""

    def changes(self) -> LibraryChanges:
        """Tells of changes, also when this store is closed; whoever asks for it closes it."""

    def changed_by_others(self) -> int:
        """A number that is another once anybody has written to the library but this store."""

    def at_once(self) -> AbstractContextManager[object]:
        """What is written within is written together, or not at all where an error leaves it; others write before or
        after."""

    def take_turns(self, turn: Callable[[], AbstractContextManager[object]]) -> None:
        """Enter `turn` around each write: several stores of one library write one after the other."""

    def require_writable(self, instead: str = "name another with --library") -> None:
        """Raise LibraryWriteError where this library can only be read; `instead` is what else to do."""

    def close(self) -> None:
        """Close it, and the parts that were used."""
