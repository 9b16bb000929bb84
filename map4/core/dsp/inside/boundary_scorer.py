"""Choose the bars with which phrases begin, by two small learned scorers and the usual lengths of phrases.

`lab/training/train_phrases.py` makes the weights from rendered songs whose phrases people labelled, and from generated
dance tracks.

Score phrase boundaries from the surrounding bars with a small convolutional network.

In addition to the evidence of each bar it uses its rhythm and chords over time, and its similarity with bars at
several distances. Features of a bar are combined with those of the bars where its music returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from os import PathLike

import numpy as np
import numpy.typing as npt

from map4.core.dsp.inside.bar_pictures import ONSET_BANDS, STEPS, BarPictures
from map4.core.dsp.inside.boundary_evidence import LEAST_LAG, along_diagonals, boundary_evidence
from map4.core.dsp.inside.phrase_roles import RoleWeights
from map4.core.dsp.network import convolved, elu, packaged, stored_arrays
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


FloatVector = npt.NDArray[np.float64]

SONGS, DANCE = range(2)
"""Kinds of music, whose phrases differ in length."""
CONTEXT_SHARE = 0.5
"""Weight of the second scorer in songs; .7 gives the same results, .3 worse ones."""

WEIGHTS_FILE = "weights/phrases.npz"
_MOST_SCORE = 8.0  # maximum score of a single bar, in natural log odds
_RESCALED_BARS = 16  # rescaling interval that keeps products of odds far from overflow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhraseWeights:
    """Weights of the scorers.

    version: increased when the numbers change
    mean, scale: shape (k,), subtracted from the evidence, and multiplied
    hidden: shape (k, units), weights of the units; `hidden_bias` : shape (units,)
    out: shape (units,); direct : shape (k,), direct weights of the evidence; out_bias : bias of their sum
    context: the other scorer, which sees the surrounding bars
    lengths: shape (kinds, m + 1), probability of a phrase of 0, 1, ... m bars in each kind of music
    trust: > 0, weight of scores relative to lengths
    alike: shape (7,), weights of similarities for the odds that two phrases are in one group, and the bias
    roles: weights for roles of phrases
    """

    version: int
    mean: FloatArray
    scale: FloatArray
    hidden: FloatArray
    hidden_bias: FloatArray
    out: FloatArray
    direct: FloatArray
    out_bias: float
    context: ContextWeights
    lengths: FloatVector
    trust: float
    alike: FloatArray
    roles: RoleWeights


def boundary_scores(pictures: BarPictures, weights: PhraseWeights) -> FloatVector:
    """Log odds that a phrase begins with each bar, regardless of the other boundaries; shape (n,).

    In songs the mean of both scorers, in dance music only the first: there parts come and go, and it is more reliable.
    """
    evidence = boundary_evidence(pictures)
    first = score_bars(evidence, weights)
    numbers = np.concatenate([evidence, context_rows(pictures)], axis=1)
    in_context = score_in_context(numbers, where_it_returns(pictures), weights.context)
    share = CONTEXT_SHARE * (1.0 - _kinds(first, weights)[DANCE])
    return first + share * (in_context - first)


def score_bars(evidence: FloatArray, weights: PhraseWeights) -> FloatVector:
    """Scores of the first scorer, from the evidence of each bar only; shape (n,), as in `boundary_scores`."""
    scaled = np.clip((evidence - weights.mean) * weights.scale, -6.0, 6.0)
    scores = scaled @ weights.direct + weights.out_bias
    if weights.hidden.shape[1]:
        scores = scores + elu(scaled @ weights.hidden + weights.hidden_bias) @ weights.out
    return scores.astype(np.float64)


def boundary_probabilities(scores: FloatVector, weights: PhraseWeights) -> FloatVector:
    """Probability that a phrase begins with each bar, given the usual lengths of phrases.

    Sums over all segmentations of the track, each weighted by the odds of its boundaries and the probabilities of its
    lengths (a semi-Markov chain, forwards and backwards). The kind of music is unknown, so each kind is weighted by the
    probability it gives the whole track.

    scores: shape (n,), from `boundary_scores`
    returns: shape (n,); 1 for the first bar.
    """
    odds = _odds(scores, weights)
    kinds = len(weights.lengths)
    sums = _sweep(np.repeat([odds, odds[::-1]], kinds, axis=0), np.tile(weights.lengths, (2, 1)))
    logs = sums[:kinds] + sums[kinds:, ::-1] - np.log(odds)  # each bar's own odds are in both sums
    share = np.exp(logs[:, -1] - logs[:, -1].max())
    probability: FloatVector = share @ np.exp(np.minimum(logs[:, :-1] - logs[:, -1:], 0.0)) / share.sum()
    return np.minimum(probability, 1.0)


def choose_boundaries(probability: FloatVector) -> npt.NDArray[np.int64]:
    """The boundaries with the highest expected F measure (recall and precision); ascending, including the first bar.

    probability: shape (n,), from `boundary_probabilities`
    """
    order = np.argsort(-probability, kind="stable")
    promised = np.cumsum(probability[order]) / (np.arange(1, len(order) + 1) + probability.sum())
    return np.sort(order[: int(promised.argmax()) + 1])


def _odds(scores: FloatVector, weights: PhraseWeights) -> FloatVector:
    """Odds of a boundary before each bar and at the end; the first and the last are boundaries."""
    odds = np.exp(np.clip(weights.trust * scores, -_MOST_SCORE, _MOST_SCORE))
    odds[0] = 1.0
    return np.append(odds, 1.0)


def _kinds(scores: FloatVector, weights: PhraseWeights) -> FloatVector:
    """Probability of each kind of music, by the lengths of its phrases."""
    odds = _odds(scores, weights)
    logs = _sweep(np.repeat([odds], len(weights.lengths), axis=0), weights.lengths)[:, -1]
    share: FloatVector = np.exp(logs - logs.max())
    return share / share.sum()


def _sweep(odds: FloatVector, lengths: FloatVector) -> FloatVector:
    """Log of the sum over all paths to each boundary, for each row of odds and of lengths."""
    count, most = odds.shape[1], lengths.shape[1] - 1
    backwards = lengths[:, ::-1].copy()
    # Boundaries first for locality; a few zeros precede the first.
    weight, logs = np.zeros((most + count, len(odds))), np.zeros((count, len(odds)))
    weight[most] = odds[:, 0]
    steps, backward = odds.T.copy(), backwards.T[:most].copy()
    scale = np.zeros(len(odds))
    for place in range(1, count):
        weight[most + place] = steps[place] * np.einsum("lk,lk->k", weight[place : place + most], backward)
        if place % _RESCALED_BARS == 0:
            recent = weight[place + 1 : place + most + 1]  # earlier values are not needed again
            factor = recent.max(axis=0)
            recent /= factor
            logs[max(0, place - most + 1) : place] += np.log(factor)
            scale += np.log(factor)
        logs[place] = scale
    return np.asarray((np.log(np.maximum(weight[most:], 1e-300)) + logs).T)


def read_weights(path: str | PathLike[str]) -> PhraseWeights:
    stored = stored_arrays(path)
    names = ("mean", "scale", "hidden", "hidden_bias", "out", "direct", "alike")
    roles = ("mean", "scale", "weights", "bias")
    return PhraseWeights(
        version=int(stored["version"]),
        out_bias=float(stored["out_bias"]),
        lengths=stored["lengths"].astype(np.float64),
        trust=float(stored["trust"]),
        context=ContextWeights.of(
            {name.removeprefix("context_"): array for name, array in stored.items() if name.startswith("context_")}
        ),
        roles=RoleWeights(
            least=float(stored["role_least"]),
            **{name: np.asarray(stored[f"role_{name}"], dtype=np.float32) for name in roles},
        ),
        **{name: np.asarray(stored[name], dtype=np.float32) for name in names},
    )


shipped_weights = packaged(WEIGHTS_FILE, read_weights)
