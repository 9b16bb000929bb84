"""Convert a TRACK of rekordbox's XML to map4's values.

Other programs write such files too, and people edit them: an unreadable value is None.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import lru_cache
from xml.etree.ElementTree import Element

from map4.formats.rekordbox.collection_file import Attributes
from map4.formats.rekordbox.track_element import CUE_TYPES, HOST, KIND_COLORS, RATING_STEP, TEXTS
from map4.formats.text import nonblank_texts
from map4.formats.time_zero import program_offset_s
from map4.formats.values import above_zero, counted_key, finite_number, leading_number, whole_number, year_in
from map4.music.lists.tracklist import PlaylistEntry
from map4.music.track.cues import CueKind, CuePoint, GridMark, kind_of_name
from map4.music.track.imported import MOST_RATING, ImportedValues, plausible_bpm, plausible_seconds

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


def entry_of(attributes: Attributes, position: int) -> PlaylistEntry:
    location = attributes.get("Location") or None
    is_network_folder = location is not None and location.startswith(f"{HOST}//")  # on Windows
    return PlaylistEntry(
        position=position,
        location=location,
        other_locations=(location.replace(HOST, "file:", 1),) if location and is_network_folder else (),
        artist=_text(attributes, "Artist"),
        title=_text(attributes, "Name"),
        album=_text(attributes, "Album"),
        duration_s=above_zero(attributes.get("TotalTime")),
        size_bytes=whole_number(attributes.get("Size")) or None,
    )


def values_of(track: Element, left_out: Counter[str]) -> ImportedValues:
    """Return rekordbox's values of a track; unreadable ones are counted in `left_out`."""
    attributes = track.attrib
    offset_s = program_offset_s("rekordbox", _codec(attributes))
    color = _COLOUR.fullmatch(attributes.get("Colour", ""))
    return ImportedValues(
        **nonblank_texts(attributes, TEXTS),
        year=year_in(attributes.get("Year")),
        track_number=leading_number(attributes.get("TrackNumber")),
        disc_number=leading_number(attributes.get("DiscNumber")),
        bpm=_bpm(attributes.get("AverageBpm")),
        key=counted_key(_text(attributes, "Tonality"), left_out),
        rating=_rating(attributes.get("Rating")),
        play_count=whole_number(attributes.get("PlayCount")),
        last_played=_day(attributes.get("LastPlayed")),
        date_added=_day(attributes.get("DateAdded")),
        color=None if color is None else f"#{color[1].lower()}",
        cues=_cues(track, offset_s, left_out) if len(track) else (),
        grid=_grid(track, offset_s, left_out) if len(track) else (),
    )


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
    for mark in track.iterfind("POSITION_MARK"):
        start_s, kind = _time(mark.get("Start")), _CUE_KINDS.get(mark.get("Type"))
        if start_s is None or kind is None:
            left_out[UNREADABLE_CUES] += 1
            continue
        end_s = _time(mark.get("End")) if kind == "loop" else None
        length_s = None if end_s is None or end_s <= start_s else round(end_s - start_s, _DECIMALS)
        # A loop without an end is only the start of a loop.
        kind = "cue" if kind == "loop" and length_s is None else kind
        number, name = whole_number(mark.get("Num")), _text(mark.attrib, "Name")
        color = _color(*map(mark.get, _CHANNELS))
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
    for mark in track.iterfind("TEMPO"):
        start_s, bpm = _time(mark.get("Inizio")), _bpm(mark.get("Bpm"))
        if start_s is None or bpm is None:
            left_out[UNREADABLE_GRID] += 1
            continue
        metre = _METRE.fullmatch(mark.get("Metro", ""))
        position_s = round(start_s - offset_s, _DECIMALS)
        beat = whole_number(mark.get("Battito")) or None
        marks.append(GridMark(position_s=position_s, bpm=bpm, metre=int(metre[1]) if metre else None, beat=beat))
    return tuple(sorted(marks, key=lambda mark: mark.position_s))


def _rating(text: str | None) -> float | None:
    """Return stars, in steps of a half; 0 is unrated."""
    value = whole_number(text)
    if not value:
        return None
    halves = int(2 * value / RATING_STEP + 0.5)
    return min(halves / 2, MOST_RATING) or None


def _day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        return None


@lru_cache(maxsize=256)  # cached, as there are few colours and many cue points
def _color(*texts: str | None) -> str | None:
    channels = [whole_number(text) for text in texts]
    if any(channel is None or channel > 255 for channel in channels):
        return None
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _text(attributes: Attributes, name: str) -> str | None:
    return attributes.get(name, "").strip() or None


def _bpm(text: str | None) -> float | None:
    return plausible_bpm(finite_number(text))


def _time(text: str | None) -> float | None:
    return plausible_seconds(finite_number(text))
