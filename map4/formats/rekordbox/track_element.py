"""A track in rekordbox's XML: its attributes, beat grid and cue points.

Names, order and forms are those of AlphaTheta's list of the format ("xml_format_list", rekordbox.com, Developer) and of
files written by rekordbox 5 and 6: values that are empty there are empty here (`Composer=""`, `AverageBpm="0.00"`),
with two exceptions. An unknown date of addition is left out. So is an unknown number of plays: `PlayCount="0"` means
never played, and rekordbox drops its own counts when it reads that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from map4.core.base.path_maps import Location
from map4.core.music.analysis.inside import DetectedCueKind
from map4.core.music.palette import Colour
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import LEAST_LOOP_S, ImportedValues
from map4.core.music.track.track import Track
from map4.core.music.track.track_cues import CUE_NAMES
from map4.formats.beat_grid import BeatGrid
from map4.formats.export import ExportOptions
from map4.formats.format import WriteNotes
from map4.formats.time_zero import program_offset_s
from map4.formats.values import local_day, suffix_of, written_text
from map4.formats.written_marks import DetectedCount, GridCount, written_comment, written_cues, written_grid

RATING_STEP = 51  # one star; five stars are 255
CUE_TYPES: dict[CueKind, str] = {"cue": "0", "fade_in": "1", "fade_out": "2", "load": "3", "loop": "4"}
"""As in the published list; rekordbox shows no cue point of the types 1 to 3, so none is written."""
KIND_COLORS: dict[CueKind, str] = {"fade_in": "#ff69b4", "fade_out": "#ff69b4", "load": "#ffff00"}
"""Default colours of fades and loads, pink and yellow, as in dj-data-converter."""
TEXTS: dict[str, str] = {
    "title": "Name", "artist": "Artist", "composer": "Composer", "album": "Album", "grouping": "Grouping",
    "genre": "Genre", "comment": "Comments", "remixer": "Remixer", "label": "Label", "mix": "Mix",
}  # fmt: skip
"""Text fields of `map4.core.music.track.imported`, with rekordbox's names."""
NO_BUTTON = -1  # number of a memory cue
HOT_CUES = 16  # A to P; a cue with a higher number has no button in rekordbox, and becomes a memory cue
CUE_COLORS: dict[DetectedCueKind, str] = dict(zip(CUE_NAMES, Colour.USUAL_CUES, strict=False))
"""Memory cues have no colour in rekordbox's XML."""
USUAL_METRE, FIRST_BEAT = 4, 1  # rekordbox's default for a grid
BPM_DECIMALS = 2

_KINDS = {"mp3": "MP3 File", "aac": "M4A File", "alac": "ALAC File", "flac": "FLAC File"}
_PCM_KINDS = {"wav": "WAV File", "wave": "WAV File", "aif": "AIFF File", "aiff": "AIFF File", "aifc": "AIFF File"}
_CODEC_OF_SUFFIX = {"mp3": "mp3", "m4a": "aac", "m4b": "aac", "mp4": "aac", "aac": "aac", "flac": "flac"}
HOST = "file://localhost"
# Characters that rekordbox leaves unencoded, in addition to letters, digits and "-._~".
_SAFE_IN_LOCATION = "/:!(),+"
_BITS_PER_KBIT = 1000
_NOTHING = ImportedValues()


def location_of(path: str) -> str:
    """Return an absolute path as rekordbox's `Location`: one slash after the host, bytes percent-encoded.

    A Windows network folder keeps its two slashes (`file://localhost//server/share`).
    """
    if Location.is_windows_path(path):
        path = path.replace("\\", "/")
        return HOST + ("" if path.startswith("/") else "/") + quote(path, safe=_SAFE_IN_LOCATION, errors="replace")
    quoted = quote("/" + path.lstrip("/"), safe=_SAFE_IN_LOCATION, errors="surrogateescape")
    # A folder called C: is not a drive here.
    return HOST + (quoted.replace(":", "%3A", 1) if quoted[2:3] == ":" else quoted)


def codec_of(track: Track) -> str:
    """Return the codec, else the file's suffix; for PCM the suffix, if it is that of WAV or AIFF."""
    suffix = suffix_of(track.path)
    codec = track.format.codec if track.format else _CODEC_OF_SUFFIX.get(suffix, suffix)
    return suffix if codec == "pcm" and suffix in _PCM_KINDS else codec


def unplayable_kind(track: Track) -> str | None:
    """Return the kind of a file that rekordbox does not play; None if it does.

    It plays MP3, AAC, ALAC, FLAC, WAV and AIFF (rekordbox.com, FAQ).
    """
    codec, suffix = codec_of(track), suffix_of(track.path)
    if codec in _KINDS or codec in _PCM_KINDS:
        return None
    is_misleading = suffix in _CODEC_OF_SUFFIX or suffix in _PCM_KINDS
    return codec if is_misleading or not suffix else suffix


