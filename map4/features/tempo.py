"""From a tempogram to one tempo with its alternatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import fft

from map4.features.signal import FRAME_RATE_HZ, FloatArray
from map4.features.tempogram import BINS_PER_OCTAVE, GRID_BINS, Tempogram, grid_bpm

SLOWEST_BPM = 42.0
FASTEST_BPM = 245.0

# What speaks for a candidate: its own rate, its divisions, and one bar. The weights apply to the mean over the
# envelopes; they were found on labelled music and rounded (Accuracy 1 cross-validated .77, rounded .78).
FOURIER_WEIGHTS = {0.5: 1.5, 1.0: 1.2, 2.0: 1.2, 3.0: 0.8, 4.0: 0.8}
"""Onsets repeat every two beats, every beat and every half, third or quarter of one."""
CROSS_WEIGHTS = {1.0: 5.0, 2.0: 3.0}
"""Kick and snare answer each other one beat apart (or half of one); this settles the octave."""
AUTOCORRELATION_WEIGHTS = {0.25: 2.0}
"""The pattern comes again after four beats."""
PRIOR_BPM = 95.0
PRIOR_OCTAVES = 0.8
"""Standard deviation of the log-normal prior; wide enough for drum & bass and ballads."""

POOL_BINS = 2
"""Neighbours that count as the same tempo (4 %, the usual tolerance)."""
FINE_SEARCH = 0.03
"""The fine tempo is looked for within 3 % of the coarse one (its bins are 1.9 % wide)."""
FINE_HARMONICS = (1, 2, 3, 4, 6, 8)
"""Multiples of the beat; the high ones are the exact ones, and a part that moves to the off-beat halfway through the
track, which splits the peak of the beat in two, leaves the even ones alone."""
FINE_BLOCK_S = 1.0
"""Within so short a time no tempo near the peak runs out of phase."""
FINE_STEPS = 16
ALTERNATIVE_RATIOS = (0.5, 2.0, 2.0 / 3.0, 1.5, 0.75, 4.0 / 3.0, 1.0 / 3.0, 3.0)

TempoScorer = Callable[[Tempogram], FloatArray]
"""Gives each of `candidate_bpm()` a score; the softmax of the scores is read as probability."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TempoDistribution:
    """Probability of each candidate tempo, already summed over its neighbours within 4 %.

    Parameters
    ----------
    bpm : the most probable tempo, to a fraction of a bin
    pooled : shape (K,), 0-1, over `candidate_bpm()`
    """

    bpm: float
    pooled: npt.NDArray[np.float64]

    def probability(self, bpm: float) -> float:
        """Probability of a tempo, 0 outside the candidates."""
        index = round(BINS_PER_OCTAVE * math.log2(bpm / float(candidate_bpm()[0])))
        return float(self.pooled[index]) if 0 <= index < self.pooled.size else 0.0


def candidate_bpm() -> npt.NDArray[np.float64]:
    """The candidate tempi, about 42 to 245 BPM, shape (K,)."""
    return grid_bpm()[candidate_slice()]


def score_candidates(tempogram: Tempogram) -> FloatArray:
    """Score each candidate tempo by the rules above: comb, kick against snare, bar, log-normal prior.

    Returns
    -------
    shape (K,), log-probability up to a constant.
    """
    fourier, cross, autocorrelation = (
        _widened(rows).mean(axis=0) for rows in (tempogram.fourier, tempogram.cross, tempogram.autocorrelation)
    )
    octaves = np.log2(candidate_bpm() / PRIOR_BPM) / PRIOR_OCTAVES
    score = -0.5 * np.square(octaves)
    for row, weights in (
        (fourier, FOURIER_WEIGHTS),
        (cross, CROSS_WEIGHTS),
        (autocorrelation, AUTOCORRELATION_WEIGHTS),
    ):
        for ratio, weight in weights.items():
            score += weight * _at_ratio(row, ratio)
    return score.astype(np.float32)


