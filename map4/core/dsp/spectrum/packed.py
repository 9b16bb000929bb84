"""Rows of numbers in half the memory: a long mix is stored by frame until its length and mean are known."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.spectrum.filters import FloatArray

Words = npt.NDArray[np.uint16]

PART_ROWS = 4096
"""Rows processed at a time: with 40 bands they take half a megabyte, which fits in the caches."""

# A float32 has a sign, 8 bits of exponent and 23 of fraction. Without the constant sign, 16 bits keep 8 of the
# fraction; half floats (50 times slower in numpy) don't have the range from silence to clipping.
_DROPPED_BITS = 15


def packed(rows: FloatArray) -> Words:
    """Pack finite numbers >= 0, each to within .2 %; 0 stays 0."""
    numbers, library = np.ascontiguousarray(rows, dtype=np.float32), kernels()
    if library is not None:
        packed_rows = np.empty(numbers.shape, dtype=np.uint16)
        call(library.map4_pack, numbers, numbers.size, packed_rows)
        return packed_rows
    words = numbers.view(np.uint32) + np.uint32(1 << (_DROPPED_BITS - 1))
    words >>= np.uint32(_DROPPED_BITS)
    return words.astype(np.uint16)


class Packed:
    """Packed rows that are read as float32, one part at a time.

    >>> Packed.of(np.array([[0.0, 0.5], [3.0, 100.0]], dtype=np.float32))[1:]
    array([[  3., 100.]], dtype=float32)
    """

    def __init__(self, words: Words) -> None:
        self._words = words

    @classmethod
    def of(cls, rows: FloatArray) -> Packed:
        """Pack finite numbers >= 0."""
        return cls(packed(rows))

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, part: slice) -> FloatArray:
        words, library = self._words[part], kernels()
        if library is not None:
            rows = np.empty(words.shape, dtype=np.float32)
            call(library.map4_unpack, np.ascontiguousarray(words), words.size, rows)
            return rows
        wide = words.astype(np.uint32)
        wide <<= np.uint32(_DROPPED_BITS)
        return wide.view(np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._words.shape

    @cached_property
    def mean(self) -> float:
        """Mean of all numbers; 0 if empty."""
        parts = range(0, len(self), PART_ROWS)
        total = sum(float(self[start : start + PART_ROWS].sum(dtype=np.float64)) for start in parts)
        return total / max(self._words.size, 1)

    @cached_property
    def sums(self) -> FloatArray:
        """Sum of each row."""
        return self.times(np.ones(self._words.shape[1], dtype=np.float32))

    def times(self, matrix: FloatArray, *, stride: int = 1) -> FloatArray:
        """Product of every `stride`-th row, including the first, with a matrix or vector.

        stride: int > 0, a divisor of `PART_ROWS`
        """
        out = np.empty((-(-len(self) // stride), *matrix.shape[1:]), dtype=np.float32)
        for start in range(0, len(self), PART_ROWS):
            rows = self[start : start + PART_ROWS : stride]
            np.matmul(rows, matrix, out=out[start // stride : start // stride + len(rows)])
        return out


NO_ROWS = Packed(np.zeros((0, 0), dtype=np.uint16))
