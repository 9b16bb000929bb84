"""An open library file: the adapters behind every method of `Library`, made once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from map4.app.paths import PathLike, absolute_path
from map4.domain.actor import LOCAL, Actor
from map4.domain.preferences import Preferences
from map4.errors import NothingFoundError
from map4.infra.audio.decoder import DEFAULT_DECODER, load_decoder
from map4.infra.config import default_library_path
from map4.infra.sqlite.store import SqliteStore
from map4.ports.store.store import IN_MEMORY

if TYPE_CHECKING:
    from map4.app.name_resolver import NameResolver
    from map4.app.playlists.playlists import Playlists
    from map4.app.scan.scanner import Scanner
    from map4.app.track_resolver import TrackResolver
    from map4.domain.query.context import QueryContext
    from map4.infra.files.output import OutputFiles
    from map4.ports.scanning import Lane, LaneFactory
    from map4.ports.store.store import Store


class OpenLibrary:
    """An open library file: the adapters behind every method of `Library`, made once."""

    IN_MEMORY = IN_MEMORY
    """Name of a library without a file, which is gone when it is closed."""

    actor: Actor = LOCAL
    """Who uses it."""

    def __init__(self, store: Store, *, lanes: LaneFactory | None, decoder: str) -> None:
        self.actor = store.actor
        self._store = store
        self._preferences = store.preferences
        self._lanes = lanes
        self._decoder = decoder

    @property
    def on_mirror(self) -> Callable[[int, int], object]:
        """Is told how far the mirror of a large library is, where an answer has to wait for it."""
        return self._store.on_mirror

    @on_mirror.setter
    def on_mirror(self, told: Callable[[int, int], object]) -> None:
        self._store.on_mirror = told

    @classmethod
    def open(
        cls,
        path: PathLike | None = None,
        *,
        create: bool = True,
        lanes: LaneFactory | None = None,
        decoder: str = DEFAULT_DECODER,
        preferences: Preferences | None = None,
        actor: Actor = LOCAL,
        on_update: Callable[[str], object] | None = None,
    ) -> Self:
        """Open a library.

        path: the library file; None means the user's own, as the command line has it without options
        create: make it where it does not exist
        lanes: makes the lanes that jobs run in: None for a process each (`map4.plugins.process_lanes`), or
            `map4.plugins.inline_lanes` (in this thread)
        decoder: what decodes audio, as `module:callable`
        preferences: which source of tempo and key counts, and which keys go with another
        actor: who uses it
        on_update: told, before a library of an older map4 is brought up to date, where the copy of it is; of a million
            tracks that takes minutes
        raises NothingFoundError: if it does not exist, and `create` is off
        raises LibraryDamagedError, LibraryVersionError, LibraryWriteError, ConfigError: if it can't be used
        raises UsageError: if it is a folder
        """
        library = IN_MEMORY if path == IN_MEMORY else absolute_path(default_library_path() if path is None else path)
        if not create and not os.path.exists(library):
            raise NothingFoundError(f"there is no library {library} yet; 'map4 scan FOLDER' makes it")
        if decoder != DEFAULT_DECODER:  # tell a wrong setting before the first file fails on it
            load_decoder(decoder)
        store = SqliteStore(library, preferences=preferences or Preferences(), actor=actor, on_update=on_update)
        return cls(store, lanes=lanes, decoder=decoder)

    def acting_as(self, actor: Actor) -> Self:
        """The same open library as somebody else uses it, for the same thread; it is closed with this one."""
        if actor == self.actor:
            return self
        return type(self)(self._store.acting_as(actor), lanes=self._lanes, decoder=self._decoder)

    @property
    def path(self) -> str:
        """The library file."""
        return self._store.place.address

    @property
    def ways(self) -> dict[str, Any]:
        """What `open` is to be given to open it the same way in another process, which makes lanes of its own."""
        where = {"path": self._store.place.address, "actor": self.actor}
        return {**where, "decoder": self._decoder, "preferences": self._preferences}

    def take_turns(self, turn: Callable[[], AbstractContextManager[object]]) -> None:
        """Enter `turn` around each write, also where an answer keeps what it had to work out."""
        self._store.take_turns(turn)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What more than one part needs. Imported when asked for: with most comes numpy, for which `map4 cache info` need
    # not wait.

    @cached_property
    def _scanner(self) -> Scanner:
        from map4.app.scan.scanner import Scanner

        return Scanner(
            store=self._store,
            lanes=self._lanes or _process_lanes,
            decoder=self._decoder,
            after_news=self._match_pending_imports,
        )

    @cached_property
    def lists(self) -> Playlists:
        """Playlists: those stored in the library, and those in files."""
        from map4.app.playlists.playlists import Playlists

        return Playlists(self._store)

    @cached_property
    def _names(self) -> NameResolver:
        from map4.app.name_resolver import NameResolver

        return NameResolver(store=self._store, context=self._context)

    @cached_property
    def _resolver(self) -> TrackResolver:
        from map4.app.track_resolver import TrackResolver

        return TrackResolver(
            store=self._store,
            scanner=lambda: self._scanner,
            names=self._names,
            read_list=lambda path: self.lists.read(path),
        )

    @cached_property
    def _output(self) -> OutputFiles:
        from map4.infra.files.output import OutputFiles

        return OutputFiles(self._store.written, self._store.place.beside)

    def _match_pending_imports(self) -> list[str]:
        """Take over imported values and lists whose file a scan found; gives what to tell of it."""
        from map4.app.imports.imports import Imports

        imports = Imports(self._store)
        return imports.match_pending().sentences() if imports.is_used() else []

    def _context(self) -> QueryContext:
        from map4.app.query_context import query_context

        return query_context(self._preferences)


def _process_lanes(count: int) -> Sequence[Lane]:
    from map4.infra.workers.lanes import process_lanes  # what is known already needs none

    return process_lanes(count)
