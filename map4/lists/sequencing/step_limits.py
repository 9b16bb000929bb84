"""The limits of a list, their relaxed settings, and how far steps exceed them, vectorised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.lists.limits import RULES, ListLimits, Rule, Setting, TempoLimit, tempo_limit
from map4.core.music.mixing.harmony import (
    EPSILON,
    FOLDINGS,
    HARMONIC_RULES,
    POLICY_PERCENT,
    TEMPO_POLICIES,
    HarmonicRule,
    change_percent,
    fits,
)
from map4.core.music.mixing.many import FloatArray, MixColumns, MixScores, mix_scores
from map4.lists.playlist.request import ListRequest

GENRE_FLOOR = 0.5
"""Families with a lower fit (Electronic and Rock, Rock and R&B) don't follow one another unless this is relaxed."""

ENERGY_REACH = (0.15, 0.25, 0.4)
"""Maximum distance of a pick from the wanted energy, and its relaxed values before the limit is dropped. The ten levels
are .1 wide; .2 would keep the mean distance from the curve above .05 (lab/measure/playlist.py)."""

SOUND_STEP = 0.15
"""Relaxation of the minimum similarity in sound, before the limit is dropped."""

DRIFT_FACTORS = (1.0, 2.0)
"""Factors of the allowed drift: normal, and relaxed before the limit is dropped."""

POOR_COST = 0.125
"""How much a poor rating counts against the compatibility of a mix. Lists of 20 then keep a tenth of their poor mixes
and lose .1 of 100 in quality (1,400 and 20,000 tracks, an eighth of them swung); with .3 they lose .2. Sums of eighths
are exact, so orders can be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaxableRule:
    """A rule with its settings in the order of relaxing; None passes everything."""

    name: Rule
    settings: tuple[Setting, ...]


def relaxable_rules(request: ListRequest) -> tuple[RelaxableRule, ...]:
    """The rules in the order in which they are relaxed."""
    limits, min_sound = request.limits, request.min_sound
    tempo: tuple[Setting, ...] = tuple(limit.percent for limit in tempo_limits(limits.tempo))
    drift = request.drift_percent
    settings: dict[Rule, tuple[Setting, ...]] = {
        "artist_gap": _gap_sizes(limits.artist_gap.size, in_picks=limits.artist_gap.picks is not None),
        "album_gap": _gap_sizes(limits.album_gap.size, in_picks=limits.album_gap.picks is not None),
        "genre": (GENRE_FLOOR, None),
        "energy_curve": (*ENERGY_REACH, None),
        "sound": (None,) if min_sound is None else (*sound_limits(min_sound), None),
        "harmonic": harmonic_rules(limits.harmonic),
        "tempo_drift": (*(factor * drift for factor in DRIFT_FACTORS), None),
        "tempo_policy": (*tempo, None),
    }
    return tuple(RelaxableRule(name=name, settings=settings[name]) for name in RULES)


def harmonic_rules(rule: HarmonicRule) -> tuple[HarmonicRule, ...]:
    """A rule and all wider ones."""
    return HARMONIC_RULES[HARMONIC_RULES.index(rule) :]


def tempo_limits(limit: TempoLimit) -> tuple[TempoLimit, ...]:
    """A limit and all wider policies."""
    return (limit, *(tempo_limit(name) for name in TEMPO_POLICIES if POLICY_PERCENT[name] > limit.percent + EPSILON))


def sound_limits(least: float) -> tuple[float, ...]:
    """A minimum similarity in sound, and its relaxed value before the limit is dropped."""
    return (least, least - SOUND_STEP)


def _gap_sizes(size: float, *, in_picks: bool) -> tuple[float, ...]:
    """Sizes from the gap down to none: by pick, or by quarters of the time."""
    if size == 0:
        return (0.0,)
    if in_picks:
        return tuple(float(n) for n in range(round(size), -1, -1))
    return tuple(size * quarters / 4 for quarters in range(4, -1, -1))


Levels = NDArray[np.uint8]


def tempo_levels(limits: Sequence[TempoLimit], mix: MixScores, from_bpm: FloatArray, to_bpm: FloatArray) -> Levels:
    """How many of the limits, narrowest first, each step breaks; an unknown tempo breaks all.

    from_bpm, to_bpm: tempi, in shapes that broadcast to that of the steps
    """
    folded = np.abs(mix.tempo_change_percent)
    plain = np.where(mix.tempo_factor == 1.0, folded, np.abs(change_percent(from_bpm, to_bpm, np.minimum)))
    levels = np.zeros(folded.shape, dtype=np.uint8)
    for limit in limits:
        # Written as a negation so that an unknown tempo (NaN) breaks every limit.
        levels += ~((folded if limit.folds else plain) <= limit.percent + EPSILON)
    return levels


def within_reach(bpm: FloatArray, to_bpm: float, percent: float, *, folds: bool) -> NDArray[np.bool_]:
    """Which tempi are within `percent` of another tempo, or slightly beyond; unknown tempi are not. Fast."""
    most = 1.0 + (percent + 2 * EPSILON) / 100.0
    is_reachable: NDArray[np.bool_] = np.zeros(len(bpm), dtype=bool)
    for _, factor in FOLDINGS if folds else FOLDINGS[:1]:
        is_reachable |= (bpm >= to_bpm / factor / most) & (bpm <= to_bpm / factor * most)
    return is_reachable


@cache
def harmonic_levels(rules: tuple[HarmonicRule, ...]) -> Levels:
    """How many of the rules the step between each pair of keys breaks, shape (25, 25), "unknown" last."""
    keys = (*ALL_KEYS, None)
    levels = np.array([[sum(not fits(rule, a, b) for rule in rules) for b in keys] for a in keys], dtype=np.uint8)
    levels.flags.writeable = False  # cached and shared
    return levels


def step_costs(tracks: MixColumns, limits: ListLimits) -> FloatArray:
    """Cost of each ordered pair of tracks, shape (n, n).

    As in the search for lists, 1 for each limit that the step breaks: the key rule, the tempo limit, and the widest
    policy. An unknown tempo breaks both, or it would be placed between any two incompatible tracks. A poor mix within
    all limits costs less.
    """
    mix = mix_scores(tracks[:, None], tracks[None, :])
    tempo = tempo_levels(tempo_limits(limits.tempo), mix, tracks.bpm[:, None], tracks.bpm[None, :])
    key = harmonic_levels((limits.harmonic,))[tracks.leaves[:, None], tracks.enters[None, :]]
    return np.maximum(tempo.astype(np.float64) + key, POOR_COST * mix.is_poor)
