"""MP4, M4A, M4B, 3GP and QuickTime: the samples of the first audio track, in the track's order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from map4.core.audio.identity.mp4_boxes import MOST_ROWS, Box, boxes_in, child, column, table
from map4.core.audio.identity.mp4_fragments import fragment_samples
from map4.core.audio.identity.mp4_timeline import time_scale, timeline_of
from map4.core.audio.identity.mpeg_audio import AAC_CHANNELS, AAC_RATES_HZ
from map4.core.audio.identity.payload import PayloadHash
from map4.core.audio.source import AudioSource
from map4.core.music.analysis.audio import Identity

_SPANS_A_STEP = 1 << 16
_LONGEST_DESCRIPTION_BYTES = 1 << 16
_SAMPLE_ENTRY_BYTES = 36  # box header and the fields of a version 0 audio sample entry
_QUICKTIME_EXTRA_BYTES = {0: 0, 1: 16, 2: 36}
_CODEC_OF_ENTRY = {b"alac": "alac", b"ac-3": "ac3", b"ec-3": "eac3", b"Opus": "opus", b"fLaC": "flac", b".mp3": "mp3"}
# Object type indications of ISO/IEC 14496-1 as registered at mp4ra.org.
_CODEC_OF_OBJECT_TYPE = {
    0x40: "aac", 0x66: "aac", 0x67: "aac", 0x68: "aac", 0x69: "mp3", 0x6B: "mp3", 0xA5: "ac3", 0xA6: "eac3",
}  # fmt: skip
_CONFIGURATION_BOXES = {b"alac": b"alac", b"ac-3": b"dac3", b"ec-3": b"dec3", b"Opus": b"dOps", b"fLaC": b"dfLa"}
_ES_DESCRIPTOR, _DECODER_CONFIG, _DECODER_INFO = 3, 4, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Description:
    codec: str
    sample_rate_hz: int
    channels: int
    bits: int | None
    configuration: bytes


def identify_mp4(source: AudioSource, start: int = 0) -> Identity | None:
    """Hash the audio track's samples with their sizes, wherever they are in the file.

    The sample tables are read here instead of by FFmpeg, which is faster and keeps the id independent of FFmpeg's
    version. The track's length (sum of its sample durations) and the parts that an edit list leaves out count, because
    they decide how much of the last packet is audible; chapters, other tracks, all metadata, and whether the samples
    are in fragments do not.

    start: position of its first box
    returns: Identity, or None if this reader does not support the file: a tag before it (the tables may then count from
        either beginning), or another codec
    """
    if start > 0:
        return None
    moov = next((box for box in boxes_in(source, 0, source.size) if box.name == b"moov"), None)
    if moov is None:
        return None
    for track in boxes_in(source, moov.start, moov.stop):
        handler = child(source, track, b"mdia", b"hdlr") if track.name == b"trak" else None
        if handler is None or source.read(handler.start + 8, 4) != b"soun":
            continue
        tables = child(source, track, b"mdia", b"minf", b"stbl")
        return None if tables is None else _identify_track(source, moov, track, tables)
    return None


def _identify_track(source: AudioSource, moov: Box, track: Box, tables: Box) -> Identity | None:
    boxes = {box.name: box for box in boxes_in(source, tables.start, tables.stop)}
    if b"stsd" not in boxes:
        return None
    entry = boxes[b"stsd"]
    description = _describe(source.read(entry.start + 8, min(entry.stop - entry.start, _LONGEST_DESCRIPTION_BYTES)))
    sizes = _sample_sizes(source, boxes)
    spans = _sample_spans(source, boxes, sizes)
    duration = _duration(source, boxes)
    if child(source, moov, b"mvex") is not None:
        fragments = fragment_samples(source, moov, track)
        sizes = np.concatenate([sizes, fragments.sizes])
        spans = fragments.spans if spans is None else np.concatenate([spans, fragments.spans])
        duration += fragments.duration
    if description is None or spans is None or len(spans) == 0:
        return None
    payload = PayloadHash(
        description.codec,
        sample_rate_hz=description.sample_rate_hz,
        channels=description.channels,
        bits=description.bits,
        parameters=b"mp4 %d " % duration + description.configuration,
    )
    left = source.size  # don't follow tables that repeat the same bytes endlessly
    for first in range(0, len(spans), _SPANS_A_STEP):
        for start, length in spans[first : first + _SPANS_A_STEP].tolist():
            length = max(0, min(length, left))
            left -= length
            payload.add_span(source, start, start + length)
    payload.frame(sizes.astype(">u4").tobytes())
    setup = timeline_of(source, moov, track, boxes, duration)
    length_s = duration / max(1, time_scale(source, child(source, track, b"mdia", b"mdhd")))
    return payload.identity(setup=setup, length_s=length_s)


def _sample_sizes(source: AudioSource, boxes: dict[bytes, Box]) -> np.ndarray:
    """Return the bytes of each sample, int64, shape=(n_samples,); no more than the file can contain."""
    box = boxes.get(b"stsz")
    if box is None:
        return np.zeros(0, np.int64)
    head = source.read(box.start, 12)
    if len(head) < 12:
        return np.zeros(0, np.int64)
    uniform, count = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:], "big")
    if uniform:
        return np.full(min(count, source.size // uniform, MOST_ROWS), uniform, np.int64)
    return column(source, Box(name=b"stsz", begin=box.begin, start=box.start + 12, stop=box.stop), ">u4", count)


def _sample_spans(source: AudioSource, boxes: dict[bytes, Box], sizes: np.ndarray) -> np.ndarray | None:
    """Return rows of (position, length) in the track's order, neighbours joined, int64, shape=(n_spans, 2)."""
    runs = table(source, boxes.get(b"stsc"), ">u4", columns=3)
    wide = b"co64" in boxes
    offsets = table(source, boxes.get(b"co64" if wide else b"stco"), ">u8" if wide else ">u4", columns=1)[:, 0]
    # Nothing can be read beyond the file, and int64 sums must not overflow.
    offsets = np.minimum(offsets, source.size)
    if len(runs) == 0 or len(offsets) == 0 or len(sizes) == 0:
        return None
    first_chunk = np.clip(np.maximum.accumulate(runs[:, 0]) - 1, 0, len(offsets))
    chunks_of_run = np.diff(first_chunk, append=len(offsets))
    samples_of_chunk = np.repeat(np.minimum(runs[:, 1], len(sizes)), chunks_of_run)
    offsets = offsets[len(offsets) - len(samples_of_chunk) :]
    ends = np.minimum(np.cumsum(samples_of_chunk), len(sizes))
    edges = np.concatenate([[0], np.cumsum(sizes)])
    lengths = np.diff(edges[ends], prepend=0)
    offsets, lengths = offsets[lengths > 0], lengths[lengths > 0]
    begins = np.concatenate([[True], offsets[1:] != offsets[:-1] + lengths[:-1]])[: len(offsets)]
    if len(offsets) == 0:
        return None
    return np.stack([offsets[begins], np.add.reduceat(lengths, np.flatnonzero(begins))], axis=1)


