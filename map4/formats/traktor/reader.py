"""Traktor's NML files: collections, exported playlists and histories, of NML 19 and 20."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO
from xml.etree.ElementTree import Element

from map4.core.base.paths import display_path
from map4.core.base.regular_files import open_regular
from map4.core.music.track.imported import ImportedValues
from map4.formats.dj_library import DjItem, DjPlaylist, DjTrack
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.lacks import BARS_OF_FOUR, DAYS, ILLEGAL_XML, TEMPI, Lack, hot_cues_up_to
from map4.formats.traktor.nml import COLORS, PLAY
from map4.formats.traktor.reader_entry import CUE, TRACK, key_of, track_of, track_of_key
from map4.formats.values import history_name
from map4.formats.xml_reading import xml_errors, xml_events

_ROOT = re.compile(rb"<NML[\s>]")
_LIST_TYPE = re.compile(rb"<PLAYLIST\s[^<>]{0,200}?TYPE=\"(\w{1,20})\"")
_BLOCK_BYTES, _OVERLAP_BYTES = 1 << 20, 300
# A list's TYPE: made by hand, or recorded while playing. All other lists are searches.
_KINDS = {"LIST": "PLAYLIST", "PROTOCOL": "HISTORY"}
_UNNAMED_HISTORY = "HISTORY"
_COLLECTION, _HISTORIES = "collection.nml", "History"

SMART_LISTS = "smart lists"
UNHEARD = "entries of histories that were not played to the public"
PLACELESS = "entries that name no file"
REPEATED = "further entries of the same file"


def _recognises(path: str, head: bytes) -> bool:
    return bool(_files(path)) if os.path.isdir(path) else _ROOT.search(head) is not None


def _files(folder: str) -> list[str]:
    """Return the files to read of a folder: the collection and its histories; without a collection, every NML."""
    here = sorted(name for name in os.listdir(folder) if name.lower().endswith(".nml") and not name.startswith("._"))
    files = [os.path.join(folder, name) for name in here]
    inner = os.path.join(folder, _HISTORIES)
    if not os.path.isdir(inner):
        return files
    return [*(file for file in files if os.path.basename(file).lower() == _COLLECTION), *_files(inner)]


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Read the collection track by track, then the lists; tracks that only lists name come last."""
    reading = _NmlReader(notes)
    if not os.path.isdir(path):
        yield from _file(path, reading)
        return
    files = _files(path)
    if not files:
        raise ImportReadError(f"there is neither a {_COLLECTION} nor a history of Traktor in it")
    for file in files:
        try:
            yield from _file(file, reading)
        except (ImportReadError, OSError):
            if os.path.basename(file).lower() == _COLLECTION:
                raise
            notes.left_out["files that can't be read"] += 1


def _file(path: str, reading: _NmlReader) -> Iterator[DjItem]:
    with open_regular(path) as file, xml_errors(ImportReadError, entities="no collection needs"):
        is_history = _list_types(file) == {b"PROTOCOL"}
        file.seek(0)
        stem = display_path(os.path.splitext(os.path.basename(path))[0])
        for item in reading.items(xml_events(file), stem):
            # Track data in files of the folder History is outdated: the collection's counts.
            yield replace(item, values=ImportedValues()) if is_history and isinstance(item, DjTrack) else item


def _list_types(file: BinaryIO) -> set[bytes]:
    """Return the types of all lists: they are at the end of the file, after the tracks, and decide its kind."""
    types: set[bytes] = set()
    rest = b""
    while block := file.read(_BLOCK_BYTES):
        types.update(_LIST_TYPE.findall(rest + block))
        rest = block[-_OVERLAP_BYTES:]
    return types


@dataclass(slots=True)
class _NmlNode:
    """An open NODE: a folder, a list, or something that is not a list of tracks."""

    kind: str
    name: str
    keys: list[str] = field(default_factory=list)
    times: list[str | None] = field(default_factory=list)


