"""Native FLAC: the frames behind the metadata."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from map4.core.audio.identity.payload import PayloadHash
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_trailing_tags
from map4.core.music.analysis.audio import Identity
from map4.errors import FileError

_MARKER_BYTES = 4
_BLOCK_HEADER_BYTES = 4
_STREAMINFO = 0
_STREAMINFO_BYTES = 34
_LAST_KNOWN_BLOCK = 6  # RFC 9639, section 8.1: 7-126 are reserved, 127 is forbidden
_MOST_BLOCKS = 4096
# Search range for the first frame after damaged metadata, such as a large picture with a wrong size.
_SEARCH_BYTES = 16 << 20
_LONGEST_FRAME_HEADER_BYTES = 16
# Sync code, no reserved block size, rate or sample size.
_FRAME_SYNC = re.compile(rb"\xff[\xf8\xf9][\x10-\xff]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """The part of STREAMINFO that says how to read the samples; its MD5 is a claim and is never used.

    sample_rate_hz, channels, bits: of the samples
    samples: how many; 0 where it is not known
    setup: block sizes and number of samples, by which decoders count
    """

    sample_rate_hz: int
    channels: int
    bits: int
    samples: int
    setup: bytes


def parse_streaminfo(block: bytes) -> StreamInfo | None:
    """Read a STREAMINFO block's body; None where it is too short or names no rate."""
    if len(block) < 18:
        return None
    packed = int.from_bytes(block[10:18], "big")  # 20 bits rate, 3 channels - 1, 5 bits - 1, 36 samples
    rate, channels, bits = packed >> 44, (packed >> 41 & 7) + 1, (packed >> 36 & 31) + 1
    if not rate or bits < 4:
        return None
    smallest, largest = struct.unpack(">HH", block[:4])
    samples = packed & (1 << 36) - 1
    setup = b"blocks %d %d samples %d" % (smallest, largest, samples)
    return StreamInfo(sample_rate_hz=rate, channels=channels, bits=bits, samples=samples, setup=setup)


def identify_flac(source: AudioSource, start: int) -> Identity:
    """Everything from the first frame to the end, or to tags glued there.

    A broken chain of metadata blocks changes the id: decoders may refuse the file, or begin at another frame.
    """
    stop = skip_trailing_tags(source, start)
    info, position, intact = _walk_metadata(source, start + _MARKER_BYTES, stop)
    damage = b""
    if not intact or not is_frame_header(source.read(position, _LONGEST_FRAME_HEADER_BYTES)):
        position, damage = _find_frame(source, position, stop), b" damaged metadata"
    if info is None:
        raise FileError("corrupt", "has a FLAC header without a sample rate")
    payload = PayloadHash("flac", sample_rate_hz=info.sample_rate_hz, channels=info.channels, bits=info.bits)
    payload.add_span(source, position, stop)
    return payload.identity(setup=info.setup + damage, length_s=info.samples / info.sample_rate_hz or None)


def has_broken_metadata(source: AudioSource, start: int) -> bool:
    """True if the chain of metadata blocks does not lead to the first frame."""
    _, position, intact = _walk_metadata(source, start + _MARKER_BYTES, source.size)
    return not intact or not is_frame_header(source.read(position, _LONGEST_FRAME_HEADER_BYTES))


def is_frame_header(head: bytes) -> bool:
    """Whether a FLAC frame begins here, checked by the header's CRC-8 (RFC 9639, section 9.1)."""
    if len(head) < 6 or not _FRAME_SYNC.match(head):
        return False
    block_size, rate = head[2] >> 4, head[2] & 15
    if rate == 15 or head[3] >> 4 > 10 or head[3] & 1:
        return False
    coded = 1 if head[4] < 0x80 else 8 - (head[4] ^ 0xFF).bit_length()  # like UTF-8: leading ones count the bytes
    end = 4 + coded + {6: 1, 7: 2}.get(block_size, 0) + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    return end < len(head) and _crc8(head[:end]) == head[end]


def _walk_metadata(source: AudioSource, position: int, stop: int) -> tuple[StreamInfo | None, int, bool]:
    """STREAMINFO, the position behind the last credible block, and whether the chain ended as it should."""
    info = None
    for block in range(_MOST_BLOCKS):
        head = source.read(position, _BLOCK_HEADER_BYTES)
        if len(head) < _BLOCK_HEADER_BYTES:
            break
        kind, size = head[0] & 0x7F, int.from_bytes(head[1:], "big")
        after = position + _BLOCK_HEADER_BYTES + size
        # STREAMINFO comes first and only once: a later one is a run of zeros after a block with a wrong size.
        if kind > _LAST_KNOWN_BLOCK or after > stop or (kind == _STREAMINFO and block > 0):
            break
        if kind == _STREAMINFO:
            info = parse_streaminfo(source.read(position + _BLOCK_HEADER_BYTES, min(size, _STREAMINFO_BYTES)))
        position = after
        if head[0] & 0x80:
            return info, position, True
    return info, position, False


def _find_frame(source: AudioSource, position: int, stop: int) -> int:
    overlap = _LONGEST_FRAME_HEADER_BYTES - 1
    tail, base = b"", position
    for piece in source.pieces(position, min(stop, position + _SEARCH_BYTES)):
        window = tail + piece
        for match in _FRAME_SYNC.finditer(window):
            at = match.start()
            if is_frame_header(window[at : at + _LONGEST_FRAME_HEADER_BYTES]):
                return base + at
        tail = window[-overlap:]
        base += len(window) - len(tail)
    raise FileError("corrupt", "is a FLAC file without an audio frame")


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = _CRC8[crc ^ byte]
    return crc


def _crc8_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = (byte << 1 ^ 0x07 if byte & 0x80 else byte << 1) & 0xFF
    return byte


_CRC8 = tuple(_crc8_of_byte(byte) for byte in range(256))
