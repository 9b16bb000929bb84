"""Serato's own tags and sessions, written after the published layout (Holzhaus/serato-tags, ben-xo/sslscrobbler).

Nothing here is map4's: what it reads is compared with what was asked for here.
"""

import base64
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mutagen import id3
from mutagen.aiff import AIFF
from mutagen.flac import FLAC
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

WHITE = 0xFFFFFF
LOOP_BLUE = 0x27AAE1
Cue = tuple[int, int, int, str]
"""Button, milliseconds, colour and name."""
Loop = tuple[int, int, int, str]
"""Button, first and last millisecond, and name."""

_FLAC = {"Serato Markers2": "SERATO_MARKERS_V2", "Serato BeatGrid": "SERATO_BEATGRID",
         "Serato Autotags": "SERATO_AUTOGAIN"}  # fmt: skip
_MP4 = {"Serato Markers2": "markersv2", "Serato Markers_": "markers", "Serato BeatGrid": "beatgrid",
        "Serato Autotags": "autgain"}  # fmt: skip


# ---- blocks --------------------------------------------------------------------------------------


def entries(cues: Sequence[Cue] = (), loops: Sequence[Loop] = (), color: int = WHITE, more: bytes = b"") -> bytes:
    """The inside of Markers2, before it becomes base64."""
    found = [_entry("COLOR", b"\0" + color.to_bytes(3, "big"))]
    for button, at_ms, rgb, name in cues:
        body = struct.pack(">BBI", 0, button, at_ms) + b"\0" + rgb.to_bytes(3, "big") + b"\0\0"
        found.append(_entry("CUE", body + name.encode() + b"\0"))
    for button, start_ms, end_ms, name in loops:
        body = struct.pack(">BBII", 0, button, start_ms, end_ms) + b"\xff" * 4 + struct.pack(">I", LOOP_BLUE)
        found.append(_entry("LOOP", body + b"\0\0" + name.encode() + b"\0"))
    return b"\1\1" + b"".join(found) + more + _entry("BPMLOCK", b"\0") + b"\0"


def _entry(name: str, body: bytes) -> bytes:
    return name.encode() + b"\0" + struct.pack(">I", len(body)) + body


def flip() -> bytes:
    return _entry("FLIP", b"\0\0\0name\0\0" + struct.pack(">I", 0))


def letters(data: bytes) -> bytes:
    """Base64 as Serato has it: no padding, a line feed after 72 letters."""
    text = base64.b64encode(data).rstrip(b"=")
    return b"\n".join(text[at : at + 72] for at in range(0, len(text), 72))


def markers2(inside: bytes) -> bytes:
    return (b"\1\1" + letters(inside)).ljust(470, b"\0")


def seven_bits(value: int) -> bytes:
    """Three bytes spread over four."""
    return bytes((value >> 21 & 0x07, value >> 14 & 0x7F, value >> 7 & 0x7F, value & 0x7F))


def markers(cues: Mapping[int, tuple[int, int]], loops: Mapping[int, tuple[int, int]], color: int = WHITE) -> bytes:
    """The old block of ID3: five cue points and nine loops, by their buttons."""
    rows = []
    for button in range(14):
        at = cues.get(button) if button < 5 else loops.get(button - 5)
        kind, rgb = (3, LOOP_BLUE) if button >= 5 else (1 if at else 0, 0)
        first, last = b"\x7f" * 5, b"\x7f" * 5
        if at is not None:
            first = b"\0" + seven_bits(at[0])
            last, rgb = (b"\0" + seven_bits(at[1]), rgb) if kind == 3 else (last, at[1])
        rows.append(first + last + b"\0" + b"\x7f" * 5 + seven_bits(rgb) + bytes((kind, 0)))
    return b"\2\5" + struct.pack(">I", len(rows)) + b"".join(rows) + seven_bits(color)


