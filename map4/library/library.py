"""The public API of a music library."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from types import MethodType, TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from map4 import settings
from map4.core.audio.decoder import DEFAULT_DECODER, load_decoder
from map4.core.base.actor import Actor, checks_needs, needs
from map4.core.base.declaration import load
from map4.core.base.declarations import declarations
from map4.core.base.paths import PathLike, absolute_path
from map4.core.base.shown import repr_line
from map4.core.base.text import counted
from map4.core.music.query.context import OF_LIBRARY, Preferences
from map4.core.store.library_ref import IN_MEMORY
from map4.errors import Map4Error, UsageError
from map4.library.part import LibraryPart, LibraryServices, LibrarySettings, open_store
from map4.library.verbs import Verbs

if TYPE_CHECKING:
    from map4.accounts import Accounts, Credentials
    from map4.care import CarePart
    from map4.core.audio.jobs import LaneFactory
    from map4.core.base.events import Writer
    from map4.doctor import Doctor
    from map4.duplicates import DuplicatesPart
    from map4.imports import Imports
    from map4.jobs import EventFeed, JobsPart
    from map4.jobs.plans.part import PlansPart
    from map4.lists import Playlists
    from map4.plays import PlayerNotes, Plays
    from map4.scan import FilesPart
    from map4.search import TracksPart
    from map4.tags import TagsPart
    from map4.values import Genres, MarksPart, TempoRanges, Values

__all__ = ["Library", "PathLike", "absolute_path"]

P = TypeVar("P")


class _PartOf(Generic[P]):
    """A part of the library, imported and made on first access; on the class `Library`, the part's class.

    name: its class as `module:name`: a `LibraryPart`, or use cases that need only the store
    """

    def __init__(self, name: str) -> None:
        self.target = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, library: None, owner: type) -> type[P]: ...
    @overload
    def __get__(self, library: Library, owner: type) -> P: ...
    def __get__(self, library: Library | None, owner: type) -> P | type[P]:
        kind: Any = load(self.target)
        if library is None:
            return cast("type[P]", kind)
        part = kind(library._services if issubclass(kind, LibraryPart) else library._store)
        return cast("P", library.__dict__.setdefault(self._name, part))


class _CallOf:
    """A call added by an extra, imported on first use.

    name: a function, as `module:name`, whose first argument is the library
    """

    def __init__(self, name: str) -> None:
        self._target = name

    def __get__(self, library: Library | None, owner: type) -> Any:
        function = load(self._target)
        return function if library is None else MethodType(function, library)


class Library(Verbs):
    """A music library: everyday calls here, the rest in parts by subject.

    >>> from map4 import Library
    >>> with Library.open("music.map4") as library:  # doctest: +SKIP
    ...     library.scan(["~/Music"])
    ...     library.tags.write(library.search("is:set"))

    Open it with `Library.open`; close it, or use it in a `with` statement. A library belongs to one thread.

    Calls take options as a record (`library.scan(paths, ScanOptions(force=True))`) or as keywords
    (`library.scan(paths, force=True)`). Slow calls have a variant with the same arguments, such as `scan_events`, that
    yields events or results as they happen.
    """

    IN_MEMORY = IN_MEMORY
    """Path of a library in memory, which is gone when closed."""

    tracks: _PartOf[TracksPart] = _PartOf("map4.search.part:TracksPart")
    files: _PartOf[FilesPart] = _PartOf("map4.scan.part:FilesPart")
    values: _PartOf[Values] = _PartOf("map4.values.history:Values")
    genres: _PartOf[Genres] = _PartOf("map4.values.genres:Genres")
    tempo_ranges: _PartOf[TempoRanges] = _PartOf("map4.values.tempo_ranges:TempoRanges")
    tags: _PartOf[TagsPart] = _PartOf("map4.tags.part:TagsPart")
    lists: _PartOf[Playlists] = _PartOf("map4.lists.playlists:Playlists")
    imports: _PartOf[Imports] = _PartOf("map4.imports.use:Imports")
    duplicates: _PartOf[DuplicatesPart] = _PartOf("map4.duplicates.part:DuplicatesPart")
    doctor: _PartOf[Doctor] = _PartOf("map4.doctor.use:Doctor")
    plans: _PartOf[PlansPart] = _PartOf("map4.jobs.plans.part:PlansPart")
    jobs: _PartOf[JobsPart] = _PartOf("map4.jobs.part:JobsPart")
    events: _PartOf[EventFeed] = _PartOf("map4.jobs.event_feed:EventFeed")
    player_notes: _PartOf[PlayerNotes] = _PartOf("map4.plays.player_notes:PlayerNotes")
    marks: _PartOf[MarksPart] = _PartOf("map4.values.part:MarksPart")
    plays: _PartOf[Plays] = _PartOf("map4.plays.part.plays:Plays")
    accounts: _PartOf[Accounts] = _PartOf("map4.accounts.use:Accounts")
    credentials: _PartOf[Credentials] = _PartOf("map4.accounts.credentials:Credentials")
    care: _PartOf[CarePart] = _PartOf("map4.care.part:CarePart")

    def __init__(self, services: LibraryServices) -> None:
        if not isinstance(services, LibraryServices):
            raise UsageError(f"write Library.open({services!r})")
        super().__init__(services)

    @classmethod
    def open(
        cls,
        path: PathLike | None = None,
        *,
        create: bool = True,
        lanes: LaneFactory | None = None,
        decoder: str | None = None,
        preferences: Preferences | None = None,
        actor: Actor = Actor.LOCAL,
        writer: Writer = "python",
        on_update: Callable[[str], object] | None = None,
        shared: PathLike | None = None,
    ) -> Self:
        """Open a library.

        Without a path, open the library that `map4` opens without `--library`: MAP4_LIBRARY, `library` in map4.toml, or
        the default path. The decoder, preferences and shared folder then come from the settings too, unless given here.
        With a path, settings are ignored.

        path: the library file, or `postgresql://USER@HOST/DATABASE`
        create: make the library if it does not exist; off to read, so that a mistyped path raises an error. Its folder
            is not made, except in map4's own data
        lanes: makes the lanes that jobs run in: None for one process each (`map4.plugins.process_lanes`), or
            `map4.plugins.inline_lanes` (in this thread)
        decoder: the audio decoder, as `module:callable` or the name of an installed plug-in
        preferences: harmonic rule, pitch range and listeners; in a library that has none, the first write stores the
            fields of `OF_LIBRARY`; otherwise `set_preferences` changes them
        actor: the account that uses the library
        writer: the author of changes in `events`
        on_update: called with the path of the copy before a library of an older map4 is updated, which takes minutes
            for a million tracks
        shared: for a library in a database, a folder shared by several machines for files beside it, such as files of
            jobs; None for a folder of this machine
        raises NothingFoundError: if it does not exist, and `create` is off, or if its folder does not exist
        raises LibraryDamagedError, LibraryVersionError, LibraryWriteError, ConfigError: if it can't be used
        raises UsageError: if it is a folder
        """
        config = settings.Config({}, os.environ) if path is None else None
        chosen = LibrarySettings.of(config) if config else LibrarySettings(path=cast("PathLike", path))
        decoder = decoder or chosen.decoder
        if decoder != DEFAULT_DECODER:  # report a wrong setting before the first file fails
            load_decoder(decoder)
        store = open_store(
            chosen.path,
            create=create,
            preferences=preferences or chosen.preferences,
            actor=actor,
            writer=writer,
            on_update=on_update,
            shared=shared or chosen.shared,
        )
        for sentence in () if config is None else config.ignored(store.preferences):
            warnings.warn(sentence, stacklevel=2)
        return cls(LibraryServices(store, lanes=lanes, decoder=decoder))

    @checks_needs
    def part(self, kind: type[P]) -> P:
        """The part of this class, such as a part added by an extra.

        raises UsageError: if there is no such part
        """
        names = (
            name for cls in type(self).__mro__ for name, attribute in vars(cls).items() if _is_part(attribute, kind)
        )
        name = next(names, None)
        if name is None:
            raise UsageError(f"a library has no part {kind.__name__}")
        return cast("P", getattr(self, name))

    def acting_as(self, actor: Actor) -> Self:
        """The same open library used by another actor, for the same thread; closed together with this one."""
        if actor == self.actor:
            return self
        services = self._services
        return type(self)(LibraryServices(self._store.acting_as(actor), lanes=services.lanes, decoder=services.decoder))

    def __repr__(self) -> str:
        """Its file and, unless it is closed, its number of tracks."""
        with suppress(Map4Error):
            return repr_line(self, f"{self.path}, {counted(self.count(), 'track')}")
        return repr_line(self, self.path)

    @property
    def path(self) -> str:
        """The library file, or the address of a database without its password."""
        return self._store.place.shown

    @property
    def beside(self) -> str:
        """Path prefix of the files that belong to the library on this machine."""
        return self._store.place.beside

    @property
    def preferences(self) -> Preferences:
        """The preferences in force: the library's own, and the rest as it was opened."""
        return self._store.preferences

    @needs("admin")
    def set_preferences(self, preferences: Preferences, names: Iterable[str] = OF_LIBRARY) -> None:
        """Store fields of `OF_LIBRARY` in this library, for all accounts and programs; the others remain.

        >>> library.set_preferences(Preferences(mono="dual"), ["mono"])  # doctest: +SKIP

        raises UsageError: if a name is no field of `OF_LIBRARY`
        """
        self._store.require_writable()
        for name in (names := list(names)):
            if name not in OF_LIBRARY:
                raise UsageError.no_such("preference of a library", name, OF_LIBRARY)
        self._store.keep(preferences, names)

    @needs("read")
    def identity(self) -> Hashable:
        """Identifies the library now at this path, to detect its replacement; also works when closed."""
        return self._store.identity()

    def stop(self) -> None:
        """Stop its workers permanently, from any thread; waiting calls raise a `Map4Error`."""
        self._services.lanes.stop()

    def close(self) -> None:
        """Close the file."""
        self._services.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_part(attribute: object, kind: type) -> bool:
    return isinstance(attribute, _PartOf) and attribute.target == f"{kind.__module__}:{kind.__qualname__}"


def _add_extras() -> None:
    """Add the parts and calls declared by extras to `Library`, without replacing existing ones."""
    for declaration in declarations():
        for name, target in declaration.parts.items():
            if not hasattr(Library, name):
                part: _PartOf[Any] = _PartOf(target)
                part.__set_name__(Library, name)
                setattr(Library, name, part)
        for name, target in declaration.calls.items():
            if not hasattr(Library, name):
                setattr(Library, name, _CallOf(target))


_add_extras()
