"""Rows of `export.pdb`, and the texts in them, to read and to write; little-endian.

Layouts are those of crate-digger (Deep Symmetry, `rekordbox_pdb.ksy`), with the strings of rekordcrate (Holzhaus), and
of Deep Symmetry's "Database Exports"; the constants are what rekordbox 6 writes (rekordcrate's example exports). UTF-16
texts begin at a multiple of four bytes: players with MIPS processors freeze otherwise (hardware matrix of dj-usb-tkit).
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
    columns: of these fields in the table `content` of Device Library Plus
    tables: of the names in Device Library Plus, artists before their albums
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    names: Mapping[str, PdbTable]
    columns: Mapping[str, str]
    tables: Mapping[PdbTable, str]

    def pack(self, values: Mapping[str, Any]) -> bytes:
        """Return the row of a track, from its numbers and texts by name."""
        data, places = bytearray(_FAR_PLACES.size), list[int]()
        for name, usual in _USUAL_TEXTS.items():
            value = usual if name == "isrc" else values.get(name, usual)
            if not value.isascii() or name == "path":  # rekordbox also aligns every path
                data += bytes(-len(data) % 4)
            places.append(len(data))
            data += device_text(value)
        numbers = [min(values[name], 0xFFFF if name in _OF_TWO_BYTES else 0xFFFFFFFF) for name in self.numbers]
        near = len(numbers) - 2  # behind them are two numbers in the form of offsets
        _FAR_PLACES.pack_into(data, 0, *numbers[near:], *places)
        _TRACK.pack_into(data, 0, *numbers[:near])
        return bytes(data) + bytes(_SPARE_BYTES_OF_TRACK)


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
    columns={
        "number": "content_id", "title": "title", "mix": "subtitle", "bpm_x100": "bpmx100", "seconds": "length",
        "track_number": "trackNo", "disc_number": "discNo", "color": "color_id", "comment": "djComment",
        "rating": "rating", "year": "releaseYear", "date_added": "dateAdded", "path": "path", "file_name": "fileName",
        "size_bytes": "fileSize", "file_type": "fileType", "kbps": "bitrate", "bits": "bitDepth",
        "sample_rate_hz": "samplingRate", "isrc": "isrc", "plays": "djPlayCount", "master_db": "masterDbId",
        "master_id": "masterContentId", "analysis_path": "analysisDataFilePath", "analysed": "analysedBits",
        "mask": "contentLink", "artist": "artist_id_artist", "remixer": "artist_id_remixer",
        "composer": "artist_id_composer", "album": "album_id", "genre": "genre_id", "label": "label_id",
        "key": "key_id", "artwork": "image_id",
    },
    tables={
        PdbTable.ARTISTS: "artist", PdbTable.GENRES: "genre", PdbTable.LABELS: "label", PdbTable.KEYS: "key",
        PdbTable.ARTWORK: "image", PdbTable.ALBUMS: "album",
    },
)  # fmt: skip
_TRACK, _NEAR_PLACES, _FAR_PLACES = struct.Struct("<2H18I6H2B"), struct.Struct("<90x23B"), struct.Struct("<90x23H")
_OF_TWO_BYTES = frozenset(TRACK_ROW.numbers[20:26])
_USUAL_TEXTS = dict.fromkeys(TRACK_ROW.texts, "") | {"text_2": "1", "text_3": "1", "autoload": "ON"}
_FAR = 0x04  # flag in the kind of a row: offsets have two bytes
_FAR_BYTES = 200  # from this length of a name on, rekordbox writes its offset in two bytes
_SPARE_BYTES, _SPARE_BYTES_OF_TRACK = 6, 52  # bytes that rekordbox leaves behind the texts of rows with offsets
_NODE, MY_TAG_OF_TRACK = struct.Struct("<5I"), struct.Struct("<4x2I")
_LONG, _WIDE, _LONG_HEAD = 0x40, 0x90, struct.Struct("<BHB")
_SHORT_LETTERS = 126
_ISRC = b"\x03"  # the first byte of an ISRC, which has the mark of UTF-16 and is not


class DeviceName(NamedTuple):
    """A row of names.

    artist: number of an album's artist
    misaligned: the number of texts that some players can't read
    """

    number: int
    name: str
    artist: int
    misaligned: int
    row: bytes


def text_at(row: bytes, at: int) -> str:
    """Return the text at an offset in a row."""
    if at >= len(row):
        raise ValueError("a text outside of its row")
    kind, head = row[at], 1
    size = kind >> 1
    if not kind & 1:
        head, size = _LONG_HEAD.size, int.from_bytes(row[at + 1 : at + 3], "little")
        if kind not in (_LONG, _WIDE):
            raise ValueError(f"a text of an unknown kind ({kind:#04x})")
    if size < head or at + size > len(row):
        raise ValueError("a text outside of its row")
    data = row[at + head : at + size]
    if kind == _WIDE and data[:1] == _ISRC and data[-1:] == b"\0":
        data, kind = data[1:-1], _LONG
    return data.decode("utf-16-le" if kind == _WIDE else "utf-8", "replace").rstrip("\0")


def _misaligned(row: bytes, places: Iterable[int]) -> int:
    """Return how many texts are UTF-16, and no ISRC, at places where some players can't read them."""
    odd = (at for at in places if at % 4 and row[at : at + 1] == bytes([_WIDE]))
    return sum(not row.startswith(_ISRC, at + _LONG_HEAD.size) for at in odd)


