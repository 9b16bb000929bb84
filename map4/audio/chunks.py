"""The chunks of WAV and AIFF files, and where such files, and DSF, keep an ID3 tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

FILE_HEADER_BYTES = 12
"""Before the first chunk."""
LONG_TAG_BYTES = 1 << 20
"""The time that a reader takes for a tag grows with the square of its frames; shorter ones are read as they are."""

CHUNK_HEADER_BYTES = 8
_MOST_CHUNKS = 10_000

ByteOrder = Literal["little", "big"]
ReadAt = Callable[[int, int], bytes]
"""Gives so many bytes (second) from a position (first) on, fewer at the end of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A name, and where the content stands as far as the header's word goes."""

    name: bytes
    start: int
    size: int

    @property
    def stop(self) -> int:
        """Where the next one begins: they lie on even positions."""
        return self.start + self.size + (self.size & 1)


def chunks(read: ReadAt, position: int, order: ByteOrder) -> Iterator[Chunk]:
    """Chunk by chunk from a position on."""
    for _ in range(_MOST_CHUNKS):
        head = read(position, CHUNK_HEADER_BYTES)
        if len(head) < CHUNK_HEADER_BYTES:
            return
        chunk = Chunk(name=head[:4], start=position + CHUNK_HEADER_BYTES, size=int.from_bytes(head[4:], order))
        yield chunk
        position = chunk.stop


def byte_order(head: bytes) -> ByteOrder:
    """Of the sizes in a file with this beginning."""
    return "big" if head[:4] in (b"RIFX", b"FORM") else "little"


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerTag:
    """A tag within a file's own structure.

    start, size: where it stands, as far as the header's word goes
    named_at: the bytes that say so; with zeros there, nobody finds the tag
    """

    start: int
    size: int
    named_at: range


def inner_id3(read: ReadAt, start: int) -> InnerTag | None:
    """The ID3 tag inside a WAV, AIFF or DSF file that begins at `start`; None where there is none."""
    head = read(start, 28)
    if head[:4] == b"DSD ":
        at = int.from_bytes(head[20:28], "little")
        size = int.from_bytes(head[12:20], "little") - at
        named_at = range(start + 20, start + 28)
        return InnerTag(start=start + at, size=size, named_at=named_at) if 0 < at < 1 << 62 else None
    if head[:4] not in (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM"):
        return None
    for chunk in chunks(read, start + FILE_HEADER_BYTES, byte_order(head)):
        if chunk.name.upper() == b"ID3 ":
            return InnerTag(start=chunk.start, size=chunk.size, named_at=range(chunk.start - 8, chunk.start - 4))
    return None
