"""Rows of `export.pdb`, and the texts in them; little-endian.

Layouts are those of Deep Symmetry's "Database Exports"; the constants are what rekordbox 6 writes (rekordcrate's
example exports). UTF-16 texts begin at a multiple of four bytes: players with MIPS processors freeze otherwise
(hardware matrix of dj-usb-tkit).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

PdbTable = IntEnum(
    "PdbTable",
    {
        "TRACKS": 0, "GENRES": 1, "ARTISTS": 2, "ALBUMS": 3, "LABELS": 4, "KEYS": 5, "COLORS": 6, "TREE": 7,
        "ENTRIES": 8, "HISTORIES": 11, "HISTORY_ENTRIES": 12, "ARTWORK": 13, "COLUMNS": 16, "CATEGORIES": 17,
        "SORTS": 18, "SYNCHRONISED": 19,
    },
)  # fmt: skip
TABLES = 20

INDEXED = frozenset({PdbTable.TRACKS, PdbTable.ARTISTS, PdbTable.ALBUMS, PdbTable.SYNCHRONISED})
"""Tables whose rows contain their place in the page at byte 2, in steps of 32."""

NAME_PLACES: dict[int, tuple[int, int]] = {
    PdbTable.GENRES: (0, 4), PdbTable.LABELS: (0, 4), PdbTable.ARTWORK: (0, 4), PdbTable.KEYS: (0, 8),
    PdbTable.ARTISTS: (4, 9), PdbTable.ALBUMS: (12, 21),
}  # fmt: skip
"""Where rows of names have their number, and their name or, of the last two, its offset."""

TRACK_NAMES = {
    "artist": PdbTable.ARTISTS, "composer": PdbTable.ARTISTS, "remixer": PdbTable.ARTISTS, "genre": PdbTable.GENRES,
    "label": PdbTable.LABELS, "key": PdbTable.KEYS, "artwork": PdbTable.ARTWORK,
}  # fmt: skip
"""Tables of the names that tracks have by number, like their album."""
_TRACK = struct.Struct("<2H18I6H2B2H21H")
_TRACK_NUMBERS = (
    "flags", "place", "mask", "sample_rate_hz", "composer", "size_bytes", "master_id", "master_db", "artwork", "key",
    "original_artist", "label", "remixer", "kbps", "track_number", "bpm_x100", "genre", "album", "artist", "number",
    "disc_number", "plays", "year", "bits", "seconds", "analysed", "color", "rating", "file_type", "offsets",
)  # fmt: skip
"""The numbers of a track before the offsets of its texts."""
_OF_TWO_BYTES = frozenset(_TRACK_NUMBERS[20:26])
_TRACK_TEXTS = {
    0: "isrc", 10: "date_added", 12: "mix", 14: "analysis_path", 15: "analysis_date", 16: "comment", 17: "title",
    19: "file_name", 20: "path",
}  # fmt: skip
_USUAL_TEXTS = dict.fromkeys(range(21), "") | {2: "1", 3: "1", 7: "ON"}
TREE_NODE, ENTRY = struct.Struct("<5I"), struct.Struct("<3I")

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


def text_at(row: bytes, at: int) -> str:
    """The text at an offset.

    raises ValueError: if it is not one, or ends outside of the row
    """
    if at >= len(row):
        raise ValueError("a text outside of its row")
    kind = row[at]
    if kind & 1:
        head, size = 1, kind >> 1
    elif kind in (_ASCII, _UTF_16) and at + _TEXT_HEAD.size <= len(row):
        head, (_, size, _) = _TEXT_HEAD.size, _TEXT_HEAD.unpack_from(row, at)
    else:
        raise ValueError(f"a text of an unknown kind ({kind:#04x})")
    if size < head or at + size > len(row):
        raise ValueError("a text outside of its row")
    data = row[at + head : at + size]
    if kind == _UTF_16 and data[:1] == b"\x03" and data[-1:] == b"\0":  # an ISRC, which has a special form
        return data[1:-1].decode("ascii")
    return data.decode("utf-16-le" if kind == _UTF_16 else "ascii")


def _is_misaligned(row: bytes, at: int) -> bool:
    """Whether the text at an offset is UTF-16 at a place where some players can't read it."""
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
    return struct.pack("<I", number) * (NAME_PLACES[kind][1] // 4) + text(name)


def read_name(kind: int, row: bytes) -> tuple[int, str, int, bool]:
    """Number and name of a row of names, the number of an album's artist, and whether the name is misaligned.

    raises ValueError: if they are not in the row
    """
    own_at, place = NAME_PLACES[kind]
    if kind in (PdbTable.ARTISTS, PdbTable.ALBUMS) and len(row) > place + 2:
        place = int.from_bytes(row[place + 1 : place + 3], "little") if row[0] & _FAR else row[place]
    number, artist = (int.from_bytes(row[at : at + 4], "little") for at in (own_at, 8))
    return number, text_at(row, place), artist if kind == PdbTable.ALBUMS else 0, _is_misaligned(row, place)


def track_row(values: Mapping[str, Any]) -> bytes:
    """A track, from its numbers and texts by name."""
    data, places = bytearray(_TRACK.size), []
    texts = _USUAL_TEXTS | {index: values[name] for index, name in _TRACK_TEXTS.items() if name != "isrc"}
    for index, value in texts.items():
        if not value.isascii() or index == len(texts) - 1:  # rekordbox also aligns every path
            data += bytes(-len(data) % 4)
        places.append(len(data))
        data += text(value)
    numbers = (min(values[name], 0xFFFF if name in _OF_TWO_BYTES else 0xFFFFFFFF) for name in _TRACK_NUMBERS)
    _TRACK.pack_into(data, 0, *numbers, *places)
    return bytes(data) + bytes(_SPARE_BYTES_OF_TRACK)


def read_track(row: bytes) -> tuple[dict[str, Any], int]:
    """Numbers and texts of a track by name, and how many texts are misaligned.

    raises ValueError, struct.error: if they are not in the row
    """
    numbers = _TRACK.unpack_from(row)
    places = numbers[len(_TRACK_NUMBERS) :]
    texts = [text_at(row, place) for place in places]
    values = dict(zip(_TRACK_NUMBERS, numbers, strict=False))
    return values | {name: texts[index] for index, name in _TRACK_TEXTS.items()}, sum(
        _is_misaligned(row, place) for place in places
    )
