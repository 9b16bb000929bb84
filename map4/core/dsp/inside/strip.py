"""The waveform of a track: a compact overview with the course of its energy, and a fine strip to place cues by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from map4.core.dsp.spectrum.filters import FloatArray, hann, power_bands
from map4.core.dsp.spectrum.packed import Packed
from map4.core.music.analysis.inside import ENERGY_POINTS, OVERVIEW_POINTS, Overview, Strip

_WINDOW_S = 0.012

Levels = npt.NDArray[np.uint8]
LOW_HZ, HIGH_HZ = 200.0, 2000.0
"""Kick and bass are below the first, cymbals and breath above the second."""
RANGE_DB = 48.0
"""Levels further below the loudest point are not drawn: a strip has no room for more."""


def make_strip(blocks: Iterable[FloatArray], sample_rate_hz: int) -> Levels:
    """The levels of three bands, shape (3, n): point i is around i / `Strip.RATE_HZ` seconds.

    blocks: of samples, shape (k, channels)
    returns: 0 is `RANGE_DB` below the loudest point of all three, 255 that point; zeros for silence
    """
    window = hann(1 << max(4, round(_WINDOW_S * sample_rate_hz).bit_length()))
    edges_hz = np.fft.rfftfreq(len(window), 1.0 / sample_rate_hz)[1:]
    starts = np.unique(np.searchsorted(edges_hz, (0.0, LOW_HZ, HIGH_HZ)))
    points = np.concatenate([_bands(frame * window, starts) for frame in _frames(blocks, sample_rate_hz, len(window))])
    loudest = float(points.max(initial=0.0))
    if loudest <= 0.0:
        return np.zeros((3, len(points)), dtype=np.uint8)
    level_db = 10.0 * np.log10(np.maximum(points / loudest, 10.0 ** (-0.1 * RANGE_DB)))
    return np.ascontiguousarray(np.rint(255.0 * (1.0 + level_db / RANGE_DB)).astype(np.uint8).T)


def coarser(levels: Levels, first: int, last: int, points: int) -> Levels:
    """The highest levels of `points` equal parts of the points from `first` to `last`, shape (3, points)."""
    shown = levels[:, first:last]
    starts = np.arange(points) * shown.shape[1] // points
    return np.maximum.reduceat(shown, starts, axis=1)


def _bands(frames: FloatArray, starts: npt.NDArray[np.int64]) -> FloatArray:
    spectra = np.fft.rfft(frames, axis=1)[:, 1:]
    sums = np.add.reduceat(np.square(np.abs(spectra)), starts, axis=1).astype(np.float32)
    missing = 3 - sums.shape[1]  # audio without highs
    return np.pad(sums, ((0, 0), (0, missing))) if missing else sums


def _frames(blocks: Iterable[FloatArray], sample_rate_hz: int, size: int) -> Iterator[FloatArray]:
    """Mono frames centred on their points, in batches of a second; silence outside."""
    pending, samples, seconds = np.zeros(size // 2, dtype=np.float32), 0, 0
    starts = np.arange(Strip.RATE_HZ) * sample_rate_hz // Strip.RATE_HZ
    for block in blocks:
        samples += len(block)
        pending = np.concatenate([pending, block.mean(axis=1, dtype=np.float32)])
        while len(pending) >= sample_rate_hz + size:
            yield np.lib.stride_tricks.sliding_window_view(pending, size)[starts]
            pending, seconds = pending[sample_rate_hz:], seconds + 1
    left = -(-(samples - seconds * sample_rate_hz) * Strip.RATE_HZ // sample_rate_hz)
    pending = np.concatenate([pending, np.zeros(2 * sample_rate_hz + size, dtype=np.float32)])
    starts = np.arange(left) * sample_rate_hz // Strip.RATE_HZ
    yield np.lib.stride_tricks.sliding_window_view(pending, size)[starts]


def make_overview(mel_power: Packed, energy: FloatArray) -> Overview | None:
    """Make the overview of a track.

    mel_power: shape (n, 40), n >= 1, as in `Spectra`
    energy: shape (k,), k >= 1, 0-1, evenly spaced over the whole track
    returns: Overview; each point is the mean power of the frames up to the next point. None for silence.
    """
    points = _means(mel_power.times(power_bands(LOW_HZ, HIGH_HZ)), OVERVIEW_POINTS)
    loudest = float(points.max())
    if loudest <= 0.0:
        return None
    level_db = 10.0 * np.log10(np.maximum(points / loudest, 10.0 ** (-0.1 * RANGE_DB)))
    low, mid, high = (_bytes(row) for row in (1.0 + level_db / RANGE_DB).T)
    return Overview(low=low, mid=mid, high=high, energy=_bytes(_means(energy[:, None], ENERGY_POINTS)[:, 0]))


def _means(rows: FloatArray, count: int) -> npt.NDArray[np.float64]:
    """Means of equal parts of the rows, shape (count, ...); with fewer rows, nearest rows are repeated."""
    starts = np.arange(count) * len(rows) // count
    sizes = np.maximum(np.diff(starts, append=len(rows)), 1)
    return np.add.reduceat(rows, starts, axis=0) / sizes[:, None]


def _bytes(fractions: npt.NDArray[np.float64]) -> bytes:
    return np.rint(255.0 * np.clip(fractions, 0.0, 1.0)).astype(np.uint8).tobytes()
