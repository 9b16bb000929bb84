"""The formats, found by name, by the suffix of a file, or by what a list begins with."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import BinaryIO

from map4.domain.path_maps import Places
from map4.domain.track_columns import column_cells
from map4.domain.tracklist import ReadList, TrackList
from map4.errors import Map4Error, UsageError
from map4.ports.export import ExportContent, ExportOptions

_PATH = re.compile(rb"[^\r\n]*([/\\]|\.\w{2,5}[ \t]*(\r|\n|$))")


class ListReadError(Map4Error):
    """A list that can't be read as what it claims to be; becomes part of a message that names the file."""


@dataclass(slots=True, kw_only=True)
class WriteNotes:
    """What a format could not say; shown once the file is written."""

    tracks: int = 0
    replaced_characters: int = 0
    shortened_texts: int = 0
    remarks: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """What there is to say about it, for a person."""
        said = list(self.remarks)
        if self.replaced_characters:
            characters = "1 character" if self.replaced_characters == 1 else f"{self.replaced_characters} characters"
            verb = "was" if self.replaced_characters == 1 else "were"
            said.append(f"{characters} of names that the format can't hold {verb} replaced or left out")
        if self.shortened_texts:
            said.append(f"{self.shortened_texts} texts were cut to the length that the format can hold")
        return said


Writer = Callable[[TrackList, BinaryIO, Places], WriteNotes]
"""Writes a list to a binary stream, track by track; takes no other file."""

Exporter = Callable[[ExportContent, BinaryIO, ExportOptions], WriteNotes]
"""Writes what was selected to a binary stream that can't be read or sought; takes no other file, holds no more of the
tracks than it must, and counts them in its notes. Raises `UsageError` for options that it can't follow, and before the
first byte."""

Reader = Callable[[bytes], ReadList]
"""Reads a list from its bytes; raises `ListReadError`, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format.

    Parameters
    ----------
    name : as `--as` takes it
    suffixes : lower case without the dot, the usual one first
    summary : a few words for a person
    write, read : as a list; None where map4 can't do that
    export : writes any selection of tracks; None where `write` does so
    takes : which fields of `ExportOptions` `export` heeds, besides the places: "columns", "bom", "raw", "with_grid";
        and "notation" where it shows keys in the notation of the content
    templates : names for `--template`, the usual one first
    options : further options, `--option NAME=VALUE`: name and a few words for a person
    is_binary : whether it would only harm a terminal
    """

    name: str
    suffixes: tuple[str, ...]
    summary: str
    write: Writer | None = None
    read: Reader | None = None
    export: Exporter | None = None
    takes: frozenset[str] = frozenset()
    templates: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    is_binary: bool = False

    def exporter(self) -> Exporter | None:
        """What exports to this format: its own, or its writer of lists; None where it is only read."""
        write = self.write
        if self.export is not None or write is None:
            return self.export
        return lambda content, out, options: write(content.as_list(), out, options.places)

    def check(self, options: ExportOptions) -> None:
        """Refuse options that the format does not have, and columns that there are not.

        Raises
        ------
        UsageError
            It says which there are.
        """
        for name in ("columns", "bom", "raw", "with_grid"):
            if getattr(options, name) and name not in self.takes:
                raise UsageError(f"--{name.replace('_', '-')} means nothing in {self.name}; leave it out")
        column_cells(options.columns)
        if options.template is not None and options.template not in self.templates:
            if not self.templates:
                raise UsageError(f"{self.name} has no templates; leave --template out")
            raise UsageError(
                f"{self.name} has no template '{options.template}'. {near_names(options.template, self.templates)}"
            )
        for name in options.more:
            if name not in self.options:
                known = f"it has {listed_names(self.options)}" if self.options else "it has none"
                raise UsageError(f"{self.name} has no option '{name}'; {known}")


