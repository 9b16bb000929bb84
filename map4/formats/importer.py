"""Importers: a reader for each kind of library, chosen by name or by the beginning of a file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from map4.core.base.declaration import LibraryReader, load
from map4.core.base.declarations import built_in, declared_in
from map4.core.base.near_names import did_you_mean
from map4.core.base.regular_files import open_regular
from map4.core.music.track.imported import TEXT_NAMES, ImportedValues
from map4.errors import Map4Error, UsageError
from map4.formats.dj_library import DjItem
from map4.formats.fields import PLURALS, ProgramFields
from map4.formats.format import listed_names
from map4.formats.lacks import Lack


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
        """Count the values of a track that `sound_values` removed; texts only lose what is invisible."""
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
class OwnTags:
    """Data of a program in the tags of the music itself.

    word: part of the names of its fields, in lower case
    values: returns the values of a track, on map4's time scale, from the file's path and its fields by name; counts
        unreadable values
    """

    word: str
    values: Callable[[str, Mapping[str, bytes], Counter[str]], ImportedValues]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """An importer for a kind of library.

    name: for `--from`
    suffixes: lower case without the dot; several importers may share one
    recognises: whether a file is of this kind, by its path and first bytes (none for a folder)
    is_one_list: whether each file is a list of its own rather than a program's library
    tags: the program's data in the files of the tracks
    is_music: whether it reads files and folders of music, and only their tags
    is_of_marks: whether it only makes marks, if they are requested
    fields: what it reads of its program's tracks
    lacks: limits of its program, for `map4 move`
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    recognises: Callable[[str, bytes], bool]
    read: Reader
    is_one_list: bool = False
    tags: OwnTags | None = None
    is_music: bool = False
    is_of_marks: bool = False
    fields: tuple[ProgramFields, ...] = ()
    lacks: tuple[Lack, ...] = ()

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
                raise UsageError(f"there is no format '{name}' to import; {did_you_mean(name, Importer.all())}")
            return known
        for reader in _declared():
            for ending, what in reader.instead.items():
                if path.lower().endswith(ending):
                    raise ImportReadError(f"this is {what}")
        head = b""
        if not os.path.isdir(path):
            with open_regular(path) as file:
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
