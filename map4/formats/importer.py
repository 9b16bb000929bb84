"""Importers: a reader for each kind of library, chosen by name or by the beginning of a file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, TypeVar

from map4.core.base.declaration import LibraryReader, load
from map4.core.base.declarations import built_in, declared_in
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import MOST_LETTERS
from map4.core.music.lists.live import LiveList
from map4.core.music.lists.tracklist import PlaylistEntry, Tracklist
from map4.core.music.plays import Play
from map4.core.music.track.imported import TEXT_NAMES, ImportedValues
from map4.errors import Map4Error, UsageError
from map4.formats.fields import PLURALS, ProgramFields
from map4.formats.format import listed_names
from map4.formats.lacks import Lack

_MOST_FOLDERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DjTrack:
    """A track of another program's library, not yet matched to map4's.

    key: unique identifier in that library, which its lists use
    my_tags: of rekordbox, by name
    """

    key: str
    entry: PlaylistEntry
    values: ImportedValues = field(default_factory=ImportedValues)
    my_tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.key) > PlaylistEntry.MOST_LOCATION_LETTERS:
            object.__setattr__(self, "key", self.key[: PlaylistEntry.MOST_LOCATION_LETTERS])


@dataclass(frozen=True, slots=True, kw_only=True)
class DjPlaylist:
    """A playlist of another program.

    name: as stored there, including slashes
    identity: identifies the list at later imports, if its name depends on this machine's clock
    folders: the folders around it, the outermost first
    kind: "list": put together by a person; "history": played tracks; "plays": played tracks that become no list
    times: when each track was played, in UTC (`2026-01-31T21:15:00Z`), or in local time if the program writes no zone
        (`2026-01-31T22:15:00`); None if unknown. Empty, or as long as `keys`
    played_s: how long each was played; None if unknown. Empty, or as long as `keys`
    live: the query of a smart list, which has no keys
    """

    name: str
    folders: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    kind: Literal["list", "history", "plays"] = "list"
    times: tuple[str | None, ...] = ()
    played_s: tuple[float | None, ...] = ()
    live: LiveList | None = None
    identity: str | None = None

    def __post_init__(self) -> None:
        # Maximum length of a list's name, and maximum depth of folders.
        object.__setattr__(self, "name", self.name[:MOST_LETTERS])
        folders = tuple(folder[:MOST_LETTERS] for folder in self.folders[:_MOST_FOLDERS])
        object.__setattr__(self, "folders", folders)
        object.__setattr__(self, "keys", tuple(key[: PlaylistEntry.MOST_LOCATION_LETTERS] for key in self.keys))
        if self.times and len(self.times) != len(self.keys):
            raise ValueError(f"{len(self.times)} times for {len(self.keys)} tracks")
        object.__setattr__(self, "times", tuple(map(ImportedValues.plausible_moment, self.times)))

    def is_skip(self, index: int) -> bool:
        """Return whether a track was left too early to count as played."""
        played_s = self.played_s[index] if self.played_s else None
        return played_s is not None and played_s < Play.SKIPPED_BELOW_S

    def played(self) -> set[str]:
        """Return the keys of tracks that were played and not only skipped."""
        return set() if self.kind == "list" else {key for n, key in enumerate(self.keys) if not self.is_skip(n)}


DjItem = DjTrack | DjPlaylist
_Number = TypeVar("_Number")


def folders_around(folders: Mapping[_Number, tuple[str, _Number | None]], parent: _Number | None) -> tuple[str, ...]:
    """Return the names of the folders around a list, the outermost first.

    folders: name and parent of each, by its number; damaged libraries may contain cycles
    parent: number of the list's own folder
    """
    folders_up: list[str] = []
    while parent is not None and parent in folders and len(folders_up) < _MOST_FOLDERS:
        name, parent = folders[parent]
        folders_up.append(name)
    return tuple(reversed(folders_up))


def folders_and_name(content: Tracklist) -> tuple[tuple[str, ...], str | None]:
    """Return folders, the outermost first, and name of a list in the program that it was imported from; else its own
    name.

    A stored list's own name is unique and has no slashes; names in other programs may repeat and contain slashes.
    """
    imported = content.header.imported
    return ((), content.name) if imported is None else (imported.place.folders, imported.place.name)


class ImportReadError(Map4Error):
    """A file can't be read as what it claims to be; the message is a sentence that does not name the file."""


