"""Shorten an ID3v2 tag with more frames than any track has, as reading time grows with the square of their number."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from map4.core.audio.chunks import LONG_TAG_BYTES
from map4.core.audio.tag_boundaries import of_syncsafe, to_syncsafe

_HEADER_BYTES = 10
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_MOST_FRAMES = 2000
_LONGEST_FRAME_BYTES = 1 << 16  # longer ones are pictures and data of programs
_MOST_BYTES = 4 << 20
_PICTURE_BYTES = 512


def shortened_id3(file: BinaryIO) -> BinaryIO:
    """Return the file, or for a long tag only that tag: its first frames, and the beginnings of pictures."""
    file.seek(0)
    head = file.read(_HEADER_BYTES)
    size = of_syncsafe(head[6:])
    if len(head) < _HEADER_BYTES or head[:3] != b"ID3" or head[3] not in (2, 3, 4) or size <= LONG_TAG_BYTES:
        file.seek(0)
        return file
    version, flags = head[3], head[5]
    body = file.read(size)
    if flags & _UNSYNCHRONISED and version < 4:
        body = body.replace(b"\xff\x00", b"\xff")
        flags &= ~_UNSYNCHRONISED
    at = 0
    if flags & _EXTENDED and version > 2:
        at = _number(body[:4], version) + (4 if version == 3 else 0)
        flags &= ~_EXTENDED
    frames = b"".join(_first_frames(body, at, version))
    return io.BytesIO(head[:5] + bytes((flags,)) + to_syncsafe(len(frames)) + frames)


def _first_frames(body: bytes, at: int, version: int) -> Iterator[bytes | memoryview]:
    view = memoryview(body)
    name_bytes, header_bytes = (3, 6) if version == 2 else (4, 10)
    left, left_bytes = _MOST_FRAMES, _MOST_BYTES
    while left > 0 and at + header_bytes < len(body) and body[at]:
        stop = at + header_bytes + _number(body[at + name_bytes : at + 2 * name_bytes], version)
        if stop - at <= min(_LONGEST_FRAME_BYTES, left_bytes):
            left, left_bytes = left - 1, left_bytes - (stop - at)
            yield view[at:stop]
        elif body[at : at + name_bytes] in (b"APIC", b"PIC"):  # enough to show that there is a picture
            size = (_PICTURE_BYTES).to_bytes(name_bytes, "big") if version < 4 else to_syncsafe(_PICTURE_BYTES)
            rest = at + 2 * name_bytes
            yield body[at : at + name_bytes] + size + body[rest : at + header_bytes + _PICTURE_BYTES]
        at = stop


def _number(field: bytes, version: int) -> int:
    """Parse a size: seven bits per byte since version 2.4; some writers put plain numbers there."""
    is_plain = version < 4 or any(byte > 0x7F for byte in field)
    return int.from_bytes(field, "big") if is_plain else of_syncsafe(field)
