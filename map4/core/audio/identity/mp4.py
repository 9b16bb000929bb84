"""MP4, M4A, M4B, 3GP and QuickTime: the samples of the first audio track, in the track's order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from map4.core.audio.identity.mp4_boxes import MOST_ROWS, Box, boxes_in, child, column, table
from map4.core.audio.identity.mpeg_audio import AAC_CHANNELS, AAC_RATES_HZ
from map4.core.audio.identity.payload import PayloadHash
from map4.core.audio.source import AudioSource
from map4.core.music.analysis.audio import Identity

_NORMAL_RATE = 1 << 16
_LONGEST_TAG_BYTES = 1 << 10
_GAPLESS = re.compile(rb"iTunSMPB.{4}data.{8} ?[0-9A-Fa-f]+ ([0-9A-Fa-f]+) ", re.DOTALL)
_LONGEST_DELAY = 1 << 14  # as FFmpeg believes it
# Bytes before the number of rows, and bytes per row.
_TABLES = {b"stts": (4, 8), b"stsc": (4, 12), b"stco": (4, 4), b"co64": (4, 8)}


def timeline_of(source: AudioSource, movie: Box, track: Box, sample_tables: dict[bytes, Box], duration: int) -> bytes:
    """Return the edit list, as far as it leaves something out, and oddities of the tables; unchanged by copying.

    Programs that copy a track write another time scale of the movie, and an edit list if there was none. So an edit
    that reaches to the end is ignored, and a track without edits begins where iTunes' gapless tag says.

    movie, track: the boxes `moov` and `trak`
    sample_tables: the boxes of `stbl`, by name
    duration: of the track, in its own time scale
    """
    movie_scale = time_scale(source, child(source, movie, b"mvhd"))
    scale = time_scale(source, child(source, track, b"mdia", b"mdhd"))
    edits = list(_edits(source, child(source, track, b"edts", b"elst"), movie_scale, scale, duration))
    if not edits:
        offsets = table(source, sample_tables.get(b"ctts"), ">u4", columns=2)
        first = int(offsets[0, 1]) if len(offsets) else 0
        edits = [_edit(_gapless_start(source, movie) or first, None)]
    # Decoders reject a movie without a time scale; its value only matters for edits.
    facts = [b"scale %d" % scale, b"movie" if movie_scale else b"no movie", *edits]
    return b"; ".join([*facts, *_oddities(source, track, sample_tables)])


def time_scale(source: AudioSource, header: Box | None) -> int:
    """Return the units per second of `mvhd` or `mdhd`; 0 if missing, and for an unknown version."""
    version = b"" if header is None else source.read(header.start, 1)
    if header is None or version not in (b"\0", b"\1"):
        return 0
    return int.from_bytes(source.read(header.start + (12 if version == b"\0" else 20), 4), "big")


def _edits(source: AudioSource, box: Box | None, movie_scale: int, scale: int, duration: int) -> Iterator[bytes]:
    if box is None:
        return
    is_wide = source.read(box.start, 1) == b"\1"
    width = 8 if is_wide else 4
    for row in _rows(source, box, 2 * width + 4):
        length, start = int.from_bytes(row[:width], "big"), int.from_bytes(row[width : 2 * width], "big", signed=True)
        rate = int.from_bytes(row[2 * width :], "big")
        if start < 0:  # a pause before the music, which decoders leave out
            continue
        stop = start + length * scale // movie_scale if movie_scale else 0
        # Movies often count milliseconds, and copying rounds the length to another scale.
        reaches_end = stop + max(1, scale // 500) >= duration or length == 0
        yield _edit(start, None if reaches_end else stop * 1000 // max(1, scale), rate)


def _rows(source: AudioSource, box: Box, width: int) -> Iterator[bytes]:
    count = int.from_bytes(source.read(box.start + 4, 4), "big")
    body = source.read(box.start + 8, min(count * width, box.stop - box.start - 8))
    for at in range(0, len(body) - width + 1, width):
        yield body[at : at + width]


def _edit(start: int, stop_ms: int | None, rate: int = _NORMAL_RATE) -> bytes:
    stop = b"end" if stop_ms is None else b"%d ms" % stop_ms
    return b"from %d to %s" % (start, stop) + (b"" if rate == _NORMAL_RATE else b" rate %d" % rate)


def _gapless_start(source: AudioSource, movie: Box) -> int:
    """Return the start of the audio by the tag iTunSMPB, which iTunes writes instead of an edit list."""
    tags = child(source, child(source, movie, b"udta", b"meta"), b"ilst", skip=4)
    for box in () if tags is None else boxes_in(source, tags.start, tags.stop):
        match = _GAPLESS.search(source.read(box.start, min(box.stop - box.start, _LONGEST_TAG_BYTES)))
        if box.name == b"----" and match is not None:
            delay = int(match[1], 16)
            return delay if delay < _LONGEST_DELAY else 0
    return 0


def _oddities(source: AudioSource, track: Box, sample_tables: dict[bytes, Box]) -> Iterator[bytes]:
    """Yield features that audio files normally lack: too many table rows, and descriptions other than the first."""
    for name, (before, width) in _TABLES.items():
        box = sample_tables.get(name)
        count = 0 if box is None else int.from_bytes(source.read(box.start + before, 4), "big")
        if box is not None and count * width > box.stop - box.start - before - 4:
            yield b"%s of %d" % (name, count)
    sizes = sample_tables.get(b"stsz")
    if sizes is not None:
        head = source.read(sizes.start + 4, 8)
        count = int.from_bytes(head[4:], "big")
        if head[:4] == bytes(4) and count * 4 > sizes.stop - sizes.start - 12:
            yield b"stsz of %d" % count
    runs = table(source, sample_tables.get(b"stsc"), ">u4", columns=3)
    if (runs[:, 2] != 1).any():
        yield b"descriptions " + runs[:, 2].astype(">u4").tobytes()
    for name, box, least in (
        (b"stsd", sample_tables.get(b"stsd"), 16),
        (b"dref", child(source, track, b"mdia", b"minf", b"dinf", b"dref"), 12),
    ):
        head = b"" if box is None else source.read(box.start + 4, 8)
        count, size = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
        room = 0 if box is None else box.stop - box.start - 8
        if not 0 < count <= room // 8 or not least <= size <= room:
            yield b"%s of %d, %d" % (name, count, size)


# A fragment per second for three days.
_MOST_BOXES = 1 << 19
_HAS_BASE, _HAS_DESCRIPTION, _HAS_DURATION, _HAS_SIZE = 0x1, 0x2, 0x8, 0x10  # flags of tfhd
_RUN_HAS_OFFSET, _RUN_HAS_FIRST_FLAGS = 0x1, 0x4  # flags of trun
_RUN_COLUMNS = (0x100, 0x200, 0x400, 0x800)  # duration, size, flags and offset of each sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Samples of a track in its order.

    sizes: bytes of each, int64, shape=(n_samples,)
    spans: rows of (position, length) in the file, int64, shape=(n_spans, 2)
    duration: of all, in the track's time scale
    """

    sizes: np.ndarray
    spans: np.ndarray
    duration: int


