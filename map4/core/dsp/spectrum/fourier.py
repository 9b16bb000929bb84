"""Fourier transforms of any size: many rows by the kernel, others by numpy.

scipy's are slightly faster, but importing them costs each analysing process .16 s of CPU, half the time of a track, and
20 MB.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from map4.core.dsp.compiled import LANES, call, kernels, scratch
from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.spectrum.transforms import radices, tables

Spectrum = npt.NDArray[np.complex64]

_ROWS = 32  # rows transformed at a time: a whole track in 64 bits exceeds the core's cache, which takes twice as long
_PARTS = 4


def real_transform(samples: FloatArray, size: int | None = None, *, is_exact: bool = False) -> Spectrum:
    """Spectrum along the last axis, zero-padded to `size` samples if given.

    samples: shape (..., n), float32
    is_exact: whether it is computed in 64 bits, for what is 120 dB below full scale
    returns: shape (..., size // 2 + 1)
    """
    rows = samples.reshape(-1, samples.shape[-1])
    size = size or rows.shape[1]
    spectra = np.empty((len(rows), size // 2 + 1), dtype=np.complex64)
    library, half = kernels(), size // 2
    fits = len(rows) >= LANES // 2 and size % 2 == 0 and size > 2 and size >= rows.shape[1]
    passes = radices(half) if fits and not is_exact else None
    if library is not None and passes is not None:
        padded = np.zeros((len(rows), -(-rows.shape[1] // LANES) * LANES), dtype=np.float32)
        padded[:, : rows.shape[1]] = rows
        room = scratch((4 * half + 2 * LANES) * LANES)
        call(library.map4_spectra, padded, padded.shape[1], len(rows), half, passes, *tables(half), room, spectra)
        return spectra.reshape(*samples.shape[:-1], half + 1)
    for start in range(0, len(rows), _ROWS):
        part = slice(start, start + _ROWS)
        # In 64 bits: with 32 bits, numpy takes three times as long.
        spectra[part] = np.fft.rfft(rows[part].astype(np.float64), size)
    return spectra.reshape(*samples.shape[:-1], spectra.shape[1])


def spectrum_at(samples: FloatArray, size: int, bins: npt.NDArray[np.intp]) -> npt.NDArray[np.complex128]:
    """Selected bins of the spectrum of a long signal, in a quarter of the memory of a whole transform.

    Transforms every fourth sample at a time, and turns each spectrum by the phase of its first sample.

    samples: shape (n,)
    size: length with zero padding, a multiple of 4
    bins: from 0 to `size` // 2, shape (k,)
    returns: shape (k,)
    """
    short = size // _PARTS
    places = bins % short
    is_mirrored = places > short // 2
    places[is_mirrored] = short - places[is_mirrored]
    total = np.zeros(bins.size, dtype=np.complex128)
    for first in range(_PARTS):
        part = np.fft.rfft(samples[first::_PARTS].astype(np.float64), short)[places]
        total += np.where(is_mirrored, part.conj(), part) * np.exp(-2j * np.pi * first / size * bins)
    return total


def quick_size(least: int) -> int:
    """The smallest number >= `least` (> 0) with no prime factor above 5."""
    odd = (3**threes * 5**fives for threes in range(least.bit_length()) for fives in range(least.bit_length()))
    # Each multiplied by the power of 2 that it needs.
    return min(part << (-(-least // part) - 1).bit_length() for part in odd)
