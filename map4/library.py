"""The public façade: a music library that is scanned, asked and cared for."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from contextlib import suppress
from types import MethodType, TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from map4.audio.decoder import DEFAULT_DECODER, load_decoder
from map4.base.actor import LOCAL, Actor, needing
from map4.base.declaration import load
from map4.base.declarations import declarations
from map4.base.given_paths import PathLike, absolute_path
from map4.base.shown import told
from map4.base.text import counted
from map4.errors import Map4Error, UsageError
from map4.music.query.context import Preferences
from map4.opening import LibrarySettings, open_store
from map4.part import OpenLibrary, Part
from map4.store.place import IN_MEMORY
from map4.verbs import Verbs

if TYPE_CHECKING:
    from map4.accounts import Accounts, Credentials
    from map4.audio.jobs import LaneFactory
    from map4.base.events import Writer
    from map4.care import CarePart
    from map4.doctor import Doctor
    from map4.duplicates import DuplicatesPart
    from map4.imports import Imports
    from map4.jobs import EventFeed, JobsPart
    from map4.jobs.plans.part import PlansPart
    from map4.labels import LabelsPart
    from map4.lists import Playlists
    from map4.plays import KeptByPlayers, Plays
    from map4.scan import FilesPart
    from map4.search import TracksPart
    from map4.tags import TagsPart
    from map4.values import MarksPart, Values

__all__ = ["Library", "PathLike", "absolute_path"]

P = TypeVar("P")


def _user_settings() -> LibrarySettings:
    from map4.settings import Config  # a library that is named needs none

    return LibrarySettings.of(Config({}, os.environ))


class _PartOf(Generic[P]):
    """A part, imported and made when it is first asked for; of `Library` itself the class, for its static calls.

    name: of the class, as `module:name`: a `Part`, or use cases that need the store alone
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
        made = kind(library._opened if issubclass(kind, Part) else library._store)
        return cast("P", library.__dict__.setdefault(self._name, made))


class _CallOf:
    """A call that an extra adds, imported when it is first used.

    name: of a function that takes the library first, as `module:name`
    """

    def __init__(self, name: str) -> None:
        self._target = name

    def __get__(self, library: Library | None, owner: type) -> Any:
        function = load(self._target)
        return function if library is None else MethodType(function, library)


