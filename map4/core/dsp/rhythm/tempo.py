"""From a tempogram to a tempo with its alternatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from map4.core.dsp.rhythm.tempogram import BINS_PER_OCTAVE, Tempogram, grid_bpm
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.fourier import quick_size, spectrum_at
from map4.core.dsp.spectrum.spectral_pass import FloatArray

SLOWEST_BPM = 39.0
"""Includes a metronome's lowest mark, 40."""
FASTEST_BPM = 245.0
"""The scorers learned tempi up to this."""

POOL_BINS = 2
"""Neighbours that count as the same tempo (4 %, the usual tolerance)."""
PEAK_BINS = 2 * POOL_BINS
"""On either side of a tempo: its whole peak."""
FINE_SEARCH = 0.03
"""The fine tempo is searched within 3 % of the coarse tempo, whose bins are 1.9 % wide."""
FINE_HARMONICS = (1, 2, 3, 4, 6, 8)
"""Multiples of the beat. High multiples are the most exact; even ones are not affected by a part that moves to the
off-beat, which splits the peak of the beat."""
FINE_BLOCK_S = 1.0
"""Within this time no tempo near the peak gets out of phase."""
FINE_STEPS = 16
COHERENT_HARMONICS = (2, 4, 6)
"""Even multiples, so that a change between beat and off-beat does not count as unsteady."""
COHERENCE_S = 8.0
"""Phases are compared between groups of about this length ..."""
LEAST_COHERENCE_GROUPS = 4
"""... and at least this many groups, because two or three agree by chance."""
ALTERNATIVE_RATIOS = (0.5, 2.0, 2.0 / 3.0, 1.5, 0.75, 4.0 / 3.0, 1.0 / 3.0, 3.0)