def fragment_samples(source: AudioSource, moov: Box, track: Box) -> Samples:
    """Return all samples of a track in fragments; none if there are impossibly many."""
    header = child(source, track, b"tkhd")
    number = (
        b"" if header is None else source.read(header.start + (20 if source.read(header.start, 1) == b"\1" else 12), 4)
    )
    extends = (box for box in _all(source, child(source, moov, b"mvex"), b"trex"))
    fields = (source.read(box.start + 4, 16) for box in extends)
    defaults = next((row for row in fields if row[:4] == number), bytes(16))
    runs: list[tuple[np.ndarray, int, int]] = []
    left = MOST_ROWS
    for box in boxes_in(source, 0, source.size, most=_MOST_BOXES):
        for part in _all(source, box if box.name == b"moof" else None, b"traf"):
            for run in _runs(source, box, part, number, defaults):
                left -= len(run[0])
                if left < 0:
                    return Samples(sizes=np.zeros(0, np.int64), spans=np.zeros((0, 2), np.int64), duration=0)
                runs.append(run)
    spans = [(start, int(sizes.sum())) for sizes, start, _ in runs]
    return Samples(
        sizes=np.concatenate([np.zeros(0, np.int64), *(sizes for sizes, _, _ in runs)]),
        spans=np.array(spans, np.int64).reshape(-1, 2),
        duration=sum(duration for _, _, duration in runs),
    )


