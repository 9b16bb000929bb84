"""rekordbox's XML (File > Export Collection in xml format): tracks, cue points, beat grids, and playlists in folders.

The format is AlphaTheta's "xml_format_list" (rekordbox.com, Developer). Files can be large, so they are read as a
stream: an element is released as soon as it is processed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO
from xml.etree.ElementTree import Element

from map4.core.base.path_maps import Location
from map4.core.base.regular_files import OnDisk
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import MOST_RATING, ImportedValues
from map4.formats.fields import ProgramFields, entry_of, unreadable
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.lacks import KINDS_BY_NAME, hot_cues_up_to
from map4.formats.lacks import REKORDBOX as LACKS
from map4.formats.rekordbox.collection_file import ROOT, Attributes
from map4.formats.rekordbox.track_element import CUE_TYPES, HOST, KIND_COLORS, RATING_STEP, TEXTS
from map4.formats.time_zero import program_offset_s
from map4.formats.values import whole_number
from map4.formats.xml_reading import xml_errors, xml_events

UNREADABLE_CUES = "cue points that can't be read"
UNREADABLE_GRID = "marks of beat grids that can't be read"

_CUE_KINDS: dict[str | None, CueKind] = {number: kind for kind, number in CUE_TYPES.items()}
_DECIMALS = 6
_METRE = re.compile(r"([1-9][0-9]?)/[0-9]{1,2}")
_COLOUR = re.compile(r"0x([0-9A-Fa-f]{6})")
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,5})$")
_CHANNELS = ("Red", "Green", "Blue")
_MP4_SUFFIXES = frozenset({"m4a", "m4b", "mp4"})
MOST_KBITS_OF_AAC = 529
"""Maximum of stereo AAC at 44.1 kHz (6144 bits per channel and 1024 samples); ALAC begins near it."""


def track_of(track: Element, key: str, position: int, left_out: Counter[str]) -> DjTrack:
    """Return a track with rekordbox's values; unreadable ones are counted in `left_out`."""
    attributes = track.attrib
    values = TRACK.read(attributes, left_out)
    location = attributes.get("Location") or None
    is_network_folder = location is not None and location.startswith(f"{HOST}//")  # on Windows
    others = (location.replace(HOST, "file:", 1),) if location and is_network_folder else ()
    entry = entry_of(values, position, location, *others)
    if len(track):
        offset_s = program_offset_s("rekordbox", _codec(attributes))
        values |= {"cues": _cues(track, offset_s, left_out), "grid": _grid(track, offset_s, left_out)}
    return DjTrack(key=key, entry=entry, values=ImportedValues(**values))


def _codec(attributes: Attributes) -> str | None:
    """Return the codec from suffix, `Kind` and bit rate; names for the kinds of MP4 differ between versions."""
    match = _SUFFIX.search(attributes.get("Location", ""))
    suffix = match[1].lower() if match else None
    if suffix in _MP4_SUFFIXES:
        is_lossless = (whole_number(attributes.get("BitRate")) or 0) > MOST_KBITS_OF_AAC
        return "alac" if is_lossless or "alac" in attributes.get("Kind", "").lower() else "aac"
    return suffix


def _cues(track: Element, offset_s: float, left_out: Counter[str]) -> tuple[CuePoint, ...]:
    cues = []
    for mark in track.iterfind(CUE.place):
        values = CUE.read(mark.attrib, left_out)
        if not values:
            continue
        start_s, kind = values["position_s"], values["kind"]
        end_s = values.get("length_s") if kind == "loop" else None
        length_s = None if end_s is None or end_s <= start_s else round(end_s - start_s, _DECIMALS)
        if end_s is not None and length_s is None:
            left_out[unreadable("cues.length_s")] += 1
        # A loop without an end is only the start of a loop.
        kind = "cue" if kind == "loop" and length_s is None else kind
        number, name, color = values.get("number"), values.get("name"), values.get("color")
        by_name = CuePoint.kind_of_name(name) if kind == "cue" else None
        if by_name is not None:  # a fade or load, as map4 writes them
            kind, name = by_name, None
            color = None if number is None and color == KIND_COLORS[by_name] else color
        cues.append(
            CuePoint(
                position_s=round(start_s - offset_s, _DECIMALS),
                kind=kind,
                number=number,
                name=name,
                length_s=length_s,
                color=color,
            )
        )
    return tuple(sorted(cues, key=lambda cue: cue.position_s))


def _grid(track: Element, offset_s: float, left_out: Counter[str]) -> tuple[GridMark, ...]:
    marks = []
    for mark in track.iterfind(MARK.place):
        if values := MARK.read(mark.attrib, left_out):
            values["position_s"] = round(values["position_s"] - offset_s, _DECIMALS)
            marks.append(GridMark(**values))
    return tuple(sorted(marks, key=lambda mark: mark.position_s))


def _rating(text: str | None) -> float | None:
    """Return stars, in steps of a half; 0 is unrated."""
    value = whole_number(text)
    if not value:
        return None
    halves = int(2 * value / RATING_STEP + 0.5)
    return min(halves / 2, MOST_RATING) or None


@lru_cache(maxsize=256)  # cached, as there are few colours and many cue points
def _color(texts: tuple[str | None, ...]) -> str | None:
    channels = [whole_number(text) for text in texts]
    if any(channel is None or channel > 255 for channel in channels):
        return None
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _track_color(text: str) -> str | None:
    match = _COLOUR.fullmatch(text)
    return match and f"#{match[1].lower()}"


def _metre(text: str) -> int | None:
    match = _METRE.fullmatch(text)
    return match and int(match[1])


TRACK = ProgramFields(
    "TRACK",
    (
        *TEXTS.items(), ("year", "Year"), ("track_number", "TrackNumber"), ("disc_number", "DiscNumber"),
        ("bpm", "AverageBpm"), ("key", "Tonality"), ("rating", "Rating", _rating), ("play_count", "PlayCount"),
        ("last_played", "LastPlayed"), ("date_added", "DateAdded"), ("color", "Colour", _track_color),
        ("duration_s", "TotalTime"), ("size_bytes", "Size"),
    ),
)  # fmt: skip
CUE = ProgramFields(
    "POSITION_MARK",
    (
        ("cues.position_s", "Start"), ("cues.kind", "Type", _CUE_KINDS.get), ("cues.length_s", "End"),
        ("cues.number", "Num"), ("cues.name", "Name", lambda text: text.strip() or None),
        ("cues.color", _CHANNELS, _color),
    ),
    needs=("position_s", "kind"),
    lost=UNREADABLE_CUES,
)  # fmt: skip
MARK = ProgramFields(
    "TEMPO",
    (
        ("grid.position_s", "Inizio"), ("grid.bpm", "Bpm"), ("grid.metre", "Metro", _metre), ("grid.beat", "Battito"),
    ),
    needs=("position_s", "bpm"),
    lost=UNREADABLE_GRID,
)  # fmt: skip


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
        for folders, node in self._lists:
            if node.by_location:
                keys = [self._by_location.get(hash(Location.unquoted(location))) for location in node.keys]
            else:
                keys = [self._keys.get(key) for key in node.keys]
            known = tuple(key for key in keys if key is not None)
            if len(known) < len(keys):
                self._notes.left_out[NO_TRACK] += len(keys) - len(known)
            yield DjPlaylist(name=node.name or _UNNAMED, folders=folders, keys=known)

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


def read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    with (
        OnDisk(path).open() as file,
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