@dataclass(slots=True, kw_only=True)
class ReadNotes:
    """Notes of a reader besides tracks and lists.

    version: of the program that wrote the file; None if unknown
    left_out: how often something could not be imported, by a plural such as "keys that can't be read"
    remarks: sentences about the whole file
    is_damaged: whether parts of the file are unreadable, so that tracks may be missing, and lists cut short
    is_sent: whether the file comes from another machine, so that files it names are not opened
    name: of the file there, if its path here has another; empty if unknown
    """

    version: str | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    is_damaged: bool = False
    is_sent: bool = False
    name: str = ""

    def cut_off(self) -> None:
        """Record a file that ends in the middle of an item."""
        self.left_out["ends of damaged files"] += 1
        self.is_damaged = True

    def count_impossible(self, before: ImportedValues, after: ImportedValues) -> None:
        """Count the values of a track that `plausible` removed; texts only lose what is invisible."""
        for name, plural in PLURALS.items():
            had = None if name in TEXT_NAMES else getattr(before, name, None)
            if had is not None:
                has = getattr(after, name)
                lost = len(had) - len(has) if isinstance(had, tuple) else int(has is None)
                self.left_out[f"{plural} that no track can have"] += lost

    @staticmethod
    def name_of(what: str) -> str | None:
        """Return the name of the value that `left_out` counts as such; None if it is none of a track."""
        return next((name for name, plural in PLURALS.items() if plural == what.partition(" that ")[0]), None)

    def sentences(self) -> list[str]:
        """Return messages about it for a person."""
        return [*self.remarks, *(f"left out: {what} ({count})" for what, count in self.left_out.items() if count)]


Reader = Callable[[str, ReadNotes], Iterator[DjItem]]
"""Reads a file (a folder, where the importer takes one) by its path, and opens it for reading only. Gives the tracks
and lists as they are read, in any order, each key once: nothing is held that need not be. Raises `ImportReadError`, and
`OSError` where the file can't be opened, and nothing else; what can't be understood of a track or list is counted in
the notes, and the rest is given. Positions are on map4's time scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """An importer for a kind of library.

    name: for `--from`
    suffixes: lower case without the dot; several importers may share one
    recognises: whether a file is of this kind, by its path and first bytes (none for a folder)
    is_one_list: whether each file is a list of its own rather than a program's library
    tags: returns the program's data in the tags of a file, on map4's time scale, None without any; counts unreadable
        values
    is_music: whether it reads files and folders of music, and only their tags
    is_of_marks: whether it only makes marks, if they are requested
    plays: of a history of plays that is no library: "again" if a player may have reported them here too, with another
        clock (rekordbox has a history and the sheet of a set); "minute" if some are to the minute (Spotify's account
        data, whose extended history has the same plays to the second)
    fields: what it reads of its program's tracks
    lacks: limits of its program, for `map4 move`
    places: where its program usually keeps the library, as patterns of paths
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    recognises: Callable[[str, bytes], bool]
    read: Reader
    is_one_list: bool = False
    tags: Callable[[str, Counter[str]], ImportedValues | None] | None = None
    is_music: bool = False
    is_of_marks: bool = False
    plays: Literal["", "again", "minute"] = ""
    fields: tuple[ProgramFields, ...] = ()
    lacks: tuple[Lack, ...] = ()
    places: tuple[str, ...] = ()

    @staticmethod
    @cache
    def all() -> dict[str, Importer]:
        """Return every importer by its name, the most reliable recognition first."""
        return {importer.name: importer for importer in (load(reader.target) for reader in _declared())}

    @staticmethod
    def of(path: str, name: str | None = None) -> Importer:
        """Return the importer of a name, or else the importer that recognises the file."""
        if name is not None:
            known = Importer.all().get(name)
            if known is None:
                raise UsageError(
                    f"there is no format '{name}' to import; {UsageError.did_you_mean(name, Importer.all())}"
                )
            return known
        for reader in _declared():
            for ending, what in reader.instead.items():
                if path.lower().endswith(ending):
                    raise ImportReadError(f"this is {what}")
        head = b""
        if not os.path.isdir(path):
            with OnDisk(path).open() as file:
                head = file.read(_HEAD_BYTES)
        known = next((importer for importer in Importer.all().values() if importer.recognises(path, head)), None)
        if known is None:
            what = "this file is empty, and" if not head and not os.path.isdir(path) else "this"
            hints = ", and ".join(["'map4 scan' reads music", *(reader.hint for reader in _declared() if reader.hint)])
            raise ImportReadError(
                f"{what} is not a library that map4 can read; it reads {listed_names(Importer.all())} ({hints})"
            )
        return known


_HEAD_BYTES = 4096


@cache
def _declared() -> tuple[LibraryReader, ...]:
    """Return every declared reader by its place."""
    declared = (reader for each in (*built_in(), *declared_in("map4.formats")) for reader in each.importers)
    return tuple(sorted(declared, key=lambda reader: reader.order))


TAGS = Importer(
    name="tags",
    title="the tags of music",
    suffixes=(),
    recognises=lambda path, head: False,  # music is only read like this on request
    read=lambda path, notes: iter(()),
    is_music=True,
    is_of_marks=True,
)
"""Comments and groupings in the tags of music, as a source of marks."""
