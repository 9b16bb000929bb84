"""Scores and limits of the steps of a list: one track against all candidates at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.lists.limits import RULES, ListLimits, Rule, Setting, TempoLimit
from map4.core.music.mixing.compatibility import Compatibility
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
from map4.core.music.mixing.many import FloatArray, MixColumns, MixScores
from map4.lists.playlist.request import ListRequest
from map4.lists.sequencing.problem import NO_GROUP, Candidates, Floats, Ints, ListProblem

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
    return (limit, *(TempoLimit.of(name) for name in TEMPO_POLICIES if POLICY_PERCENT[name] > limit.percent + EPSILON))


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
    mix = MixScores.of(tracks[:, None], tracks[None, :])
    tempo = tempo_levels(tempo_limits(limits.tempo), mix, tracks.bpm[:, None], tracks.bpm[None, :])
    key = harmonic_levels((limits.harmonic,))[tracks.leaves[:, None], tracks.enters[None, :]]
    return np.maximum(tempo.astype(np.float64) + key, POOR_COST * mix.is_poor)


MICRO = 1_000_000
"""Scores are integers in millionths: sums are exact and independent of their order."""

# Shares of a step's score of at most 1. Compatibility leads, as the mix is what people hear; then the wanted energy.
# Sound ranks the candidates before the search: a small share keeps a list near its seed.
COMPATIBILITY_SHARE = 0.72
ENERGY_SHARE = 0.15
SOUND_SHARE = 0.08
GENRE_SHARE = 0.05
# On a bridge: for a tempo on the straight line between both ends, for a sound like theirs, and against another place
# between their sounds. The last two shorten the way in sound from 2.9 to 2.0 times its length (12 of 100,000 tracks).
TEMPO_LINE_SHARE = 0.15
BRIDGE_SOUND_SHARE, OFF_WAY_COST = 0.5, 1.0
FAR_FROM_CURVE = 10.0
# Compatibility treats tempi within 2 % as equal; this is the maximum bonus for the nearer of two.
NEAR_TEMPO_SHARE = 0.01
# Distance from the wanted energy that scores 0: half of the scale.
ENERGY_MISS_LIMIT = 0.5
# Cost of a weak step that keeps every limit. With .3, .7 and 1, lists of 20 of the demo have 1.8, 1.3 and 1.2 poor
# mixes (2.1 without), and from 1 on other weak steps instead.
WEAK_COST = 0.7
PREFERENCE_SHARE = 0.1
"""Bonus of a preferred track, and cost of an avoided one: about the difference between an adjacent key and a key three
steps away. If one track of ten is preferred, its share of the picks is 34 % with .05, 51 % with .1, 66 % with .2, at a
compatibility of .966, .952 and .922; without preferences 11 % and .970 (lab/measure/playlist.py, 20,000)."""
# With `vary`, tracks of other lists of the series are held back, unless no other track is nearly as good. The others
# move by less than a step of the key scores.
OPENINGS = 16
HELD_BACK_COST = 0.3
VARY_SHARE = 0.02

_LEAST_WAY = 0.1

_GOLDEN = 0x9E3779B97F4A7C15  # the step of SplitMix64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransitionRow:
    """One track against all active candidates.

    scores: millionths
    genre, harmonic, tempo_policy: how far the rule needs relaxing; 0 if it is kept
    tempo_jumps: 1 if the tempo is known to be farther than any policy allows
    breaks: whether any of the rules is broken
    """

    scores: Ints
    genre: Levels
    harmonic: Levels
    tempo_policy: Levels
    tempo_jumps: Levels
    breaks: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place of the list: its progress (0-1), and the wanted energy and tempo (logarithm), or None."""

    progress: float
    energy: float | None
    log_bpm: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PositionRow:
    """One place of the list against all active candidates, as `TransitionRow`."""

    scores: Ints
    energy_curve: Levels
    tempo_drift: Levels
    breaks: NDArray[np.bool_]