def _runs(
    source: AudioSource, fragment: Box, part: Box, number: bytes, defaults: bytes
) -> Iterator[tuple[np.ndarray, int, int]]:
    """Yield sizes, position and duration of each run of samples in a `traf` box of this track."""
    header = child(source, part, b"tfhd")
    head = b"" if header is None else source.read(header.start, 40)
    if len(head) < 8 or head[4:8] != number:
        return
    flags, at = int.from_bytes(head[1:4], "big"), 8
    base, duration, size = fragment.begin, int.from_bytes(defaults[8:12], "big"), int.from_bytes(defaults[12:], "big")
    if flags & _HAS_BASE:
        base, at = int.from_bytes(head[at : at + 8], "big"), at + 8
    at += 4 * bool(flags & _HAS_DESCRIPTION)
    if flags & _HAS_DURATION:
        duration, at = int.from_bytes(head[at : at + 4], "big"), at + 4
    if flags & _HAS_SIZE:
        size = int.from_bytes(head[at : at + 4], "big")
    position = base
    for box in _all(source, part, b"trun"):
        sizes, total, offset = _read_run(source, box, duration, size)
        start = position if offset is None else base + offset
        yield sizes, min(max(0, start), source.size), total
        position = start + int(sizes.sum())


def _read_run(source: AudioSource, box: Box, duration: int, size: int) -> tuple[np.ndarray, int, int | None]:
    """Return sizes of a run's samples, their duration, and their start relative to the fragment's base."""
    head = source.read(box.start, 12)
    flags, count = int.from_bytes(head[1:4], "big"), int.from_bytes(head[4:8], "big")
    offset = int.from_bytes(head[8:12], "big", signed=True) if flags & _RUN_HAS_OFFSET else None
    at = box.start + 8 + 4 * bool(flags & _RUN_HAS_OFFSET) + 4 * bool(flags & _RUN_HAS_FIRST_FLAGS)
    columns = [flag for flag in _RUN_COLUMNS if flags & flag]
    if not columns:
        count = min(count, MOST_ROWS, source.size // max(1, size))
        return np.full(count, size, np.int64), count * duration, offset
    rows = np.frombuffer(source.read(at, min(box.stop - at, 4 * len(columns) * count)), np.uint8)
    rows = rows[: len(rows) // (4 * len(columns)) * 4 * len(columns)].view(">u4").reshape(-1, len(columns))
    values = rows.astype(np.int64)
    sizes = values[:, columns.index(0x200)] if 0x200 in columns else np.full(len(values), size, np.int64)
    total = int(values[:, columns.index(0x100)].sum()) if 0x100 in columns else len(values) * duration
    return sizes, total, offset


def _all(source: AudioSource, parent: Box | None, name: bytes) -> Iterator[Box]:
    if parent is not None:
        yield from (box for box in boxes_in(source, parent.start, parent.stop) if box.name == name)


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
    rows = table(source, boxes.get(b"stts"), ">u4", columns=2).astype(np.uint64)
    duration = int((rows[:, 0] * rows[:, 1]).sum())  # modulo 2^64 for an invalid table
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
