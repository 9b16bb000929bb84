"""Windows and filterbanks of the spectral pass, built once per process."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


class ShortWindow:
    """The window of the short spectra."""

    LENGTH = 1024
    """Samples (46 ms): long enough to separate a kick from a bass note, short enough to locate an onset."""
    HOP = 220
    """Samples; 100.2 frames per second."""
    SAMPLE_RATE_HZ = 22050
    RATE_HZ = SAMPLE_RATE_HZ / HOP

    @staticmethod
    def samples() -> FloatArray:
        """Hann window of the short transform."""
        return hann(ShortWindow.LENGTH)

    @staticmethod
    def bins_hz() -> npt.NDArray[np.float64]:
        """Frequencies of the bins of the short transform, shape (513,)."""
        return np.arange(ShortWindow.LENGTH // 2 + 1) * ShortWindow.SAMPLE_RATE_HZ / ShortWindow.LENGTH

    @staticmethod
    @cache
    def mel_edges_hz() -> npt.NDArray[np.float64]:
        """Corner frequencies of the mel bands, shape (42,): band b rises from [b] to [b + 1] and falls to [b + 2]."""
        low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (MEL_LOW_HZ, MEL_HIGH_HZ))
        return 700.0 * (10.0 ** (np.linspace(low, high, MEL_BANDS + 2) / 2595.0) - 1.0)


MEL_BANDS = 40
MEL_LOW_HZ = 30.0
MEL_HIGH_HZ = 10_000.0

LONG_WINDOW = 8192
"""Samples (0.37 s): separates semitones from about 80 Hz upwards."""
LONG_HOP = 4096
PITCH_RATE_HZ = ShortWindow.SAMPLE_RATE_HZ / LONG_HOP
PITCH_BINS = 216
BINS_PER_SEMITONE = 3
PITCH_LOW_MIDI = 28.0
PITCH_HIGH_HZ = 3000.0
"""Bins above this are never used: the filterbank ends at 2.6 kHz (MIDI 99.67)."""
PITCH_FILTER_SD = 0.22
"""Semitones; the narrowest filter, where the spectrum has a finer resolution."""
PITCH_FILTER_CUT = 0.01

# Splits of the filterbanks into groups, which save more than half of the time; more groups cost it again in calls.
_MEL_SPLITS = (8, 16, 24, 32)
_PITCH_SPLITS = (54, 108, 162)


@cache
def hann(length: int) -> FloatArray:
    """Periodic Hann window, shape (length,)."""
    phase = 2.0 * np.pi * np.arange(length) / length
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


@cache
def long_window() -> FloatArray:
    """Hann window divided by half its sum, so that a sine of amplitude 1 has the magnitude 1."""
    window = hann(LONG_WINDOW)
    return (window / (0.5 * window.sum())).astype(np.float32)


@cache
def power_bands(*borders_hz: float) -> FloatArray:
    """Matrix (40, k + 1) from density in mel bands to the power below the first border, to the next, and above."""
    edges = ShortWindow.mel_edges_hz()
    centres, areas_hz = edges[1:-1], 0.5 * (edges[2:] - edges[:-2])
    matrix = np.zeros((MEL_BANDS, len(borders_hz) + 1), dtype=np.float32)
    matrix[np.arange(MEL_BANDS), np.searchsorted(borders_hz, centres, side="right")] = areas_hz
    return matrix


class Filterbank:
    """A matrix of filters that each cover few bins, applied in groups of neighbours.

    Each group is multiplied only with the bins that it covers, as most of a filterbank is zeros.

    matrix: shape (n_bins, n_filters)
    splits: first filters of the second and each further group, ascending
    n_bins: bins of the spectra
    """

    def __init__(self, matrix: FloatArray, splits: tuple[int, ...]) -> None:
        self._groups: list[tuple[slice, slice, FloatArray]] = []
        self.n_bins, self._n_filters = matrix.shape
        for first, last in pairwise((0, *splits, self._n_filters)):
            used = np.flatnonzero(matrix[:, first:last].any(axis=1))
            bins = slice(int(used[0]), int(used[-1]) + 1)
            self._groups.append((bins, slice(first, last), np.ascontiguousarray(matrix[bins, first:last])))

    def apply(self, spectra: FloatArray) -> FloatArray:
        """Return spectra @ matrix: (count, n_bins) to (count, n_filters)."""
        out = np.empty((spectra.shape[0], self._n_filters), dtype=np.float32)
        for bins, filters, part in self._groups:
            out[:, filters] = spectra[:, bins] @ part
        return out


@cache
def mel_filterbank() -> Filterbank:
    """The filters of `mel_matrix`."""
    return Filterbank(mel_matrix(), _MEL_SPLITS)


@cache
def mel_matrix() -> FloatArray:
    """40 triangular mel bands over the power spectrum of the short transform, each of area 1 (1/Hz)."""
    hz = ShortWindow.bins_hz()
    edges = ShortWindow.mel_edges_hz()
    rising = (hz[:, None] - edges[:-2]) / np.diff(edges[:-1])
    falling = (edges[2:] - hz[:, None]) / np.diff(edges[1:])
    mel = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))
    return mel.astype(np.float32)


def mean_square_per_power() -> float:
    """Factor from the sum of a power spectrum (its positive frequencies) to the samples' mean square."""
    return 2.0 / (ShortWindow.LENGTH * float(np.sum(np.square(ShortWindow.samples(), dtype=np.float64))))


@cache
def pitch_filterbank() -> Filterbank:
    """The filters of `pitch_matrix`."""
    return Filterbank(pitch_matrix(), _PITCH_SPLITS)


@cache
def pitch_matrix() -> FloatArray:
    """Gaussian filters in thirds of a semitone over the bins up to 3 kHz, shape (1115, 216).

    A filter is never narrower than the transform's own resolution (half a bin), which is the limit below about 100 Hz.
    """
    bin_hz = ShortWindow.SAMPLE_RATE_HZ / LONG_WINDOW
    hz = np.arange(math.floor(PITCH_HIGH_HZ / bin_hz) + 1) * bin_hz
    midi = np.full(hz.size, -np.inf)
    midi[1:] = 69.0 + 12.0 * np.log2(hz[1:] / 440.0)
    centres = PITCH_LOW_MIDI + np.arange(PITCH_BINS) / BINS_PER_SEMITONE
    centre_hz = 440.0 * 2.0 ** ((centres - 69.0) / 12.0)
    spread = np.maximum(PITCH_FILTER_SD, 12.0 * np.log2(1.0 + 0.5 * bin_hz / centre_hz))
    weights = np.exp(-0.5 * np.square((midi[:, None] - centres) / spread))
    weights[weights < PITCH_FILTER_CUT] = 0.0
    return (weights / np.sqrt(weights.sum(axis=0))).astype(np.float32)
