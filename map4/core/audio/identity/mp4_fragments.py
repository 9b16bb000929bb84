"""The samples of a fragmented MP4 track (DASH, streams), in the form of a sample table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from map4.core.audio.identity.mp4_boxes import MOST_ROWS, Box, boxes_in, child
from map4.core.audio.source import AudioSource

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
