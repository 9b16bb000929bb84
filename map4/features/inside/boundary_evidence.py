"""What speaks for a phrase that begins with a bar: change on many scales, repetition that sets in, fills and crashes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from map4.features.inside.bar_pictures import BarPictures
from map4.features.spectrum.spectral_pass import FloatArray

CHANGE_BARS = (1, 2, 4, 8)
"""Bars on either side that are compared as a whole."""
RETURN_BARS = (2, 4, 8)
"""Bars that have to return together to count as a repetition."""
LEAST_LAG = 4
"""Bars: what returns sooner is a groove and not a phrase."""
AROUND_BARS = 4
"""Bars on either side that are compared one by one."""
LEVEL_BARS = (1, 4, 8)
EDGE_BARS = 16

_SPREAD_FLOOR = 0.02
"""Added to the spread that numbers are divided by, so that what never changes is not blown up."""


def boundary_evidence(pictures: BarPictures) -> FloatArray:
    """Numbers of each bar that tell whether a phrase begins with it.

    Returns
    -------
    shape (n, k), float32; all but the last few are compared with what they are elsewhere in the track.
    """
    streams = [unit_rows(rows) for rows in (pictures.sound, pictures.rhythm, pictures.harmony, pictures.tune)]
    likeness = [rows @ rows.T for rows in streams]
    n = len(streams[0])
    arrangement, music = 0.5 * (likeness[0] + likeness[1]), 0.5 * (likeness[2] + likeness[3])
    numbers = [_change(matrix, bars) for matrix in likeness for bars in CHANGE_BARS]
    for matrix in (arrangement, likeness[2], likeness[3]):
        for bars in RETURN_BARS:
            numbers += _returns(matrix, bars)
    steps = np.concatenate([pictures.levels, pictures.hits], axis=1)
    steps = (steps - steps.mean(axis=0)) / (steps.std(axis=0) + 0.05)
    rises = np.concatenate([_rise(steps, bars) for bars in LEVEL_BARS], axis=1)
    before = np.roll(pictures.closing, 1, axis=0)
    compared = np.concatenate(
        [
            np.stack(numbers, axis=1),
            pictures.opening,
            pictures.closing,
            before,
            before - _mean_before(pictures.closing, 4),
        ],
        axis=1,
    )
    compared = (compared - compared.mean(axis=0)) / (compared.std(axis=0) + _SPREAD_FLOOR)
    place = np.arange(n)
    general = np.array(
        [*np.log1p(pictures.levels.std(axis=0)), *(float(np.diagonal(m, 1).mean()) for m in likeness), np.log(n) - 4.0]
    )
    edges = np.stack([np.minimum(place, EDGE_BARS), np.minimum(n - place, EDGE_BARS)], axis=1) / EDGE_BARS
    evidence = np.concatenate(
        [
            np.clip(compared, -4.0, 4.0),
            np.clip(rises, -4.0, 4.0),
            _around(arrangement),
            _around(music),
            edges,
            np.broadcast_to(general, (n, general.size)),
        ],
        axis=1,
        dtype=np.float32,
    )
    return evidence


def unit_rows(rows: FloatArray) -> FloatArray:
    """Rows less their mean, each of length 1, or shorter where there is hardly anything."""
    rows = rows - rows.mean(axis=0)
    length = np.sqrt(np.einsum("nc,nc->n", rows, rows))
    unit: FloatArray = rows / (length + 0.1 * length.mean() + 1e-9)[:, None]
    return unit


def _change(likeness: FloatArray, bars: int) -> FloatArray:
    """Squared distance between the mean of the bars before each and that of those from it on, shape (n,)."""
    n = len(likeness)
    total = np.zeros((n + 1, n + 1))
    np.cumsum(np.cumsum(likeness, axis=0, dtype=np.float64), axis=1, out=total[1:, 1:])
    here = np.arange(n)
    low, high = np.maximum(here - bars, 0), np.minimum(here + bars, n)
    left, right = np.maximum(here - low, 1), high - here

    def block(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], c: npt.NDArray[np.int64], d: npt.NDArray[np.int64]):
        return total[b, d] - total[a, d] - total[b, c] + total[a, c]

    within = block(low, here, low, here) / left**2 + block(here, high, here, high) / right**2
    change: FloatArray = within - 2.0 * block(low, here, here, high) / (left * right)
    return change


def _returns(likeness: FloatArray, bars: int) -> list[FloatArray]:
    """How far a repetition of some bars begins or ends at each bar: most that begins, most that ends, mean, best."""
    n = len(likeness)
    padded = np.zeros((n + 2 * bars, n + 2 * bars), dtype=np.float32)
    padded[bars : n + bars, bars : n + bars] = likeness
    size = 1
    while size < bars:  # mean along the diagonals
        padded = 0.5 * (padded[:-size, :-size] + padded[size:, size:])
        size *= 2
    ahead = padded[bars : n + bars, bars : n + bars]
    behind = padded[:n, :n]
    here = np.arange(n)
    far = np.abs(here[:, None] - here) >= max(LEAST_LAG, bars)
    gain = np.where(far, ahead - behind, np.float32(0.0))
    best = np.where(far, ahead, np.float32(0.0)).max(axis=1)
    return [gain.max(axis=1), gain.min(axis=1), np.abs(gain).mean(axis=1), best]


def _rise(steps: FloatArray, bars: int) -> FloatArray:
    """Mean of the bars from each on less that of the bars before it, shape (n, columns)."""
    total = np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0, dtype=np.float64)])
    n = len(steps)
    here = np.arange(n)
    low, high = np.maximum(here - bars, 0), np.minimum(here + bars, n)
    after = (total[high] - total[here]) / (high - here)[:, None]
    before = (total[here] - total[low]) / np.maximum(here - low, 1)[:, None]
    rise: FloatArray = np.where(here[:, None] > 0, after - before, 0.0).astype(np.float32)
    return rise


def _mean_before(rows: FloatArray, bars: int) -> FloatArray:
    """Mean of the bars before the last one before each bar."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=np.float64)])
    here = np.arange(len(rows))
    high = np.maximum(here - 1, 0)
    low = np.maximum(high - bars, 0)
    mean: FloatArray = ((total[high] - total[low]) / np.maximum(high - low, 1)[:, None]).astype(np.float32)
    return mean


def _around(likeness: FloatArray) -> FloatArray:
    """Likeness of each two of the bars around each bar, shape (n, 28)."""
    n = len(likeness)
    padded = np.pad(likeness, AROUND_BARS)
    one, other = np.triu_indices(2 * AROUND_BARS, 1)
    here = np.arange(n)[:, None]
    around: FloatArray = padded[here + one, here + other]
    return around
