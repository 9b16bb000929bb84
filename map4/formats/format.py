"""One format of lists or exports: what it writes, reads, and which options it heeds."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from map4.domain.path_maps import PathMaps
from map4.domain.track_columns import column_cells
from map4.domain.tracklist import ParsedPlaylist, Tracklist
from map4.errors import Map4Error, UsageError
from map4.ports.export import ExportContent, ExportOptions


class PlaylistReadError(Map4Error):
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


Writer = Callable[[Tracklist, BinaryIO, PathMaps], WriteNotes]
"""Writes a list to a binary stream, track by track; takes no other file."""


Exporter = Callable[[ExportContent, BinaryIO, ExportOptions], WriteNotes]
"""Writes what was selected to a binary stream that can't be read or sought; takes no other file, holds no more of the
tracks than it must, and counts them in its notes. Raises `UsageError` for options that it can't follow, and before the
first byte."""


Reader = Callable[[bytes], ParsedPlaylist]
"""Reads a list from its bytes; raises `PlaylistReadError`, and nothing else."""


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


def near_names(name: str, known: Sequence[str]) -> str:
    """The name that was probably meant, or all there are, in a sentence."""
    near = difflib.get_close_matches(name, known, 1)
    return f"Did you mean '{near[0]}'?" if near else f"There are {listed_names(known)}."


def listed_names(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def loaded(name: str) -> Any:
    """What `module:NAME` names."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