def distribute(scores: FloatArray, *, temperature: float) -> TempoDistribution:
    """Softmax of the scores, pooled over neighbours."""
    scaled = scores.astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    weights /= weights.sum()
    pooled = np.convolve(weights, np.ones(2 * POOL_BINS + 1), mode="same")
    best = int(pooled.argmax())
    near = slice(max(0, best - POOL_BINS), best + POOL_BINS + 1)
    bpm = float(2.0 ** np.average(np.log2(candidate_bpm()[near]), weights=weights[near]))
    return TempoDistribution(bpm=bpm, pooled=np.minimum(pooled, 1.0))


def fine_tempo(onset_envelope: FloatArray, bpm: float) -> float:
    """Sharpen a tempo by the phase-coherent Fourier sum of the whole envelope at multiples of the beat.

    Parameters
    ----------
    onset_envelope : shape (n,), sharp, at `FRAME_RATE_HZ`
    bpm : coarse tempo, right within 3 %

    Returns
    -------
    BPM within 3 % of the coarse tempo; on a steady track of a minute good to about 0.01 BPM.
    """
    centred = onset_envelope - onset_envelope.mean()
    # Twice the length in zeros gives four points a peak, so that none is missed.
    n_fft = fft.next_fast_len(4 * centred.size, real=True)
    magnitude = np.abs(fft.rfft(centred, n=n_fft, workers=1))
    bins_per_bpm = n_fft / FRAME_RATE_HZ / 60.0
    step = 0.25 / (bins_per_bpm * max(FINE_HARMONICS))
    count = math.ceil(FINE_SEARCH * bpm / step)
    tempi = bpm + step * np.arange(-count, count + 1)
    total = np.zeros(tempi.size)
    for harmonic in FINE_HARMONICS:
        total += np.interp(harmonic * bins_per_bpm * tempi, np.arange(magnitude.size), magnitude, right=0.0)
    return _peak_near(centred, float(tempi[int(total.argmax())]), reach_bpm=60.0 * FRAME_RATE_HZ / n_fft)


def _peak_near(centred: FloatArray, bpm: float, *, reach_bpm: float) -> float:
    """Largest Fourier sum within `reach_bpm`, computed exactly rather than between the bins of a transform."""
    block = round(FINE_BLOCK_S * FRAME_RATE_HZ)
    padded = np.pad(centred, (0, -centred.size % block))
    turns = np.arange(padded.size) * (bpm / 60.0 / FRAME_RATE_HZ)
    block_s = np.arange(padded.size // block) * (block / FRAME_RATE_HZ)
    offsets = np.linspace(-reach_bpm, reach_bpm, 2 * FINE_STEPS + 1)
    total = np.zeros(offsets.size)
    carrier = np.exp(-2j * np.pi * (turns % 1.0)).astype(np.complex64)
    for harmonic in FINE_HARMONICS:
        phasors = (padded * carrier**harmonic).reshape(-1, block).sum(axis=1)
        total += np.abs(np.exp(-2j * np.pi * harmonic / 60.0 * np.outer(offsets, block_s)) @ phasors)
    best = int(np.clip(total.argmax(), 1, offsets.size - 2))
    before, here, after = total[best - 1 : best + 2]
    curvature = before - 2.0 * here + after
    vertex = 0.5 * (before - after) / curvature if curvature < 0.0 else 0.0
    return float(bpm + offsets[best] + np.clip(vertex, -1.0, 1.0) * (offsets[1] - offsets[0]))


def _widened(rows: FloatArray) -> FloatArray:
    """Maximum with both neighbours: drifting tempi spread over bins."""
    wide = rows.copy()
    np.maximum(wide[:, 1:], rows[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], rows[:, 1:], out=wide[:, :-1])
    return wide


@cache
def candidate_slice() -> slice:
    """Where the candidates stand in the grid of a tempogram."""
    inside = np.nonzero((grid_bpm() >= SLOWEST_BPM) & (grid_bpm() <= FASTEST_BPM))[0]
    return slice(int(inside[0]), int(inside[-1]) + 1)


def _at_ratio(row: FloatArray, ratio: float) -> FloatArray:
    """The row at `ratio` times each candidate, 0 outside the grid."""
    candidates = candidate_slice()
    index = np.arange(candidates.start, candidates.stop) + round(BINS_PER_OCTAVE * math.log2(ratio))
    values: FloatArray = np.where((index >= 0) & (index < GRID_BINS), row[np.clip(index, 0, GRID_BINS - 1)], 0.0)
    return values