@needing({"read": "identity"})
class Library(Verbs):
    """A library file and what can be done with it: here what is done every day, the rest in parts by subject.

    >>> from map4 import Library
    >>> with Library.open("music.map4") as library:  # doctest: +SKIP
    ...     library.scan(["~/Music"])
    ...     library.tags.write(library.search("is:set"))

    Make one with `Library.open`; close it, or use it in a `with` statement. A library belongs to one thread.

    Calls with options take them as a record (`library.scan(paths, ScanOptions(force=True))`), which a program can keep
    and hand on, or as keywords (`library.scan(paths, force=True)`). A call that takes long has a twin, `scan_events`,
    that takes the same, and gives what happens, or each of the results, as soon as it is there.
    """

    IN_MEMORY = IN_MEMORY
    """Name of a library without a file, which is gone when it is closed."""

    tracks: _PartOf[TracksPart] = _PartOf("map4.search.part:TracksPart")
    files: _PartOf[FilesPart] = _PartOf("map4.scan.part:FilesPart")
    values: _PartOf[Values] = _PartOf("map4.values.history:Values")
    tags: _PartOf[TagsPart] = _PartOf("map4.tags.part:TagsPart")
    lists: _PartOf[Playlists] = _PartOf("map4.lists.playlists:Playlists")
    imports: _PartOf[Imports] = _PartOf("map4.imports.use:Imports")
    labels: _PartOf[LabelsPart] = _PartOf("map4.labels.part:LabelsPart")
    duplicates: _PartOf[DuplicatesPart] = _PartOf("map4.duplicates.part:DuplicatesPart")
    doctor: _PartOf[Doctor] = _PartOf("map4.doctor.use:Doctor")
    plans: _PartOf[PlansPart] = _PartOf("map4.jobs.plans.part:PlansPart")
    jobs: _PartOf[JobsPart] = _PartOf("map4.jobs.part:JobsPart")
    events: _PartOf[EventFeed] = _PartOf("map4.jobs.event_feed:EventFeed")
    player_notes: _PartOf[KeptByPlayers] = _PartOf("map4.plays.player_notes:KeptByPlayers")
    marks: _PartOf[MarksPart] = _PartOf("map4.values.part:MarksPart")
    plays: _PartOf[Plays] = _PartOf("map4.plays.part.heard:Plays")
    accounts: _PartOf[Accounts] = _PartOf("map4.accounts.use:Accounts")
    credentials: _PartOf[Credentials] = _PartOf("map4.accounts.credentials:Credentials")
    care: _PartOf[CarePart] = _PartOf("map4.care.part:CarePart")

    def __init__(self, opened: OpenLibrary) -> None:
        if not isinstance(opened, OpenLibrary):
            raise UsageError(f"write Library.open({opened!r})")
        super().__init__(opened)

    @classmethod
    def open(
        cls,
        path: PathLike | None = None,
        *,
        create: bool = True,
        lanes: LaneFactory | None = None,
        decoder: str | None = None,
        preferences: Preferences | None = None,
        actor: Actor = LOCAL,
        writer: Writer = "python",
        on_update: Callable[[str], object] | None = None,
        shared: PathLike | None = None,
    ) -> Self:
        """Open a library.

        Without a path this is the library that `map4` opens without `--library`: that of MAP4_LIBRARY, of `library` in
        map4.toml, or of the default place. Decoder, preferences and shared folder then come from the settings too,
        unless given here. With a path no setting counts.

        path: the library file, or `postgresql://USER@HOST/DATABASE`
        create: make it where it does not exist
        lanes: makes the lanes that jobs run in: None for a process each (`map4.plugins.process_lanes`), or
            `map4.plugins.inline_lanes` (in this thread)
        decoder: what decodes audio, as `module:callable` or by the name of an installed one
        preferences: which source of tempo and key counts, and which keys go with another
        actor: who uses it
        writer: what `events` say of who changed something
        on_update: told, before a library of an older map4 is brought up to date, where the copy of it is; of a million
            tracks that takes minutes
        shared: of a library in a database, the folder in which several machines have what lies beside it, such as files
            of jobs; None for one of this machine's own
        raises NothingFoundError: if it does not exist, and `create` is off
        raises LibraryDamagedError, LibraryVersionError, LibraryWriteError, ConfigError: if it can't be used
        raises UsageError: if it is a folder
        """
        settings = LibrarySettings(path=path) if path is not None else _user_settings()
        decoder = decoder or settings.decoder
        if decoder != DEFAULT_DECODER:  # tell a wrong setting before the first file fails on it
            load_decoder(decoder)
        store = open_store(
            settings.path,
            create=create,
            preferences=preferences or settings.preferences,
            actor=actor,
            writer=writer,
            on_update=on_update,
            shared=shared or settings.shared,
        )
        return cls(OpenLibrary(store, lanes=lanes, decoder=decoder))

    def part(self, kind: type[P]) -> P:
        """The part of a class, such as one that an extra adds, with its type.

        raises UsageError: if there is none
        """
        names = (name for cls in type(self).__mro__ for name, one in vars(cls).items() if _is_part(one, kind))
        name = next(names, None)
        if name is None:
            raise UsageError(f"a library has no part {kind.__name__}")
        return cast("P", getattr(self, name))

    def acting_as(self, actor: Actor) -> Self:
        """The same open library as somebody else uses it, for the same thread; it is closed with this one."""
        if actor == self.actor:
            return self
        opened = self._opened
        return type(self)(OpenLibrary(self._store.acting_as(actor), lanes=opened.lanes, decoder=opened.decoder))

    def __repr__(self) -> str:
        """Its file, and how many tracks are in it, unless it is closed."""
        with suppress(Map4Error):
            return told(self, f"{self.path}, {counted(self.count(), 'track')}")
        return told(self, self.path)

    @property
    def path(self) -> str:
        """The library file; of a database its address, without the password."""
        return self._store.place.shown

    @property
    def beside(self) -> str:
        """What the names of the files begin with that belong to it on this machine."""
        return self._store.place.beside

    def identity(self) -> Hashable:
        """What tells the library that stands there now from another put in its place, also when this is closed."""
        return self._store.identity()

    def stop(self) -> None:
        """End what runs in its workers, from any thread, and for good; who waits for it gets a `Map4Error`."""
        self._opened.lanes.stop()

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_part(attribute: object, kind: type) -> bool:
    return isinstance(attribute, _PartOf) and attribute.target == f"{kind.__module__}:{kind.__qualname__}"


def _add_extras() -> None:
    """Give `Library` the parts and calls that extras declare; what it has already stays."""
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
