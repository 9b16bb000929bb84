"""Evidence for a phrase that begins with a bar: change on many scales, repetition, fills and crashes."""

from __future__ import annotations

import numpy as np

from map4.core.dsp.inside.bar_evidence import means_around
from map4.core.dsp.inside.bar_pictures import BarPictures
from map4.core.dsp.spectrum.spectral_pass import FloatArray

CHANGE_BARS = (1, 2, 4, 8)
"""Numbers of bars on either side that are compared as a whole."""
RETURN_BARS = (2, 4, 8)
"""Numbers of bars that must return together to count as a repetition."""
LEAST_LAG = 4
"""Bars: shorter repetitions are grooves, not phrases."""
AROUND_BARS = 4
"""Bars on either side that are compared individually."""
LEVEL_BARS = (1, 4, 8)
EDGE_BARS = 16

_SPREAD_FLOOR = 0.02  # added to the divisor of numbers, so that constant features are not amplified


def boundary_evidence(pictures: BarPictures) -> FloatArray:
    """The evidence of each bar for the start of a phrase.

    returns: shape (n, k), float32; all but the last few are relative to the rest of the track.
    """
    n = len(pictures.levels)
    likeness = pictures.likeness
    half = np.float32(0.5)
    arrangement, music = half * (likeness[0] + likeness[1]), half * (likeness[2] + likeness[3])
    returning = np.stack([arrangement, likeness[2], likeness[3]])
    numbers = [*_changes(likeness), *(row for bars in RETURN_BARS for row in _returns(returning, bars))]
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
    return np.concatenate(
        [
            np.clip(compared, -4.0, 4.0),
            np.clip(rises, -4.0, 4.0),
            _similarity_around(arrangement),
            _similarity_around(music),
            edges,
            np.broadcast_to(general, (n, general.size)),
        ],
        axis=1,
        dtype=np.float32,
    )


def _changes(likeness: FloatArray) -> list[FloatArray]:
    """Squared distance between the mean of the bars before each bar and the mean from it on.

    likeness: shape (streams, n, n), products of the rows of each pair of bars
    returns: An array of shape (n,) for each stream and each of `CHANGE_BARS`.
    """
    streams, n = likeness.shape[:2]
    total = np.zeros((streams, n + 1, n + 1))
    np.cumsum(np.cumsum(likeness, axis=1, dtype=np.float64), axis=2, out=total[:, 1:, 1:])
    here = np.arange(n)
    changes = np.empty((streams, len(CHANGE_BARS), n), dtype=np.float32)
    for index, bars in enumerate(CHANGE_BARS):
        low, high = np.maximum(here - bars, 0), np.minimum(here + bars, n)
        left, right = np.maximum(here - low, 1), high - here
        # Sums over squares of the matrix: before, after, and before by after; it is symmetric.
        low_low, low_here, low_high = (total[:, low, place] for place in (low, here, high))
        here_here, here_high, high_high = total[:, here, here], total[:, here, high], total[:, high, high]
        before = here_here - 2.0 * low_here + low_low
        after = high_high - 2.0 * here_high + here_here
        across = here_high - low_high - here_here + low_here
        changes[:, index] = before / left**2 + after / right**2 - 2.0 * across / (left * right)
    return list(changes.reshape(-1, n))


def _returns(likeness: FloatArray, bars: int) -> list[FloatArray]:
    """How much a repetition of some bars begins or ends at each bar: largest begin, largest end, mean, best.

    likeness: shape (streams, n, n)
    bars: number that must return together; a power of 2
    returns: Four arrays of shape (n,) for each stream.
    """
    streams, n = likeness.shape[:2]
    padded = np.zeros((streams, n + 2 * bars, n + 2 * bars), dtype=np.float32)
    padded[:, bars : n + bars, bars : n + bars] = likeness
    padded = along_diagonals(padded, bars)
    here = np.arange(n)
    far = (np.abs(here[:, None] - here) >= max(LEAST_LAG, bars)).astype(np.float32) / np.float32(bars)
    ahead = padded[:, bars : n + bars, bars : n + bars] * far
    gain = ahead - padded[:, :n, :n] * far
    # The matrix is symmetric: reducing rows gives the same, and is faster.
    most, least, best = gain.max(axis=1), gain.min(axis=1), ahead.max(axis=1)
    np.abs(gain, out=gain)
    columns = np.stack([most, least, gain.sum(axis=1) / np.float32(n), best], axis=1)
    return list(columns.reshape(-1, n))


def along_diagonals(likeness: FloatArray, bars: int) -> FloatArray:
    """Sums of `bars` neighbours along each diagonal of the last two axes, wherever as many exist.

    bars: a power of 2
    """
    size = 1
    while size < bars:
        likeness = likeness[..., :-size, :-size] + likeness[..., size:, size:]
        size *= 2
    return likeness


def _rise(steps: FloatArray, bars: int) -> FloatArray:
    """Mean of the bars from each bar on minus the mean of the bars before it, shape (n, columns)."""
    before, after = means_around(steps, bars)
    return np.where(np.arange(len(steps))[:, None] > 0, after - before, 0.0).astype(np.float32)


def _mean_before(rows: FloatArray, bars: int) -> FloatArray:
    """Mean of the bars before the bar that precedes each bar."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=np.float64)])
    here = np.arange(len(rows))
    high = np.maximum(here - 1, 0)
    low = np.maximum(high - bars, 0)
    return ((total[high] - total[low]) / np.maximum(high - low, 1)[:, None]).astype(np.float32)


def _similarity_around(likeness: FloatArray) -> FloatArray:
    """Similarity of each pair of the bars around each bar, shape (n, 28)."""
    n = len(likeness)
    padded = np.pad(likeness, AROUND_BARS)
    first, other = np.triu_indices(2 * AROUND_BARS, 1)
    here = np.arange(n)[:, None]
    return padded[here + first, here + other]
