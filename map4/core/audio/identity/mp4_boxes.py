"""The boxes of an MP4 file, and the tables in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from map4.core.audio.source import AudioSource
from map4.errors import FileError

# Real files have a few boxes per level; a damaged file must not cause a walk over gigabytes of 8-byte boxes.
_MOST_BOXES = 4096
# A hundred hours of AAC. Tables are in memory, so a damaged file must not decide their size.
MOST_ROWS = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box of a file: its name, its beginning, and the start and end of its body."""

    name: bytes
    begin: int
    start: int
    stop: int


def boxes_in(source: AudioSource, start: int, stop: int, *, most: int = _MOST_BOXES) -> Iterator[Box]:
    """Yield consecutive boxes within [start, stop), as far as they are valid."""
    for _ in range(most):
        head = source.read(start, min(16, stop - start))
        if len(head) < 8:
            return
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1 and len(head) == 16:
            size, header = int.from_bytes(head[8:], "big"), 16
        elif size == 0:  # to the end
            size = stop - start
        if size < header:
            return
        yield Box(name=head[4:8], begin=start, start=start + header, stop=min(start + size, stop))
        start += size


def child(source: AudioSource, parent: Box | None, *names: bytes, skip: int = 0) -> Box | None:
    """Return the first box of the first name in `parent`, then of the next name in that; None if there is none.

    skip: bytes of the parent before its boxes
    """
    for name in names:
        if parent is None:
            return None
        parent = next((box for box in boxes_in(source, parent.start + skip, parent.stop) if box.name == name), None)
        skip = 0
    return parent


def table(source: AudioSource, box: Box | None, kind: str, *, columns: int) -> np.ndarray:
    """Return the body of a table box (flags, number of rows, rows) as int64, shape=(n_rows, columns)."""
    if box is None:
        return np.zeros((0, columns), np.int64)
    count = int.from_bytes(source.read(box.start + 4, 4), "big")
    body = Box(name=box.name, begin=box.begin, start=box.start + 8, stop=box.stop)
    values = column(source, body, kind, count * columns)
    return values[: len(values) // columns * columns].reshape(-1, columns)


def column(source: AudioSource, box: Box, kind: str, count: int) -> np.ndarray:
    """Return `count` numbers, or all that the box contains if fewer, as int64."""
    width = np.dtype(kind).itemsize
    if min(count, (box.stop - box.start) // width) > MOST_ROWS:
        raise FileError("corrupt", "is an MP4 file whose sample table is impossibly long")
    data = source.read(box.start, min(count * width, box.stop - box.start))
    values = np.frombuffer(data, kind, count=len(data) // width)
    return np.minimum(values.astype(np.uint64), np.iinfo(np.int64).max).astype(np.int64)