TempoScorer = Callable[[Tempogram], FloatArray]
"""Scores each of `candidate_bpm()`; the softmax of the scores is a probability."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TempoDistribution:
    """Probability of each candidate tempo.

    bpm: the most probable tempo, to a fraction of a bin
    weights: shape (K,), 0-1, over `candidate_bpm()` and perhaps further, with sum 1
    pooled: shape (K,), 0-1, weights summed over neighbours within 4 %
    """

    bpm: float
    weights: npt.NDArray[np.float64]
    pooled: npt.NDArray[np.float64]

    @classmethod
    def of(cls, weights: npt.NDArray[np.float64]) -> TempoDistribution:
        """The distribution of given weights."""
        pooled = np.convolve(weights, np.ones(2 * POOL_BINS + 1), mode="same")
        best = int(pooled.argmax())
        near = slice(max(0, best - POOL_BINS), best + POOL_BINS + 1)
        tempi = np.log2(candidate_bpm()[0]) + np.arange(weights.size)[near] / BINS_PER_OCTAVE
        bpm = float(2.0 ** np.average(tempi, weights=weights[near]))
        return cls(bpm=bpm, weights=weights, pooled=np.minimum(pooled, 1.0))

    def probability(self, bpm: float) -> float:
        """Probability of a tempo, 0 outside the candidates."""
        index = _index(bpm)
        return float(self.pooled[index]) if 0 <= index < self.pooled.size else 0.0

    def redistributed(self, shares: Mapping[float, float], bpm: float) -> TempoDistribution:
        """The distribution in which some tempi share their probability in a new ratio.

        shares: by tempo, at least 20 % apart; with sum 1
        bpm: the most probable of them
        """
        last = max(map(_index, shares)) + PEAK_BINS
        weights = np.pad(self.weights, (0, max(0, last + 1 - self.weights.size)))
        parts = [slice(max(0, _index(each) - PEAK_BINS), _index(each) + PEAK_BINS + 1) for each in shares]
        together = sum(float(weights[part].sum()) for part in parts)
        for part in parts:
            weights[part] = 0.0
        for each, share in shares.items():
            weights[_index(each)] = together * share
        return replace(TempoDistribution.of(weights), bpm=bpm)


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTempo:
    """An exact tempo, and whether the track keeps it.

    bpm: beats per minute
    coherence: 0-1, agreement of the beat's phases along the track: 1 for a machine, 0.5 for noise; 0 if the signal is
        too short
    """

    bpm: float
    coherence: float


def candidate_bpm(fastest_bpm: float = FASTEST_BPM) -> npt.NDArray[np.float64]:
    """The candidate tempi, about 40 to 245 BPM, shape (K,)."""
    return grid_bpm()[candidate_slice(fastest_bpm)]


def distribute(scores: FloatArray) -> TempoDistribution:
    """Softmax of the scores."""
    weights = np.exp(scores.astype(np.float64) - float(scores.max()))
    return TempoDistribution.of(weights / weights.sum())


def fine_tempo(onset_envelope: FloatArray, bpm: float) -> FineTempo:
    """Refine a tempo by the phase-coherent Fourier sum of the whole envelope at multiples of the beat.

    onset_envelope: shape (n,), of the magnitude, at `ShortWindow.RATE_HZ`
    bpm: coarse tempo, right within 3 %
    returns: FineTempo within 3 % of the coarse tempo; accurate to 0.01 BPM for a steady track of a minute.
    """
    centred = onset_envelope - onset_envelope.mean()  # or the sum at 0 Hz would leak into slow tempi
    # Four points per peak, so that none is missed.
    n_fft = 4 * quick_size(centred.size)
    bins_per_bpm = n_fft / ShortWindow.RATE_HZ / 60.0
    step = 0.25 / (bins_per_bpm * max(FINE_HARMONICS))
    count = math.ceil(FINE_SEARCH * bpm / step)
    tempi = bpm + step * np.arange(-count, count + 1)
    places = np.outer(bins_per_bpm * np.array(FINE_HARMONICS), tempi)
    ends = np.minimum(places[:, -1].astype(int) + 2, n_fft // 2 + 1)
    bands = [np.arange(int(first), end) for first, end in zip(places[:, 0], ends, strict=True)]
    magnitude = np.abs(spectrum_at(centred, n_fft, np.concatenate(bands)))
    total = np.zeros(tempi.size)
    for at, band in zip(places, bands, strict=True):
        total += np.interp(at, band, magnitude[: band.size], right=0.0)
        magnitude = magnitude[band.size :]
    phasors = _Phasors(centred, float(tempi[int(total.argmax())]))
    best = phasors.peak(reach_bpm=1.0 / bins_per_bpm)
    return FineTempo(bpm=best, coherence=phasors.coherence(best))


class _Phasors:
    """Fourier sums of short blocks at multiples of a tempo, from which the sums of nearby tempi follow exactly."""

    def __init__(self, centred: FloatArray, bpm: float) -> None:
        self._bpm = bpm
        block = round(FINE_BLOCK_S * ShortWindow.RATE_HZ)
        blocks = np.pad(centred, (0, -centred.size % block)).reshape(-1, block)
        self._block_s = np.arange(len(blocks)) * (block / ShortWindow.RATE_HZ)
        harmonics = -2j * np.pi / 60.0 * bpm * np.array(FINE_HARMONICS)
        # The phase of a frame is that of its block plus its phase within the block.
        within = np.exp(np.outer(np.arange(block) / ShortWindow.RATE_HZ, harmonics)).astype(np.complex64)
        turned = (blocks @ within.view(np.float32)).view(np.complex64) * np.exp(np.outer(self._block_s, harmonics))
        self._sums = dict(zip(FINE_HARMONICS, turned.T, strict=True))

    def peak(self, *, reach_bpm: float) -> float:
        """Tempo of the largest sum over the harmonics within a reach."""
        offsets = np.linspace(-reach_bpm, reach_bpm, 2 * FINE_STEPS + 1)
        total = np.zeros(offsets.size)
        for harmonic, sums in self._sums.items():
            total += np.abs(np.exp(-2j * np.pi * harmonic / 60.0 * np.outer(offsets, self._block_s)) @ sums)
        best = int(np.clip(total.argmax(), 1, offsets.size - 2))  # a peak at the edge has a neighbour on one side only
        before, here, after = total[best - 1 : best + 2]
        curvature = before - 2.0 * here + after
        vertex = 0.5 * (before - after) / curvature if curvature < 0.0 else 0.0  # a plateau has no vertex
        return float(self._bpm + offsets[best] + np.clip(vertex, -1.0, 1.0) * (offsets[1] - offsets[0]))

    def coherence(self, bpm: float) -> float:
        """How well groups of blocks agree in phase, 0 to 1."""
        n_groups = max(LEAST_COHERENCE_GROUPS, math.ceil(self._block_s.size * FINE_BLOCK_S / COHERENCE_S))
        if self._block_s.size < n_groups:
            return 0.0
        starts = np.linspace(0, self._block_s.size, n_groups, endpoint=False).astype(int)
        together, apart = 0.0, 0.0
        for harmonic in COHERENT_HARMONICS:
            turned = self._sums[harmonic] * np.exp(-2j * np.pi * harmonic / 60.0 * (bpm - self._bpm) * self._block_s)
            groups = np.add.reduceat(turned, starts)
            together += abs(groups.sum())
            apart += float(np.abs(groups).sum())
        return float(together / apart) if apart > 0.0 else 0.0


@cache
def candidate_slice(fastest_bpm: float = FASTEST_BPM) -> slice:
    """The candidates' slice of a tempogram's grid."""
    inside = np.nonzero((grid_bpm() >= SLOWEST_BPM) & (grid_bpm() <= fastest_bpm))[0]
    return slice(int(inside[0]), int(inside[-1]) + 1)


def _index(bpm: float) -> int:
    """The candidate index of a tempo; may be outside."""
    return round(BINS_PER_OCTAVE * math.log2(bpm / float(candidate_bpm()[0])))
