"""One kind of library that map4 can import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from map4.domain.dj_library import DjItem
from map4.domain.track.imported import ImportedValues
from map4.errors import Map4Error
from map4.formats.time_zero import Program


class ImportReadError(Map4Error):
    """A file that can't be read as what it claims to be; the message is a sentence that names no file."""


@dataclass(slots=True, kw_only=True)
class ReadNotes:
    """What a reader has to tell besides tracks and lists.

    version: of the program that wrote the file; None where it does not say
    left_out: how often something could not be taken over, by a plural such as "keys that can't be read"
    remarks: sentences about the file as a whole
    is_damaged: whether parts of the file can't be read, so that tracks may be missing, and lists cut short
    """

    version: str | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    is_damaged: bool = False

    def cut_off(self) -> None:
        """Note a file that ends within something."""
        self.left_out["ends of damaged files"] += 1
        self.is_damaged = True

    def sentences(self) -> list[str]:
        """What there is to say about it, for a person."""
        return [*self.remarks, *(f"left out: {what} ({count})" for what, count in self.left_out.items() if count)]


Reader = Callable[[str, ReadNotes], Iterator[DjItem]]
"""Reads a file (a folder, where the importer takes one) by its path, and opens it for reading only. Gives the tracks
and lists as they are read, in any order, each key once: nothing is held that need not be. Raises `ImportReadError`, and
`OSError` where the file can't be opened, and nothing else; what can't be understood of a track or list is counted in
the notes, and the rest is given. Positions are on map4's time scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTags:
    """What a program keeps in the tags of the music itself.

    word: that the names of its fields hold, in lower case
    values: what they say of a track, on map4's time scale, of the file's path and its fields by name; counts what it
        can't read
    """

    word: str
    values: Callable[[str, Mapping[str, bytes], Counter[str]], ImportedValues]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """One kind of library.

    name: as `--from` takes it
    program: whose it is; None of lists that any player writes
    suffixes: lower case without the dot; several importers may share one
    recognises: whether it is one of these, by its path and first bytes (none of a folder)
    is_one_list: whether each file is a list of its own, and no library of a program
    tags: what the program says of each track in the file of that track
    is_music: whether it is read of files and folders of music, of which only the tags say something
    """

    name: str
    title: str
    program: Program | None
    suffixes: tuple[str, ...]
    recognises: Callable[[str, bytes], bool]
    read: Reader
    is_one_list: bool = False
    tags: OwnTags | None = None
    is_music: bool = False