def read_name(row: bytes, places: NamePlace) -> DeviceName:
    """Read a row of names; raises ValueError or struct.error as the other readers do."""
    number_at, place, is_offset, artist_at = places
    number = int.from_bytes(row[number_at : number_at + 4], "little")
    artist = 0 if artist_at is None else int.from_bytes(row[artist_at : artist_at + 4], "little")
    if is_offset:
        (place,) = struct.unpack_from("<H", row, place + 1) if row[0] & _FAR else row[place : place + 1]
    return DeviceName(number, text_at(row, place), artist, _misaligned(row, [place]), row)


def read_track(row: bytes, texts: Iterable[str] = TRACK_ROW.texts) -> dict[str, Any]:
    """Read numbers and some texts of a track, by name, its `row`, and how many texts are `misaligned`."""
    numbers = _TRACK.unpack_from(row)
    places = (_FAR_PLACES if numbers[0] & _FAR else _NEAR_PLACES).unpack_from(row)
    values: dict[str, Any] = dict(zip((*TRACK_ROW.numbers, *TRACK_ROW.texts), numbers + places, strict=True))
    read = {name: text_at(row, values[name]) for name in texts}
    return values | read | {"misaligned": _misaligned(row, places[2:]), "row": row}


def read_node(row: bytes) -> tuple[int, int, int, int, str]:
    """Read order, number, folder around, whether it is a folder, and name of a playlist or folder."""
    parent, _, order, number, is_folder = _NODE.unpack_from(row)
    return order, number, parent, is_folder, text_at(row, _NODE.size)


# ---- writing -------------------------------------------------------------------------------------


def device_text(value: str) -> bytes:
    """A text: short or long ASCII, or UTF-16."""
    if value.isascii():
        if len(value) <= _SHORT_LETTERS:
            return bytes([(len(value) + 1) << 1 | 1]) + value.encode()
        return _LONG_HEAD.pack(_LONG, len(value) + _LONG_HEAD.size, 0) + value.encode()
    data = value.encode("utf-16-le")
    return _LONG_HEAD.pack(_WIDE, len(data) + _LONG_HEAD.size, 0) + data


def name_row(table: int, number: int, name: str, artist: int) -> bytes:
    """Return a row of a name; `artist`: number of an album's artist."""
    data, places = device_text(name), NAME_PLACES[table]
    if not places.is_offset:
        return struct.pack("<I", number) * (places.name_at // 4) + data  # keys have their number twice
    kind, numbers = (0x60, [number]) if places.artist_at is None else (0x80, [0, artist, number, 0])
    at = places.name_at + 1
    if len(data) < _FAR_BYTES:
        at += 0 if name.isascii() else -at % 4
        offset = bytes([3, at])
    else:
        kind, at = kind | _FAR, at + 2
        offset = struct.pack("<2H", 3, at)
    head = struct.pack(f"<2H{len(numbers)}I", kind, 0, *numbers) + offset
    return head.ljust(at, b"\0") + data + bytes(_SPARE_BYTES)


def synchronised_row(tracks: int, date: str) -> bytes:
    """Return the row by which rekordbox recognises its last export: tracks, date, version and name of the stick."""
    head = struct.pack("<2H2I", 0x280, 0, tracks, 0) + device_text(date)
    version, at = device_text("1000"), len(head) + 2
    return head + bytes([at, at + len(version)]) + version + device_text("") + bytes(_SPARE_BYTES)