class StepScores:
    """Scores steps over columns; results for a track or a place are cached until the columns change.

    problem: its candidates are the active ones
    """

    def __init__(self, problem: ListProblem) -> None:
        columns, limits = problem.candidates, problem.request.limits
        self._columns = columns
        self._traits = problem.traits_of(columns)
        self._limits = tempo_limits(limits.tempo)
        self._harmonic_levels = harmonic_levels(harmonic_rules(limits.harmonic))
        self._drift, self._has_curve = problem.request.drift_percent, problem.request.tempo_curve is not None
        self._folds = limits.tempo.folds
        self._log_bpm = np.log(columns.bpm)
        self._family_fit = problem.family_fit
        self._habits = problem.habits
        self._own_scores = own_scores(columns, problem.request.vary or 0)
        self._transitions: dict[int, TransitionRow] = {}
        self._allowed: dict[int, tuple[Ints, Ints]] = {}
        self._in_harmony: dict[int, Ints] = {}
        self._positions: dict[Position, PositionRow] = {}

    def transition(self, last: int) -> TransitionRow:
        """The steps from a track to every candidate."""
        if last not in self._transitions:
            self._transitions[last] = self._make_transition(last)
        return self._transitions[last]

    def allowed(self, last: int | None) -> tuple[Ints, Ints]:
        """The candidates to which a step from a track keeps every step rule, in their order, and the scores.

        Most are excluded by key and tempo without further work. None is the beginning of a list.
        """
        if last is None:
            return np.arange(len(self._columns)), self._own_scores
        if last not in self._allowed:
            key = int(self._traits.leaves[last])
            if key not in self._in_harmony:
                self._in_harmony[key] = np.flatnonzero(self._harmonic_levels[key][self._traits.enters] == 0)
            rows = self._in_harmony[key]
            limit, bpm = self._limits[0], float(self._columns.bpm[last])
            rows = rows[within_reach(self._columns.bpm[rows], bpm, limit.percent, folds=limit.folds)]
            transition = self._make_transition(last, rows)
            keeps = ~transition.breaks
            self._allowed[last] = rows[keeps], transition.scores[keeps]
        return self._allowed[last]

    def position(self, position: Position) -> PositionRow:
        """Every candidate at a place of the list."""
        if position not in self._positions:
            self._positions[position] = self._make_position(position)
        return self._positions[position]

    def opening(self) -> TransitionRow:
        """Every candidate as the first track of a list."""
        none = np.zeros(len(self._columns), dtype=np.uint8)
        return TransitionRow(
            scores=self._own_scores,
            genre=none,
            harmonic=none,
            tempo_policy=none,
            tempo_jumps=none,
            breaks=none.astype(bool),
        )

    def _make_transition(self, last: int, rows: Ints | slice = slice(None)) -> TransitionRow:
        traits = self._traits[rows]
        mix = MixScores.of(self._traits[last], traits)
        change = np.abs(mix.tempo_change_percent)
        nearness = 1.0 - np.minimum(np.nan_to_num(change, nan=100.0) / 100.0, 1.0)
        genre_fit = self._genre_fit(last, rows)
        scores = (
            COMPATIBILITY_SHARE * (mix.total - POOR_COST * mix.is_poor)
            + NEAR_TEMPO_SHARE * nearness
            + GENRE_SHARE * np.where(np.isnan(genre_fit), Compatibility.UNKNOWN_SCORE, genre_fit)
            - WEAK_COST * ((mix.energy <= 0.0) | Compatibility.is_below_fair(mix.total))
        )
        if self._habits is not None:
            scores += self._habits.scores(self._traits[last], traits)
            recordings = self._columns.tie_breaker
            scores += self._habits.followed(int(recordings[last]), recordings[rows])
        genre = (genre_fit < GENRE_FLOOR - EPSILON).astype(np.uint8)
        harmonic = self._harmonic_levels[self._traits.leaves[last], traits.enters]
        tempo_policy = tempo_levels(self._limits, mix, self._columns.bpm[last], traits.bpm)
        return TransitionRow(
            scores=_millionths(scores) + self._own_scores[rows],
            genre=genre,
            harmonic=harmonic,
            tempo_policy=tempo_policy,
            tempo_jumps=((tempo_policy == len(self._limits)) & ~np.isnan(change)).astype(np.uint8),
            breaks=(genre | harmonic | tempo_policy) > 0,
        )

    def _genre_fit(self, last: int, rows: Ints | slice) -> Floats:
        own, family = self._columns.family[last], self._columns.family[rows]
        if self._family_fit is None or own == NO_GROUP:
            return np.full(len(family), np.nan)
        return np.where(family == NO_GROUP, np.nan, self._family_fit[own, family])

    def _make_position(self, position: Position) -> PositionRow:
        energy_scores, energy_curve = self._score_energy(position.energy)
        tempo_scores, tempo_drift = self._score_tempo(position.log_bpm)
        has_goal = self._columns.goal_similarity is not None
        scores = energy_scores + tempo_scores if has_goal or self._has_curve else energy_scores
        if self._columns.goal_similarity is not None:
            origin, goal = np.nan_to_num(self._columns.similarity), np.nan_to_num(self._columns.goal_similarity)
            sound = (1.0 - position.progress) * origin + position.progress * goal
            # Difference of both ends, from the track nearest to the goal.
            way = 0.5 + (goal - origin) / (2.0 * max(_LEAST_WAY, 1.0 - origin[np.argmax(goal)]))
            off_way = np.minimum(np.abs(way - position.progress), 1.0)
            scores = scores + BRIDGE_SOUND_SHARE * sound - OFF_WAY_COST * off_way
        return PositionRow(
            scores=_millionths(scores),
            energy_curve=energy_curve,
            tempo_drift=tempo_drift,
            breaks=(energy_curve | tempo_drift) > 0,
        )

    def _score_energy(self, energy: float | None) -> tuple[Floats, Levels]:
        levels = np.zeros(len(self._columns), dtype=np.uint8)
        if energy is None:
            return np.full(len(levels), ENERGY_SHARE * Compatibility.UNKNOWN_SCORE), levels
        miss = np.abs(self._columns.energy - energy)
        for reach in ENERGY_REACH:
            levels += miss > reach + EPSILON  # an unknown energy passes
        scores = 1.0 - np.minimum(miss / ENERGY_MISS_LIMIT, 1.0)
        return ENERGY_SHARE * np.where(np.isnan(miss), Compatibility.UNKNOWN_SCORE, scores), levels

    def _score_tempo(self, log_bpm: float | None) -> tuple[Floats, Levels]:
        levels = np.zeros(len(self._columns), dtype=np.uint8)
        if log_bpm is None:
            return np.full(len(levels), TEMPO_LINE_SHARE * Compatibility.UNKNOWN_SCORE), levels
        drift = tempo_drift(self._log_bpm, log_bpm, folds=self._folds)
        limits = [math.log1p(factor * self._drift / 100.0) for factor in DRIFT_FACTORS]
        for limit in limits:
            levels += drift > limit + EPSILON  # an unknown tempo passes
        # Beyond a curve, the nearest tempo is still the best.
        scores = 1.0 - np.minimum(drift / limits[0], FAR_FROM_CURVE if self._has_curve else 1.0)
        return TEMPO_LINE_SHARE * np.where(np.isnan(drift), Compatibility.UNKNOWN_SCORE, scores), levels


