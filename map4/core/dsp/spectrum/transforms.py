"""The two transforms of the spectral pass, by the compiled kernels, or else by scipy, which is then loaded."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.core.dsp.compiled import LANES, call, kernels, scratch
from map4.core.dsp.spectrum.filters import (
    MEL_BANDS,
    FloatArray,
    ShortWindow,
    long_window,
    mel_filterbank,
    mel_matrix,
    pitch_filterbank,
)

SHAPE_STRIDE = 4
"""Every fourth frame's power spectrum is returned in full."""
_SUMMED_FRAMES = 8

# Frames transformed at a time, which fit in a core's own cache with their spectra.
_SHORT_TRANSFORMS = 128
_LONG_TRANSFORMS = 16


class ShortTransform:
    """Power spectra of batches of frames with a Hann window, and their sums.

    frames: maximum frames per batch
    """

    def __init__(self, frames: int) -> None:
        self._library = kernels()
        n_bins = len(ShortWindow.samples()) // 2 + 1
        # Reused for all batches: releasing and allocating memory of this size costs more than the window.
        if self._library is None:
            self._power = np.empty((frames, n_bins), dtype=np.float32)

    def take(self, frames: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, int]:
        """Transform a batch.

        frames: shape (count, 1024), a view of successive samples; a multiple of 16 except in the last batch
        returns: power in mel bands, shape (count, 40); power of every fourth frame, shape (ceil(count / 4), 513); sums
            of the power of groups of frames; and the size of the groups.
        """
        if self._library is None:
            power = self._power[: len(frames)]
            for start in range(0, len(frames), _SHORT_TRANSFORMS):
                part = slice(start, start + _SHORT_TRANSFORMS)
                squares = _transform_by_scipy(frames[part] * ShortWindow.samples()).view(np.float32)
                np.square(squares, out=squares)
                np.add(squares[:, ::2], squares[:, 1::2], out=power[part])
            return mel_filterbank().apply(power), power[::SHAPE_STRIDE], power, 1
        count, half = len(frames), frames.shape[1] // 2
        mel = np.empty((count, MEL_BANDS), dtype=np.float32)
        # The last group of eight may be incomplete.
        fourths = np.empty((-(-count // SHAPE_STRIDE), half + 1), dtype=np.float32)
        sums = np.empty((-(-count // _SUMMED_FRAMES), half + 1), dtype=np.float32)
        lower, weights = _mel_weights()
        room = scratch(LANES * (frames.shape[1] + half + 1))
        call(
            self._library.map4_short, frames, frames.strides[0] // 4, count, half, ShortWindow.samples(), *tables(half),
            MEL_BANDS, lower, weights, room, mel, fourths, sums,
        )  # fmt: skip
        return mel, fourths, sums, _SUMMED_FRAMES


def long_magnitudes(frames: FloatArray) -> FloatArray:
    """Magnitude of the bins that the pitch filterbank uses.

    frames: shape (count, 8192), a view of successive samples
    """
    library, n_bins = kernels(), pitch_filterbank().n_bins
    magnitude = np.empty((len(frames), n_bins), dtype=np.float32)
    if library is None:
        for start in range(0, len(frames), _LONG_TRANSFORMS):
            part = slice(start, start + _LONG_TRANSFORMS)
            spectrum = _transform_by_scipy(frames[part] * long_window())
            np.abs(spectrum[:, :n_bins], out=magnitude[part])
        return magnitude
    half = frames.shape[1] // 2
    call(
        library.map4_long, frames, frames.strides[0] // 4, len(frames), half, long_window(), *tables(half), n_bins,
        scratch(2 * half * LANES), magnitude,
    )  # fmt: skip
    return magnitude


def _transform_by_scipy(frames: FloatArray) -> npt.NDArray[np.complex64]:
    """Spectra of windowed frames, which are overwritten."""
    from scipy import fft

    spectra: npt.NDArray[np.complex64] = fft.rfft(frames, axis=1, overwrite_x=True, workers=1)
    return spectra


@cache
def radices(size: int) -> npt.NDArray[np.int32] | None:
    """Radices of the passes of a transform of `size` complex points; None if it has prime factors above 5."""
    found: list[int] = []
    while size > 1:
        radix = next((radix for radix in (4, 5, 3, 2) if size % radix == 0), None)
        if radix is None:
            return None
        found.append(radix)
        size //= radix
    return np.array(found, dtype=np.int32)


@cache
def tables(half: int) -> tuple[FloatArray, npt.NDArray[np.int32], FloatArray]:
    """The kernels' tables for a transform of `half` complex points: twiddle factors, result places, and the split.

    Frequencies end up at places given by their digits in reverse order.
    """
    turns: list[npt.NDArray[np.float64]] = []
    places, digits, length, passes = np.zeros(half, dtype=np.int32), np.arange(half), half, radices(half)
    assert passes is not None
    for radix in passes.tolist():
        angle = -2.0 * np.pi / length * np.outer(np.arange(length // radix), np.arange(1, radix))
        turns.append(np.stack([np.cos(angle), np.sin(angle)], axis=2).ravel())
        length //= radix
        places += (digits % radix * length).astype(np.int32)
        digits //= radix
    split = np.exp(-1j * np.pi * np.arange(half + 1) / half).astype(np.complex64).view(np.float32)
    return np.concatenate(turns).astype(np.float32), places, split


@cache
def _mel_weights() -> tuple[npt.NDArray[np.int32], FloatArray]:
    """The lower of the two bands of each bin, shape (513,), and its weights in both, shape (513, 2)."""
    matrix: npt.NDArray[Any] = np.pad(mel_matrix(), ((0, 0), (0, 1)))
    lower = (matrix != 0.0).argmax(axis=1).astype(np.int32)
    rows = np.arange(len(matrix))
    return lower, np.stack([matrix[rows, lower], matrix[rows, lower + 1]], axis=1)
