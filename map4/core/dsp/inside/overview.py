"""A compact overview of a track: the waveform strip of DJ programs, and the course of its energy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from map4.core.dsp.spectrum.filters import FloatArray, power_bands
from map4.core.dsp.spectrum.packed import Packed
from map4.core.music.analysis.inside import ENERGY_POINTS, OVERVIEW_POINTS, Overview

LOW_HZ, HIGH_HZ = 200.0, 2000.0
"""Kick and bass are below the first, cymbals and breath above the second."""
RANGE_DB = 48.0
"""Levels further below the loudest point are not drawn: a strip has no room for more."""


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
