"""rekordbox's XML, which rekordbox 5, 6 and 7 import: tracks, cue points, beat grids, and playlists in folders.

See `docs/dj-by-program.md`.
"""

from __future__ import annotations

import os
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import BinaryIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from map4.core.base.text import counted
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, Unplayable, WriteNotes
from map4.formats.importer import folders_and_name
from map4.formats.rekordbox.track_element import TrackElements, unplayable_kind
from map4.formats.rekordbox.xml_into import REPLACED, write_into
from map4.formats.values import without_illegal_xml

MOST_TRACK_ID = 2**31 - 1  # rekordbox's own are below 2 ** 28; every program supports 31 bits
_DIGEST_BYTES = 8
_UNNAMED = "map4"

StartTag = Callable[[str, dict[str, str]], bytes]


class TrackIds:
    """Assigns each file a number that depends only on its path, so that later exports use the same number.

    In a hundred thousand files, two or three collide; then the later file takes the next free number.
    """

    def __init__(self, *, most: int = MOST_TRACK_ID) -> None:
        self._most = most
        self._ids: dict[int, int] = {}
        self._taken: set[int] = set()

    def add(self, path: str) -> int | None:
        """Assign a number to a file; None if it has one already."""
        digest = _digest(path)
        if digest in self._ids:
            return None
        number = digest % self._most + 1
        while number in self._taken:
            number = number % self._most + 1
        self._taken.add(number)
        self._ids[digest] = number
        return number

    def of(self, path: str) -> int | None:
        """Return the number of a file, or None."""
        return self._ids.get(_digest(path))


def _digest(path: str) -> int:
    return int.from_bytes(blake2b(os.fsencode(path), digest_size=_DIGEST_BYTES).digest(), "big")


@dataclass(slots=True)
class _Playlist:
    name: str
    track_ids: array[int]


@dataclass(slots=True)
class _XmlFolder:
    name: str
    children: list[_XmlFolder | _Playlist] = field(default_factory=list)
    folders: dict[str, _XmlFolder] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class PlaylistTree:
    """Playlists in their folders; tracks are stored only as numbers."""

    def __init__(self) -> None:
        self._root = _XmlFolder("ROOT")
        self.missing = 0

    def add(self, content: Tracklist, ids: TrackIds) -> None:
        """Add a list; tracks without a number are counted in `missing`.

        rekordbox does not allow lists and folders of the same name in a folder, so the second gets a number.
        """
        folders, name = folders_and_name(content)
        folder = self._root
        for step in folders:
            if step not in folder.folders:
                folder.folders[step] = _XmlFolder(_free_name(step, folder.names))
                folder.children.append(folder.folders[step])
            folder = folder.folders[step]
        is_named = bool(name and without_illegal_xml(name)[0])
        free = _free_name(name if is_named and name else _UNNAMED, folder.names)
        numbers = array("l")
        for track in content.tracks:
            number = ids.of(track.path)
            if number is None:
                self.missing += 1
            else:
                numbers.append(number)
        folder.children.append(_Playlist(free, numbers))

    def lines(self, start_tag: StartTag, indent: bytes) -> Iterator[bytes]:
        """Yield the NODE elements line by line, the root first; each level is indented, and the root twice."""
        yield _line(indent, 2, start_tag("NODE", {"Type": "0", "Name": "ROOT", "Count": str(len(self._root.children))}))
        # A stack, as folders may be nested deeper than Python's recursion limit.
        open_folders = [iter(self._root.children)]
        while open_folders:
            depth = len(open_folders) + 2
            child = next(open_folders[-1], None)
            if child is None:
                open_folders.pop()
                yield _line(indent, depth - 1, b"</NODE>")
            elif isinstance(child, _XmlFolder):
                attributes = {"Name": child.name, "Type": "0", "Count": str(len(child.children))}
                yield _line(indent, depth, start_tag("NODE", attributes))
                open_folders.append(iter(child.children))
            else:
                attributes = {"Name": child.name, "Type": "1", "KeyType": "0", "Entries": str(len(child.track_ids))}
                yield _line(indent, depth, start_tag("NODE", attributes))
                for number in child.track_ids:
                    yield _line(indent, depth + 1, b'<TRACK Key="%d"/>' % number)
                yield _line(indent, depth, b"</NODE>")


def _line(indent: bytes, depth: int, tag: bytes) -> bytes:
    return indent * depth + tag + b"\n"


def _free_name(name: str, taken: set[str]) -> str:
    """Return the name, or the first free name with a number, and mark it as taken.

    Names that differ only in case, outer blanks or the form of accents count as the same, as they may in rekordbox.
    """
    number, free = 1, name
    while (compared := unicodedata.normalize("NFC", free).casefold().strip()) in taken:
        number += 1
        free = f"{name} ({number})"
    taken.add(compared)
    return free


