"""Convert an ENTRY of Traktor's collection to a track."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree.ElementTree import Element

from map4.formats.dj_library import DjTrack
from map4.formats.text import nonblank_texts
from map4.formats.time_zero import program_offset_s
from map4.formats.traktor.nml import (
    CUE_TYPES,
    ENTRY_TEXTS,
    GRID_NAME,
    GRID_TYPE,
    INFO_TEXTS,
    NO_NAME,
    color_of_number,
    date_of_nml,
    key_of_number,
    location_of_key,
    location_of_parts,
    stars_of,
)
from map4.formats.values import (
    UNREADABLE_KEYS,
    above_zero,
    finite_number,
    leading_number,
    suffix_of,
    whole_number,
    year_in,
)
from map4.music.analysis.key import Key
from map4.music.lists.tracklist import PlaylistEntry
from map4.music.track.cues import CueKind, CuePoint, GridMark
from map4.music.track.imported import ImportedValues, plausible_bpm, plausible_seconds
from map4.music.track.track import readable_key

_KINDS: dict[str, CueKind] = {str(number): kind for kind, number in CUE_TYPES.items()}
# Traktor's default names; the latter two are for grid markers.
_MARKER_NAMES = frozenset({GRID_NAME, "Beat Marker"})
_NO_NAMES = frozenset({NO_NAME, *_MARKER_NAMES})
_MS_PER_S = 1000.0
_POSITION_DECIMALS = 9  # Traktor writes millionths of a millisecond
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_MOST_BPM = 1000.0
_MOST_DIGITS = 9  # of whole numbers; longer ones are ignored

DATES = "dates that can't be read"
CUES = "cue points that can't be read"
MARKERS = "grid markers without a tempo"


def key_of(entry: Element) -> str | None:
    """Return the key of the track in playlists; None if the entry has no location."""
    location = entry.find("LOCATION")
    if location is None or not location.get("FILE"):
        return None
    return "".join(location.get(name, "") for name in ("VOLUME", "DIR", "FILE"))


def track_of(entry: Element, key: str, position: int, left_out: Counter[str]) -> DjTrack:
    """Return the track of an ENTRY with a location.

    position: from 1
    left_out: counts unreadable items
    """
    parts, info = _attributes(entry, "LOCATION"), _attributes(entry, "INFO")
    location = location_of_parts(parts.get("VOLUME", ""), parts.get("DIR", ""), parts["FILE"])
    first, *others = location.paths()
    return DjTrack(
        key=key,
        entry=PlaylistEntry(
            position=position,
            location=first,
            other_locations=tuple(others),
            artist=entry.get("ARTIST") or None,
            title=entry.get("TITLE") or None,
            album=_attributes(entry, "ALBUM").get("TITLE") or None,
            # FILESIZE is the audio in KB, without tags and pictures, and not the file's size.
            duration_s=above_zero(info.get("PLAYTIME_FLOAT")) or above_zero(info.get("PLAYTIME")),
        ),
        values=_values(entry, info, program_offset_s("traktor", suffix_of(location.names[-1])), left_out),
    )


def track_of_key(key: str, position: int) -> DjTrack:
    """Return a track that only a playlist names."""
    first, *others = location_of_key(key).paths()
    return DjTrack(key=key, entry=PlaylistEntry(position=position, location=first, other_locations=tuple(others)))


def _attributes(entry: Element, tag: str) -> dict[str, str]:
    child = entry.find(tag)
    return {} if child is None else child.attrib


def _values(entry: Element, info: dict[str, str], offset_s: float, left_out: Counter[str]) -> ImportedValues:
    bpm = _bpm(_attributes(entry, "TEMPO").get("BPM"))
    ranking, color = _whole(info.get("RANKING")), _whole(info.get("COLOR"))
    played = info.get("LAST_PLAYED")
    last_played = date_of_nml(played) if played else None
    if played and last_played is None:
        left_out[DATES] += 1
    album = _attributes(entry, "ALBUM")
    cues, grid = _cues(entry, bpm, offset_s, left_out)
    return ImportedValues(
        **nonblank_texts(entry.attrib, ENTRY_TEXTS),
        **nonblank_texts(album, {"album": "TITLE"}),
        **nonblank_texts(info, INFO_TEXTS),
        year=year_in(info.get("RELEASE_DATE")),
        track_number=leading_number(album.get("TRACK")),
        date_added=date_of_nml(info.get("IMPORT_DATE", "")),
        bpm=bpm,
        key=_key(_attributes(entry, "MUSICAL_KEY").get("VALUE"), info.get("KEY"), left_out),
        rating=None if ranking is None else stars_of(ranking),
        play_count=_whole(info.get("PLAYCOUNT")),
        last_played=last_played,
        color=None if color is None else color_of_number(color),
        cues=cues,
        grid=grid,
    )


def _key(value: str | None, text: str | None, left_out: Counter[str]) -> Key | None:
    """Return the key from Traktor's analysis or its user, else from the file's tag, which Traktor shows beside it."""
    number = _whole(value)
    key = (None if number is None else key_of_number(number)) or readable_key(text)
    if key is None and (value or text):
        left_out[UNREADABLE_KEYS] += 1
    return key


def _cues(
    entry: Element, bpm: float | None, offset_s: float, left_out: Counter[str]
) -> tuple[tuple[CuePoint, ...], tuple[GridMark, ...]]:
    cues: list[CuePoint] = []
    grid: list[GridMark] = []
    elements = entry.findall("CUE_V2")
    is_only_marker = sum(element.get("TYPE") == str(GRID_TYPE) for element in elements) == 1
    for element in elements:
        start_s = _seconds(element.get("START"))
        kind = element.get("TYPE", "")
        if start_s is None or (kind != str(GRID_TYPE) and kind not in _KINDS):
            left_out[CUES] += 1
            continue
        position_s = round(start_s - offset_s, _POSITION_DECIMALS)
        button = _whole(element.get("HOTCUE"))
        if kind == str(GRID_TYPE):
            # Up to Traktor Pro 3, a grid marker may have a button too: one that Traktor gave it ("Store Beatmarker as
            # Hotcue" in its preferences) is no cue point of the DJ's.
            name = element.get("NAME")
            is_own = name in _MARKER_NAMES or (is_only_marker and name in _NO_NAMES)
            is_grid_only = is_own or button is None
            tempo = _bpm(_attributes(element, "GRID").get("BPM")) or bpm
            if tempo is None:
                left_out[MARKERS] += 1
            else:
                # A named marker is both marker and cue point, and is written back as one.
                called = None if name == GRID_NAME or (name == NO_NAME and not is_grid_only) else name
                grid.append(GridMark(position_s=position_s, bpm=tempo, number=button, name=called or None))
            if is_grid_only:
                continue
        cues.append(_cue(element, _KINDS.get(kind, "cue"), position_s, button))
    by_position = sorted(cues, key=lambda cue: (cue.position_s, -1 if cue.number is None else cue.number))
    return tuple(by_position), tuple(sorted(grid, key=lambda mark: mark.position_s))


def _cue(element: Element, kind: CueKind, position_s: float, button: int | None) -> CuePoint:
    length_s = _seconds(element.get("LEN")) if kind == "loop" else None
    if length_s is not None and length_s <= 0:
        length_s = None
    name, color = element.get("NAME"), element.get("COLOR", "")
    return CuePoint(
        position_s=position_s,
        kind="cue" if kind == "loop" and length_s is None else kind,
        number=button,
        # A cue point with this name is not a marker.
        name=None if name == NO_NAME or (element.get("TYPE") == str(GRID_TYPE) and name in _NO_NAMES) else name or None,
        length_s=None if length_s is None else round(length_s, _POSITION_DECIMALS),
        color=color.lower() if _COLOR.fullmatch(color) else None,
    )


def _seconds(milliseconds: str | None) -> float | None:
    value = finite_number(milliseconds)
    return None if value is None else plausible_seconds(value / _MS_PER_S)


def _bpm(text: str | None) -> float | None:
    value = plausible_bpm(finite_number(text))
    return value if value is not None and value <= _MOST_BPM else None


def _whole(text: str | None) -> int | None:
    return whole_number(text, most_digits=_MOST_DIGITS)
