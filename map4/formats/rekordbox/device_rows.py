"""Rows of `export.pdb`, and the texts in them; little-endian.

Layouts are those of crate-digger (Deep Symmetry, `rekordbox_pdb.ksy`), with the strings of rekordcrate (Holzhaus).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

PdbTable = IntEnum(
    "PdbTable",
    {
        "TRACKS": 0, "GENRES": 1, "ARTISTS": 2, "ALBUMS": 3, "LABELS": 4, "KEYS": 5, "COLORS": 6, "TREE": 7,
        "ENTRIES": 8, "HISTORIES": 11, "HISTORY_ENTRIES": 12, "ARTWORK": 13, "COLUMNS": 16, "CATEGORIES": 17,
        "SORTS": 18, "SYNCHRONISED": 19,
    },
)  # fmt: skip


class NamePlace(NamedTuple):
    """Where rows of names have their number, their name or its offset, and the number of an album's artist."""

    number_at: int
    name_at: int
    is_offset: bool = False
    artist_at: int | None = None


NAME_PLACES: dict[int, NamePlace] = {
    PdbTable.GENRES: NamePlace(0, 4), PdbTable.LABELS: NamePlace(0, 4), PdbTable.ARTWORK: NamePlace(0, 4),
    PdbTable.KEYS: NamePlace(0, 8), PdbTable.ARTISTS: NamePlace(4, 9, True),
    PdbTable.ALBUMS: NamePlace(12, 21, True, 8), PdbTable.HISTORIES: NamePlace(0, 4),
}  # fmt: skip
"""By table."""
MY_TAG_PLACE = NamePlace(20, 29, True)


class DeviceTrackRow(NamedTuple):
    """The fields of the row of a track.

    numbers: before the offsets of its texts
    names: tables of the numbers that refer to names
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    names: Mapping[str, PdbTable]


TRACK_ROW = DeviceTrackRow(
    numbers=(
        "flags", "place", "mask", "sample_rate_hz", "composer", "size_bytes", "master_id", "master_db", "artwork",
        "key", "original_artist", "label", "remixer", "kbps", "track_number", "bpm_x100", "genre", "album", "artist",
        "number", "disc_number", "plays", "year", "bits", "seconds", "analysed", "color", "rating", "file_type",
        "offsets",
    ),
    texts=(
        "isrc", "texter", "text_2", "text_3", "text_4", "message", "kuvo_public", "autoload", "text_8", "text_9",
        "date_added", "release_date", "mix", "text_13", "analysis_path", "analysis_date", "comment", "title", "text_18",
        "file_name", "path",
    ),
    names={
        "artist": PdbTable.ARTISTS, "composer": PdbTable.ARTISTS, "remixer": PdbTable.ARTISTS, "album": PdbTable.ALBUMS,
        "genre": PdbTable.GENRES, "label": PdbTable.LABELS, "key": PdbTable.KEYS, "artwork": PdbTable.ARTWORK,
    },
)  # fmt: skip
_TRACK, _NEAR_PLACES, _FAR_PLACES = struct.Struct("<2H18I6H2B"), struct.Struct("<90x23B"), struct.Struct("<90x23H")
_FAR = 0x04
"""Flag in the kind of a row: offsets have two bytes."""
_NODE, MY_TAG_OF_TRACK = struct.Struct("<5I"), struct.Struct("<4x2I")
_LONG, _WIDE, _LONG_HEAD_BYTES = 0x40, 0x90, 4


class DeviceName(NamedTuple):
    """A row of names; `artist`: number of an album's artist; `place`: offset of the name in the row."""

    number: int
    name: str
    artist: int
    place: int
    row: bytes


def text_at(row: bytes, at: int) -> str:
    """Return the text at an offset in a row.

    raises ValueError: if it is not one, or ends outside of the row
    """
    if at >= len(row):
        raise ValueError("a text outside of its row")
    kind, head = row[at], 1
    size = kind >> 1
    if not kind & 1:
        head, size = _LONG_HEAD_BYTES, int.from_bytes(row[at + 1 : at + 3], "little")
        if kind not in (_LONG, _WIDE):
            raise ValueError(f"a text of an unknown kind ({kind:#04x})")
    if size < head or at + size > len(row):
        raise ValueError("a text outside of its row")
    data = row[at + head : at + size]
    if kind == _WIDE and data[:1] == b"\x03" and data[-1:] == b"\0":  # an ISRC, which has a special form
        data, kind = data[1:-1], _LONG
    return data.decode("utf-16-le" if kind == _WIDE else "utf-8", "replace").rstrip("\0")


def read_name(row: bytes, places: NamePlace) -> DeviceName:
    """Read a row of names; raises ValueError or struct.error as the other readers do."""
    number_at, place, is_offset, artist_at = places
    number = int.from_bytes(row[number_at : number_at + 4], "little")
    artist = 0 if artist_at is None else int.from_bytes(row[artist_at : artist_at + 4], "little")
    if is_offset:
        (place,) = struct.unpack_from("<H", row, place + 1) if row[0] & _FAR else row[place : place + 1]
    return DeviceName(number, text_at(row, place), artist, place, row)


def read_track(row: bytes, texts: Iterable[str] = TRACK_ROW.texts) -> dict[str, Any]:
    """Read numbers and some texts of a track, by name, and its `row` with the `places` of all its texts."""
    numbers = _TRACK.unpack_from(row)
    places = (_FAR_PLACES if numbers[0] & _FAR else _NEAR_PLACES).unpack_from(row)
    values: dict[str, Any] = dict(zip((*TRACK_ROW.numbers, *TRACK_ROW.texts), numbers + places, strict=True))
    return values | {name: text_at(row, values[name]) for name in texts} | {"places": places[2:], "row": row}


def read_node(row: bytes) -> tuple[int, int, int, int, str]:
    """Read order, number, folder around, whether it is a folder, and name of a playlist or folder."""
    parent, _, order, number, is_folder = _NODE.unpack_from(row)
    return order, number, parent, is_folder, text_at(row, _NODE.size)
