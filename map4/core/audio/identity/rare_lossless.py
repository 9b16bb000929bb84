"""Codecs without a container: Monkey's Audio, WavPack, True Audio and Musepack, hashed from tag to tag."""

from __future__ import annotations

import struct

from map4.core.audio.identity.payload import PayloadHash
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_trailing_tags
from map4.core.music.analysis.audio import Identity
from map4.errors import FileError

_APE_NEW_HEADER_VERSION = 3980
_APE_EIGHT_BITS, _APE_24_BITS = 0x01, 0x08
_TTA_HEADER_BYTES = 22
_MUSEPACK_RATES_HZ = (44100, 48000, 37800, 32000)
_WAVPACK_HEADER_BYTES = 32
_WAVPACK_RATES_HZ = (
    6000, 8000, 9600, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 192000,
)  # fmt: skip
_WAVPACK_MONO, _WAVPACK_LAST_BLOCK, _WAVPACK_DSD = 1 << 2, 1 << 12, 1 << 31
_WAVPACK_NO_LENGTH = 0xFFFFFFFF
_WAVPACK_RATE_ITEM, _WAVPACK_DSD_ITEM = 0x27, 0x0E
# WavPack's own limit; every block holds at most two channels.
_MOST_WAVPACK_BLOCKS = 2048
_LONGEST_WAVPACK_ITEMS_BYTES = 4096


def identify_ape(source: AudioSource, start: int) -> Identity:
    """Hash Monkey's Audio, from its descriptor to the tags at the end."""
    head = source.read(start, 128)
    version = int.from_bytes(head[4:6], "little")
    if version >= _APE_NEW_HEADER_VERSION:
        at = int.from_bytes(head[8:12], "little")  # the header follows the descriptor, which may grow
        header = source.read(start + at, 24)
        if len(header) < 24:
            raise _cut_off("Monkey's Audio")
        frame_samples, last_samples, frames, bits, channels, rate = struct.unpack("<IIIHHI", header[4:24])
        length_s = (max(frames - 1, 0) * frame_samples + last_samples) / max(rate, 1)
        fixed = at + len(header)
    else:
        if len(head) < 32:
            raise _cut_off("Monkey's Audio")
        flags, channels, rate = struct.unpack("<HHI", head[8:16])
        bits = 8 if flags & _APE_EIGHT_BITS else 24 if flags & _APE_24_BITS else 16
        fixed, length_s = 32, None
    payload = PayloadHash("ape", sample_rate_hz=rate, channels=channels, bits=bits)
    return _identity_between_tags(source, start, fixed, payload, length_s=length_s)


def identify_tta(source: AudioSource, start: int) -> Identity:
    """Hash True Audio, from its header to the tags at the end."""
    head = source.read(start, _TTA_HEADER_BYTES)
    if len(head) < _TTA_HEADER_BYTES:
        raise _cut_off("True Audio")
    channels, bits, rate, samples = struct.unpack("<HHII", head[6:18])
    payload = PayloadHash("tta", sample_rate_hz=rate, channels=channels, bits=bits)
    return _identity_between_tags(source, start, _TTA_HEADER_BYTES, payload, length_s=samples / max(rate, 1))


def identify_musepack(source: AudioSource, start: int) -> Identity:
    """Hash Musepack of stream version 7 or 8, from its header to the tags at the end.

    The replay gain of version 8 is a packet of the stream and included: changing it changes the id.
    """
    head = source.read(start, 64)
    if head[:4] == b"MPCK":
        rate, channels, fixed = _read_musepack8(head)
    elif len(head) >= 24:
        # The byte between block count and peak level; Musepack 7 is stereo.
        rate, channels, fixed = _MUSEPACK_RATES_HZ[head[10] & 3], 2, 24
    else:
        raise _cut_off("Musepack")
    payload = PayloadHash("musepack", sample_rate_hz=rate, channels=channels)
    return _identity_between_tags(source, start, fixed, payload)


