"""Traktor's NML 19: a collection with its playlists, to import into another.

map4 never writes Traktor's own collection: Traktor keeps it open, and rewrites it when it ends.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO
from xml.etree.ElementTree import Element, SubElement, tostring

from map4.core.base.text import counted
from map4.core.music.analysis.inside import DetectedCueKind
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.formats.beat_grid import BeatGrid
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, Unplayable, WriteNotes
from map4.formats.importer import folders_and_name
from map4.formats.time_zero import program_offset_s
from map4.formats.traktor import nml
from map4.formats.values import suffix_of, without_illegal_xml, written_text
from map4.formats.written_marks import DetectedCount, GridCount, written_comment, written_cues, written_grid

NO_BUTTON = -1
_KINDS: tuple[DetectedCueKind, ...] = ("drop", "mix_out", "first_beat", "mix_in", "break", "outro", "first_vocal")
CUE_COLORS: dict[DetectedCueKind, str] = {**dict(zip(_KINDS, nml.COLORS, strict=True)), "last_vocal": nml.COLORS[-1]}
"""Traktor's own red, orange, yellow, green, blue, violet and pink; Traktor Pro 4 shows colours of cues."""

_NOTHING = ImportedValues()
_MS_PER_S = 1000
_BYTES_PER_KB = 1024
# Formats in the manual of Traktor Pro 3 and 4; wma on Windows.
_CODECS = frozenset({"mp3", "aac", "alac", "pcm", "flac", "vorbis", "wma"})
_SUFFIXES = frozenset({"mp3", "m4a", "mp4", "aac", "wav", "aif", "aiff", "flac", "ogg", "wma"})


@dataclass(slots=True, kw_only=True)
class NmlNotes:
    """What NML could not express.

    notes: counts tracks and characters
    unplayable: tracks that Traktor does not play
    unfindable: tracks whose path XML can't contain
    buttonless: hot cues beyond Traktor's eight
    absent: list entries whose tracks are not exported
    grids: tracks without a grid, if grids are written, or with a grid of another tempo
    detected: cue points detected by map4
    """

    notes: WriteNotes = field(default_factory=WriteNotes)
    unplayable: Unplayable = field(
        default_factory=lambda: Unplayable(program="Traktor", codecs=_CODECS, suffixes=_SUFFIXES)
    )
    unfindable: int = 0
    buttonless: int = 0
    absent: int = 0
    grids: GridCount = field(default_factory=GridCount)
    detected: DetectedCount = field(default_factory=DetectedCount)

    def finish(self) -> WriteNotes:
        """Return the notes, with a remark on each of these."""
        remarks = self.notes.remarks
        remarks += self.unplayable.remarks()
        remarks += self.grids.remarks()
        remarks += self.detected.remarks()
        if self.unfindable:
            remarks.append(
                f"Traktor won't find {counted(self.unfindable, 'track', 'tracks')}: XML can't contain the name"
            )
        if self.buttonless:
            many = counted(self.buttonless, "hot cue has a number", "hot cues have numbers")
            remarks.append(f"{many} beyond Traktor's {nml.BUTTONS}, and kept only their position")
        if self.absent:
            many = counted(self.absent, "entry of a list is", "entries of lists are")
            remarks.append(f"{many} not among the exported tracks, and left out")
        return self.notes