def tempo_drift(log_bpm: Floats, wanted: Floats | float, *, folds: bool) -> Floats:
    """The distance of tempi from a wanted tempo, all as logarithms; NaN if unknown."""
    drift = np.abs(log_bpm - wanted)
    return np.minimum(drift, np.abs(drift - math.log(2.0))) if folds else drift


def _millionths(scores: Floats) -> Ints:
    return np.rint(scores * MICRO).astype(np.int64)


def sound_levels(columns: Candidates, least: float | None) -> Levels:
    """How far a minimum similarity in sound must be relaxed for each candidate; an unknown sound passes."""
    levels = np.zeros(len(columns), dtype=np.uint8)
    if least is None:
        return levels
    # On a bridge a pick must sound like either end.
    nearness = (
        columns.similarity if columns.goal_similarity is None else np.fmax(columns.similarity, columns.goal_similarity)
    )
    for limit in sound_limits(least):
        levels += nearness < limit - EPSILON
    return levels


def own_scores(columns: Candidates, vary: int) -> Ints:
    """The score of each candidate regardless of its place, in millionths.

    columns: on a bridge, the sound score changes from place to place and is not included
    vary: 0 adds nothing; another number adds a random value per track, reproducible for that number
    """
    scores = np.zeros(len(columns))
    if columns.goal_similarity is None:
        scores += SOUND_SHARE * np.nan_to_num(columns.similarity, nan=0.0)
    if columns.preference_bias is not None:
        scores += PREFERENCE_SHARE * columns.preference_bias
    if vary:
        scores += varied(columns, vary)
    return _millionths(scores)


def varied(columns: Candidates, vary: int) -> Floats:
    """The amount that `vary` adds to the score of each track."""
    held_back = columns.held_back
    if held_back is None:  # openings
        held_back = (chances(columns.lots, 0) * OPENINGS).astype(np.int64) != vary % OPENINGS
    chance = chances(columns.lots, vary)
    return VARY_SHARE * chance - np.where(held_back, HELD_BACK_COST, 0.0)


def chances(lots: Ints, vary: int) -> Floats:
    """A random value in [0, 1) for each track, which depends only on its audio id and `vary`.

    [1] Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (SplitMix64).
    """
    state = lots.astype(np.uint64) + np.uint64(vary * _GOLDEN % 2**64)  # wraps around on purpose
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53