def _duration(source: AudioSource, boxes: dict[bytes, Box]) -> int:
    rows = table(source, boxes.get(b"stts"), ">u4", columns=2).astype(np.uint64)
    return int((rows[:, 0] * rows[:, 1]).sum())  # modulo 2^64 for an invalid table


def _describe(entry: bytes) -> _Description | None:
    """Parse the first sample entry of an stsd box (without version and count)."""
    if len(entry) < _SAMPLE_ENTRY_BYTES:
        return None
    name, version = entry[4:8], int.from_bytes(entry[16:18], "big")
    channels, bits = int.from_bytes(entry[24:26], "big"), int.from_bytes(entry[26:28], "big")
    rate = int.from_bytes(entry[32:34], "big")
    boxes = entry[_SAMPLE_ENTRY_BYTES + _QUICKTIME_EXTRA_BYTES.get(version, 0) : int.from_bytes(entry[:4], "big")]
    if name == b"mp4a":
        return _describe_mp4a(_find_box(boxes, b"esds")[4:], rate, channels)
    codec = _CODEC_OF_ENTRY.get(name)
    if codec is None:
        return None
    configuration = _find_box(boxes, _CONFIGURATION_BOXES.get(name, b""))
    if name == b"alac" and len(configuration) >= 28:
        # Apple's ALACSpecificConfig behind version and flags: the entry itself can't name rates above 65 kHz.
        bits, channels = configuration[9], configuration[13]
        rate = int.from_bytes(configuration[24:28], "big")
    return _Description(
        codec=codec,
        sample_rate_hz=rate,
        channels=channels,
        bits=bits if codec in ("alac", "flac") else None,
        configuration=name + configuration,
    )


def _describe_mp4a(descriptors: bytes, rate: int, channels: int) -> _Description | None:
    config = _find_descriptor(_find_descriptor(descriptors, _ES_DESCRIPTOR)[3:], _DECODER_CONFIG)
    codec = _CODEC_OF_OBJECT_TYPE.get(config[0]) if len(config) >= 13 else None
    if codec is None:
        return None
    info = _find_descriptor(config[13:], _DECODER_INFO)
    if codec == "aac" and len(info) >= 2:
        # AudioSpecificConfig: 5 bits object type, 4 bits rate, 4 bits channels. The entry's channel count is 2 by
        # custom; its rate, if given, is the audible one (HE-AAC doubles the rate in here).
        packed = int.from_bytes(info[:2], "big")
        index, layout = packed >> 7 & 15, packed >> 3 & 15
        plain = packed >> 11 != 31 and index < len(AAC_RATES_HZ)
        rate = rate or (AAC_RATES_HZ[index] if plain else 0)
        channels = AAC_CHANNELS[layout] if plain and 0 < layout < len(AAC_CHANNELS) else channels
    return _Description(codec=codec, sample_rate_hz=rate, channels=channels, bits=None, configuration=info)


def _find_descriptor(data: bytes, tag: int) -> bytes:
    """Return the body of the first MPEG-4 descriptor if it has this tag, else b""; its length has up to four 7-bit
    bytes."""
    if not data or data[0] != tag:
        return b""
    size, at = 0, 1
    while at < min(5, len(data)):
        byte = data[at]
        size, at = size << 7 | byte & 0x7F, at + 1
        if byte < 0x80:
            break
    return data[at : at + size]


def _find_box(data: bytes, name: bytes) -> bytes:
    """Return the body of the first box of this name, also inside QuickTime's `wave` box; b"" if there is none."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8:
            break
        body = data[at + 8 : at + size]
        if data[at + 4 : at + 8] == name:
            return body
        if data[at + 4 : at + 8] == b"wave":
            return _find_box(body, name)
        at += size
    return b""
