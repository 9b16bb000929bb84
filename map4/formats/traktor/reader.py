"""Traktor's NML files: collections, exported playlists and histories, of NML 19 and 20."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element

from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.plausible import plausible_seconds
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.fields import ProgramFields, entry_of, tempo_in, then, unreadable
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.lacks import BARS_OF_FOUR, DAYS, ILLEGAL_XML, TEMPI, Lack, hot_cues_up_to
from map4.formats.time_zero import program_offset_s
from map4.formats.traktor import nml
from map4.formats.values import history_name, number_of, suffix_of, whole_number
from map4.formats.xml_reading import attributes_of, xml_errors, xml_events

_CUE_KINDS: dict[int, CueKind] = {number: kind for kind, number in nml.CUE_TYPES.items()}
# Traktor's default names; the latter two are for grid markers.
_MARKER_NAMES = frozenset({nml.GRID_NAME, "Beat Marker"})
_NO_NAMES = frozenset({nml.NO_NAME, *_MARKER_NAMES})
_MS_PER_S = 1000.0
_POSITION_DECIMALS = 9  # Traktor writes millionths of a millisecond
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_MOST_BPM = 1000.0
_MOST_DIGITS = 9  # of whole numbers; longer ones are ignored

MARKERS = "grid markers without a tempo"


def key_of(entry: Element) -> str | None:
    """Return the key of the track in playlists; None if the entry has no location."""
    location = entry.find("LOCATION")
    if location is None or not location.get("FILE"):
        return None
    return "".join(location.get(name, "") for name in ("VOLUME", "DIR", "FILE"))


def track_of(element: Element, key: str, position: int, left_out: Counter[str]) -> DjTrack:
    """Return the track of an ENTRY with a location.

    position: from 1
    left_out: counts unreadable items
    """
    row = attributes_of(element, _PARTS)
    location = nml.location_of_parts(row.get("LOCATION.VOLUME", ""), row.get("LOCATION.DIR", ""), row["LOCATION.FILE"])
    values = TRACK.read(row, left_out)
    entry = entry_of(values, position, *location.paths())
    offset_s = program_offset_s("traktor", suffix_of(location.names[-1]))
    return DjTrack(key=key, entry=entry, values=_with_cues(element, values, offset_s, left_out))


def track_of_key(key: str, position: int) -> DjTrack:
    """Return a track that only a playlist names."""
    first, *others = nml.location_of_key(key).paths()
    return DjTrack(key=key, entry=PlaylistEntry(position=position, location=first, other_locations=tuple(others)))


def _with_cues(entry: Element, values: dict[str, Any], offset_s: float, left_out: Counter[str]) -> ImportedValues:
    cues: list[CuePoint] = []
    grid: list[GridMark] = []
    elements = entry.findall("CUE_V2")
    is_only_marker = sum(element.get("TYPE") == str(nml.GRID_TYPE) for element in elements) == 1
    for element in elements:
        row = attributes_of(element, _GRID)
        read = CUE.read(row, left_out)
        if not read:
            continue
        position_s, button = round(read["position_s"] - offset_s, _POSITION_DECIMALS), read.get("number")
        if read["kind"] == nml.GRID_TYPE:
            # Up to Traktor Pro 3, a grid marker may have a button too: one that Traktor gave it ("Store Beatmarker as
            # Hotcue" in its preferences) is no cue point of the DJ's.
            name = row.get("NAME")
            is_own = name in _MARKER_NAMES or (is_only_marker and name in _NO_NAMES)
            is_grid_only = is_own or button is None
            tempo = read.get("bpm") or values.get("bpm")
            if tempo is None:
                left_out[MARKERS] += 1
            else:
                # A named marker is both marker and cue point, and is written back as one.
                called = None if name == nml.GRID_NAME or (name == nml.NO_NAME and not is_grid_only) else name
                grid.append(GridMark(position_s=position_s, bpm=tempo, number=button, name=called or None))
            if is_grid_only:
                continue
        cues.append(_cue(read, position_s))
    by_position = sorted(cues, key=lambda cue: (cue.position_s, -1 if cue.number is None else cue.number))
    return ImportedValues(**values, cues=tuple(by_position), grid=tuple(sorted(grid, key=lambda mark: mark.position_s)))


def _cue(read: Mapping[str, Any], position_s: float) -> CuePoint:
    is_marker, is_loop = read["kind"] == nml.GRID_TYPE, read["kind"] == nml.CUE_TYPES["loop"]
    length_s, name = read.get("length_s") if is_loop else None, read.get("name")
    return CuePoint(
        position_s=position_s,
        kind="cue" if is_marker or (is_loop and length_s is None) else _CUE_KINDS[read["kind"]],
        number=read.get("number"),
        # A cue point with this name is not a marker.
        name=None if name == nml.NO_NAME or (is_marker and name in _NO_NAMES) else name,
        length_s=length_s,
        color=read.get("color"),
    )


def _kind(text: str) -> int | None:
    number = _whole(text)
    return number if number == nml.GRID_TYPE or number in _CUE_KINDS else None


def _color(text: str) -> str | None:
    return text.lower() if _COLOR.fullmatch(text) else None


def _length_s(text: str) -> float | None:
    length_s = _seconds(text)
    return None if length_s is None or length_s <= 0 else round(length_s, _POSITION_DECIMALS)


_seconds = then(number_of, lambda milliseconds: plausible_seconds(milliseconds / _MS_PER_S))
_bpm = then(tempo_in, lambda bpm: bpm if bpm <= _MOST_BPM else None)
_whole = partial(whole_number, most_digits=_MOST_DIGITS)
TRACK = ProgramFields(
    "ENTRY",
    (
        *nml.ENTRY_TEXTS.items(), ("album", "ALBUM.TITLE"),
        *((name, f"INFO.{key}") for name, key in nml.INFO_TEXTS.items()),
        ("year", "INFO.RELEASE_DATE"), ("track_number", "ALBUM.TRACK"), ("date_added", "INFO.IMPORT_DATE"),
        ("bpm", "TEMPO.BPM", _bpm),
        # From Traktor's analysis or its user, else from the file's tag, which Traktor shows beside it.
        ("key", "MUSICAL_KEY.VALUE", then(_whole, nml.key_of_number)), ("key", "INFO.KEY"),
        ("rating", "INFO.RANKING", then(_whole, nml.stars_of)), ("play_count", "INFO.PLAYCOUNT"),
        ("last_played", "INFO.LAST_PLAYED"), ("color", "INFO.COLOR", then(_whole, nml.color_of_number)),
        ("duration_s", "INFO.PLAYTIME_FLOAT"), ("duration_s", "INFO.PLAYTIME"),
    ),
)  # fmt: skip
_PARTS = frozenset(("LOCATION", *(key.partition(".")[0] for key in TRACK.keys)))
CUE = ProgramFields(
    "CUE_V2",
    (
        ("cues.position_s", "START", _seconds), ("cues.kind", "TYPE", _kind), ("cues.length_s", "LEN", _length_s),
        ("cues.number", "HOTCUE"), ("cues.name", "NAME"), ("cues.color", "COLOR", _color),
        ("grid.bpm", "GRID.BPM", _bpm),
    ),
    needs=("position_s", "kind"),
    lost=unreadable("cues"),
)  # fmt: skip
_GRID = frozenset(("GRID",))


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
    with OnDisk(path).open() as file, xml_errors(ImportReadError, entities="no collection needs"):
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
            node.times.append(nml.PLAY.read(played.attrib, self._notes.left_out).get("played_at"))
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
    recognises=lambda path, head: bool(_files(path)) if os.path.isdir(path) else _ROOT.search(head) is not None,
    read=_read,
    fields=(TRACK, CUE, nml.PLAY),
    places=("~/Documents/Native Instruments/Traktor */collection.nml",),
    lacks=(
        Lack("album_artist grouping disc_number my_tags structure vocals"),
        Lack("rating", "{} has half stars", lambda stars, _: 2 * stars % 1),
        Lack("color", "{} has seven colours, and no grey", lambda color, _: color.lower() not in nml.COLORS),
        Lack("cues.name", "'n.n.' is Traktor's word for no name", lambda cue, _: cue.name == "n.n."),
        hot_cues_up_to(8), *ILLEGAL_XML, DAYS, *TEMPI, BARS_OF_FOUR,
    ),
)  # fmt: skip
