"""A fine strip of a track, to place a cue on a drum: like the overview, with many points per second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from map4.core.dsp.inside.overview import HIGH_HZ, LOW_HZ, RANGE_DB
from map4.core.dsp.spectrum.filters import FloatArray, hann
from map4.core.music.analysis.inside import STRIP_RATE_HZ

_WINDOW_S = 0.012

Levels = npt.NDArray[np.uint8]


def make_strip(blocks: Iterable[FloatArray], sample_rate_hz: int) -> Levels:
    """The levels of three bands, shape (3, n): point i is around i / `STRIP_RATE_HZ` seconds.

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
    starts = np.arange(STRIP_RATE_HZ) * sample_rate_hz // STRIP_RATE_HZ
    for block in blocks:
        samples += len(block)
        pending = np.concatenate([pending, block.mean(axis=1, dtype=np.float32)])
        while len(pending) >= sample_rate_hz + size:
            yield np.lib.stride_tricks.sliding_window_view(pending, size)[starts]
            pending, seconds = pending[sample_rate_hz:], seconds + 1
    left = -(-(samples - seconds * sample_rate_hz) * STRIP_RATE_HZ // sample_rate_hz)
    pending = np.concatenate([pending, np.zeros(2 * sample_rate_hz + size, dtype=np.float32)])
    starts = np.arange(left) * sample_rate_hz // STRIP_RATE_HZ
    yield np.lib.stride_tricks.sliding_window_view(pending, size)[starts]
