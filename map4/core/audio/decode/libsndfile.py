"""Decoding through libsndfile: the fastest way for FLAC, WAV and AIFF.

Not for MP3, though it reads that as fast as libav: without a Xing header it trusts its estimate of the length and loses
up to three quarters of a file with variable bit rate; of joined files it plays only the first; and its mpg123 prints
remarks to stderr.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

import numpy as np
import soundfile as sf

from map4.core.audio.chunks import CHUNK_HEADER_BYTES, FILE_HEADER_BYTES, byte_order, chunks
from map4.core.audio.decode.blocks import block_frames
from map4.core.audio.decode.libav import MAX_RATE_HZ, SANE_RATES_HZ
from map4.core.audio.source import AudioSource

_LANDINGS = (1 << 16, 3 << 16)
"""Distances in frames before a position for two test seeks; no page is as long as their difference."""
_COMPARED, _ALIKE = 4096, 1e-4
_MIN_SHARE = 1e-6  # keeps the length finite for a file cut off right after its header
_MOST_FORMAT_BYTES = 1 << 16
_FORMAT, _SOUND = (b"fmt ", b"fact", b"COMM", b"FVER"), (b"data", b"SSND")


def decoder_name() -> str:
    """Return name and versions for an analysis: `soundfile 0.14.0 libsndfile-1.2.2`."""
    return f"soundfile {sf.__version__} libsndfile-{sf.__libsndfile_version__}"


class SndfileReader:
    """Blocks of a file, decoded by libsndfile in constant memory.

    source: the file, closed by the caller
    instead: the form of the file to read
    share_missing: share of the promised audio that is missing, from `headers.pcm_share_missing`; libsndfile silently
        counts only what exists
    duration_s: length by the file's header
    begins_at: the first frame of the blocks
    failed: True once libsndfile stopped with an error, which loses the rest of its current block
    """

    def __init__(self, source: AudioSource, *, share_missing: float = 0.0, instead: Realigned | None = None) -> None:
        source.file.seek(0)
        # A descriptor, as names that are not UTF-8 cannot be passed and Python's file objects are slower. On
        # Windows libsndfile's C run-time does not share our descriptors.
        file = source.file if os.name == "nt" else source.file.fileno()
        self._file = sf.SoundFile(instead or file, closefd=False)
        self.sample_rate_hz = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self._frames = int(self._file.frames)
        self.duration_s = self._frames / self.sample_rate_hz / max(1.0 - share_missing, _MIN_SHARE)
        self.failed, self.begins_at = False, 0

    def skip_to(self, frame: int) -> None:
        """Begin with this frame, if it exists."""
        if 0 < frame < self._frames:
            try:
                self.begins_at = int(self._file.seek(frame))
            except sf.LibsndfileError:
                self._file.seek(0)

    def skip_surely_to(self, frame: int) -> bool:
        """The same for Ogg files, where a seek may be off by a block: two seeks to different pages have to agree."""
        if not _LANDINGS[-1] < frame < self._frames:
            return False
        decoded = []
        try:
            for before in reversed(_LANDINGS):
                self._file.seek(frame - before)
                self._file.read(before, dtype="float32")
                decoded.append(self._file.read(_COMPARED, dtype="float32"))
            self.begins_at = int(self._file.seek(frame - before))
        except sf.LibsndfileError:
            return False
        # Silence proves nothing.
        first, other = decoded
        return bool(first.any()) and first.shape == other.shape and bool(np.allclose(first, other, atol=_ALIKE))

    @property
    def is_for_libav(self) -> bool:
        """Return whether libav is better: MPEG audio in WAV, rates to reduce or reject, no length in the header."""
        is_mpeg = str(self._file.subtype).startswith("MPEG")
        is_odd = self.sample_rate_hz not in SANE_RATES_HZ or self.sample_rate_hz > MAX_RATE_HZ
        return is_mpeg or is_odd or not 0 < self._frames < 2**63 - 1  # of streamed FLAC

    def close(self) -> None:
        """Release libsndfile's memory; can be repeated."""
        self._file.close()

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 arrays, shape=(n, channels), each with its own memory; once."""
        size = block_frames(self.channels)
        while True:
            block = np.empty((size, self.channels), dtype=np.float32)
            try:
                n = int(self._file.buffer_read_into(block, dtype="float32"))
            except sf.LibsndfileError:
                self.failed = True
                return
            if n == 0:
                return
            yield block[:n]


class Realigned(io.RawIOBase):
    """A file with another beginning: `head`, then the source from `begin` on.

    For WAV and AIFF files whose chunks before the sound lack a padding byte.
    """

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