class _NmlReader:
    """Reads files one after the other; each track is yielded once."""

    def __init__(self, notes: ReadNotes) -> None:
        self._notes = notes
        self._known: set[str] = set()
        self._position = 0

    def items(self, events: Iterable[tuple[str, Element]], stem: str) -> Iterator[DjItem]:
        self._stem = stem
        self._open: list[Element] = []
        self._nodes: list[_NmlNode] = []
        self._named: dict[str, None] = {}
        self._own: set[str] = set()
        for event, element in events:
            if event == "start":
                self._start(element)
                continue
            self._open.pop()
            item = self._end(element)
            if item is not None:
                yield item
            if self._open and element.tag in ("ENTRY", "NODE", "SET"):
                del self._open[-1][:]  # release processed elements
        for key in self._named:
            if key not in self._known:
                self._known.add(key)
                self._position += 1
                yield track_of_key(key, self._position)

    def _start(self, element: Element) -> None:
        if not self._open:
            if element.tag != "NML":
                raise ImportReadError(f"this XML is not a collection of Traktor: it begins with <{element.tag}>")
            version = element.get("VERSION")
            self._notes.version = f"NML {version}" if version else None
        elif element.tag == "NODE":
            self._nodes.append(_NmlNode(element.get("TYPE", ""), element.get("NAME", "")))
        elif element.tag == "PLAYLIST" and self._nodes:
            # Traktor Pro 2 had smart lists of this tag.
            self._nodes[-1].kind = _KINDS.get(element.get("TYPE", "LIST"), "SMARTLIST")
        self._open.append(element)

    def _end(self, element: Element) -> DjItem | None:
        if element.tag == "ENTRY":
            parent = self._open[-1].tag if self._open else None
            if parent == "COLLECTION":
                return self._track(element)
            if parent == "PLAYLIST" and self._nodes:
                self._name(element, self._nodes[-1])
        elif element.tag == "NODE":
            return self._list(self._nodes.pop())
        return None

    def _track(self, entry: Element) -> DjItem | None:
        key = key_of(entry)
        if key is None or key in self._own:
            self._notes.left_out[PLACELESS if key is None else REPEATED] += 1
            return None
        self._own.add(key)
        if key in self._known:  # in an earlier file
            return None
        self._known.add(key)
        self._position += 1
        return track_of(entry, key, self._position, self._notes.left_out)

    def _name(self, entry: Element, node: _NmlNode) -> None:
        primary = entry.find("PRIMARYKEY")
        key = None if primary is None else primary.get("KEY")
        if not key:
            self._notes.left_out[PLACELESS] += 1
            return
        played = entry.find("EXTENDEDDATA")
        if node.kind == "HISTORY" and played is not None:
            if played.get("PLAYEDPUBLIC") == "0":
                self._notes.left_out[UNHEARD] += 1
                return
            node.times.append(PLAY.read(played.attrib, self._notes.left_out).get("played_at"))
        elif node.kind == "HISTORY":
            node.times.append(None)
        node.keys.append(key)
        if node.kind in _KINDS.values():
            self._named[key] = None

    def _list(self, node: _NmlNode) -> DjItem | None:
        if node.kind == "HISTORY":
            # Each is called HISTORY, in any folder.
            otherwise = self._stem if node.name in ("", _UNNAMED_HISTORY) else node.name
            name, identity = history_name(node.times, otherwise)
            keys, times = tuple(node.keys), tuple(node.times)
            return DjPlaylist(name=name, identity=identity, kind="history", keys=keys, times=times)
        if node.kind == "PLAYLIST":
            # The outermost folder contains all others.
            folders = tuple(outer.name for outer in self._nodes[1:])
            return DjPlaylist(name=node.name, folders=folders, keys=tuple(node.keys))
        if node.kind == "SMARTLIST":
            self._notes.left_out[SMART_LISTS] += 1
        return None


TRAKTOR = Importer(
    name="traktor",
    title="Traktor",
    suffixes=("nml",),
    recognises=_recognises,
    read=_read,
    fields=(TRACK, CUE, PLAY),
    lacks=(
        Lack("album_artist grouping disc_number my_tags structure vocals"),
        Lack("rating", "{} has half stars", lambda stars, _: 2 * stars % 1),
        Lack("color", "{} has seven colours, and no grey", lambda color, _: color.lower() not in COLORS),
        Lack("cues.name", "'n.n.' is Traktor's word for no name", lambda cue, _: cue.name == "n.n."),
        hot_cues_up_to(8), *ILLEGAL_XML, DAYS, *TEMPI, BARS_OF_FOUR,
    ),
)  # fmt: skip
