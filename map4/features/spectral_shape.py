"""What the power spectrum of a frame looks like: centre, spread, rolloff, flatness and contrast."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from map4.features.filters import ANALYSIS_RATE_HZ, SHORT_WINDOW, FloatArray

ROLLOFF_SHARE = 0.85
"""Share of the power below the rolloff frequency; the usual choice."""
POWER_FLOOR = 1e-10
"""Power of one bin below which it counts as silent, so that logarithms stay finite."""

CONTRAST_EDGES_HZ = (100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0)
CONTRAST_SHARE = 0.2
"""Share of an octave's bins that count as its peaks, and as its valleys."""

# Bins a part in the search for the rolloff: 513 of them are 19 parts of 27.
_ROLLOFF_PART = 27


def describe_shape(power: FloatArray, moments: FloatArray) -> FloatArray:
    """Describe where the power of each frame lies.

    Parameters
    ----------
    power : shape (count, 513), non-negative
    moments : shape (count, 3), sums of the power times 1, the frequency in kHz, and its square

    Returns
    -------
    Centroid, bandwidth (standard deviation) and rolloff in Hz, flatness (geometric over arithmetic mean, 0-1); shape
    (count, 4); zeros for silent frames.
    """
    out = np.zeros((power.shape[0], 4), dtype=np.float32)
    total, first, second = moments.T
    total = np.maximum(total, POWER_FLOOR)
    centre_khz = first / total
    out[:, 0] = 1000.0 * centre_khz
    out[:, 1] = 1000.0 * np.sqrt(np.maximum(second / total - centre_khz**2, 0.0))
    out[:, 2] = _bins_below(power, ROLLOFF_SHARE) * np.float32(ANALYSIS_RATE_HZ / SHORT_WINDOW)
    floored = np.maximum(power, POWER_FLOOR)
    arithmetic = floored.mean(axis=1)
    np.log(floored, out=floored)
    out[:, 3] = np.exp(floored.mean(axis=1)) / arithmetic
    # Below the floor there is nothing to describe; "perfectly flat" would be wrong for silence.
    out[moments[:, 0] <= POWER_FLOOR * power.shape[1]] = 0.0
    return out


def _bins_below(power: FloatArray, share: float) -> NDArray[np.intp]:
    """Bins whose running sum stays below a share of the row's sum, shape (count,).

    Found in two steps, first the part of the row, then the bin in it: summing up every bin takes three times as long.
    """
    parts = power.reshape(power.shape[0], -1, _ROLLOFF_PART)
    until = np.cumsum(np.add.reduceat(power, np.arange(0, power.shape[1], _ROLLOFF_PART), axis=1), axis=1)
    wanted = share * until[:, -1]
    part = np.count_nonzero(until < wanted[:, None], axis=1)
    rows = np.arange(part.size)
    before = np.where(part > 0, until[rows, part - 1], np.float32(0.0))
    within = np.cumsum(parts[rows, part], axis=1)
    below: NDArray[np.intp] = part * _ROLLOFF_PART + np.count_nonzero(within < (wanted - before)[:, None], axis=1)
    return below


def octave_contrast(power: FloatArray) -> FloatArray:
    """Mean of the strongest over mean of the weakest fifth of the bins of each octave.

    Parameters
    ----------
    power : shape (count, 513), non-negative

    Returns
    -------
    dB, shape (count, 5); 0 for silent frames.
    """
    edges = np.rint(np.array(CONTRAST_EDGES_HZ) * SHORT_WINDOW / ANALYSIS_RATE_HZ).astype(int)
    peaks, valleys = np.empty((2, power.shape[0], edges.size - 1), dtype=np.float32)
    for band, (low, high) in enumerate(pairwise(edges)):
        ranked = np.sort(power[:, low:high], axis=1)
        count = max(1, round(CONTRAST_SHARE * (high - low)))
        np.add.reduce(ranked[:, -count:], axis=1, out=peaks[:, band])
        np.add.reduce(ranked[:, :count], axis=1, out=valleys[:, band])
        peaks[:, band] /= count
        valleys[:, band] /= count
    contrast_db: FloatArray = np.float32(10.0) * np.log10(
        np.maximum(peaks, POWER_FLOOR) / np.maximum(valleys, POWER_FLOOR)
    )
    return contrast_db
