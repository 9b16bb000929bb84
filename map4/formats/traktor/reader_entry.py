"""Convert an ENTRY of Traktor's collection to a track."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues, plausible_seconds
from map4.formats.dj_library import DjTrack
from map4.formats.fields import ProgramFields, entry_of, tempo_in, then, unreadable
from map4.formats.time_zero import program_offset_s
from map4.formats.traktor.nml import (
    CUE_TYPES,
    ENTRY_TEXTS,
    GRID_NAME,
    GRID_TYPE,
    INFO_TEXTS,
    NO_NAME,
    color_of_number,
    key_of_number,
    location_of_key,
    location_of_parts,
    stars_of,
)
from map4.formats.values import number_of, suffix_of, whole_number
from map4.formats.xml_reading import attributes_of

_KINDS: dict[int, CueKind] = {number: kind for kind, number in CUE_TYPES.items()}
# Traktor's default names; the latter two are for grid markers.
_MARKER_NAMES = frozenset({GRID_NAME, "Beat Marker"})
_NO_NAMES = frozenset({NO_NAME, *_MARKER_NAMES})
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
    location = location_of_parts(row.get("LOCATION.VOLUME", ""), row.get("LOCATION.DIR", ""), row["LOCATION.FILE"])
    values = TRACK.read(row, left_out)
    entry = entry_of(values, position, *location.paths())
    offset_s = program_offset_s("traktor", suffix_of(location.names[-1]))
    return DjTrack(key=key, entry=entry, values=_with_cues(element, values, offset_s, left_out))


def track_of_key(key: str, position: int) -> DjTrack:
    """Return a track that only a playlist names."""
    first, *others = location_of_key(key).paths()
    return DjTrack(key=key, entry=PlaylistEntry(position=position, location=first, other_locations=tuple(others)))


def _with_cues(entry: Element, values: dict[str, Any], offset_s: float, left_out: Counter[str]) -> ImportedValues:
    cues: list[CuePoint] = []
    grid: list[GridMark] = []
    elements = entry.findall("CUE_V2")
    is_only_marker = sum(element.get("TYPE") == str(GRID_TYPE) for element in elements) == 1
    for element in elements:
        row = attributes_of(element, _GRID)
        read = CUE.read(row, left_out)
        if not read:
            continue
        position_s, button = round(read["position_s"] - offset_s, _POSITION_DECIMALS), read.get("number")
        if read["kind"] == GRID_TYPE:
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
                called = None if name == GRID_NAME or (name == NO_NAME and not is_grid_only) else name
                grid.append(GridMark(position_s=position_s, bpm=tempo, number=button, name=called or None))
            if is_grid_only:
                continue
        cues.append(_cue(read, position_s))
    by_position = sorted(cues, key=lambda cue: (cue.position_s, -1 if cue.number is None else cue.number))
    return ImportedValues(**values, cues=tuple(by_position), grid=tuple(sorted(grid, key=lambda mark: mark.position_s)))


def _cue(read: Mapping[str, Any], position_s: float) -> CuePoint:
    is_marker, is_loop = read["kind"] == GRID_TYPE, read["kind"] == CUE_TYPES["loop"]
    length_s, name = read.get("length_s") if is_loop else None, read.get("name")
    return CuePoint(
        position_s=position_s,
        kind="cue" if is_marker or (is_loop and length_s is None) else _KINDS[read["kind"]],
        number=read.get("number"),
        # A cue point with this name is not a marker.
        name=None if name == NO_NAME or (is_marker and name in _NO_NAMES) else name,
        length_s=length_s,
        color=read.get("color"),
    )


def _kind(text: str) -> int | None:
    number = _whole(text)
    return number if number == GRID_TYPE or number in _KINDS else None


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
        *ENTRY_TEXTS.items(), ("album", "ALBUM.TITLE"), *((name, f"INFO.{key}") for name, key in INFO_TEXTS.items()),
        ("year", "INFO.RELEASE_DATE"), ("track_number", "ALBUM.TRACK"), ("date_added", "INFO.IMPORT_DATE"),
        ("bpm", "TEMPO.BPM", _bpm),
        # From Traktor's analysis or its user, else from the file's tag, which Traktor shows beside it.
        ("key", "MUSICAL_KEY.VALUE", then(_whole, key_of_number)), ("key", "INFO.KEY"),
        ("rating", "INFO.RANKING", then(_whole, stars_of)), ("play_count", "INFO.PLAYCOUNT"),
        ("last_played", "INFO.LAST_PLAYED"), ("color", "INFO.COLOR", then(_whole, color_of_number)),
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
