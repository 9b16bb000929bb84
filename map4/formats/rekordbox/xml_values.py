"""Convert a TRACK of rekordbox's XML to map4's values.

Other programs write such files too, and people edit them: an unreadable value is none, and is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from xml.etree.ElementTree import Element

from map4.core.music.track.cues import CueKind, CuePoint, GridMark, kind_of_name
from map4.core.music.track.imported import MOST_RATING, ImportedValues
from map4.formats.dj_library import DjTrack
from map4.formats.fields import ProgramFields, entry_of, unreadable
from map4.formats.rekordbox.collection_file import Attributes
from map4.formats.rekordbox.track_element import CUE_TYPES, HOST, KIND_COLORS, RATING_STEP, TEXTS
from map4.formats.time_zero import program_offset_s
from map4.formats.values import whole_number

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
        by_name = kind_of_name(name) if kind == "cue" else None
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
