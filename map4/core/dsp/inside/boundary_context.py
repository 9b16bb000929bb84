"""Score phrase boundaries from the surrounding bars with a small convolutional network.

In addition to the evidence of each bar it uses its rhythm and chords over time, and its similarity with bars at
several distances. Features of a bar are combined with those of the bars where its music returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from map4.core.dsp.inside.bar_pictures import ONSET_BANDS, STEPS, BarPictures
from map4.core.dsp.inside.boundary_evidence import LEAST_LAG, along_diagonals
from map4.core.dsp.network import convolved, elu
from map4.core.dsp.spectrum.spectral_pass import FloatArray

BEATS = 4
"""Beats in the rows of every bar; bars with fewer or more beats are resampled."""
LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 32)
"""Distances in bars, before and after, for comparison."""
AROUND_BARS = 4
"""Number of bars before, and from a bar on, that must return together."""
SHARPNESS, UNMATCHED = 8.0, 0.35
"""Sharpness of the weights of similar bars, and the similarity (correlation) assigned to no bar: a bar whose music does
not return is unchanged."""
MOST = 6.0
"""Maximum absolute value of a number, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContextWeights:
    """Weights of the network; k numbers per bar, h features.

    mean, scale: shape (k,), subtracted from the numbers, and multiplied
    entry: shape (k, h); near: shape (taps, h, h), adjacent bars; far: the same, every second bar; back: shape (h, h),
        features where the music returns; out: shape (h,)
    entry_bias, near_bias, far_bias, back_bias: shape (h,); out_bias: shape ()
    """

    mean: FloatArray
    scale: FloatArray
    entry: FloatArray
    entry_bias: FloatArray
    near: FloatArray
    near_bias: FloatArray
    far: FloatArray
    far_bias: FloatArray
    back: FloatArray
    back_bias: FloatArray
    out: FloatArray
    out_bias: FloatArray

    @classmethod
    def of(cls, stored: Mapping[str, npt.NDArray[np.generic]]) -> ContextWeights:
        """The weights from arrays with these names."""
        return cls(**{field.name: np.asarray(stored[field.name], dtype=np.float32) for field in fields(cls)})


def score_in_context(numbers: FloatArray, returns: FloatArray, weights: ContextWeights) -> FloatArray:
    """Log odds that a phrase begins with each bar, regardless of the other boundaries; shape (n,).

    numbers: shape (n, k), the evidence of each bar and its `context_rows`
    returns: shape (n, n), from `where_it_returns`
    """
    scaled = np.clip((numbers - weights.mean) * weights.scale, -MOST, MOST)
    hidden = elu(scaled @ weights.entry + weights.entry_bias)
    hidden = convolved(hidden, weights.near, weights.near_bias, curved=True)
    hidden = hidden + convolved(hidden, weights.far, weights.far_bias, apart=2, curved=True)
    elsewhere: FloatArray = returns @ hidden
    hidden = hidden + elu(elsewhere @ weights.back + weights.back_bias)
    scores: FloatArray = hidden @ weights.out + weights.out_bias
    return scores


def context_rows(pictures: BarPictures) -> FloatArray:
    """Rhythm and change of harmony within each bar, relative to the track, and similarity at all `LAGS`; (n, 180)."""
    n = len(pictures.levels)
    rhythm = pictures.rhythm.reshape(n, -1, ONSET_BANDS)
    steps = rhythm.shape[1]
    rhythm = (rhythm - rhythm.mean(axis=(0, 1))) / (rhythm.std(axis=(0, 1)) + np.float32(1e-3))
    rhythm = rhythm[:, np.arange(BEATS * STEPS) * steps // (BEATS * STEPS)]
    chords = pictures.harmony.reshape(-1, 12)
    chords = chords / (np.linalg.norm(chords, axis=1, keepdims=True) + np.float32(1e-6))
    changes = np.append(np.float32(0.0), 1.0 - np.einsum("nc,nc->n", chords[1:], chords[:-1]))
    changes = ((changes - changes.mean()) / (changes.std() + 1e-3)).reshape(n, -1)
    changes = changes[:, np.arange(BEATS) * changes.shape[1] // BEATS]
    sound, rhythms, harmony, tune = pictures.likeness
    compared = (np.float32(0.5) * (sound + rhythms), harmony, tune)
    lagged = [row for matrix in compared for lag in LAGS for row in _similarity_at_lag(matrix, lag)]
    return np.concatenate(
        [np.clip(rhythm.reshape(n, -1), -4.0, 4.0), np.clip(changes, -4.0, 4.0), np.stack(lagged, axis=1)],
        axis=1,
        dtype=np.float32,
    )


def where_it_returns(pictures: BarPictures) -> FloatArray:
    """How much the music around each bar returns at each other bar, shape (n, n); row sums are less than 1."""
    _, _, harmony, tune = pictures.likeness
    n, around = len(tune), 2 * AROUND_BARS
    padded = np.pad(np.float32(0.5) * (harmony + tune), AROUND_BARS)
    alike = along_diagonals(padded, around)[:n, :n] / np.float32(around)
    here = np.arange(n)
    weight = np.exp(np.float32(SHARPNESS) * alike)
    weight[np.abs(here[:, None] - here) < LEAST_LAG] = 0.0
    shares: FloatArray = weight / (weight.sum(axis=1, keepdims=True) + np.float32(np.exp(SHARPNESS * UNMATCHED)))
    return shares


def _similarity_at_lag(likeness: FloatArray, lag: int) -> tuple[FloatArray, FloatArray]:
    """Similarity of each bar to the bar `lag` before, and to the bar `lag` after; 0 if there is none."""
    n = len(likeness)
    before, after = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
    if lag < n:
        before[lag:] = after[: n - lag] = np.diagonal(likeness, lag)
    return before, after
