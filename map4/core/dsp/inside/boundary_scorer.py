"""Choose the bars with which phrases begin, by two small learned scorers and the usual lengths of phrases.

`lab/training/train_phrases.py` makes the weights from rendered songs whose phrases people labelled, and from generated
dance tracks.

The first weighs evidence: change on many scales, repetition, fills and crashes. The second is a small convolutional
network over the surrounding bars; it also uses their rhythm and chords over time, and the similarity with bars at
several distances. Features of a bar are combined with those of the bars where its music returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from os import PathLike

import numpy as np
import numpy.typing as npt

from map4.core.dsp.inside.bar_evidence import means_around
from map4.core.dsp.inside.bar_pictures import ONSET_BANDS, STEPS, BarPictures
from map4.core.dsp.inside.phrase_roles import RoleWeights
from map4.core.dsp.network import convolved, elu, packaged, stored_arrays
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


BEATS = 4
"""Beats in the rows of every bar; bars with fewer or more beats are resampled."""
LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 32)
"""Distances in bars, before and after, for comparison."""
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
