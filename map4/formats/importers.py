"""What map4 can import, found by name, by the suffix of a file, or by what it begins with."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from map4.domain.dj_library import ForeignItem
from map4.errors import Map4Error, UsageError
from map4.formats.time_zero import Program

_HEAD_BYTES = 4096


class ImportReadError(Map4Error):
    """A file that can't be read as what it claims to be; the message is a sentence that names no file."""


@dataclass(slots=True, kw_only=True)
class ReadNotes:
    """What a reader has to tell besides tracks and lists.

    Parameters
    ----------
    version : of the program that wrote the file; None where it does not say
    left_out : how often something could not be taken over, by a plural such as "keys that can't be read"
    remarks : sentences about the file as a whole
    """

    version: str | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """What there is to say about it, for a person."""
        return [*self.remarks, *(f"left out: {what} ({count})" for what, count in self.left_out.items() if count)]


Reader = Callable[[str, ReadNotes], Iterator[ForeignItem]]
"""Reads a file (a folder, where the importer takes one) by its path, and opens it for reading only. Gives the tracks
and lists as they are read, in any order, each key once: nothing is held that need not be. Raises `ImportReadError`, and
`OSError` where the file can't be opened, and nothing else; what can't be understood of a track or list is counted in
the notes, and the rest is given. Positions are on map4's time scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """One kind of library.

    Parameters
    ----------
    name : as `--from` takes it
    title : of the program, for people
    program : whose it is; None of lists that any player writes
    suffixes : lower case without the dot; several importers may share one
    recognises : whether it is one of these, by its path and first bytes (none of a folder)
    is_one_list : whether each file is a list of its own, so that two of one name are two lists; a program's library
        has its lists wherever the file with them lies
    """

    name: str
    title: str
    program: Program | None
    suffixes: tuple[str, ...]
    recognises: Callable[[str, bytes], bool]
    read: Reader
    is_one_list: bool = False


@cache
def importers() -> dict[str, Importer]:
    """Every importer by its name; those that recognise most surely first."""
    from map4.formats import list_importer as lists
    from map4.formats.mixxx import reader as mixxx
    from map4.formats.rekordbox import database as rekordbox_db
    from map4.formats.rekordbox import xml_reader as rekordbox_xml
    from map4.formats.serato import reader as serato
    from map4.formats.traktor import reader as traktor
    from map4.formats.virtualdj import reader as virtualdj

    known: tuple[Importer, ...] = (
        rekordbox_xml.REKORDBOX,
        rekordbox_db.REKORDBOX_DB,
        traktor.TRAKTOR,
        serato.SERATO,
        virtualdj.VIRTUALDJ,
        mixxx.MIXXX,
        # Any XML and any line of text may be a list: those that are surely something else stand before it.
        lists.LISTS,
    )
    return {found.name: found for found in known}


def importer_for(path: str, name: str | None = None) -> Importer:
    """What reads a file.

    Parameters
    ----------
    path : of the file or folder
    name : of the importer; None takes what recognises the file

    Raises
    ------
    UsageError
        If there is no importer of this name.
    ImportReadError
        If nothing recognises the file, or it is a pipe or a device.
    OSError
        If it can't be opened.
    """
    from map4.formats.registry import listed_names, near_names

    if name is not None:
        found = importers().get(name)
        if found is None:
            raise UsageError(f"there is no format '{name}' to import. {near_names(name, list(importers()))}")
        _require_kept(path)
        return found
    _require_kept(path)
    head = b""
    if not os.path.isdir(path):
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    found = next((one for one in importers().values() if one.recognises(path, head)), None)
    if found is None:
        raise ImportReadError(f"this is no library that map4 can read; it reads {listed_names(importers())}")
    return found


def _require_kept(path: str) -> None:
    """Refuse pipes and devices: files are read more than once, and one that nobody writes to would never end."""
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ImportReadError("this is neither a file nor a folder; write what it holds to a file first")
