"""VirtualDJ's `database.xml` for a drive without one: tracks with tempo, key, cue points and grids.

VirtualDJ keeps a database on each drive. Its vendor advises against writing one [1], since a damaged database costs
years of work: map4 never changes an existing one.
[1] "VDJ_database", VDJPedia (virtualdj.com/wiki/VDJ_database): elements and attributes; tempo as a beat's seconds.
[2] "Virtual Dj Cue Storage Format", Mixxx wiki, 2018: a track as version 8.2 wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO
from xml.etree.ElementTree import Element, SubElement, tostring

from map4.core.base.path_maps import Location
from map4.core.base.text import counted
from map4.core.music.analysis.inside import DetectedCueKind
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track
from map4.core.music.track.track_cues import TrackCue
from map4.errors import UsageError
from map4.formats.beat_grid import BeatGrid
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, WriteNotes
from map4.formats.values import without_illegal_xml, written_text
from map4.formats.virtualdj.writer import spelt_key
from map4.formats.written_marks import DetectedCount, GridCount, written_comment, written_cues, written_grid

CUE_COLORS: dict[DetectedCueKind, str] = {
    "first_beat": "#ffff00",
    "mix_in": "#00ff00",
    "drop": "#ff0000",
    "break": "#0000ff",
    "mix_out": "#00ffff",
    "outro": "#ff00ff",
    "first_vocal": "#ff8000",
    "last_vocal": "#ff8000",
}
"""Six of VirtualDJ's seven colours, as Mixxx lists them (src/util/color/predefinedcolorpalettes.cpp)."""

TEXTS: Mapping[str, str] = {
    "artist": "Author", "genre": "Genre", "album": "Album", "composer": "Composer", "label": "Label",
    "remixer": "Remixer", "grouping": "Grouping", "mix": "Remix",
}  # fmt: skip
"""Text fields of `map4.core.music.track.imported`, by their names in Tags."""

_VERSION = "8.2"
_OPAQUE = 0xFF000000
_NO_BUTTON = -1
_SECONDS_PER_MINUTE = 60.0
_TYPES: Mapping[CueKind, str] = {"loop": "loop", "load": "load"}
_NOTHING = ImportedValues()


