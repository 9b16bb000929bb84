"""Halve the sample rate of a stream, which most files need, faster than a general resampler."""

from __future__ import annotations

from functools import cache

import numpy as np

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.spectrum.filters import FloatArray

SIDE_TAPS = 28
"""Taps on either side, at every second sample: a half-band filter is 0 at all others except the middle."""
SUPPRESSED_DB = 82.0
"""Below 10 kHz, the range of the analysis, everything passes within .001 dB, and aliases are this far down."""

_REACH = 2 * SIDE_TAPS - 1  # samples that the filter uses in each direction
_AROUND = 2 * (_REACH + 1)
"""Samples that must follow those of an output and its first taps; the kernel takes two more than it uses."""
_STEP = 64  # samples per batch: the fastest size for products, and the batch size of the kernel


class Halving:
    """Low-pass at a quarter of the rate and keep every second sample, beginning with the first.

    Results don't depend on the block sizes.

    gain: factor of all samples
    """

    def __init__(self, gain: float = 1.0) -> None:
        self._gain = gain
        self._together: FloatArray = np.zeros(_REACH, dtype=np.float32)
        self._left = _REACH
        self._fed = self._given = 0

    def room(self, count: int) -> FloatArray:
        """Buffer for the next samples, so that `resample_chunk` need not copy them."""
        if self._together.size < self._left + count:
            self._together = np.concatenate([self._together[: self._left], np.empty(count, dtype=np.float32)])
        return self._together[self._left : self._left + count]

    def resample_chunk(self, samples: FloatArray, last: bool = False) -> FloatArray:
        """Take float32 samples and return the output that is ready; with the last samples, all of it."""
        self._put(samples)
        self._fed += samples.size
        wanted = -(-self._fed // 2) - self._given
        count = max(0, self._left - _AROUND) // 2 // _STEP * _STEP
        if last:
            count = -(-wanted // _STEP) * _STEP
            self._put(np.zeros(2 * count + _AROUND - self._left, dtype=np.float32))
        together = self._together[: self._left]
        self._given += count
        halved = np.empty(count, dtype=np.float32)
        library = kernels()
        if library is not None:
            call(library.map4_halved, together, count, _taps(self._gain), SIDE_TAPS, halved)
        elif count:
            beside = np.lib.stride_tricks.sliding_window_view(together[::2], _STEP + _REACH)[::_STEP]
            np.matmul(beside[: count // _STEP], _side_matrix(self._gain), out=halved.reshape(-1, _STEP))
            halved += _taps(self._gain)[-1] * together[_REACH : _REACH + 2 * count : 2]
        self._left -= 2 * count
        self._together[: self._left] = together[2 * count :]
        return halved[:wanted] if last else halved

    def _put(self, samples: FloatArray) -> None:
        room = self.room(samples.size)
        if samples.__array_interface__["data"] != room.__array_interface__["data"]:
            room[:] = samples
        self._left += samples.size


@cache
def _taps(gain: float) -> FloatArray:
    """Taps 1, 3, 5 ... samples beside the middle, a windowed sinc (Kaiser), and the middle tap (.5); shape (29,)."""
    distance = np.arange(1, _REACH + 1, 2)
    beta = 0.1102 * (SUPPRESSED_DB - 8.7)  # Kaiser's formula
    taps = np.sinc(distance / 2.0) * np.i0(beta * np.sqrt(1.0 - (distance / (_REACH + 1)) ** 2))
    return (gain * np.append(0.25 * taps / taps.sum(), 0.5)).astype(np.float32)


@cache
def _side_matrix(gain: float) -> FloatArray:
    """Matrix from the side samples, 55 more than `_STEP`, to their contributions, shape (119, 64)."""
    side = _taps(gain)[:-1]
    both = np.concatenate([side[::-1], side])
    matrix = np.zeros((_STEP + _REACH, _STEP), dtype=np.float32)
    for place in range(_STEP):
        matrix[place : place + both.size, place] = both
    return matrix
