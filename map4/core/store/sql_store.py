"""The parts of a store that are SQL, created on first use; subclasses connect to the database."""

from __future__ import annotations

import json
import os
import zlib
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from map4.core.base.actor import Actor
from map4.core.base.declaration import load
from map4.core.base.paths import absolute_path, known_name
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import utc_text
from map4.core.base.unfinished import SafeFile
from map4.core.music.query.context import OF_LIBRARY, Preferences, QueryContext
from map4.core.music.track.fields import can_go_first
from map4.core.music.track.genre import GenreNames
from map4.core.music.track.sources import MetadataSource, Preferred
from map4.core.store.database import StorePart, readable
from map4.core.store.library_ref import IN_MEMORY, LibraryChanges, LibraryRef, Locks, Progress
from map4.core.store.query.hooks import copied_files
from map4.errors import LibraryDamagedError
from map4.version import __version__

if TYPE_CHECKING:
    from map4.core.base.events import Writer
    from map4.core.music.mixing.harmony import HarmonicRule
    from map4.core.store.addresses import SqlAddresses
    from map4.core.store.change_log import SqlChangeLog
    from map4.core.store.database import Database, OwnDatabase
    from map4.core.store.search import SqlSearch
    from map4.core.store.sound.sound_index import SqlSounds
    from map4.core.store.tracks import SqlTracks


P = TypeVar("P", bound=StorePart)
_SHARED = ("database", "given", "locks", "now", "place", "shared", "writer", "_on_mirror")
"""What stores of one library share, whoever uses them."""


class SqlPreferredSources(StorePart):
    """The first source of each field with several sources, and kept preferences, for all users of this library."""

    is_shared = True

    def all(self) -> Preferred:
        """The chosen sources, by field."""
        rows = self._database.rows("SELECT field, source FROM preferred_sources ORDER BY field")
        # Fields from a later map4 that this version does not know are skipped.
        return tuple((field, source) for field, source in rows if source in can_go_first(field))

    def put(self, field: str, first: MetadataSource | None) -> None:
        """Choose the source of a field; None restores the usual order."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM preferred_sources WHERE field = ?", (field,))
            connection.execute("DELETE FROM songs")
            if first is not None:
                connection.execute("INSERT INTO preferred_sources VALUES (?, ?)", (field, first))

    def stored(self) -> dict[str, Any]:
        """The stored fields of `Preferences`, by name; none before the first `keep`."""
        rows = self._database.rows("SELECT name, value FROM preferences")
        with readable(self._database.path, "a preference"):
            return {name: read_preference(name, value) for name, value in rows if name in (*OF_LIBRARY, "genres")}

    def keep(self, preferences: Preferences, names: Iterable[str], *, replaces: bool) -> None:
        """Store fields of `OF_LIBRARY`. replaces: overwrite existing rows"""
        otherwise = "UPDATE SET value = excluded.value WHERE preferences.value <> excluded.value"
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO preferences (name, value) VALUES (?, ?) ON CONFLICT (name) DO "
                f"{otherwise if replaces else 'NOTHING'}",
                [(name, json.dumps(getattr(preferences, name))) for name in names],
            )

    def put_genres(self, genres: GenreNames, now: datetime | None) -> None:
        """Store the table of genres. now: the time of a change that can be undone; None removes the undo"""
        with self._database.transaction() as connection:
            # Only updates are noted, for those who follow changes.
            connection.execute("INSERT INTO preferences VALUES ('genres', '{}') ON CONFLICT (name) DO NOTHING")
            connection.execute("DELETE FROM preferences WHERE name = 'genres_before'")
            if now is not None:
                [text] = connection.execute("SELECT value FROM preferences WHERE name = 'genres'").fetchone()
                before = json.dumps([utc_text(now), json.loads(text)])
                connection.execute("INSERT INTO preferences VALUES ('genres_before', ?)", (before,))
            text = json.dumps({"spellings": dict(genres.spellings), "parents": dict(genres.parents)})
            connection.execute("UPDATE preferences SET value = ? WHERE name = 'genres'", (text,))

    def genres_before(self) -> tuple[str, GenreNames] | None:
        """When the table of genres was changed last, and the table before; None if there is no undo."""
        row = self._database.row("SELECT value FROM preferences WHERE name = 'genres_before'")
        with readable(self._database.path, "a preference"):
            before: tuple[str, GenreNames] | None = row and read_preference("genres_before", row[0])
            return before


@lru_cache(maxsize=8)
def _read_genres(text: str) -> GenreNames:
    return GenreNames(**json.loads(text))


def read_preference(name: str, text: str) -> Any:
    """Read a stored preference; raises one of `UNREADABLE` if it is damaged."""
    if name == "genres":
        return _read_genres(text)
    value = json.loads(text)
    if name == "genres_before":
        return value[0], GenreNames(**value[1])
    given: dict[str, Any] = {
        name: value if name in ("mono", "pitch_percent", "has_key_lock") else tuple(map(str.strip, value))
    }
    return getattr(Preferences(**given), name)


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

    @property
    def is_in_memory(self) -> bool:
        return self.place.address == IN_MEMORY

    def keep(self, preferences: Preferences, names: Iterable[str], *, replaces: bool = True) -> None:
        """Store fields of `OF_LIBRARY`. replaces: overwrite existing rows"""
        self.part(SqlPreferredSources).keep(preferences, names, replaces=replaces)

    @property
    def preferences(self) -> Preferences:
        """The preferences in force: the library's own, and the rest as it was opened."""
        stored = self.part(SqlPreferredSources).stored()
        return replace(self.given or Preferences(), **stored)

    def context(self, harmonic: HarmonicRule | None = None) -> QueryContext:
        """The context of a query of this library, with the current time and folder.

        harmonic: the harmonic rule; default: the preference
        """
        preferences = self.preferences if harmonic is None else replace(self.preferences, harmonic=harmonic)
        return QueryContext(preferences=preferences, preferred=self.preferred(), locate=self._located)

    def _located(self, path: str) -> str:
        """The name of a file or folder in the library."""
        known = known_name(absolute_path(path), self.tracks.roots())
        return self.tracks.second_names([known]).get(known, known)

    def acting_as(self, actor: Actor) -> Self:
        """The same open library for another user; it is closed with this store."""
        other: Self = object.__new__(type(self))
        # Nothing else is taken over: what was made for one person must not reach another.
        vars(other).update({name: value for name, value in vars(self).items() if name in _SHARED})
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
        return RowCache(self.database, self.database.cache_file)

    @cached_property
    @abstractmethod
    def locks(self) -> Locks:
        """The locks of scans, watches and servers."""

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