class TrackElements:
    """Makes the TRACK elements of a collection, and counts characters that XML can't contain.

    options: which grids and cue points to add
    """

    def __init__(self, options: ExportOptions) -> None:
        self._options = options
        self.notes = WriteNotes()
        self.detected = DetectedCount()
        self.grids = GridCount()
        self.without_button = 0

    def element(self, track: Track, track_id: int, location: str) -> Element:
        """Return a complete TRACK element.

        track_id: > 0
        location: absolute path of the file for rekordbox
        """
        codec = codec_of(track)
        marks, bpm = written_grid(track, self._options, self.grids)
        attributes = {"TrackID": str(track_id)}
        known = self._attributes(track, codec, location, bpm or 0.0)
        attributes |= {name: str(value) for name, value in known if value is not None}
        node = ElementTree.Element("TRACK", attributes)
        cues = written_cues(track, self._options, CUE_COLORS, self.detected)
        offset_s = program_offset_s("rekordbox", codec)
        for mark in _tempi(marks, offset_s, track.length_s):
            ElementTree.SubElement(node, "TEMPO", mark)
        for cue in cues:
            ElementTree.SubElement(node, "POSITION_MARK", self._mark(cue, offset_s))
        return node

    def _attributes(self, track: Track, codec: str, location: str, bpm: float) -> tuple[tuple[str, object], ...]:
        """Return the attributes in the order of the published list."""
        text = self.notes.xml_text
        texts = {theirs: text(written_text(track, name, track.value(name)) or "") for name, theirs in TEXTS.items()}
        duration_s, key = track.length_s, track.key()
        stem = os.path.splitext(os.path.basename(track.shown_path))[0]
        imported = track.imported or _NOTHING
        return (
            ("Name", text(written_text(track, "title", track.title()) or stem)),
            *((name, texts[name]) for name in ("Artist", "Composer", "Album", "Grouping")),
            ("Genre", text(written_text(track, "genre", track.genre()) or "")),
            ("Kind", text(_kind(track, codec))),
            ("Size", track.size_bytes),
            # rekordbox truncates seconds: 255.6 s are 255.
            ("TotalTime", None if duration_s is None else int(duration_s)),
            ("DiscNumber", imported.disc_number or 0),
            ("TrackNumber", track.track_number() or 0),
            ("Year", track.year() or 0),
            ("AverageBpm", f"{bpm:.{BPM_DECIMALS}f}"),
            ("DateAdded", local_day(imported.date_added)),
            ("BitRate", _bit_rate(track, duration_s)),
            ("SampleRate", track.format.sample_rate_hz if track.format else None),
            ("Comments", text(written_comment(track, self._options, self.notes))),
            ("PlayCount", imported.play_count),
            ("LastPlayed", local_day(imported.last_played)),
            ("Rating", min(5, int((track.rating() or 0.0) + 0.5)) * RATING_STEP),
            ("Location", location_of(location)),
            ("Remixer", texts["Remixer"]),
            ("Tonality", "" if key is None else key.musical.replace("♭", "b").replace("♯", "#")),
            ("Label", texts["Label"]),
            ("Mix", texts["Mix"]),
            ("Colour", imported.color and _colour(imported.color)),
        )

    def _mark(self, cue: CuePoint, offset_s: float) -> dict[str, str]:
        number = NO_BUTTON if cue.number is None else cue.number
        if number >= HOT_CUES:
            number = NO_BUTTON
            self.without_button += 1
        start_s = max(0.0, cue.position_s + offset_s)
        name = self.notes.xml_text(cue.name or CuePoint.KIND_NAMES.get(cue.kind, ""))
        shown = CUE_TYPES["loop" if cue.kind == "loop" else "cue"]
        mark = {"Name": name, "Type": shown, "Start": _seconds(start_s)}
        if cue.length_s is not None:
            end_s = cue.position_s + offset_s + cue.length_s
            # A loop before the start of rekordbox's time is moved there with its full length.
            mark["End"] = _seconds(end_s if end_s >= start_s + LEAST_LOOP_S else start_s + cue.length_s)
        mark["Num"] = str(number)
        color = cue.color or (KIND_COLORS.get(cue.kind) if number == NO_BUTTON else None)
        if color is not None:
            red, green, blue = bytes.fromhex(color.lstrip("#"))
            mark |= {"Red": str(red), "Green": str(green), "Blue": str(blue)}
        return mark


def _tempi(marks: Sequence[GridMark], offset_s: float, duration_s: float | None) -> Iterator[dict[str, str]]:
    """Yield the attributes of TEMPO elements; the first is on the first beat of the track, as rekordbox has no beats
    before it."""
    bars = [(mark.metre or USUAL_METRE, mark.beat or FIRST_BEAT) for mark in marks]
    moved = [
        replace(mark, position_s=mark.position_s + offset_s, metre=metre, beat=beat)
        for mark, (metre, beat) in zip(marks, bars, strict=True)
    ]
    if not moved:
        return
    # A mark before time zero applies up to the next; if that is before zero too, it is irrelevant.
    while len(moved) > 1 and moved[1].position_s <= 0.0:
        del moved[0]
    moved[0] = BeatGrid.from_zero(moved[0])
    end_s = None if duration_s is None else duration_s + offset_s
    for mark in BeatGrid.rounded(moved, decimals=BPM_DECIMALS, end_s=end_s):
        yield {
            "Inizio": _seconds(mark.position_s),
            "Bpm": f"{mark.bpm:.{BPM_DECIMALS}f}",
            "Metro": f"{mark.metre}/4",
            "Battito": str(mark.beat),
        }


def _colour(color: str) -> str | None:
    """Return the nearest of rekordbox's eight colours; None for greys."""
    name = Colour.nearest_of_eight(color)
    return name and f"0x{Colour.EIGHT[name].lstrip('#').upper()}"


def _kind(track: Track, codec: str) -> str:
    if codec == "aac" and suffix_of(track.path) == "mp4":
        return "MP4 File"
    return _KINDS.get(codec) or _PCM_KINDS.get(codec) or f"{suffix_of(track.path).upper()} File".strip()


def _seconds(time_s: float) -> str:
    return f"{time_s:.3f}"


def _bit_rate(track: Track, duration_s: float | None) -> int | None:
    if track.format is None or not duration_s:
        return None
    return int(track.format.payload_bytes * 8 / duration_s / _BITS_PER_KBIT)