def entry_element(track: Track, location: nml.NmlLocation, notes: NmlNotes, options: ExportOptions) -> Element:
    """Return the ENTRY of a track; children and attributes are in Traktor's order.

    Unknown values are left out, and so is what only Traktor knows: its AUDIO_ID, its loudness, its pictures. With the
    grid, TEMPO is the grid's; a grid marker of another tempo has its own GRID, as from Traktor Pro 4 on, and otherwise
    TEMPO applies to it, as in all NML 19. Traktor takes a marker for the first beat of a bar of four; a mark on another
    beat moves to the next bar if the metre is known.

    options: which beat grid and cue points to write
    """
    notes.unplayable.see(track)
    marks, tempo = written_grid(track, options, notes.grids)
    marks = BeatGrid.on_downbeats(marks)
    key, text = track.key(), partial(written_text, track)
    names = {"TITLE": text("title", track.title()), "ARTIST": text("artist", track.artist())}
    entry = Element("ENTRY", notes.notes.xml_attributes(**names))
    entry.text = entry.tail = "\n"
    parts = [
        (
            "LOCATION",
            {"DIR": location.directory, "FILE": location.file, "VOLUME": location.volume, "VOLUMEID": location.volume},
        ),
        ("ALBUM", notes.notes.xml_attributes(TRACK=track.track_number(), TITLE=text("album", track.album()))),
        ("MODIFICATION_INFO", {"AUTHOR_TYPE": "user"}),
        ("INFO", _info(track, options, notes.notes)),
        ("TEMPO", {} if tempo is None else {"BPM": _six(tempo), "BPM_QUALITY": _six(100)}),
        ("MUSICAL_KEY", {} if key is None else {"VALUE": str(nml.key_number(key))}),
    ]
    for tag, attributes in parts:
        if attributes or tag == "INFO":
            SubElement(entry, tag, attributes).tail = "\n"
    offset_s = program_offset_s("traktor", track.format.codec if track.format else suffix_of(track.path))
    # Traktor's hot cues are part of its list of cue points: there are no separate memory cues.
    cues = written_cues(track, options, CUE_COLORS, notes.detected, has_memory=False)
    for cue in _cues(cues, marks, tempo, offset_s, notes):
        entry.append(cue)
    return entry


def _info(track: Track, options: ExportOptions, notes: WriteNotes) -> dict[str, str]:
    imported, duration_s, key = track.imported or _NOTHING, track.length_s, track.key()
    rating, color, text = track.rating(), imported.color, partial(written_text, track)
    return notes.xml_attributes(
        BITRATE=round(track.format.payload_bytes * 8 / duration_s) if track.format and duration_s else None,
        GENRE=text("genre", track.genre()),
        LABEL=text("label", track.label()),
        COMMENT=written_comment(track, options, notes),
        REMIXER=text("remixer", track.value("remixer")),
        PRODUCER=text("composer", imported.composer),
        MIX=text("mix", imported.mix),
        CATALOG_NO=track.value("catalog_number"),
        KEY=None if key is None else key.openkey,
        PLAYCOUNT=imported.play_count,
        # Traktor rounds seconds up.
        PLAYTIME=None if duration_s is None else math.ceil(duration_s),
        PLAYTIME_FLOAT=None if duration_s is None else _six(duration_s),
        RANKING=nml.ranking_of(rating) if rating else None,
        IMPORT_DATE=imported.date_added and nml.nml_date(imported.date_added),
        LAST_PLAYED=imported.last_played and nml.nml_date(imported.last_played),
        RELEASE_DATE=None if (year := track.year()) is None else f"{year}/1/1",
        FILESIZE=_size_kb(track),
        COLOR=None if color is None else nml.color_number(color),
    )


def _size_kb(track: Track) -> int | None:
    # Traktor stores the size of the audio, without tags and pictures.
    size = track.format.payload_bytes if track.format else track.size_bytes
    return size // _BYTES_PER_KB if size else None


def _cues(
    cues: Sequence[CuePoint], marks: Sequence[GridMark], tempo: float | None, offset_s: float, notes: NmlNotes
) -> Iterator[Element]:
    """Yield markers and cues by position, a marker before the cues at the same position."""
    taken = {cue.number for cue in cues}
    elements = []
    for mark in marks:
        cue = next((cue for cue in cues if _is_one(mark, cue)), None)
        element = _marker(mark, offset_s, taken, notes) if cue is None else _cue(cue, offset_s, notes)
        element.set("TYPE", str(nml.GRID_TYPE))
        if tempo is None or _six(mark.bpm) != _six(tempo):
            SubElement(element, "GRID", {"BPM": _six(mark.bpm)}).tail = "\n"
        elements.append((mark.position_s, 0, element))
    unmarked = (cue for cue in cues if not any(_is_one(mark, cue) for mark in marks))
    elements += [(cue.position_s, 1, _cue(cue, offset_s, notes)) for cue in unmarked]
    yield from (element for _, _, element in sorted(elements, key=lambda element: element[:2]))


def _is_one(mark: GridMark, cue: CuePoint) -> bool:
    """Return whether a Traktor marker with a button is still the cue point that it was also read as."""
    is_there = mark.number is not None and (mark.number, mark.position_s) == (cue.number, cue.position_s)
    return is_there and cue.kind == "cue" and mark.name == cue.name


