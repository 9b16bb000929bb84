"""Tempogram: how strongly the onsets repeat at each tempo of a logarithmic grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from map4.dsp.rhythm.onsets import ENVELOPES, OnsetEnvelopes, moving_mean
from map4.dsp.spectrum.fourier import quick_size, real_transform
from map4.dsp.spectrum.spectral_pass import FRAME_RATE_HZ, FloatArray

BINS_PER_OCTAVE = 36
LOWEST_BPM = 15.0
OCTAVES = 6
GRID_BINS = OCTAVES * BINS_PER_OCTAVE + 1
"""15 to 960 BPM in steps of 1.9 %."""

WINDOW_FRAMES = round(8.0 * FRAME_RATE_HZ)
"""8 s; 6, 12 and 20 s were worse (findings)."""
WINDOW_HOP_FRAMES = round(3.0 * FRAME_RATE_HZ)
SECTION_HOP_WINDOWS = 3
SECTION_HOP_S = SECTION_HOP_WINDOWS * WINDOW_HOP_FRAMES / FRAME_RATE_HZ
"""9 s: locates a change of tempo within a phrase."""
SECTION_S = SECTION_HOP_S + ((SECTION_HOP_WINDOWS - 1) * WINDOW_HOP_FRAMES + WINDOW_FRAMES) / FRAME_RATE_HZ
"""23 s: long enough for nearly as certain a tempo as from a whole track."""
TREND_FRAMES = round(FRAME_RATE_HZ)
"""1 s; slower swells of the envelope are not beats."""
CROSS_PAIRS = ((0, 2), (0, 3), (1, 3), (2, 4))
"""Pairs of envelopes to correlate: a kick answered by a snare is one beat apart, whatever the bar's length."""
LAG_OVERSAMPLING = 4
"""Lags per bin of the grid."""

_WINDOWS_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tempogram:
    """Periodicity over the tempo grid (`grid_bpm`), averaged over windows of 8 s.

    autocorrelation: shape (7, 217), of each envelope, at lag 60 / BPM, 1 at lag zero
    fourier: shape (7, 217), magnitude at BPM / 60 Hz over its root mean square
    cross: shape (4, 217), symmetric correlation of `CROSS_PAIRS`
    """

    autocorrelation: FloatArray
    fourier: FloatArray
    cross: FloatArray


@cache
def grid_bpm() -> npt.NDArray[np.float64]:
    """The tempo grid, shape (217,)."""
    return LOWEST_BPM * 2.0 ** (np.arange(GRID_BINS) / BINS_PER_OCTAVE)


