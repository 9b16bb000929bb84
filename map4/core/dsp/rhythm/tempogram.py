"""Tempogram: how strongly the onsets repeat at each tempo of a logarithmic grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from map4.core.dsp.rhythm.onsets import ENVELOPES, OnsetEnvelopes, moving_mean
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.fourier import quick_size, real_transform
from map4.core.dsp.spectrum.spectral_pass import FloatArray

BINS_PER_OCTAVE = 36
LOWEST_BPM = 15.0  # bars are evidence of their beats
OCTAVES = 6  # to 960 BPM: parts of a beat are evidence too
GRID_BINS = OCTAVES * BINS_PER_OCTAVE + 1
"""15 to 960 BPM in steps of 1.9 %."""

WINDOW_FRAMES = round(8.0 * ShortWindow.RATE_HZ)
"""8 s; 6, 12 and 20 s were worse (findings)."""
WINDOW_HOP_FRAMES = round(3.0 * ShortWindow.RATE_HZ)
SECTION_HOP_WINDOWS = 3
SECTION_HOP_S = SECTION_HOP_WINDOWS * WINDOW_HOP_FRAMES / ShortWindow.RATE_HZ
"""9 s: locates a change of tempo within a phrase."""
SECTION_S = SECTION_HOP_S + ((SECTION_HOP_WINDOWS - 1) * WINDOW_HOP_FRAMES + WINDOW_FRAMES) / ShortWindow.RATE_HZ
"""23 s: long enough for nearly as certain a tempo as from a whole track."""
TREND_FRAMES = round(ShortWindow.RATE_HZ)
"""1 s; slower swells of the envelope are not beats."""
CROSS_PAIRS = ((0, 2), (0, 3), (1, 3), (2, 4))
"""Pairs of envelopes to correlate: a kick answered by a snare is one beat apart, whatever the bar's length."""
LAG_OVERSAMPLING = 4
"""Lags per bin of the grid."""

