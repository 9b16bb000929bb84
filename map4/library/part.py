"""An open library, shared by the parts of `map4.Library`: its store and services, made on first use."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from weakref import WeakSet

from map4 import accounts, imports, lists, scan, search
from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.base.actor import Actor, Scope, needs
from map4.core.base.paths import PathLike, Paths, absolute_path, display_path, display_paths, is_database, shown_address
from map4.core.music.query.context import Preferences
from map4.core.store.library_ref import IN_MEMORY
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.library import hookspecs
from map4.version import Packages

if TYPE_CHECKING:
    from concurrent.futures import Future

    from map4.core.audio.jobs import Lane, LaneFactory, LaneJob, Outcome
    from map4.core.base.events import Writer
    from map4.core.music.track.track import Track
    from map4.core.store.sql_store import Store
    from map4.settings import Config


T = TypeVar("T")


class LibraryServices:
    """The store and services shared by all parts of an open library."""

    # Imported on first use: most import numpy, which `map4 library info` does not need.

    def __init__(self, store: Store, *, lanes: LaneFactory | None, decoder: str) -> None:
        self.store, self.decoder = store, decoder
        self.lanes = lanes if isinstance(lanes, StoppableLanes) else StoppableLanes(lanes or _process_lanes)
        # A caller that fails, such as on a full disk under stdout, leaves a stream to Python, which ends it late.
        self.streams = WeakSet[Generator[Any, None, None]]()

    def close(self) -> None:
        """End streams that are not read to their end, which write to the library then, and close it."""
        try:
            for stream in list(self.streams):
                with suppress(ValueError):  # it runs: in another thread, or it closes the library itself
                    stream.close()
        finally:
            self.store.close()

    @property
    def open_arguments(self) -> dict[str, Any]:
        """Arguments that open it the same way in another process."""
        place = self.store.place
        where = {"path": place.address, "actor": self.store.actor, "writer": self.store.writer, "shared": place.shared}
        return {**where, "decoder": self.decoder, "preferences": self.store.given}

    @cached_property
    def scanner(self) -> scan.Scanner:
        """The scanner, which analyses files."""
        return scan.Scanner(
            store=self.store, lanes=self.lanes, decoder=self.decoder, after_news=self.match_pending_imports
        )

    @cached_property
    def lists(self) -> lists.Playlists:
        """Lists in the library and in files."""
        return lists.Playlists(self.store)

    @cached_property
    def names(self) -> search.NameResolver:
        """Resolves names of tracks."""
        return search.NameResolver(store=self.store)

    @cached_property
    def resolver(self) -> scan.TrackResolver:
        """Resolves files to tracks, analysing files that are not in the library."""
        return scan.TrackResolver(
            store=self.store,
            scanner=lambda: self.scanner,
            names=self.names,
            read_list=lambda path: self.lists.read(path),
        )

    def match_pending_imports(self) -> list[str]:
        """Apply pending imports to scanned files, and look for copies of files that are away; return messages."""
        return imports.Imports(self.store).match().sentences() if self.store.part(imports.SqlImports).is_used() else []


class LibraryPart:
    """The use cases of one subject of an open library; subclasses may name the scope that all need (`needs`)."""

    def __init_subclass__(cls, scope: Scope | None = None) -> None:
        super().__init_subclass__()
        if scope is not None:
            needs(scope)(cls)

    def __init__(self, services: LibraryServices) -> None:
        self._services, self._store = services, services.store

    @property
    def actor(self) -> Actor:
        """The account that uses the library."""
        return self._store.actor

    def _note(self, action: accounts.AuditAction, **detail: str | int) -> None:
        """Record an action of the actor in the audit log."""
        self._store.part(accounts.SqlAccounts).note(action, account=self.actor.id, detail=detail, now=datetime.now(UTC))

    def _noted(
        self, events: Iterable[T], action: accounts.AuditAction, is_done: Callable[[T], bool]
    ) -> Generator[T, None, None]:
        files = 0
        try:
            for event in events:
                files += is_done(event)
                yield event
        finally:
            if files:
                self._note(action, files=files)

    def _noting(self, events: Iterable[T], action: accounts.AuditAction, is_done: Callable[[T], bool]) -> Iterator[T]:
        """Pass events through; finally, even if closed early, audit how many of them did something."""
        stream = self._noted(events, action, is_done)
        self._services.streams.add(stream)
        return stream

    def _all_or(self, tracks: Paths | None) -> Iterable[Track]:
        """These tracks; None means all analysed tracks that are present."""
        if tracks is not None:
            return self._tracks(tracks)
        return (track for track in self._store.tracks.tracks() if track.state == "ok")

    def _tracks(self, named: Paths) -> Iterator[Track]:
        """One or several tracks, read lazily: tracks of the library, or names (`tracks.named`)."""
        from map4.core.music.track.track import Track

        for track in [named] if isinstance(named, (str, bytes, os.PathLike)) else named:
            yield from [track] if isinstance(track, Track) else self._known(track)

    def _known(self, name: PathLike) -> Iterator[Track]:
        match = self._store.search.at_paths(self._services.names.paths(name))
        if match.unknown:
            raise NothingFoundError(
                f"not in the library: {display_paths(match.unknown)}; 'map4 scan FOLDER' adds new files"
            )
        return self._store.tracks.tracks_by_id(match.file_ids)

    @staticmethod
    def _end_of(events: Iterable[object], kind: type[T]) -> T:
        """The last event, which must be of this kind."""
        [last] = deque(events, maxlen=1)
        assert isinstance(last, kind)
        return last


def _process_lanes(count: int) -> Sequence[Lane]:
    return scan.process_lanes(count)


class StoppableLanes:
    """Makes lanes as `make` does until it is stopped, which is final.

    Callers that wait for a job then get an error and close their lanes as usual, which ends the workers.
    """

    def __init__(self, make: LaneFactory) -> None:
        self._make = make
        self._waited_for: set[Future[Outcome]] = set()
        self._is_stopped = False

    def __call__(self, count: int) -> Sequence[Lane]:
        return [_StoppableLane(lane, self) for lane in self._make(count)]

    def apart(self) -> StoppableLanes:
        """Return lanes of the same kind, which are stopped by themselves."""
        return StoppableLanes(self._make)

    def stop(self) -> None:
        self._is_stopped = True  # first: later submits check it, and earlier ones are in `_waited_for`
        for future in list(self._waited_for):
            _refuse(future)

    def followed(self, job: Future[Outcome]) -> Future[Outcome]:
        """Return the same result, unless this is stopped first."""
        from concurrent.futures import Future

        followed: Future[Outcome] = Future()
        followed.set_running_or_notify_cancel()
        self._waited_for.add(followed)
        followed.add_done_callback(self._waited_for.discard)
        job.add_done_callback(partial(_hand_on, followed))
        if self._is_stopped:
            _refuse(followed)
        return followed


class _StoppableLane:
    """A lane that can be stopped."""

    def __init__(self, lane: Lane, lanes: StoppableLanes) -> None:
        self._lane, self._lanes = lane, lanes

    @property
    def start_up_s(self) -> float:
        return self._lane.start_up_s

    @property
    def queued_s(self) -> float:
        return float(getattr(self._lane, "queued_s", 0.0))

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
        return self._lanes.followed(self._lane.submit(job, timeout_s))

    def kill(self) -> None:
        self._lane.kill()

    def close(self) -> None:
        self._lane.close()


def _refuse(future: Future[Outcome]) -> None:
    from concurrent.futures import InvalidStateError

    with suppress(InvalidStateError):  # it finished at this moment
        future.set_exception(Map4Error("the work on it was stopped"))


def _hand_on(followed: Future[Outcome], job: Future[Outcome]) -> None:
    from concurrent.futures import InvalidStateError

    with suppress(InvalidStateError):  # it was stopped
        try:
            followed.set_result(job.result())
        except BaseException as error:  # is that of the job
            followed.set_exception(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class LibrarySettings:
    """The library and its options from the settings; see `map4.Library.open`."""

    path: PathLike
    shared: PathLike | None = None
    decoder: str = DEFAULT_DECODER
    preferences: Preferences | None = None

    @classmethod
    def of(cls, config: Config) -> Self:
        return cls(
            path=config["library"],
            shared=config["shared"],
            decoder=config["analysis.decoder"],
            preferences=Preferences(
                sources=tuple(config["analysis.prefer"]),
                articles=tuple(config["names.articles"]),
                whole_names=tuple(config["names.whole"]),
                mono=config["loudness.mono"],
                pitch_percent=config["mix.pitch_range"],
                own_remixes=config["playlist.own_remixes"],
                whole_works=config["playlist.whole_works"],
                recent=config["playlist.recent"],
                has_key_lock=config["mix.key_lock"],
                listeners=tuple(name for name in hookspecs.listener.names() if config[name]),
            ),
        )


def open_store(
    path: PathLike,
    *,
    create: bool,
    preferences: Preferences | None,
    actor: Actor,
    writer: Writer,
    on_update: Callable[[str], object] | None = None,
    shared: PathLike | None = None,
) -> Store:
    """The store of a library; see `map4.Library.open`."""
    library = library_address(path)
    if is_database(library):
        return database_store(library)(
            library,
            create=create,
            shared=None if shared is None else _shared_folder(shared),
            preferences=preferences,
            actor=actor,
            writer=writer,
            on_update=on_update,
        )
    from map4.core.store.sqlite_store import SqliteStore

    if not create:
        library = existing(library)
    return SqliteStore(library, preferences=preferences, actor=actor, writer=writer, on_update=on_update)


def _shared_folder(folder: PathLike) -> str:
    path = absolute_path(folder)
    if not os.path.isdir(path):
        raise UsageError(f"there is no folder {display_path(path)} to share; make it, or mount it")
    return path


def database_store(library: str) -> Callable[..., Store]:
    """The store class for a database address; raises UsageError without its packages."""
    with Packages("postgres").needed(f"the library {shown_address(library)} needs"):
        if store := hookspecs.store_class["postgresql"].declared():
            return cast("Callable[..., Store]", store)
        raise ModuleNotFoundError("map4/extras/postgres")


def library_address(path: PathLike) -> str:
    """The absolute path of a library, or its unchanged database address."""
    return str(path) if path == IN_MEMORY or is_database(path) else absolute_path(path)


def existing(path: PathLike, otherwise: str = "yet; 'map4 scan FOLDER' makes it") -> str:
    """The path of an existing library file; raises NothingFoundError if it does not exist."""
    library = file_address(path)
    if not os.path.exists(library):
        raise NothingFoundError(f"there is no library {library} {otherwise}")
    return library


def file_address(path: PathLike) -> str:
    """The path of a library file, existing or not; raises UsageError for a database."""
    if is_database(path):
        raise UsageError(
            f"{shown_address(str(path))} is not a file: its server checks and repairs it; 'map4 library backup' saves "
            "it to a library file, and 'map4 library copy' loads a file into an empty database"
        )
    return absolute_path(path)
