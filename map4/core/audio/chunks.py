"""The chunks of WAV and AIFF files, and the place of an ID3 tag in such files and in DSF."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

FILE_HEADER_BYTES = 12
"""Before the first chunk."""
LONG_TAG_BYTES = 1 << 20
"""Longer tags are shortened before reading, as reading time grows with the square of the number of frames."""

CHUNK_HEADER_BYTES = 8
_MOST_CHUNKS = 10_000
_LONG = 0xFFFFFFFF
_DS64_BYTES, _DS64_ROW_BYTES, _LONGEST_DS64_BYTES = 28, 12, 4096

ByteOrder = Literal["little", "big"]
ReadAt = Callable[[int, int], bytes]
"""Reads `second` bytes from position `first`; fewer at the end of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk: its name, and the positions of its content and of the next chunk, as given by the headers."""

    name: bytes
    start: int
    size: int
    stop: int


def chunks(read: ReadAt, position: int, order: ByteOrder) -> Iterator[Chunk]:
    """Yield the chunks from a position on; RF64 and BW64 have their sizes in `ds64`.

    Chunks begin at even positions. A missing or superfluous padding byte after an odd chunk is detected by trying the
    neighbouring positions.
    """
    long_sizes: dict[bytes, int] = {}
    for _ in range(_MOST_CHUNKS):
        head = read(position, CHUNK_HEADER_BYTES)
        if len(head) < CHUNK_HEADER_BYTES:
            return
        name, start, size = head[:4], position + CHUNK_HEADER_BYTES, int.from_bytes(head[4:], order)
        if size == _LONG and long_sizes.get(name):
            size = long_sizes[name]
        if name == b"ds64":
            block = read(start, min(size, _LONGEST_DS64_BYTES))
            long_sizes = {b"data": int.from_bytes(block[8:16], "little")}
            for at in range(_DS64_BYTES, len(block) - _DS64_ROW_BYTES + 1, _DS64_ROW_BYTES):
                long_sizes.setdefault(block[at : at + 4], int.from_bytes(block[at + 4 : at + 12], "little"))
        padded = start + size + (size & 1)
        places = (padded, padded - 1, padded + 1)
        position = next((place for place in places if _is_chunk(read, place, order)), padded)
        yield Chunk(name=name, start=start, size=size, stop=position)


def _is_chunk(read: ReadAt, position: int, order: ByteOrder) -> bool:
    """True if a chunk that fits begins here; False at the end of the file."""
    head = read(position, CHUNK_HEADER_BYTES)
    if len(head) < CHUNK_HEADER_BYTES or not all(0x20 <= byte < 0x7F for byte in head[:4]):
        return False
    size = int.from_bytes(head[4:], order)
    return size == 0 or len(read(position + CHUNK_HEADER_BYTES + size - 1, 1)) == 1


def byte_order(head: bytes) -> ByteOrder:
    """Return the byte order of sizes in a file with this beginning."""
    return "big" if head[:4] in (b"RIFX", b"FORM") else "little"


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerTag:
    """A tag within a file's own structure.

    start, size: its place, by the header
    named_at: the bytes that point to it; if they are zeros, readers don't find the tag
    """

    start: int
    size: int
    named_at: range


def inner_id3(read: ReadAt, start: int) -> InnerTag | None:
    """Return the ID3 tag inside a WAV, AIFF or DSF file that begins at `start`; None if there is none."""
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