def detrended(envelopes: FloatArray) -> FloatArray:
    """Subtract the moving mean over one second and clip at 0; shape (rows, n) in and out, n >= 1."""
    above = np.empty_like(envelopes)
    # By row: all rows at once would need five times the memory, which matters for a three-hour mix.
    for row, out in zip(envelopes, above, strict=True):
        np.subtract(row, moving_mean(row, TREND_FRAMES // 2, (TREND_FRAMES + 1) // 2), out=out, casting="same_kind")
    return np.maximum(above, 0.0, out=above)


def compute_tempogram(envelopes: OnsetEnvelopes) -> Tempogram | None:
    """Average tempogram of a file.

    envelopes: of at least one frame; padded with zeros if shorter than 8 s
    returns: Tempogram; None if nothing rises and falls (silence).
    """
    sums = _Sums()
    windows = _windows(envelopes)
    for start in range(0, windows.shape[1], _WINDOWS_AT_ONCE):
        sums.add(windows[:, start : start + _WINDOWS_AT_ONCE])
    return sums.finish()


def section_tempograms(envelopes: OnsetEnvelopes) -> Iterator[Tempogram | None]:
    """Tempograms of sections of `SECTION_S` seconds, which begin `SECTION_HOP_S` apart.

    envelopes: of at least one frame
    yields: Tempogram; None if nothing rises and falls. Nothing if not even one section is full.
    """
    windows, before = _windows(envelopes), None
    for start in range(0, windows.shape[1] - SECTION_HOP_WINDOWS + 1, SECTION_HOP_WINDOWS):
        # Sections overlap by half: each half is transformed once and used for two sections.
        half = _Sums()
        half.add(windows[:, start : start + SECTION_HOP_WINDOWS])
        if before is not None:
            yield before.joined(half).finish()
        before = half


def _windows(envelopes: OnsetEnvelopes) -> FloatArray:
    """The detrended envelopes in windows of 8 s, shape (7, count, 802); padded with zeros to at least one window."""
    signal = detrended(envelopes.bands)
    if signal.shape[1] < WINDOW_FRAMES:
        signal = np.pad(signal, ((0, 0), (0, WINDOW_FRAMES - signal.shape[1])))
    return np.lib.stride_tricks.sliding_window_view(signal, WINDOW_FRAMES, axis=1)[:, ::WINDOW_HOP_FRAMES]


class _Sums:
    """Sums over windows for the three kinds of tempogram."""

    def __init__(self) -> None:
        self._n_fft = n_fft = quick_size(2 * WINDOW_FRAMES)
        n_bins = n_fft // 2 + 1
        self._power = np.zeros((ENVELOPES, n_bins))
        self._magnitude = np.zeros((ENVELOPES, n_bins))
        self._cross = np.zeros((len(CROSS_PAIRS), n_bins))

    def add(self, windows: FloatArray) -> None:
        """Add windows of shape (7, count, 802)."""
        taper = _taper()
        shaped = (windows - windows.mean(axis=2, keepdims=True)) * taper
        spectrum = real_transform(shaped, self._n_fft)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        mean_power = power.mean(axis=2)
        # Square-root weighting: a loud chorus counts more than an empty intro, but does not dominate.
        weight = 1.0 / np.sqrt(np.maximum(mean_power, np.finfo(np.float32).tiny))
        self._power += np.einsum("ewk,ew->ek", power, weight)
        self._magnitude += np.sqrt(power * weight[:, :, None]).sum(axis=1)
        for index, (first, other) in enumerate(CROSS_PAIRS):
            product = spectrum[first] * np.conj(spectrum[other])
            joint = np.sqrt(weight[first] * weight[other])
            # The real part makes the correlation symmetric: snare after kick or kick after snare.
            self._cross[index] += joint @ product.real

    def joined(self, other: _Sums) -> _Sums:
        """The sums over the windows of both."""
        both = _Sums()
        both._power[:] = self._power + other._power
        both._magnitude[:] = self._magnitude + other._magnitude
        both._cross[:] = self._cross + other._cross
        return both

    def finish(self) -> Tempogram | None:
        """The tempogram of all added windows."""
        correlation = np.fft.irfft(self._power, n=self._n_fft, axis=1)
        zero_lag = correlation[:, :1]
        if float(zero_lag.max()) <= np.finfo(np.float32).tiny:
            return None
        zero_lag = np.maximum(zero_lag, 1e-9 * zero_lag.max())
        cross = np.fft.irfft(self._cross, n=self._n_fft, axis=1)
        norms = np.array([math.sqrt(zero_lag[a, 0] * zero_lag[b, 0]) for a, b in CROSS_PAIRS])
        fourier = _on_grid(self._magnitude, grid_bpm() / 60.0 * self._n_fft / FRAME_RATE_HZ)
        scale = np.sqrt(np.mean(np.square(fourier), axis=1, keepdims=True))
        unbiased = _taper_correlation(self._n_fft)
        return Tempogram(
            autocorrelation=_lags_on_grid(correlation / zero_lag / unbiased),
            fourier=(fourier / np.maximum(scale, 1e-9)).astype(np.float32),
            cross=_lags_on_grid(cross / norms[:, None] / unbiased),
        )


@cache
def _taper() -> FloatArray:
    return np.hanning(WINDOW_FRAMES).astype(np.float32)


@cache
def _taper_correlation(n_fft: int) -> npt.NDArray[np.float64]:
    """Autocorrelation of the taper, 1 at lag zero: that of a constant envelope."""
    power = np.square(np.abs(np.fft.rfft(_taper(), n=n_fft)))
    correlation = np.fft.irfft(power, n=n_fft)
    # Lags near the window's length have little data and must not be amplified.
    return np.maximum(correlation / correlation[0], 0.02)


def _on_grid(rows: npt.NDArray[np.float64], positions: npt.NDArray[np.float64]) -> FloatArray:
    """Linear interpolation of each row at fractional positions within it."""
    below = np.minimum(positions.astype(np.int64), rows.shape[1] - 2)
    share = positions - below
    return (rows[:, below] * (1.0 - share) + rows[:, below + 1] * share).astype(np.float32)


def _lags_on_grid(rows: npt.NDArray[np.float64]) -> FloatArray:
    """Largest correlation within each bin's range of lags: a machine's peak is narrower than a slow tempo's bin."""
    steps = np.arange(-(LAG_OVERSAMPLING // 2), LAG_OVERSAMPLING // 2 + 1) / LAG_OVERSAMPLING
    bpm = grid_bpm()[:, None] * 2.0 ** (steps / BINS_PER_OCTAVE)
    fine = _on_grid(rows, (60.0 * FRAME_RATE_HZ / bpm).ravel())
    return fine.reshape(rows.shape[0], GRID_BINS, steps.size).max(axis=2)
