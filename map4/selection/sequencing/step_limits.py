"""How far steps are outside the limits of tempo and key, for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from map4.domain.analysis.key import ALL_KEYS
from map4.domain.lists.limits import ListLimits, TempoLimit
from map4.domain.mixing.harmony import HarmonicRule, fits
from map4.domain.mixing.tempo_step import EPSILON, FOLDINGS
from map4.selection.mixing import FloatArray, MixColumns, MixScores, mix_scores
from map4.selection.sequencing.relaxation import tempo_limits

Levels = NDArray[np.uint8]


def tempo_levels(limits: Sequence[TempoLimit], mix: MixScores, from_bpm: FloatArray, to_bpm: FloatArray) -> Levels:
    """How many of some limits, the narrowest first, each step leaves; an unknown tempo is within none.

    from_bpm, to_bpm: their tempi, in shapes that broadcast to that of the steps
    """
    folded = np.abs(mix.tempo_change_percent)
    plain = np.where(mix.tempo_factor == 1.0, folded, 100.0 * np.abs(to_bpm - from_bpm) / np.minimum(from_bpm, to_bpm))
    levels = np.zeros(folded.shape, dtype=np.uint8)
    for limit in limits:
        # Not within, rather than beyond: an unknown tempo is within no limit.
        levels += ~((folded if limit.folds else plain) <= limit.percent + EPSILON)
    return levels


def within_reach(bpm: FloatArray, to_bpm: float, percent: float, *, folds: bool) -> NDArray[np.bool_]:
    """Which tempi are within so many percent of another one, or a hair beyond; never unknown ones. Soon computed."""
    most = 1.0 + (percent + 2 * EPSILON) / 100.0
    found: NDArray[np.bool_] = np.zeros(len(bpm), dtype=bool)
    for _, factor in FOLDINGS if folds else FOLDINGS[:1]:
        found |= (bpm >= to_bpm / factor / most) & (bpm <= to_bpm / factor * most)
    return found


@cache
def harmonic_levels(rules: tuple[HarmonicRule, ...]) -> Levels:
    """How many of some rules the step between each pair of keys leaves, shape (25, 25), "unknown" at last."""
    keys = (*ALL_KEYS, None)
    levels = np.array([[sum(not fits(rule, a, b) for rule in rules) for b in keys] for a in keys], dtype=np.uint8)
    levels.flags.writeable = False  # it is asked for again with each list
    return levels


def step_costs(tracks: MixColumns, limits: ListLimits) -> FloatArray:
    """What going from each track to each costs an order, shape (n, n).

    As in the search for lists, 1 for each limit that the step leaves: the key rule, the tempo limit, and the widest
    policy. An unknown tempo is within none, or it would be put between any two that do not go together.
    """
    mix = mix_scores(tracks[:, None], tracks[None, :])
    tempo = tempo_levels(tempo_limits(limits.tempo), mix, tracks.bpm[:, None], tracks.bpm[None, :])
    key = harmonic_levels((limits.harmonic,))[tracks.key[:, None], tracks.key[None, :]]
    costs: FloatArray = tempo.astype(np.float64) + key
    return costs
