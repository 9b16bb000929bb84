"""Serato's data in the tags of the music itself: cue points, saved loops, the beat grid, tempo and colour.

Every kind of file has the same four blocks: ID3 (MP3, AIFF, WAV) as objects; FLAC and MP4 as base64 text around an
envelope, which repeats the name of the block; Ogg without the envelope. Base64 is unpadded, in lines of 72 letters. If
the old block of markers and the new one differ, Serato uses the old one, which has the first five cue points and nine
loops; only the new one has names.

[1] Holzhaus/serato-tags, `docs/`: the blocks, field by field, where they stand, and the colours that are shown.
[2] Holzhaus/triseratops, `src/tag/`: the old markers in MP4, and which block counts.
[3] "Introduction to Beatgrids", support.serato.com, article 202523390: a bar of four begins at the first marker.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from map4.core.audio.tags.program_fields import read_program_fields
from map4.core.music.analysis.plausible import plausible_bpm, plausible_seconds
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.fields import means_none
from map4.formats.importer import Importer
from map4.formats.time_zero import program_offset_s
from map4.formats.values import UNREADABLE_GRIDS, finite_number, suffix_of

UNREADABLE_MARKERS = "cue points in tags that can't be read"
_FLIPS = "flips"

TagBlock = Literal["markers2", "markers", "grid", "autotags"]
_Read = TypeVar("_Read")
ENVELOPE = b"application/octet-stream\0\0"
_MS = 1000.0
_METRE = 4
_MOST_MARKS = 200_000
_BPM_DECIMALS = 4  # the precision of a position in 32 bits

_GRID_HEAD, _GRID_MARK, _LAST_BPM = struct.Struct(">2xI"), struct.Struct(">fI"), struct.Struct(">4xf")
_OGG_GRID = re.compile(rb"[0-9A-Fa-f]{24}\((-?[0-9.]{1,20}),([0-9.]{1,20})\)")
CUE = struct.Struct(">xBIx3s2x")
_LOOP = struct.Struct(">xBII10x")
MARKERS_HEAD, MARKER, MP4_MARKER = struct.Struct(">2xI"), struct.Struct(">B4sB4s6x4sBx"), struct.Struct(">II6x3sBx")
_UNSET_MS = 0xFFFFFFFF
UNSET_CUE, CUE_KIND, _LOOP_KIND = 0, 1, 3

# Stored colours of all Serato versions, and the colours that Serato DJ Pro shows for them [1].
SHOWN = {
    "cc0000": "#c02626", "cc4400": "#db4e27", "cc8800": "#f8821a", "cccc00": "#fac313", "88cc00": "#4eb648",
    "44cc00": "#006838", "00cc00": "#1fad26", "00cc44": "#8dc63f", "00cc88": "#2b3673", "00cccc": "#1dbebd",
    "0088cc": "#0f88ca", "0044cc": "#16308b", "0000cc": "#173ba2", "4400cc": "#5c3f97", "8800cc": "#6823b6",
    "cc00cc": "#ce359e", "cc0088": "#dc1d49", "cc0044": "#c71136",
}  # fmt: skip
_NO_COLOR, _BLACK = (0xFFFFFF, 0x000000), (0x999999, "#090909")
_SHOWN_LESS, _SHOWN_MORE = 0x666666, 0x99999A


@dataclass(slots=True)
class _Markers:
    """The markers of a block by their button; None for a button marked as empty."""

    cues: dict[int, CuePoint | None] = field(default_factory=dict)
    loops: dict[int, CuePoint | None] = field(default_factory=dict)
    color: int | None = None


def values_of_tags(path: str, fields: Mapping[str, bytes], left_out: Counter[str]) -> ImportedValues:
    """Read Serato's data on a track from the file's tags.

    path: of the file; its suffix decides where Serato's time begins in it
    fields: bytes by the name in lower case, from `map4.core.audio.tags.program_fields`
    left_out: counts unreadable items
    returns: Cue points, loops (without a button, as Serato's loop buttons differ from those of cue points), grid, tempo
        and colour, on map4's time scale
    """
    blocks = {BLOCKS[name]: (name, data) for name, data in fields.items() if name in BLOCKS}

    def read(block: TagBlock, reader: Callable[[str, bytes], _Read], what: str) -> _Read | None:
        try:
            return reader(*blocks[block]) if block in blocks else None
        except (ValueError, struct.error):
            left_out[what] += 1
            return None

    new = read("markers2", lambda name, data: _new_markers(name, data, left_out), UNREADABLE_MARKERS)
    markers = _joined(new, read("markers", _old_markers, UNREADABLE_MARKERS))
    grid = read("grid", _grid, UNREADABLE_GRIDS) or ()
    bpm = read("autotags", _tempo, "tempi in tags that can't be read")
    if bpm is None and len(grid) == 1:
        bpm = grid[0].bpm
    cues = [cue for cue in (*markers.cues.values(), *markers.loops.values()) if cue is not None]
    cues.sort(key=lambda cue: (cue.position_s, cue.number is None, cue.number))
    values = ImportedValues(bpm=bpm, color=shown_color(markers.color), cues=tuple(cues), grid=grid)
    return values.shifted(-program_offset_s("serato", suffix_of(path)))


def shown_color(stored: int | None) -> str | None:
    """Return the colour of a track in Serato's list for the stored one; None if it has none.

    Serato shows 0x666666 less than it stores [1] (below that, it adds enough to get a colour), and black for 0x999999.
    """
    if stored is None or stored in _NO_COLOR:
        return None
    if stored == _BLACK[0]:
        return _BLACK[1]
    return f"#{stored - _SHOWN_LESS if stored >= _SHOWN_LESS else stored + _SHOWN_MORE:06x}"


# ---- blocks --------------------------------------------------------------------------------------

BLOCKS: Mapping[str, TagBlock] = {
    "serato markers2": "markers2", "serato_markers_v2": "markers2", "----:com.serato.dj:markersv2": "markers2",
    "serato_markers2": "markers2",
    "serato markers_": "markers", "----:com.serato.dj:markers": "markers",
    "serato beatgrid": "grid", "serato_beatgrid": "grid", "----:com.serato.dj:beatgrid": "grid",
    "serato autotags": "autotags", "serato_autogain": "autotags", "----:com.serato.dj:autgain": "autotags",
}  # fmt: skip


def block_of(name: str, data: bytes) -> bytes:
    """Return the bytes of a block, without the envelope of FLAC and MP4."""
    if " " in name:  # names of ID3 contain blanks, and their blocks have no envelope
        return data
    inner = decoded(data)
    if not inner.startswith(ENVELOPE):
        raise ValueError("no envelope of Serato's")
    return inner[inner.index(b"\0", len(ENVELOPE)) + 1 :]


def decoded(text: bytes) -> bytes:
    """Decode base64 up to the first NUL; Serato writes it without padding, and sometimes a letter short."""
    letters = b"".join(text.partition(b"\0")[0].split()).rstrip(b"=")
    if len(letters) % 4 == 1:
        letters += b"A"
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def letters_of(name: str, data: bytes) -> bytes:
    """Return the base64 of the new block of markers."""
    return data if name == "serato_markers2" else block_of(name, data)[2:]


def _new_markers(name: str, data: bytes, left_out: Counter[str]) -> _Markers:
    content = decoded(letters_of(name, data))
    if content[:2] != b"\1\1":
        raise ValueError("no markers")
    markers = _Markers()
    for kind, entry in entries(content):
        if kind == b"COLOR":
            markers.color = int.from_bytes(entry[1:4], "big")
        elif kind == b"CUE":
            button, start_ms, color = CUE.unpack_from(entry)
            name_of_cue = _name(entry[CUE.size :])
            is_set = start_ms or any(color) or name_of_cue  # in Ogg an unset button is an entry of zeros
            markers.cues[button] = _cue(button, start_ms, color, name_of_cue) if is_set else None
        elif kind == b"LOOP":
            button, start_ms, end_ms = _LOOP.unpack_from(entry)
            markers.loops[button] = _loop(start_ms, end_ms, _name(entry[_LOOP.size :]))
        elif kind == b"FLIP":
            left_out[_FLIPS] += 1
    return markers


def entries(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and bytes of each entry, up to the final NUL or the end of cut-off data."""
    at = 2
    while at < len(content) and content[at]:
        end = content.find(b"\0", at)
        start = end + 5
        if end < 0 or start > len(content):
            return
        stop = start + int.from_bytes(content[end + 1 : start], "big")
        if stop > len(content):
            return
        yield content[at:end], content[start:stop]
        at = stop


def _name(text: bytes) -> str | None:
    return text.partition(b"\0")[0].decode("utf-8", "replace").strip() or None


def _cue(button: int, start_ms: int, color: bytes, name: str | None = None) -> CuePoint:
    shown = SHOWN.get(color.hex(), f"#{color.hex()}")
    return CuePoint(position_s=start_ms / _MS, number=button, name=name, color=shown)


def _loop(start_ms: int, end_ms: int, name: str | None = None) -> CuePoint | None:
    """Return a loop; None without a length. All saved loops have one colour, which no user chose."""
    length_s = round((end_ms - start_ms) / _MS, 6)
    return CuePoint(position_s=start_ms / _MS, kind="loop", name=name, length_s=length_s) if length_s > 0 else None


def _old_markers(name: str, data: bytes) -> _Markers:
    block = block_of(name, data)
    is_mp4 = name.startswith("----")
    entry = MP4_MARKER if is_mp4 else MARKER
    (count,) = MARKERS_HEAD.unpack_from(block)
    end = MARKERS_HEAD.size + count * entry.size
    if end > len(block):
        raise ValueError("it ends within the markers")
    markers = _Markers()
    for parts in entry.iter_unpack(block[MARKERS_HEAD.size : end]):
        start_ms, end_ms, color, kind = parts if is_mp4 else _plain(*parts)
        is_set = start_ms != _UNSET_MS
        if kind == _LOOP_KIND:
            markers.loops[len(markers.loops)] = _loop(start_ms, end_ms) if is_set and end_ms != _UNSET_MS else None
        elif kind in (UNSET_CUE, CUE_KIND):
            button = len(markers.cues)
            markers.cues[button] = _cue(button, start_ms, color) if is_set and kind == CUE_KIND else None
    footer = block[end : end + 4]
    if len(footer) == 4:
        markers.color = int.from_bytes(footer[1:] if is_mp4 else _unpacked(footer), "big")
    return markers


def _plain(
    no_start: int, start: bytes, no_end: int, end: bytes, color: bytes, kind: int
) -> tuple[int, int, bytes, int]:
    """Convert a marker of ID3 to the form of MP4."""
    places = ((no_start, start), (no_end, end))
    start_ms, end_ms = (_UNSET_MS if unset else int.from_bytes(_unpacked(place), "big") for unset, place in places)
    return start_ms, end_ms, _unpacked(color), kind


def _unpacked(packed: bytes) -> bytes:
    """Decode three bytes from four of seven bits each ("serato32" [1])."""
    bits = 0
    for byte in packed:
        bits = bits << 7 | byte & 0x7F
    return (bits & 0xFFFFFF).to_bytes(3, "big")


def _joined(new: _Markers | None, old: _Markers | None) -> _Markers:
    """Return what Serato shows: the new block, overridden by the old one where both have an entry."""
    if new is None or old is None:
        return new or old or _Markers()
    color = new.color if old.color is None else old.color
    return _Markers(_merged(new.cues, old.cues), _merged(new.loops, old.loops), color)


def _merged(new: dict[int, CuePoint | None], old: dict[int, CuePoint | None]) -> dict[int, CuePoint | None]:
    named = {button: marker.name for button, marker in new.items() if marker is not None}
    return new | {button: marker and replace(marker, name=named.get(button)) for button, marker in old.items()}


def _grid(name: str, data: bytes) -> tuple[GridMark, ...]:
    if match := _OGG_GRID.fullmatch(data.strip(b"\0\r\n ")):  # no known file has several marks
        return _marks([(float(match[1]), 0)], float(match[2]))
    block = block_of(name, data)
    (count,) = _GRID_HEAD.unpack_from(block)
    end = _GRID_HEAD.size + count * _GRID_MARK.size
    if count > _MOST_MARKS or end > len(block):
        raise ValueError("it ends within the grid")
    if not count:
        return ()
    (last_bpm,) = _LAST_BPM.unpack_from(block, end - _GRID_MARK.size)
    return _marks(list(_GRID_MARK.iter_unpack(block[_GRID_HEAD.size : end])), last_bpm)


def _marks(marks: list[tuple[float, int]], last_bpm: float) -> tuple[GridMark, ...]:
    """Marks of positions and beats to the next one, where the last has a tempo; bars are counted from the first."""
    result, beats = [], 0
    for index, (position_s, count) in enumerate(marks):
        is_last = index == len(marks) - 1
        bpm = last_bpm
        if not is_last:
            length_s = marks[index + 1][0] - position_s
            bpm = count * 60.0 / length_s if length_s > 0 else 0.0
        if plausible_seconds(position_s) is None or plausible_bpm(bpm) is None:
            raise ValueError("a mark that no track can have")
        result.append(
            GridMark(
                position_s=round(position_s, 6), bpm=round(bpm, _BPM_DECIMALS), metre=_METRE, beat=beats % _METRE + 1
            )
        )
        beats += count
    return tuple(result)


def _tempo(name: str, data: bytes) -> float | None:
    text = block_of(name, data)[2:].partition(b"\0")[0].decode("ascii", "replace")
    if (bpm := plausible_bpm(finite_number(text))) is None and not means_none(text):
        raise ValueError("no tempo")
    return bpm


def read_tags(path: str, left_out: Counter[str]) -> ImportedValues | None:
    """The values in a file's tags; None without any."""
    fields = read_program_fields(path, "serato")
    return values_of_tags(path, fields, left_out) if fields else None


SERATO_TAGS = Importer(
    name="serato-tags",
    title="Serato's tags",
    suffixes=(),
    recognises=lambda path, head: False,  # music is only read like this on request
    read=lambda path, notes: iter(()),
    tags=read_tags,
    is_music=True,
)