@cache
def formats() -> dict[str, Format]:
    """Every format by its name."""
    from map4.formats import report as reports
    from map4.formats.lists import csv as csv_list
    from map4.formats.lists import json_list, m3u, pls, xspf
    from map4.formats.rekordbox import xml_writer as rekordbox
    from map4.formats.serato import writer as serato
    from map4.formats.traktor import writer as traktor
    from map4.formats.virtualdj import writer as virtualdj
    from map4.formats.workbook import format as xlsx

    known = (
        m3u.M3U8,
        m3u.M3U,
        m3u.TXT,
        pls.PLS,
        xspf.XSPF,
        json_list.JSON,
        json_list.JSONL,
        csv_list.CSV,
        csv_list.TSV,
        reports.HTML,
        reports.PDF,
        xlsx.XLSX,
        rekordbox.REKORDBOX,
        traktor.TRAKTOR,
        serato.SERATO,
        virtualdj.VIRTUALDJ,
    )
    return {found.name: found for found in known}


def writable_formats() -> list[str]:
    """Names of the formats that can be written."""
    return [found.name for found in formats().values() if found.write]


def format_for_writing(path: str, name: str | None = None) -> Format:
    """The format to write a file in.

    Parameters
    ----------
    path : of the file; "-" is stdout
    name : of the format; None takes it from the suffix

    Raises
    ------
    UsageError
        If there is no such format, or the suffix tells none.
    """
    if name is not None:
        found = formats().get(name)
        if found is not None and found.write is not None:
            return found
        if found is not None and found.export is not None:
            raise _only_exported(found, path)
        raise UsageError(f"there is no format '{name}' to write. {near_names(name, writable_formats())}")
    suffix = _suffix(path)
    of_suffix = [found for found in formats().values() if suffix in found.suffixes]
    for found in of_suffix:
        if found.write is not None:
            return found
        if found.export is not None:
            raise _only_exported(found, path)
    what = f"the suffix of {path} names no format" if suffix else f"{path} has no suffix to tell the format"
    endings = listed_names(f".{found.suffixes[0]}" for found in formats().values() if found.write)
    raise UsageError(f"{what}; end it in {endings}, or name one with --as")


def _only_exported(found: Format, path: str) -> UsageError:
    return UsageError(
        f"{found.name} is written by 'map4 export'; --save NAME stores the list here, and then: "
        f"map4 export --playlist NAME --to {found.name} -o {path}"
    )


def read_list(data: bytes, path: str) -> ReadList:
    """Read a list, by its suffix or else by what it begins with.

    Parameters
    ----------
    data : the whole file
    path : where it came from; "-" is stdin

    Raises
    ------
    ListReadError
        If it is no list that map4 can read.
    """
    suffix = _suffix(path)
    found = next((f for f in formats().values() if suffix in f.suffixes and f.read), None) or sniffed_format(data)
    if found is None or found.read is None:
        known = listed_names(f.name for f in formats().values() if f.read)
        raise ListReadError(f"this is no list that map4 can read; it reads {known}")
    return found.read(data)


def readable_suffixes() -> frozenset[str]:
    """Suffixes of lists that can be read."""
    return frozenset(suffix for found in formats().values() if found.read for suffix in found.suffixes)


def sniffed_format(data: bytes) -> Format | None:
    """The format of a list by what it begins with, or None where it is none."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    # XML says what it is a little later.
    if b"<VirtualFolder" in head:
        return formats()["virtualdj"]
    signs = {
        b"vrsn\0": "serato",
        b"#EXTM3U": "m3u",
        b"[playlist]": "pls",
        b"<?xml": "xspf",
        b"<playlist": "xspf",
        b"[": "json",
    }
    for sign, name in signs.items():
        if head[: len(sign)].lower() == sign.lower():
            return formats()[name]
    if head.startswith(b"{"):
        return formats()["jsonl" if b"\n{" in data else "json"]
    # What 'find' prints, say: a path a line.
    return formats()["txt"] if _PATH.match(head) and b"\0" not in data else None


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower().lstrip(".")


def near_names(name: str, known: Sequence[str]) -> str:
    """The name that was probably meant, or all there are, in a sentence."""
    near = difflib.get_close_matches(name, known, 1)
    return f"Did you mean '{near[0]}'?" if near else f"There are {listed_names(known)}."


def listed_names(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
