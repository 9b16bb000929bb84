"""How the headers of an MP4 file say that a track is played: start, end, and speed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from map4.core.audio.identity.mp4_boxes import Box, boxes_in, child, table
from map4.core.audio.source import AudioSource

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