def mp4_markers(cues: Mapping[int, tuple[int, int]], loops: Mapping[int, tuple[int, int]], color: int = WHITE) -> bytes:
    """The same of MP4, where numbers are plain."""
    rows = []
    for button in range(14):
        at = cues.get(button) if button < 5 else loops.get(button - 5)
        kind, rgb = (3, LOOP_BLUE) if button >= 5 else (1 if at else 0, 0)
        first, last = 0xFFFFFFFF, 0xFFFFFFFF
        if at is not None:
            first, last, rgb = (*at, rgb) if kind == 3 else (at[0], last, at[1])
        rows.append(struct.pack(">II", first, last) + b"\0" + b"\xff" * 4 + b"\0" + rgb.to_bytes(3, "big"))
        rows[-1] += bytes((kind, 0))
    return b"\2\5" + struct.pack(">I", len(rows)) + b"".join(rows) + b"\0" + color.to_bytes(3, "big")


def grid(*marks: tuple[float, int], last: tuple[float, float]) -> bytes:
    rows = [struct.pack(">fI", *mark) for mark in marks] + [struct.pack(">ff", *last)]
    return b"\1\0" + struct.pack(">I", len(rows)) + b"".join(rows) + b"\x37"


def autotags(bpm: str) -> bytes:
    return b"\1\1" + b"".join(part.encode() + b"\0" for part in (bpm, "-3.257", "0.000"))


def enveloped(name: str, data: bytes) -> bytes:
    return b"application/octet-stream\0\0" + name.encode() + b"\0" + data


# ---- files ---------------------------------------------------------------------------------------


def put(path: Path, blocks: Mapping[str, bytes]) -> Path:
    """Give a music file Serato's blocks, by their names in ID3, in the way of its kind."""
    if path.suffix == ".flac":
        file: Any = FLAC(path)
        for name, data in blocks.items():
            if name in _FLAC:
                file[_FLAC[name]] = letters(enveloped(name, data)).decode()
    elif path.suffix == ".m4a":
        file = MP4(path)
        for name, data in blocks.items():
            file[f"----:com.serato.dj:{_MP4[name]}"] = [MP4FreeForm(letters(enveloped(name, data)))]
    elif path.suffix == ".ogg":
        file = OggVorbis(path)
        file["serato_markers2"] = letters(base64.b64decode(_padded(blocks["Serato Markers2"][2:]))).decode()
        file["serato_beatgrid"] = "000000010000000000000001(0.254858,115.000000)"
    else:
        kind = {".aiff": AIFF, ".wav": WAVE}.get(path.suffix)
        file = id3.ID3() if kind is None else kind(path)
        if kind is not None and file.tags is None:
            file.add_tags()
        for name, data in blocks.items():
            frame = id3.GEOB(encoding=0, mime="application/octet-stream", desc=name, data=data)
            (file if kind is None else file.tags).add(frame)
        if kind is None:
            file.save(path)
            return path
    file.save()
    return path


def _padded(text: bytes) -> bytes:
    text = text.partition(b"\0")[0].replace(b"\n", b"")
    return text + b"=" * (-len(text) % 4)


# ---- sessions ------------------------------------------------------------------------------------


def record(tag: bytes, body: bytes) -> bytes:
    return tag + struct.pack(">I", len(body)) + body


def played(row: int, path: str, started: int | None, *, is_played: int = 1, **names: str) -> bytes:
    """A track of a session; `started` in seconds since 1970."""
    numbers = {"title": 6, "artist": 7, "album": 8}
    fields = [
        (1, struct.pack(">I", row)),
        (2, _text(path)),
        *((numbers[name], _text(text)) for name, text in names.items()),
    ]
    if started is not None:
        fields += [(28, struct.pack(">I", started)), (29, struct.pack(">I", started + 200))]
    fields.append((50, bytes((is_played,))))
    body = b"".join(struct.pack(">II", number, len(data)) + data for number, data in fields)
    return record(b"oent", record(b"adat", body))


def _text(text: str) -> bytes:
    return text.encode("utf-16-be") + b"\0\0"


def session(*rows: bytes) -> bytes:
    return record(b"vrsn", "1.0/Serato Scratch LIVE Review".encode("utf-16-be")) + b"".join(rows)
