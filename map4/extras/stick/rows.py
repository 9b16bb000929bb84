"""Rows of `export.pdb`, and the texts in them; little-endian.

Layouts are those of Deep Symmetry's "Database Exports"; the constants are what rekordbox 6 writes (rekordcrate's
example exports). UTF-16 texts begin at a multiple of four bytes: players with MIPS processors freeze otherwise
(hardware matrix of dj-usb-tkit).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

(TRACKS, GENRES, ARTISTS, ALBUMS, LABELS, KEYS, COLORS, TREE, ENTRIES) = range(9)
HISTORIES, HISTORY_ENTRIES, ARTWORK, COLUMNS, CATEGORIES, SORTS, SYNCHRONISED = 11, 12, 13, 16, 17, 18, 19
TABLES = 20

INDEXED = frozenset({TRACKS, ARTISTS, ALBUMS, SYNCHRONISED})
"""Tables whose rows contain their place in the page at byte 2, in steps of 32."""

TRACK = struct.Struct("<2H18I6H2B2H21H")
"""Flags, place, a mask, sample rate, composer, size, two numbers of the master library, artwork, key, original artist,
label, remixer, bit rate, number in the album, hundredths of BPM, genre, album, artist, number, disc, plays, year, bits,
seconds, 41, colour, stars, file type, 3, and the offsets of the texts.
"""
TREE_NODE, ENTRY = struct.Struct("<5I"), struct.Struct("<3I")

_SHORT_LETTERS = 126
_ASCII, _UTF_16 = 0x40, 0x90
_TEXT_HEAD = struct.Struct("<BHB")
_FAR = 0x04
_FAR_BYTES = 200
"""From this length of a name on, rekordbox writes its offset in two bytes."""
_SPARE_BYTES, _SPARE_BYTES_OF_TRACK = 6, 52
"""Bytes that rekordbox leaves behind the texts of rows with offsets."""


def text(value: str) -> bytes:
    """A text: short or long ASCII, or UTF-16."""
    if value.isascii():
        if len(value) <= _SHORT_LETTERS:
            return bytes([(len(value) + 1) << 1 | 1]) + value.encode()
        return _TEXT_HEAD.pack(_ASCII, len(value) + _TEXT_HEAD.size, 0) + value.encode()
    data = value.encode("utf-16-le")
    return _TEXT_HEAD.pack(_UTF_16, len(data) + _TEXT_HEAD.size, 0) + data


def read_text(row: bytes, at: int) -> str:
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
    if kind == _UTF_16 and data[:1] == b"\x03" and data[-1:] == b"\0":  # ISRC, in a form of its own
        return data[1:-1].decode("ascii")
    return data.decode("utf-16-le" if kind == _UTF_16 else "ascii")


def number_at(row: bytes, at: int) -> int:
    """The number of four bytes at an offset."""
    return int.from_bytes(row[at : at + 4], "little")


def is_misaligned(row: bytes, at: int) -> bool:
    """Whether the text at an offset is UTF-16 at a place where some players can't read it."""
    return row[at] == _UTF_16 and at % 4 != 0 and row[at + _TEXT_HEAD.size : at + _TEXT_HEAD.size + 1] != b"\x03"


def named_row(number: int, name: str) -> bytes:
    """A genre, label, picture or history."""
    return struct.pack("<I", number) + text(name)


def key_row(number: int, name: str) -> bytes:
    """A musical key."""
    return struct.pack("<2I", number, number) + text(name)


def color_row(number: int, name: str) -> bytes:
    """A colour of tracks."""
    return struct.pack("<IBHB", 0, number, number, 0) + text(name)


def column_row(number: int, kind: int, name: str) -> bytes:
    """An entry of a player's menu; players translate names between these two letters."""
    return struct.pack("<2H", number, kind) + text(f"\ufffa{name}\ufffb")


def artist_row(number: int, name: str) -> bytes:
    """An artist, composer or remixer."""
    return _with_name(0x60, struct.pack("<I", number), name)


def album_row(number: int, name: str, artist: int) -> bytes:
    """An album; `artist`: of the album, or 0."""
    return _with_name(0x80, struct.pack("<4I", 0, artist, number, 0), name)


def _with_name(kind: int, values: bytes, name: str) -> bytes:
    data = text(name)
    near_at = 4 + len(values) + 2
    if len(data) < _FAR_BYTES:
        at = near_at if name.isascii() else near_at + -near_at % 4
        head = struct.pack("<2H", kind, 0) + values + bytes([3, at])
    else:
        at = near_at + 2
        head = struct.pack("<2H", kind | _FAR, 0) + values + struct.pack("<2H", 3, at)
    return head.ljust(at, b"\0") + data + bytes(_SPARE_BYTES)


def name_place(row: bytes, near_at: int) -> int:
    """The offset of the name of an artist (`near_at` 9) or album (21)."""
    if row[0] & _FAR:
        return int.from_bytes(row[near_at + 1 : near_at + 3], "little")
    return row[near_at]


def track_row(values: Sequence[int], texts: Sequence[str]) -> bytes:
    """A track: its 29 numbers before the offsets, without place, and its 21 texts."""
    data, places = bytearray(TRACK.size), []
    for index, value in enumerate(texts):
        if not value.isascii() or index == len(texts) - 1:  # rekordbox also aligns every path
            data += bytes(-len(data) % 4)
        places.append(len(data))
        data += text(value)
    TRACK.pack_into(data, 0, values[0], 0, *values[1:], *places)
    return bytes(data) + bytes(_SPARE_BYTES_OF_TRACK)


def list_row(number: int, name: str, *, parent: int, order: int, is_folder: bool) -> bytes:
    """A list or folder."""
    return TREE_NODE.pack(parent, 0, order, number, is_folder) + text(name)


def synchronised_row(tracks: int, date: str) -> bytes:
    """The row by which rekordbox recognises its last export: number of tracks, date, version and name of the stick."""
    head = struct.pack("<2H2I", 0x280, 0, tracks, 0) + text(date)
    version = text("1000")
    at = len(head) + 2
    return head + bytes([at, at + len(version)]) + version + text("") + bytes(_SPARE_BYTES)