class _DatabaseWriter:
    def __init__(self, options: ExportOptions) -> None:
        self._options = options
        self._notes = WriteNotes()
        self._detected = DetectedCount()
        self._grids = GridCount()
        self._unfindable = 0
        self._paths: set[str] = set()

    def run(self, content: ExportContent, out: BinaryIO) -> WriteNotes:
        out.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<VirtualDJ_Database Version="{_VERSION}">\n'.encode())
        for track in content.tracks:
            if track.path not in self._paths:  # a list may contain it twice
                self._paths.add(track.path)
                out.write(tostring(self._song(track), encoding="unicode").encode() + b"\n")
                self._notes.tracks += 1
        out.write(b"</VirtualDJ_Database>\n")
        remarks = self._notes.remarks
        remarks += self._detected.remarks()
        if self._unfindable:
            remarks.append(
                f"VirtualDJ won't find {counted(self._unfindable, 'track', 'tracks')}, whose names XML can't hold"
            )
        remarks += self._grids.remarks()
        return self._notes

    def _song(self, track: Track) -> Element:
        marks, bpm = written_grid(track, self._options, self._grids)
        location = self._options.path_maps.mapped(track.path)
        if Location.is_windows_path(location):
            location = location.replace("/", "\\")
        path, lost = without_illegal_xml(location, "\ufffd")
        self._unfindable += lost > 0
        song = Element("Song", {"FilePath": path, **self._notes.xml_attributes(FileSize=track.size_bytes)})
        SubElement(song, "Tags", self._tags(track, bpm))
        SubElement(song, "Infos", self._infos(track))
        comment = self._notes.xml_text(written_comment(track, self._options, self._notes))
        if comment:
            SubElement(song, "Comment").text = comment
        for point in self._points(track, marks, bpm):
            SubElement(song, "Poi", point)
        song.text = "\n  "
        for part in song:
            part.tail = "\n  "
        song[-1].tail = "\n "
        return song

    def _tags(self, track: Track, bpm: float | None) -> dict[str, str]:
        imported, key, title = track.imported or _NOTHING, track.key(), written_text(track, "title", track.title())
        values = {name: track.value(name) for name in TEXTS} | {"genre": track.genre()}
        texts = {theirs: written_text(track, name, values[name]) for name, theirs in TEXTS.items()}
        if title and imported.mix:  # VirtualDJ stores the version separately
            title = title.removesuffix(f" ({imported.mix})")
        return self._notes.xml_attributes(
            **texts,
            Title=title,
            TrackNumber=track.track_number(),
            Year=track.year(),
            Bpm=None if bpm is None else _beat(bpm),
            Key=None if key is None else spelt_key(key),
            Stars=int((track.rating() or 0.0) + 0.5) or None,
            Flag=1,
        )

    def _infos(self, track: Track) -> dict[str, str]:
        imported, duration_s = track.imported or _NOTHING, track.length_s
        return self._notes.xml_attributes(
            FirstSeen=_seconds_since_1970(imported.date_added),
            SongLength=None if duration_s is None else f"{duration_s:.6f}",
            LastPlay=_seconds_since_1970(imported.last_played),
            PlayCount=imported.play_count,
            UserColor=None if imported.color is None else _color(imported.color),
        )

    def _points(self, track: Track, marks: tuple[GridMark, ...], bpm: float | None) -> Iterator[dict[str, str]]:
        for mark in BeatGrid.on_downbeats(marks):
            yield {"Pos": f"{mark.position_s:.6f}", "Type": "beatgrid", "Bpm": _beat(mark.bpm)}
        cues = written_cues(track, self._options, CUE_COLORS, self._detected, has_memory=False)
        taken = {cue.number for cue in cues}
        # VirtualDJ numbers every cue: cues without a button follow the eight; loops may have no number.
        free = iter(
            number for number in range(TrackCue.BUTTONS, TrackCue.BUTTONS + 2 * len(cues) + 1) if number not in taken
        )
        for cue in cues:
            # VirtualDJ counts the length of a loop in beats.
            bpm_there = next((mark.bpm for mark in reversed(marks) if mark.position_s <= cue.position_s), bpm)
            yield self._point(cue, free, bpm_there)

    def _point(self, cue: CuePoint, free: Iterator[int], bpm: float | None) -> dict[str, str]:
        kind = _TYPES.get(cue.kind)
        size = cue.length_s * bpm / _SECONDS_PER_MINUTE if kind == "loop" and cue.length_s and bpm else None
        number = next(free) if cue.number is None and size is None else cue.number
        return self._notes.xml_attributes(
            # VirtualDJ fades at its own automix points; fades are written as cue points with a name.
            Name=cue.name or (None if kind else CuePoint.KIND_NAMES.get(cue.kind)),
            Pos=f"{cue.position_s:.6f}",
            Type="cue" if kind is None or (kind == "loop" and size is None) else kind,
            Size=None if size is None else f"{size:.3f}",
            Num=_NO_BUTTON if number is None else number + 1,
            Color=None if cue.color is None else _color(cue.color),
        )


def _beat(bpm: float) -> str:
    return f"{_SECONDS_PER_MINUTE / bpm:.6f}"


def _seconds_since_1970(moment: str | None) -> int | None:
    """Return a day or a moment as seconds since 1970; None if unknown or invalid."""
    try:
        return int(datetime.fromisoformat(moment or "").timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def _color(color: str) -> int:
    return _OPAQUE | int(color.lstrip("#"), 16)


def _export(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    if options.path_maps.relative_to is not None:
        raise UsageError("VirtualDJ only finds tracks by full paths; leave --relative-to out, and use --path-map")
    return _DatabaseWriter(options).run(content, out)


VIRTUALDJ_DATABASE = Format(
    name="virtualdj-database",
    suffixes=(),
    summary="a database with cue points and grids, for a drive without a VirtualDJ database",
    exporter=_export,
    options=FormatOptions(named="", with_grid=True, with_cues=True, comment=True),
)
