"""WAV and AIFF files whose chunks before the sound lack a padding byte, in the form that decoders expect."""

from __future__ import annotations

import io
import os

from map4.core.audio.chunks import CHUNK_HEADER_BYTES, FILE_HEADER_BYTES, byte_order, chunks
from map4.core.audio.source import AudioSource

_MOST_FORMAT_BYTES = 1 << 16
_FORMAT, _SOUND = (b"fmt ", b"fact", b"COMM", b"FVER"), (b"data", b"SSND")


class Realigned(io.RawIOBase):
    """A file with another beginning: `head`, then the source from `begin` on."""

    def __init__(self, head: bytes, source: AudioSource, begin: int) -> None:
        self._head, self._source, self._begin = head, source, begin
        self._size, self._at = len(head) + source.size - begin, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._head[self._at : self._at + len(buffer)]
        if len(data) < len(buffer):
            at = self._begin + max(0, self._at - len(self._head))
            data += self._source.read(at, len(buffer) - len(data))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def realigned(source: AudioSource, start: int) -> Realigned | None:
    """Return the file with only its format before the sound; None if the chunks before its sound need no other padding.

    start: position of the file header
    """
    header = source.read(start, FILE_HEADER_BYTES)
    if header[:4] not in (b"RIFF", b"FORM"):
        return None
    order, head, is_changed = byte_order(header), bytearray(header), False
    for chunk in chunks(source.read, start + FILE_HEADER_BYTES, order):
        named = source.read(chunk.start - CHUNK_HEADER_BYTES, CHUNK_HEADER_BYTES)
        if chunk.name in _SOUND:
            head += named
            size = min(len(head) - CHUNK_HEADER_BYTES + chunk.size, (1 << 32) - 1)
            head[4:8] = size.to_bytes(4, order)
            return Realigned(bytes(head), source, chunk.start) if is_changed else None
        if chunk.name in _FORMAT:
            head += named + source.read(chunk.start, min(chunk.size, _MOST_FORMAT_BYTES)) + bytes(chunk.size & 1)
        is_changed |= chunk.stop != chunk.start + chunk.size + (chunk.size & 1)
    return None