def _marker(mark: GridMark, offset_s: float, taken: Set[int | None], notes: NmlNotes) -> Element:
    """Return a marker; it keeps its Traktor button unless a cue point has it now, and its name without one."""
    is_free = mark.number is not None and mark.number < nml.BUTTONS and mark.number not in taken
    button = mark.number if is_free and mark.number is not None else NO_BUTTON
    is_its = button != NO_BUTTON or mark.number is None
    name = notes.notes.xml_text(mark.name or "") if is_its else ""
    return _cue_v2(name or nml.GRID_NAME, nml.GRID_TYPE, mark.position_s + offset_s, button=button)


def _cue(cue: CuePoint, offset_s: float, notes: NmlNotes) -> Element:
    button = NO_BUTTON if cue.number is None else cue.number
    if button >= nml.BUTTONS:
        button = NO_BUTTON
        notes.buttonless += 1
    name = notes.notes.xml_text(cue.name or "") or nml.NO_NAME
    element = _cue_v2(name, nml.CUE_TYPES[cue.kind], cue.position_s + offset_s, cue.length_s or 0.0, button)
    if cue.color is not None:
        element.set("COLOR", notes.notes.xml_text(cue.color.upper()))
    return element


def _cue_v2(name: str, kind: int, start_s: float, length_s: float = 0.0, button: int = NO_BUTTON) -> Element:
    element = Element(
        "CUE_V2",
        {
            "NAME": name,
            "DISPL_ORDER": "0",
            "TYPE": str(kind),
            "START": _six(start_s * _MS_PER_S),
            "LEN": _six(length_s * _MS_PER_S),
            "REPEATS": "-1",
            "HOTCUE": str(button),
        },
    )
    element.tail = "\n"
    return element


def _six(value: float) -> str:
    """Format with six decimals, as Traktor writes every fraction; no negative zero."""
    return f"{round(value, 6) + 0.0:.6f}"


ROOT = "$ROOT"  # Traktor's name for the root folder

_NAMELESS = "map4"
_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'
    b'<NML VERSION="19"><HEAD COMPANY="www.native-instruments.com" PROGRAM="Traktor"></HEAD>\n'
    b"<MUSICFOLDERS></MUSICFOLDERS>\n"
)
# Lists of the same place get the same id in every export, so that Traktor recognises them at the next import.
_LISTS = uuid.UUID("6d617034-0000-5000-8000-747261746b6f")


