"""rekordbox's XML (File > Export Collection in xml format): tracks, cue points, beat grids, and playlists in folders.

The format is AlphaTheta's "xml_format_list" (rekordbox.com, Developer). Files can be large, so they are read as a
stream: an element is released as soon as it is processed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree.ElementTree import Element

from map4.core.base.path_maps import Location
from map4.core.base.regular_files import open_regular
from map4.formats.dj_library import DjItem, DjPlaylist, DjTrack
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.lacks import KINDS_BY_NAME, hot_cues_up_to
from map4.formats.lacks import REKORDBOX as LACKS
from map4.formats.rekordbox.collection_file import ROOT
from map4.formats.rekordbox.xml_values import CUE, MARK, TRACK, track_of
from map4.formats.xml_reading import xml_errors, xml_events

SAME_ID = "tracks with the id of another track"
NO_TRACK = "entries of playlists that name no track"
OTHER_LISTS = "lists of an unknown kind"

_FOLDER, _PLAYLIST = "0", "1"
_BY_LOCATION = "1"
_UNNAMED = "rekordbox"


@dataclass(slots=True)
class _XmlNode:
    """An open NODE: a folder, or a playlist with the keys read so far."""

    name: str
    kind: str | None
    by_location: bool
    keys: list[str] = field(default_factory=list)


class _XmlReader:
    def __init__(self, notes: ReadNotes) -> None:
        self._notes = notes
        self._keys: dict[str, str] = {}
        self._by_location: dict[int, str] = {}
        self._lists: list[tuple[tuple[str, ...], _XmlNode]] = []
        self._nodes: list[_XmlNode] = []
        self._collection: Element | None = None
        self._position = 0

    def items(self, file: BinaryIO) -> Iterator[DjItem]:
        """Yield tracks as they come, then the playlists, whose entries may name tracks before or after them."""
        parents: list[Element] = []
        for event, element in xml_events(file):
            if event == "start":
                self._opened(element, is_root=not parents)
                parents.append(element)
                continue
            parents.pop()
            if element.tag == "TRACK" and parents and parents[-1] is self._collection:
                yield from self._track(element)
            else:
                self._closed(element)
            # The marks of a track are read with it; all other elements can be released.
            if parents and parents[-1].tag != "TRACK":
                parents[-1].remove(element)
        yield from self._resolved()

    def _opened(self, element: Element, *, is_root: bool) -> None:
        if is_root and element.tag != ROOT:
            raise ImportReadError(f"this XML is not a collection of rekordbox: it begins with <{element.tag}>")
        if element.tag == "COLLECTION":
            self._collection = element
        elif element.tag == "NODE":
            kind, by_location = element.get("Type"), element.get("KeyType") == _BY_LOCATION
            self._nodes.append(_XmlNode(element.get("Name", ""), kind, by_location))

    def _closed(self, element: Element) -> None:
        if element.tag == "TRACK" and self._nodes:
            key = element.get("Key", "")
            self._nodes[-1].keys.append(self._keys.get(key, key))  # the same text object, as lists repeat them
        elif element.tag == "NODE":
            node = self._nodes.pop()
            if node.kind == _PLAYLIST:
                # The outermost folder is called ROOT, and is not the DJ's.
                self._lists.append((tuple(folder.name for folder in self._nodes[1:]), node))
            elif node.kind != _FOLDER:
                self._notes.left_out[OTHER_LISTS] += 1
        elif element.tag == "PRODUCT":
            name, version = element.get("Name", ""), element.get("Version", "")
            program = version if name == "rekordbox" else f"{name} {version}"
            self._notes.version = program.strip() or None
        elif element.tag == "COLLECTION":
            self._collection = None

    def _track(self, element: Element) -> Iterator[DjTrack]:
        location = element.get("Location", "")
        key = element.get("TrackID") or location
        self._position += 1
        if not key or key in self._keys:
            self._notes.left_out[SAME_ID] += 1
            return
        self._keys[key] = key
        if location:
            self._by_location.setdefault(hash(Location.unquoted(location)), key)
        yield track_of(element, key, self._position, self._notes.left_out)

    def _resolved(self) -> Iterator[DjPlaylist]:
        for folders, node in self._lists:
            if node.by_location:
                keys = [self._by_location.get(hash(Location.unquoted(location))) for location in node.keys]
            else:
                keys = [self._keys.get(key) for key in node.keys]
            known = tuple(key for key in keys if key is not None)
            if len(known) < len(keys):
                self._notes.left_out[NO_TRACK] += len(keys) - len(known)
            yield DjPlaylist(name=node.name or _UNNAMED, folders=folders, keys=known)


def read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    with (
        open_regular(path) as file,
        xml_errors(ImportReadError, entities="rekordbox never does", hint="; export it again"),
    ):
        yield from _XmlReader(notes).items(file)


REKORDBOX = Importer(
    name="rekordbox",
    title="rekordbox",
    suffixes=("xml",),
    recognises=lambda path, head: f"<{ROOT}".encode() in head,
    read=read,
    fields=(TRACK, CUE, MARK),
    lacks=(*KINDS_BY_NAME, *LACKS, hot_cues_up_to(16)),
)
