"""Roles of phrases: a small learned scorer of their relative fullness; roles are assigned only if certain."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.core.dsp.best_path import best_path
from map4.core.dsp.inside.bar_pictures import BarPictures
from map4.core.dsp.spectrum.spectral_pass import FloatArray
from map4.core.music.analysis.inside import Role

FloatVector = npt.NDArray[np.float64]

KINDS: tuple[Role | None, ...] = (None, "intro", "build", "break", "outro")
"""The classes of the scorer. A drop is a full phrase (class None) after a build or a break."""
FULL_PERCENTILE = 85.0
"""Percentile of the bars' numbers that a full bar has, even if half of the track is sparse."""
DB_STEP = 12.0
"""Decibels equivalent to all hits."""
LEAST_DB, MOST_DB = -24.0, 3.0
LEAST_DROP_BARS = 8
"""Minimum length of a break before a drop; shorter ones are fills."""
LESS = 0.35
"""Maximum difference in fullness (mean of three bands, 1 is 12 dB) for a full phrase to continue the previous drop."""

_FORBIDDEN = -30.0  # log odds that no path makes up for
_PERCENT = 10.0 / math.log(10.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoleWeights:
    """Weights of the scorer.

    mean, scale: shape (k,), subtracted from the numbers of a phrase, and multiplied
    weights: shape (k, 5), contributions to the score of each of `KINDS`
    bias: shape (5,)
    least: 0-1, minimum probability of a reported role
    """

    mean: FloatArray
    scale: FloatArray
    weights: FloatArray
    bias: FloatArray
    least: float


def find_roles(pictures: BarPictures, starts: npt.NDArray[np.int64], weights: RoleWeights) -> list[Role | None]:
    """The role of each phrase.

    starts: shape (p,), first bars of the phrases, ascending
    """
    numbers = phrase_numbers(pictures, starts)
    scores = (((numbers - weights.mean) * weights.scale) @ weights.weights + weights.bias).astype(np.float64)
    scores -= scores.max(axis=1, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    roles: list[Role | None] = [
        KINDS[kind] if scores[place, kind] >= math.log(weights.least) else None
        for place, kind in enumerate(_best_course(scores))
    ]
    return _with_drops(roles, scores[:, 0], numbers, np.diff(starts, append=len(pictures.levels)))


def phrase_numbers(pictures: BarPictures, starts: npt.NDArray[np.int64]) -> FloatVector:
    """Fullness of each phrase, its change, and its relation to the other phrases; shape (p, 37)."""
    count = len(pictures.levels)
    ends = np.append(starts[1:], count)
    levels = pictures.levels * _PERCENT
    levels = np.clip(levels - np.percentile(levels, FULL_PERCENTILE, axis=0), LEAST_DB, MOST_DB) / DB_STEP
    others = np.concatenate([pictures.hits, pictures.tune.sum(axis=1, keepdims=True)], axis=1)
    others = np.minimum(others / np.maximum(np.percentile(others, FULL_PERCENTILE, axis=0), 1e-6), 1.5)
    rows = np.concatenate([levels, others], axis=1, dtype=np.float64)
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    quarter = np.maximum((ends - starts) // 4, 1)

    def mean(first: npt.NDArray[np.int64], last: npt.NDArray[np.int64]) -> FloatVector:
        return np.asarray((total[last] - total[first]) / (last - first)[:, None])

    means = mean(starts, ends)
    rise = (mean(ends - quarter, ends) - mean(starts, starts + quarter))[:, (0, 3, 6)]
    full = np.stack([means[:, 1:4].mean(axis=1) / 2.0, means[:, 4:7].mean(axis=1)], axis=1)
    top = full.max(axis=0)
    none = top[None] - 1.0
    before = np.concatenate([none, np.maximum.accumulate(full, axis=0)[:-1]])
    after = np.concatenate([np.maximum.accumulate(full[::-1], axis=0)[::-1][1:], none])
    outside = np.full((1, rows.shape[1]), -1.0)
    step = means - np.concatenate([outside, means[:-1]])
    next_step = np.concatenate([means[1:], outside]) - means
    place = np.arange(len(starts))
    share = np.percentile(pictures.levels[:, :2], FULL_PERCENTILE, axis=0) @ (-1.0, 1.0) * _PERCENT / DB_STEP
    return np.concatenate(
        [
            means,
            rise,
            np.clip(top - full, 0.0, 1.5),
            np.clip(top - before, 0.0, 1.0),
            np.clip(top - after, 0.0, 1.0),
            np.clip(step, -1.5, 1.5),
            np.clip(next_step, -1.5, 1.5),
            (place == 0)[:, None],
            (place == len(starts) - 1)[:, None],
            (starts / count)[:, None],
            np.log2(ends - starts)[:, None] - 3.0,
            np.full((len(starts), 1), share),
        ],
        axis=1,
    )


def _best_course(scores: FloatVector) -> npt.NDArray[np.int64]:
    """The most probable sequence: an intro only at the start or after an intro, and after an outro only an outro."""
    intro, outro = KINDS.index("intro"), KINDS.index("outro")
    steps = np.zeros((len(KINDS), len(KINDS)))
    steps[:, intro] = _FORBIDDEN
    steps[outro] = _FORBIDDEN
    steps[intro, intro] = steps[outro, outro] = 0.0
    return best_path(scores, steps)


def _with_drops(
    roles: list[Role | None], full_log: FloatVector, numbers: FloatVector, bars: npt.NDArray[np.int64]
) -> list[Role | None]:
    """Mark full phrases after a build or a long enough break as drops, and the phrases that continue them."""
    fullness = numbers[:, 1:4].mean(axis=1)
    sparse_bars, has_build, level = 0, False, None
    for place, role in enumerate(roles):
        if role in ("build", "break"):
            sparse_bars += int(bars[place])
            has_build |= role == "build"
            level = None
            continue
        if role is not None or full_log[place] < math.log(0.5):
            sparse_bars, has_build, level = 0, False, None
            continue
        begins = has_build or sparse_bars >= LEAST_DROP_BARS
        if begins or (level is not None and fullness[place] >= level - LESS):
            roles[place] = "drop"
            level = fullness[place] if begins else level
        sparse_bars, has_build = 0, False
    return roles