def _export(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write the collection, then the lists; keeps the paths of the tracks and the lists' contents in memory."""
    if options.path_maps.relative_to is not None:
        raise UsageError("Traktor needs full paths; leave --relative-to out")
    return _NmlWriter(content, out, options).run()


@dataclass(slots=True)
class _NmlFolder:
    """A folder of lists; its parts are folders by name, and lists, in the order in which they came."""

    name: str
    parts: list[_NmlFolder | _NmlList] = field(default_factory=list)
    folders: dict[str, _NmlFolder] = field(default_factory=dict)

    def folder(self, name: str) -> _NmlFolder:
        folder = self.folders.get(name)
        if folder is None:
            folder = self.folders[name] = _NmlFolder(name)
            self.parts.append(folder)
        return folder


@dataclass(slots=True)
class _NmlList:
    name: str
    identity: str
    paths: list[str]


class _NmlWriter:
    def __init__(self, content: ExportContent, out: BinaryIO, options: ExportOptions) -> None:
        self._content, self._out, self._options = content, out, options
        self._volume = without_illegal_xml(options.more.get("volume", nml.DEFAULT_VOLUME))[0]
        self._notes = NmlNotes()
        self._paths: dict[str, str] = {}
        self._identities: set[str] = set()

    def run(self) -> WriteNotes:
        self._out.write(_HEAD)
        self._write_tracks()
        self._write_lists(self._read_lists())
        self._out.write(b"</NML>\n")
        return self._notes.finish()

    def _write_tracks(self) -> None:
        content = self._content
        count = len(content.tracks)
        if content.origin == "playlist":  # may repeat tracks, and is in memory anyway
            count = len({track.path for track in content.tracks})
        self._out.write(_opening("COLLECTION", ENTRIES=str(count)) + b"\n")
        for track in content.tracks:
            self._notes.notes.tracks += 1
            if track.path in self._paths:
                continue
            self._paths[track.path] = track.path
            location, replaced = self._location(track.path)
            self._notes.unfindable += replaced > 0
            self._notes.notes.replaced_characters += replaced
            entry = entry_element(track, location, self._notes, self._options)
            self._out.write(_bytes(entry))
        self._out.write(b"</COLLECTION>\n")

    def _location(self, path: str) -> tuple[nml.NmlLocation, int]:
        # Not dropped: the rest might be the name of another file.
        clean, replaced = without_illegal_xml(self._options.path_maps.mapped(path), "\ufffd")
        return nml.nml_location(clean, self._volume), replaced

    def _read_lists(self) -> _NmlFolder:
        content, root = self._content, _NmlFolder(ROOT)
        lists: Iterable[Tracklist] = content.playlists() if content.playlist is None else (content.playlist,)
        for playlist in lists:
            folders, name = folders_and_name(playlist)
            folder = root
            for part in folders:
                folder = folder.folder(self._notes.notes.xml_text(part))
            name = self._notes.notes.xml_text(name or content.name or "") or _NAMELESS
            # Reuse the known path objects, as copies in lists would double the memory.
            paths = [self._paths.get(track.path) for track in playlist.tracks]
            known_paths = [path for path in paths if path is not None]
            self._notes.absent += len(paths) - len(known_paths)
            folder.parts.append(_NmlList(name, self._identity((*folders, name)), known_paths))
        return root

    def _identity(self, names: tuple[str, ...]) -> str:
        clean = "\n".join(without_illegal_xml(name)[0] for name in names)
        identity, again = uuid.uuid5(_LISTS, clean).hex, 1
        while identity in self._identities:
            again += 1
            identity = uuid.uuid5(_LISTS, f"{clean}\n{again}").hex
        self._identities.add(identity)
        return identity

    def _write_lists(self, root: _NmlFolder) -> None:
        self._out.write(b"<PLAYLISTS>")
        self._open(root)
        open_folders = [iter(root.parts)]  # no recursion, as files may nest them to any depth
        while open_folders:
            part = next(open_folders[-1], None)
            if part is None:
                open_folders.pop()
                self._out.write(b"</SUBNODES>\n</NODE>\n")
            elif isinstance(part, _NmlFolder):
                self._open(part)
                open_folders.append(iter(part.parts))
            else:
                self._out.writelines(self._lines(part))
        self._out.write(b"</PLAYLISTS>\n")

    def _open(self, folder: _NmlFolder) -> None:
        self._out.write(_opening("NODE", TYPE="FOLDER", NAME=folder.name))
        self._out.write(_opening("SUBNODES", COUNT=str(len(folder.parts))) + b"\n")

    def _lines(self, content: _NmlList) -> Iterator[bytes]:
        yield _opening("NODE", TYPE="PLAYLIST", NAME=content.name)
        yield _opening("PLAYLIST", ENTRIES=str(len(content.paths)), TYPE="LIST", UUID=content.identity) + b"\n"
        for path in content.paths:
            primary = _opening("PRIMARYKEY", TYPE="TRACK", KEY=self._location(path)[0].key)
            yield b"<ENTRY>" + primary + b"</PRIMARYKEY>\n</ENTRY>\n"
        yield b"</PLAYLIST>\n</NODE>\n"


def _opening(tag: str, **attributes: str) -> bytes:
    return _bytes(Element(tag, attributes)).removesuffix(f"</{tag}>".encode())


def _bytes(element: Element) -> bytes:
    # With explicit end tags, like Traktor; as text first, which is faster.
    return tostring(element, encoding="unicode", short_empty_elements=False).encode()


TRAKTOR = Format(
    name="traktor",
    suffixes=("nml",),
    summary="lists, your cue points, ratings, colours, grids if chosen",
    exporter=_export,
    options=FormatOptions(
        named="list",
        with_grid=True,
        with_cues=True,
        comment=True,
        more={"volume": f"name of a Mac's startup disk, if it is not {nml.DEFAULT_VOLUME}"},
    ),
)