def _read_musepack8(head: bytes) -> tuple[int, int, int]:
    """Return rate, channels and end of the stream header packet, which comes first by the format's rules."""
    if head[4:6] == b"SH":
        size, at = _varint(head, 6)
        _, after_count = _varint(head, at + 5)  # checksum and version come before the number of samples
        _, at_rate = _varint(head, after_count)  # then the silence at the beginning
        if at_rate + 1 < len(head):
            return _MUSEPACK_RATES_HZ[head[at_rate] >> 5 & 3], (head[at_rate + 1] >> 4) + 1, 4 + size
    raise _cut_off("Musepack")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number in 7-bit bytes, the highest first, and the position after it."""
    value = 0
    for byte in data[at : at + 9]:
        value, at = value << 7 | byte & 0x7F, at + 1
        if byte < 0x80:
            break
    return value, at


def identify_wavpack(source: AudioSource, start: int) -> Identity:
    """Hash WavPack (also of DSD), from its first block to the tags at the end."""
    channels, rate, bits, dsd = 0, 0, 0, False
    samples = int.from_bytes(source.read(start, _WAVPACK_HEADER_BYTES)[12:16], "little")
    at = start
    for _ in range(_MOST_WAVPACK_BLOCKS):
        head = source.read(at, _WAVPACK_HEADER_BYTES)
        if len(head) < _WAVPACK_HEADER_BYTES or head[:4] != b"wvpk":
            break
        flags, size = int.from_bytes(head[24:28], "little"), int.from_bytes(head[4:8], "little") + 8
        items = source.read(at + _WAVPACK_HEADER_BYTES, min(max(0, size - 32), _LONGEST_WAVPACK_ITEMS_BYTES))
        channels += 1 if flags & _WAVPACK_MONO else 2
        rate = rate or _wavpack_rate(flags, items)
        dsd = bool(flags & _WAVPACK_DSD)
        bits = 1 if dsd else ((flags & 3) + 1) * 8
        at += size
        # Blocks of a moment, two channels each, continue up to one that is marked as the last.
        if flags & _WAVPACK_LAST_BLOCK or size < _WAVPACK_HEADER_BYTES:
            break
    payload = PayloadHash("wavpack", sample_rate_hz=rate, channels=channels, bits=bits)
    length_s = None if samples == _WAVPACK_NO_LENGTH else samples / max(rate, 1)
    return _identity_between_tags(source, start, _WAVPACK_HEADER_BYTES, payload, length_s=length_s)


def _wavpack_rate(flags: int, items: bytes) -> int:
    index, at = flags >> 23 & 15, 0
    rate = _WAVPACK_RATES_HZ[index] if index < len(_WAVPACK_RATES_HZ) else 0
    shift = 0
    while at + 2 <= len(items):
        kind, wide = items[at] & 0x3F, items[at] & 0x80
        words = int.from_bytes(items[at + 1 : at + (4 if wide else 2)], "little")
        body = at + (4 if wide else 2)
        if kind == _WAVPACK_RATE_ITEM & 0x3F:
            rate = int.from_bytes(items[body : body + min(words * 2, 3)], "little")
        elif kind == _WAVPACK_DSD_ITEM and flags & _WAVPACK_DSD and body < len(items):
            # The rate above counts bytes of eight DSD samples, halved as often as this says.
            shift = min(items[body], 31)
        at = body + words * 2
    return (rate << shift) * (8 if flags & _WAVPACK_DSD else 1)


def _identity_between_tags(
    source: AudioSource, start: int, fixed_bytes: int, payload: PayloadHash, *, length_s: float | None = None
) -> Identity:
    stop = skip_trailing_tags(source, start)
    if stop - start <= fixed_bytes:
        raise FileError("corrupt", "holds no audio data")
    payload.add_span(source, start, stop)
    return payload.identity(length_s=length_s)


def _cut_off(name: str) -> FileError:
    return FileError("corrupt", f"ends within its {name} header")
