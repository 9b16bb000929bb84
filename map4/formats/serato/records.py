"""The records that Serato's crates and its `database V2` are made of.

A record is four letters, the length of what follows as a big-endian 32-bit number, and that many bytes. The first
letter says what they are: `o` further records, `t` text and `p` a path in UTF-16 (big endian), `u` a 32-bit number, `b`
one byte; `vrsn` is text too.

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
PATH_TAGS = (b"ptrk", b"pfil")
"""A track's path, in a crate and in the database."""

_HEAD = struct.Struct(">4sI")
_NUMBER = struct.Struct(">I")
# The record of a track is some kilobytes; what claims more is damaged, and no reason to ask for gigabytes.
_MOST_RECORD_BYTES = 16_000_000


class CutOffError(ValueError):
    """Bytes that end within a record."""


def record(tag: bytes, *parts: bytes) -> bytes:
    """A record of bytes, or of other records."""
    data = b"".join(parts)
    return _HEAD.pack(tag, len(data)) + data


def text_record(tag: bytes, text: str) -> bytes:
    """A record of text, which must hold no halves of characters."""
    return record(tag, text.encode("utf-16-be"))


def read_records(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Tag and bytes of each record, one at a time."""
    while head := file.read(_HEAD.size):
        if len(head) < _HEAD.size:
            raise CutOffError
        tag, length = _HEAD.unpack(head)
        data = file.read(length) if length <= _MOST_RECORD_BYTES else b""
        if len(data) < length:
            raise CutOffError
        yield tag, data


def track_fields(file: BinaryIO) -> Iterator[dict[bytes, bytes]]:
    """What stands of each track, by tag; of one whose own records are cut off, those before that."""
    for tag, data in read_records(file):
        if tag == TRACK_TAG:
            fields: dict[bytes, bytes] = {}
            try:
                fields.update(read_records(io.BytesIO(data)))  # keeps what was read before the end
            except CutOffError:
                pass
            yield fields


def path_of(fields: Mapping[bytes, bytes]) -> str | None:
    """The path of a track, as it stands there; None where there is none."""
    return next((path for tag in PATH_TAGS if (path := text_of(fields.get(tag, b"")))), None)


def text_of(data: bytes) -> str:
    """The text of a record; some programs end it with a NUL."""
    return data.decode("utf-16-be", "replace").rstrip("\0")


def number_of(data: bytes) -> int | None:
    """The number of a record, or None where it is none."""
    return int(_NUMBER.unpack(data)[0]) if len(data) == _NUMBER.size else None
