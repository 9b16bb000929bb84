"""Rows of `export.pdb`, and the texts in them; little-endian.

Layouts are those of Deep Symmetry's "Database Exports"; the constants are what rekordbox 6 writes (rekordcrate's
example exports). UTF-16 texts begin at a multiple of four bytes: players with MIPS processors freeze otherwise
(hardware matrix of dj-usb-tkit).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from map4.formats import TRACK_ROW, PdbTable

TABLES = 20
INDEXED = frozenset({PdbTable.TRACKS, PdbTable.ARTISTS, PdbTable.ALBUMS, PdbTable.SYNCHRONISED})
"""Tables whose rows contain their place in the page at byte 2, in steps of 32."""
_TRACK = struct.Struct("<2H18I6H2B2H21H")
_OF_TWO_BYTES = frozenset(TRACK_ROW.numbers[20:26])
_USUAL_TEXTS = dict.fromkeys(TRACK_ROW.texts, "") | {"text_2": "1", "text_3": "1", "autoload": "ON"}

_SHORT_LETTERS = 126
_ASCII, _UTF_16 = 0x40, 0x90
_TEXT_HEAD = struct.Struct("<BHB")
_FAR = 0x04
_FAR_BYTES = 200
"""From this length of a name on, rekordbox writes its offset in two bytes."""
SPARE_BYTES, _SPARE_BYTES_OF_TRACK = 6, 52
"""Bytes that rekordbox leaves behind the texts of rows with offsets."""


def text(value: str) -> bytes:
    """A text: short or long ASCII, or UTF-16."""
    if value.isascii():
        if len(value) <= _SHORT_LETTERS:
            return bytes([(len(value) + 1) << 1 | 1]) + value.encode()
        return _TEXT_HEAD.pack(_ASCII, len(value) + _TEXT_HEAD.size, 0) + value.encode()
    data = value.encode("utf-16-le")
    return _TEXT_HEAD.pack(_UTF_16, len(data) + _TEXT_HEAD.size, 0) + data


def is_misaligned(row: bytes, at: int) -> bool:
    """Whether the text at an offset is UTF-16, and no ISRC, at a place where some players can't read it."""
    return row[at] == _UTF_16 and at % 4 != 0 and row[at + _TEXT_HEAD.size : at + _TEXT_HEAD.size + 1] != b"\x03"


def _offset_row(kind: int, values: bytes, name: str) -> bytes:
    """An artist or album: its kind, numbers, and name by offset."""
    data = text(name)
    near_at = 4 + len(values) + 2
    if len(data) < _FAR_BYTES:
        at = near_at if name.isascii() else near_at + -near_at % 4
        head = struct.pack("<2H", kind, 0) + values + bytes([3, at])
    else:
        at = near_at + 2
        head = struct.pack("<2H", kind | _FAR, 0) + values + struct.pack("<2H", 3, at)
    return head.ljust(at, b"\0") + data + bytes(SPARE_BYTES)


def name_row(kind: int, number: int, name: str, artist: int) -> bytes:
    """A row of a name; `artist`: number of an album's artist."""
    if kind == PdbTable.ARTISTS:
        return _offset_row(0x60, struct.pack("<I", number), name)
    if kind == PdbTable.ALBUMS:
        return _offset_row(0x80, struct.pack("<4I", 0, artist, number, 0), name)
    return struct.pack("<I", number) * (2 if kind == PdbTable.KEYS else 1) + text(name)


def track_row(values: Mapping[str, Any]) -> bytes:
    """A track, from its numbers and texts by name."""
    data, places = bytearray(_TRACK.size), []
    for name, usual in _USUAL_TEXTS.items():
        value = usual if name == "isrc" else values.get(name, usual)
        if not value.isascii() or name == "path":  # rekordbox also aligns every path
            data += bytes(-len(data) % 4)
        places.append(len(data))
        data += text(value)
    numbers = (min(values[name], 0xFFFF if name in _OF_TWO_BYTES else 0xFFFFFFFF) for name in TRACK_ROW.numbers)
    _TRACK.pack_into(data, 0, *numbers, *places)
    return bytes(data) + bytes(_SPARE_BYTES_OF_TRACK)