_SIZE = quick_size(2 * WINDOW_FRAMES)  # of a transform of a window, padded so that no lag wraps around
_LAGS = math.ceil(60.0 * ShortWindow.RATE_HZ / LOWEST_BPM * 2.0 ** (0.5 / BINS_PER_OCTAVE)) + 1
"""Lags up to that of the slowest tempo."""
_ROWS = 2 * ENVELOPES + len(CROSS_PAIRS)
_WINDOWS_AT_ONCE = 4 * SECTION_HOP_WINDOWS  # their spectra fit in a core's own cache


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
    whole = np.zeros((1, _ROWS, _SIZE // 2 + 1))
    for sums in _sums(_windows(envelopes)):
        whole += sums.sum(axis=0)
    return _tempograms(whole)[0]


def section_tempograms(envelopes: OnsetEnvelopes) -> Iterator[Tempogram | None]:
    """Tempograms of sections of `SECTION_S` seconds, which begin `SECTION_HOP_S` apart.

    envelopes: of at least one frame
    yields: Tempogram; None if nothing rises and falls. Nothing if not even one section is full.
    """
    windows, last = _windows(envelopes), np.zeros((0, _ROWS, _SIZE // 2 + 1))
    # Sections overlap by half: each half is transformed once and used for two sections.
    for sums in _sums(windows[:, : windows.shape[1] // SECTION_HOP_WINDOWS * SECTION_HOP_WINDOWS]):
        halves = np.concatenate([last, sums])
        yield from _tempograms(halves[:-1] + halves[1:])
        last = halves[-1:]


def _windows(envelopes: OnsetEnvelopes) -> FloatArray:
    """The detrended envelopes in windows of 8 s, shape (7, count, 802); padded with zeros to at least one window."""
    signal = detrended(envelopes.bands)
    if signal.shape[1] < WINDOW_FRAMES:
        signal = np.pad(signal, ((0, 0), (0, WINDOW_FRAMES - signal.shape[1])))
    return np.lib.stride_tricks.sliding_window_view(signal, WINDOW_FRAMES, axis=1)[:, ::WINDOW_HOP_FRAMES]


def _sums(windows: FloatArray) -> Iterator[npt.NDArray[np.float64]]:
    """Sums over groups of `SECTION_HOP_WINDOWS` windows; the last group may be smaller.

    windows: shape (7, count, 802)
    yields: for some groups, shape (groups, 18, n_bins): power of each envelope, real part of the product of each of
        `CROSS_PAIRS`, and magnitude of each envelope.
    """
    for start in range(0, windows.shape[1], _WINDOWS_AT_ONCE):
        part = windows[:, start : start + _WINDOWS_AT_ONCE]
        groups = -(-part.shape[1] // SECTION_HOP_WINDOWS)
        shaped = np.zeros((ENVELOPES, groups * SECTION_HOP_WINDOWS, WINDOW_FRAMES), dtype=np.float32)
        np.subtract(part, part.mean(axis=2, keepdims=True), out=shaped[:, : part.shape[1]])
        shaped *= _taper()
        # Real and imaginary parts side by side.
        spectrum = real_transform(shaped, _SIZE).view(np.float32)
        mean_power = np.einsum("ewk,ewk->ew", spectrum, spectrum) / np.float32(spectrum.shape[2] // 2)
        # Square-root weighting: a loud chorus counts more than an empty intro, but does not dominate.
        spectrum *= np.maximum(mean_power, np.finfo(np.float32).tiny)[:, :, None] ** np.float32(-0.25)
        squares = np.square(spectrum)
        power = squares[:, :, ::2] + squares[:, :, 1::2]
        first, other = np.array(CROSS_PAIRS).T
        # The real part makes the correlation symmetric: snare after kick or kick after snare.
        products = spectrum[first] * spectrum[other]
        cross = products[:, :, ::2] + products[:, :, 1::2]
        rows = np.concatenate([power, cross, np.sqrt(power)])
        by_group = rows.reshape(_ROWS, groups, SECTION_HOP_WINDOWS, -1).sum(axis=2)
        yield by_group.swapaxes(0, 1).astype(np.float64)


def _tempograms(sums: npt.NDArray[np.float64]) -> list[Tempogram | None]:
    """The tempograms of sums as from `_sums`, one for each."""
    correlation = np.fft.irfft(sums[:, :-ENVELOPES], n=_SIZE)[:, :, :_LAGS]
    zero_lag = correlation[:, :ENVELOPES, :1]
    strongest = zero_lag.max(axis=1, keepdims=True)
    zero_lag = np.maximum(zero_lag, np.maximum(1e-9 * strongest, np.finfo(np.float32).tiny))
    first, other = np.array(CROSS_PAIRS).T
    norms = np.concatenate([zero_lag, np.sqrt(zero_lag[:, first] * zero_lag[:, other])], axis=1)
    lags = _lags_on_grid(correlation / norms / _taper_correlation())
    fourier = _interpolate(sums[:, -ENVELOPES:], grid_bpm() / 60.0 * _SIZE / ShortWindow.RATE_HZ)
    scale = np.sqrt(np.mean(np.square(fourier), axis=2, keepdims=True))
    fourier = (fourier / np.maximum(scale, 1e-9)).astype(np.float32)
    return [
        Tempogram(autocorrelation=of_lags[:ENVELOPES], fourier=of_rates, cross=of_lags[ENVELOPES:]) if sounds else None
        for of_lags, of_rates, sounds in zip(lags, fourier, strongest > np.finfo(np.float32).tiny, strict=True)
    ]


@cache
def _taper() -> FloatArray:
    return np.hanning(WINDOW_FRAMES).astype(np.float32)


@cache
def _taper_correlation() -> npt.NDArray[np.float64]:
    """Autocorrelation of the taper, 1 at lag zero: that of a constant envelope."""
    power = np.square(np.abs(np.fft.rfft(_taper(), n=_SIZE)))
    correlation = np.fft.irfft(power, n=_SIZE)[:_LAGS]
    # Lags near the window's length have little data and must not be amplified.
    return np.maximum(correlation / correlation[0], 0.02)


def _interpolate(rows: npt.NDArray[np.float64], positions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Linear interpolation of each row at fractional positions within it; shape (..., n) to (..., positions)."""
    below = np.minimum(positions.astype(np.int64), rows.shape[-1] - 2)
    share = (positions - below)[:, None]
    # By position: copies neighbouring numbers of all rows at once.
    columns = np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]).T)
    values = columns[below] * (1.0 - share)
    values += columns[below + 1] * share
    return values.T.reshape(*rows.shape[:-1], positions.size)


def _lags_on_grid(rows: npt.NDArray[np.float64]) -> FloatArray:
    """Largest correlation within each bin's range of lags: a machine's peak is narrower than a slow tempo's bin."""
    steps = np.arange(-(LAG_OVERSAMPLING // 2), LAG_OVERSAMPLING // 2 + 1) / LAG_OVERSAMPLING
    bpm = 2.0 ** (steps / BINS_PER_OCTAVE)[:, None] * grid_bpm()
    fine = _interpolate(rows, (60.0 * ShortWindow.RATE_HZ / bpm).ravel())
    return fine.reshape(*rows.shape[:-1], steps.size, GRID_BINS).max(axis=-2).astype(np.float32)