_BATCH = 64  # elements serialised at once, a fifth faster than singly; they contain no tracks
_INDENT = b"  "
_TRACK_INDENT, _MARK_INDENT = "\n    ", "\n      "


class _Document:
    def __init__(self, out: BinaryIO, content: ExportContent, options: ExportOptions) -> None:
        self._out, self._content, self._path_maps = out, content, options.path_maps
        self._elements = TrackElements(options)
        self._ids = TrackIds()
        self._lists = PlaylistTree()
        self._unplayable = Unplayable(program="rekordbox")
        self._batch: list[Element] = []

    def write(self) -> WriteNotes:
        out = self._out
        out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n\n')
        out.write(self._start_tag("DJ_PLAYLISTS", {"Version": "1.0.0"}) + b"\n")
        product = {"Name": "map4", "Version": self._content.map4_version or "", "Company": "map4"}
        out.write(_INDENT + self._start_tag("PRODUCT", product)[:-1] + b"/>\n")
        out.write(_INDENT + self._start_tag("COLLECTION", {"Entries": str(_distinct(self._content))}) + b"\n")
        count = 0
        for track in self._content.tracks:
            count += self._take(track)
        if self._batch:
            self._flush()
        out.write(_INDENT + b"</COLLECTION>\n" + _INDENT + b"<PLAYLISTS>\n")
        content = self._content
        for listed in (content.playlist,) if content.playlist is not None else content.playlists():
            self._lists.add(listed, self._ids)
        for line in self._lists.lines(self._start_tag, _INDENT):
            out.write(line)
        out.write(_INDENT + b"</PLAYLISTS>\n</DJ_PLAYLISTS>\n")
        notes = self._elements.notes
        notes.tracks = count
        notes.remarks += self._unplayable.remarks()
        notes.remarks += self._elements.grids.remarks()
        notes.remarks += self._elements.detected.remarks()
        if self._elements.without_button:
            many = counted(self._elements.without_button, "hot cue", "hot cues")
            notes.remarks.append(f"{many} beyond rekordbox's sixteen became memory cues")
        if self._lists.missing:
            many = counted(self._lists.missing, "entry of a list is", "entries of lists are")
            notes.remarks.append(f"{many} not among the tracks, and left out")
        return notes

    def _take(self, track: Track) -> bool:
        """Return whether the track is new; lists repeat tracks, a collection does not."""
        track_id = self._ids.add(track.path)
        if track_id is None:
            return False
        element = self._elements.element(track, track_id, self._path_maps.mapped(track.path))
        if len(element):
            element.text = _MARK_INDENT
            for mark in element:
                mark.tail = _MARK_INDENT
            element[-1].tail = _TRACK_INDENT
        element.tail = _TRACK_INDENT
        self._batch.append(element)
        if len(self._batch) == _BATCH:
            self._flush()
        unplayable = unplayable_kind(track)
        if unplayable is not None:
            self._unplayable.add(unplayable or "of no known kind")
        return True

    def _flush(self) -> None:
        holder = ElementTree.Element("COLLECTION")
        holder.text = _TRACK_INDENT[1:]
        holder.extend(self._batch)
        self._batch.clear()
        holder[-1].tail = "\n"
        written: str = ElementTree.tostring(holder, encoding="unicode")
        self._out.write(written[len("<COLLECTION>") : -len("</COLLECTION>")].encode("utf-8"))

    def _start_tag(self, name: str, attributes: dict[str, str]) -> bytes:
        clean = {key: self._elements.notes.xml_text(value) for key, value in attributes.items()}
        element = ElementTree.Element(name, clean)
        element.text = ""
        written: str = ElementTree.tostring(element, encoding="unicode", short_empty_elements=False)
        return written.removesuffix(f"</{name}>").encode("utf-8")


def _distinct(content: ExportContent) -> int:
    """Return the number of distinct tracks; not counted for a query, which has no repeats and would be read twice."""
    if content.origin in ("library", "query"):
        return len(content.tracks)
    return len({track.path for track in content.tracks})


def _export(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    if options.path_maps.relative_to is not None:
        raise UsageError("rekordbox needs full paths; leave --relative-to out (--path-map changes them)")
    if options.into is not None:
        return write_into(content, out, options)
    return _Document(out, content, options).write()


REKORDBOX = Format(
    name="rekordbox",
    suffixes=("xml",),
    summary="XML with lists, grids, your cue points, ratings, colours",
    exporter=_export,
    options=FormatOptions(
        named="list",
        with_grid=True,
        with_cues=True,
        comment=True,
        replaces=tuple(REPLACED),
        usual={"with_grid": True, "with_cues": "imported"},  # rekordbox analyses tracks without a grid again
    ),
)