MINIMUM_FILES = 5000
"""Computing results of fewer files takes less time than importing numpy."""
_LAYOUT = 3
"""Raised when other results are computed of the same library."""
_MADE_BY = f"{__version__} {_LAYOUT}"
_AT = "SELECT kind, what, subject, at FROM changes WHERE number = ?"
_LATER = "SELECT count(*), count(CASE WHEN {} THEN 1 END) FROM changes WHERE number > ?"
_IS_LARGE = "SELECT count(*) FROM (SELECT 1 FROM files LIMIT ?) AS counted"


class RowCache:
    """Caches slow results about a large library between runs.

    Each has a file beside the mirror, which can be deleted. It records the last change of the library that it includes
    (`map4.core.store.tables.changes`), and is computed again after a change that may alter it.

    beside: returns a path beside the mirror for a file name; None if nothing can be stored
    """

    def __init__(self, database: Database, beside: Callable[[str], str | None]) -> None:
        self._database, self._beside = database, beside

    def is_large(self) -> bool:
        """True if the library has enough files for caching."""
        return int(self._database.scalar(_IS_LARGE, (MINIMUM_FILES,))) >= MINIMUM_FILES

    def answer(
        self, name: str, version: str, compute: Callable[[], Any] | None = None, *, altered_by: str = "TRUE"
    ) -> Any:
        """A JSON value about the whole library; without `compute`, None if it is not cached.

        version: changes when another value is computed of the same library
        altered_by: SQL for the changes that may alter the value
        """
        path = self._beside(name)
        with self._database.asking(), self._database.snapshot() as connection:
            last = self._database.last_number("changes")
            at = [last, *(connection.execute(_AT, (last,)).fetchone() or ())]
            cached = None if path is None else _read(path, version)
            if cached is not None and cached[0] != at:
                number = cached[0][0]
                is_same = cached[0] == [number, *(connection.execute(_AT, (number,)).fetchone() or ())]
                later = tuple(connection.execute(_LATER.format(altered_by), (number,)).fetchone())
                cached = cached if is_same and later == (last - number, 0) else None
        if cached is not None:
            return json.loads(cached[1])
        if compute is None:
            return None
        value = compute()  # not in the snapshot, as it takes long; a change meanwhile has a later number
        if path is not None:
            _write(path, version, at, json.dumps(value).encode())
        return value


def _read(path: str, version: str) -> tuple[list[Any], bytes] | None:
    """The last change that the content includes, and the content; None if absent, damaged or of another version."""
    with suppress(OSError, ValueError, TypeError), OnDisk(path).open() as file:
        made_by, written, at, checksum = json.loads(file.readline())
        data = file.read()
        if (made_by, written, checksum) == (_MADE_BY, version, zlib.crc32(data)):
            return at, data
    return None


def _write(path: str, version: str, at: list[Any], data: bytes) -> None:
    head = json.dumps([_MADE_BY, version, at, zlib.crc32(data)])
    with suppress(OSError), SafeFile(path).unfinished("new") as new:
        with open(new, "wb") as file:
            file.write(head.encode() + b"\n")
            file.write(data)
        os.replace(new, path)
