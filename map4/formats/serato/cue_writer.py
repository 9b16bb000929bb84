"""Add cue points to Serato's tags in music, keeping everything else.

Existing entries stay byte for byte. New ones go into the new block of markers; those of the first five buttons also go
into the old block if the file has it, since Serato prefers it (`map4.formats.serato.tags`).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Literal

from map4.core.audio.tags.changes import SlotValue, TagSlot
from map4.core.music.analysis.inside import DetectedCueKind
from map4.core.music.track.cues import CuePoint
from map4.formats.serato import tags
from map4.formats.time_zero import program_offset_s
from map4.formats.values import suffix_of

Family = Literal["id3", "envelope", "ogg"]
"""Storage of blocks: as bytes (ID3), as text in an envelope (FLAC, MP4), as text (Ogg)."""

CUE_COLORS: Mapping[DetectedCueKind, str] = {
    "drop": "#c02626", "mix_in": "#1fad26", "break": "#173ba2", "first_beat": "#fac313", "mix_out": "#f8821a",
    "outro": "#6823b6", "first_vocal": "#ce359e", "last_vocal": "#ce359e",
}  # fmt: skip
"""Colours of detected cue points, as Serato DJ Pro shows them."""

_STORED = {shown: stored for stored, shown in tags.SHOWN.items()}
_LETTERS_A_LINE, _LEAST_BYTES = 72, 470
_MS = 1000.0
_EMPTY = b"\1\1COLOR\0\0\0\0\4\0\xff\xff\xffBPMLOCK\0\0\0\0\1\0\0"


def with_cues(
    path: str, fields: Mapping[str, bytes], cues: Sequence[CuePoint], family: Family
) -> dict[TagSlot, SlotValue]:
    """Return the tags to write to add these cue points to a file; a cue on a taken button replaces the old cue.

    path: of the file; its suffix decides where Serato's time begins
    fields: from `map4.core.audio.tags.program_fields`, readable by `values_of_tags`
    cues: each with a number from 0 to 7; on map4's time scale
    """
    offset_s = program_offset_s("serato", suffix_of(path))
    places = [(cue, max(0, round((cue.position_s + offset_s) * _MS))) for cue in cues]
    blocks = {tags.BLOCKS[name]: (name, data) for name, data in fields.items() if name in tags.BLOCKS}
    name, data = blocks.get("markers2", ("", b""))
    content, least = _EMPTY, _LEAST_BYTES
    if data:
        own = tags.letters_of(name, data)
        content, least = tags.decoded(own), max(_LEAST_BYTES, len(own) + 2)
    content = _with_entries(content, places)
    slots: dict[TagSlot, SlotValue] = {}
    if family == "ogg":
        slots["serato_ogg"] = _letters(content).decode("ascii")
    else:
        new = (b"\1\1" + _letters(content)).ljust(least, b"\0")
        slots["serato_markers2"] = _stored("Serato Markers2", new, family)
    if "markers" in blocks:
        name, data = blocks["markers"]
        slots["serato_markers"] = _stored(
            "Serato Markers_", _with_markers(tags.block_of(name, data), places, name), family
        )
    return slots


def _with_entries(content: bytes, places: Sequence[tuple[CuePoint, int]]) -> bytes:
    """Return the new block: cue points in the order of their buttons, after the colour and before everything else."""
    there = [*tags.entries(content)]
    if content[2 + sum(len(_framed(*entry)) for entry in there) :].strip(b"\0"):
        raise ValueError("it ends within an entry")
    buttons = {cue.number for cue, _ in places}
    others = [(kind, entry) for kind, entry in there if not (kind == b"CUE" and entry[1] in buttons)]
    cues = [entry for kind, entry in others if kind == b"CUE"]
    cues += [tags.CUE.pack(cue.number, at_ms, _color(cue)) + (cue.name or "").encode() + b"\0" for cue, at_ms in places]
    cues.sort(key=lambda entry: entry[1])
    ordered = [entry for entry in others if entry[0] == b"COLOR"]
    ordered += [(b"CUE", entry) for entry in cues]
    ordered += [entry for entry in others if entry[0] not in (b"COLOR", b"CUE")]
    return content[:2] + b"".join(_framed(kind, entry) for kind, entry in ordered) + b"\0"


def _framed(kind: bytes, entry: bytes) -> bytes:
    return kind + b"\0" + len(entry).to_bytes(4, "big") + entry


def _color(cue: CuePoint) -> bytes:
    shown = cue.color or CUE_COLORS["drop"]
    return bytes.fromhex(_STORED.get(shown, shown.removeprefix("#")))


def _with_markers(old: bytes, places: Sequence[tuple[CuePoint, int]], name: str) -> bytes:
    """Return the old block, updated for the buttons that it has."""
    is_mp4 = name.startswith("----")
    size = (tags.MP4_MARKER if is_mp4 else tags.MARKER).size
    (count,) = tags.MARKERS_HEAD.unpack_from(old)
    end = tags.MARKERS_HEAD.size + count * size
    markers = [bytearray(old[at : at + size]) for at in range(tags.MARKERS_HEAD.size, end, size)]
    of_cues = [marker for marker in markers if marker[-2] in (tags.UNSET_CUE, tags.CUE_KIND)]
    for cue, at_ms in places:
        if cue.number is None or cue.number >= len(of_cues):
            continue
        marker, color = of_cues[cue.number], _color(cue)
        if is_mp4:
            marker[:4], marker[-5:-2] = struct.pack(">I", at_ms), color
        else:
            marker[:5], marker[-6:-2] = b"\0" + _packed(at_ms), _packed(int.from_bytes(color, "big"))
        marker[-2] = tags.CUE_KIND
    return old[: tags.MARKERS_HEAD.size] + b"".join(markers) + old[end:]


def _packed(number: int) -> bytes:
    """Encode three bytes as four of seven bits each."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _stored(name: str, data: bytes, family: Family) -> str:
    """Return a block as the file stores it; bytes of ID3 as single letters."""
    if family == "id3":
        return data.decode("latin-1")
    return _letters(tags.ENVELOPE + name.encode() + b"\0" + data).decode("ascii")


def _letters(data: bytes) -> bytes:
    """Return base64 as Serato writes it: without padding, a line feed after 72 letters."""
    text = base64.b64encode(data).rstrip(b"=")
    return b"\n".join(text[at : at + _LETTERS_A_LINE] for at in range(0, len(text), _LETTERS_A_LINE))
