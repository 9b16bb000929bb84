"""Cut a stream into frames, and collect a result of each until the stream ends."""

from __future__ import annotations

import math
import mmap
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.spectrum.filters import FloatArray

BLOCK_S = 300.0
"""Length of a block of rows; most tracks are shorter."""


class Framer:
    """Cut a stream into centred, overlapping frames, in batches of constant size.

    The size must not depend on how the stream was cut, as matrix products of another height may round differently.
    Batches are views of a buffer, valid until the next batch.

    window, hop: samples
    batch: frames
    """

    def __init__(self, window: int, hop: int, batch: int) -> None:
        self._window, self._hop, self._batch = window, hop, batch
        self._buffer = np.zeros((batch - 1) * hop + window, dtype=np.float32)
        self._filled = window // 2  # the zeros before the first sample
        self._frames_done = 0

    def push(self, block: FloatArray) -> Iterator[FloatArray]:
        """Take samples, shape (any,), and yield the batches that they complete, shape (batch, window)."""
        taken = 0
        while taken < block.size:
            count = min(self._buffer.size - self._filled, block.size - taken)
            self._buffer[self._filled : self._filled + count] = block[taken : taken + count]
            self._filled += count
            taken += count
            if self._filled == self._buffer.size:
                yield from self._emit(self._batch)

    def flush(self, n_frames: int) -> Iterator[FloatArray]:
        """Pad with zeros and yield batches, the last may be shorter, until there are `n_frames` in total."""
        while self._frames_done < n_frames:
            self._buffer[self._filled :] = 0.0
            self._filled = self._buffer.size
            yield from self._emit(min(self._batch, n_frames - self._frames_done))

    def _emit(self, count: int) -> Iterator[FloatArray]:
        yield np.lib.stride_tricks.sliding_window_view(self._buffer, self._window)[:: self._hop][:count]
        self._frames_done += count
        keep = self._buffer.size - self._batch * self._hop
        self._buffer[:keep] = self._buffer[self._batch * self._hop :]
        self._filled = keep


class Rows:
    """Rows appended batch by batch, stored in blocks of five minutes.

    The first block, which is enough for most tracks, is an ordinary array: the C library reuses its memory for the next
    track, while fresh pages from the system cost as much as filling them. Further blocks are separate pages, which are
    released one by one when joined; otherwise three hours would be stored twice.

    rate_hz: rows per second
    block_s: > 0, length of a block
    """

    def __init__(self, rate_hz: float, *, block_s: float = BLOCK_S) -> None:
        self._blocks: deque[npt.NDArray[Any]] = deque()
        self._block_rows = math.ceil(block_s * rate_hz)
        self._count = 0

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Append rows, always of the same width and type."""
        shape = (self._block_rows, rows.shape[1])
        taken = 0
        while taken < rows.shape[0]:
            filled = self._count % self._block_rows
            if filled == 0:
                self._blocks.append(_mapped(*shape, rows.dtype) if self._blocks else np.empty(shape, dtype=rows.dtype))
            part = rows[taken : taken + self._block_rows - filled]
            self._blocks[-1][filled : filled + part.shape[0]] = part
            self._count += part.shape[0]
            taken += part.shape[0]

    def joined(self) -> npt.NDArray[Any]:
        """All rows in one array; frees the blocks while copying, or returns the first if it is the only block."""
        if len(self._blocks) == 1:
            return self._blocks[0][: self._count]
        whole = np.empty((self._count, self._blocks[0].shape[1]), dtype=self._blocks[0].dtype)
        for start in range(0, self._count, self._block_rows):
            part = whole[start : start + self._block_rows]
            part[:] = self._blocks.popleft()[: part.shape[0]]
        return whole


def _mapped(n_rows: int, n_columns: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    """An array of zeros in separate pages, which are returned to the system with it."""
    pages = mmap.mmap(-1, n_rows * n_columns * kind.itemsize)
    return np.frombuffer(pages, dtype=kind).reshape(n_rows, n_columns)


def largest_distances(samples: FloatArray, stretch: int, middle: float = 0.0) -> FloatArray:
    """Largest distance from `middle` in each stretch of `stretch` samples.

    samples: shape (n * stretch,), contiguous
    returns: shape (n,)
    """
    library, borders = kernels(), np.arange(0, samples.size, stretch)
    if library is None:
        # Three times faster than with magnitudes.
        highest, lowest = (of.reduceat(samples, borders) for of in (np.maximum, np.minimum))
        distances: FloatArray = np.maximum(highest - np.float32(middle), np.float32(middle) - lowest)
        return distances
    distances = np.empty(len(borders), dtype=np.float32)
    call(library.map4_extremes, samples, stretch, len(borders), middle, distances)
    return distances
