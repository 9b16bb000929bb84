"""The records of Serato's crates and its `database V2`.

A record is four letters, the length of its content as a big-endian 32-bit number, and the content. The first letter is
the type: `o` nested records, `t` text and `p` a path in UTF-16 (big endian), `u` a 32-bit number, `b` one byte; `vrsn`
is text too.

[1] "Serato Database Format", Mixxx wiki, 2019: the layout of crates.
[2] Holzhaus/serato-tags (`scripts/database_v2.py`) and Holzhaus/triseratops, public projects: names of the fields.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from typing import BinaryIO

VERSION_TAG = b"vrsn"
TRACK_TAG = b"otrk"
PATH_TAGS = (b"ptrk", b"pfil")  # a track's path, in a crate and in the database

_HEAD = struct.Struct(">4sI")
_NUMBER = struct.Struct(">I")
# Maximum size of a record; a track's has some kilobytes, and damaged ones may claim gigabytes.
_MOST_RECORD_BYTES = 16_000_000


class CutOffError(ValueError):
    """The data ends in the middle of a record."""


def record(tag: bytes, *parts: bytes) -> bytes:
    """Return a record of bytes, or of other records."""
    data = b"".join(parts)
    return _HEAD.pack(tag, len(data)) + data


def text_record(tag: bytes, text: str) -> bytes:
    """Return a record of text, which must not contain lone surrogates."""
    return record(tag, text.encode("utf-16-be"))


def read_records(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield tag and bytes of each record, one at a time."""
    while head := file.read(_HEAD.size):
        if len(head) < _HEAD.size:
            raise CutOffError
        tag, length = _HEAD.unpack(head)
        data = file.read(length) if length <= _MOST_RECORD_BYTES else b""
        if len(data) < length:
            raise CutOffError
        yield tag, data


def track_fields(file: BinaryIO) -> Iterator[dict[bytes, bytes]]:
    """Yield the fields of each track, by tag; for a track with cut-off records, the fields before."""
    for tag, data in read_records(file):
        if tag == TRACK_TAG:
            fields: dict[bytes, bytes] = {}
            try:
                fields.update(read_records(io.BytesIO(data)))  # keeps what was read before the end
            except CutOffError:
                pass
            yield fields


def path_of(fields: Mapping[bytes, bytes]) -> str | None:
    """Return the path of a track as stored; None if there is none."""
    return next((path for tag in PATH_TAGS if (path := text_of(fields.get(tag, b"")))), None)


def text_of(data: bytes) -> str:
    """Return the text of a record; some programs end it with a NUL."""
    return data.decode("utf-16-be", "replace").rstrip("\0")


def number_of(data: bytes) -> int | None:
    """Return the number of a record, or None if it is invalid."""
    return int(_NUMBER.unpack(data)[0]) if len(data) == _NUMBER.size else None
