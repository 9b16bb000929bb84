"""The waypoints of a list: fixed tracks, and the tempo and energy between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.analysis.median import median
from map4.core.music.lists.limits import TempoLimit
from map4.core.music.lists.tempo_curve import TempoCurve
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.harmony import EPSILON, HarmonicRule, fits
from map4.core.music.mixing.many import MixColumns
from map4.lists.playlist.request import ListRequest
from map4.lists.sequencing.problem import Candidates, Floats, Ints, ListProblem
from map4.lists.sequencing.step_scores import ENERGY_REACH, MICRO, tempo_drift, varied

CURVE_LOW, CURVE_HIGH = 5.0, 95.0
"""Percentiles of the candidates' energy for 0 and 1 of a curve, so that a curve fits any library."""

FAR = 99
"""Number of steps between keys that no steps connect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waypoint:
    """A track that must come at a progress (0-1) of the list."""

    index: int
    progress: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PiecewiseLine:
    """A value along the list, linear between its points; None if no point has a value."""

    progress: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, progress: float) -> float | None:
        """The value at a progress of the list."""
        if not self.values:
            return None
        return float(np.interp(progress, self.progress, self.values))


def _line(waypoints: Sequence[Waypoint], value_of: Callable[[int], float]) -> PiecewiseLine:
    """The line through the values of waypoints; waypoints without a value (NaN) are skipped."""
    known = [(point.progress, value) for point in waypoints if not math.isnan(value := float(value_of(point.index)))]
    return PiecewiseLine(progress=tuple(progress for progress, _ in known), values=tuple(value for _, value in known))


@cache
def key_steps(rule: HarmonicRule) -> Ints:
    """How many steps of a rule lead from one key to another, shape (25, 25); from and to unknown it is 1.

    A strict rule passes no unknown key; such steps are `FAR`.
    """
    keys = (*ALL_KEYS, None)
    adjacent = np.array([[fits(rule, a, b) for b in keys] for a in keys])
    steps = np.where(adjacent, 1, FAR)
    for middle in range(MixColumns.UNKNOWN_KEY):  # a path may not go through an unknown key
        steps = np.minimum(steps, steps[:, middle, None] + steps[None, middle, :])
    steps_away: Ints = np.minimum(steps, FAR).astype(np.int64)
    steps_away.flags.writeable = False  # cached and shared
    return steps_away


def tempo_steps(bpm: Floats, goal_bpm: float, limit: TempoLimit) -> Floats:
    """How many steps of a limit lead from each tempo to the goal; NaN if unknown, 0 only at the goal itself."""
    distance = np.abs(np.log(bpm / goal_bpm))
    if limit.folds:
        octave = math.log(2.0)
        distance = np.minimum(distance, np.abs(distance - octave))
    return np.ceil(distance / math.log1p(limit.percent / 100.0) - 1e-6)


def place_includes(
    columns: Candidates, includes: Sequence[int], slots: Sequence[float], energy: PiecewiseLine
) -> list[Waypoint]:
    """Assign places to tracks that must appear.

    Each gets the free slot whose wanted energy is nearest to its own; ties are broken by an even spread. The hardest to
    place (farthest from the middle of the wanted energies) choose first.

    includes: indices into the columns
    slots: progress 0-1 of each free place, ascending
    """
    free = list(range(len(slots)))
    wanted = np.array([np.nan if (value := energy.at(slot)) is None else value for slot in slots])
    middle = float(np.nanmean(wanted)) if np.isfinite(wanted).any() else math.nan

    placed: list[Waypoint] = []
    share = len(slots) / (len(includes) + 1)
    difficulty = np.nan_to_num(np.abs(columns.energy - middle))
    order = sorted(includes, key=lambda index: (-difficulty[index], columns.tie_breaker[index]))
    for place, index in enumerate(order, start=1):
        misfit = np.nan_to_num(np.abs(wanted[free] - columns.energy[index]), nan=0.0)
        # Energy in tenths, like the levels in the user interface, then the distance from an even spread.
        spread = np.abs(np.array(free) - (share * place - 0.5)) / max(1, len(slots))
        taken = np.array([min((abs(slots[f] - p.progress) for p in placed), default=1.0) for f in free])
        cost = np.floor(misfit * 10.0) + 0.5 * spread - 0.25 * np.minimum(taken, 0.2)
        slot = free.pop(int(np.argmin(cost)))
        placed.append(Waypoint(index=index, progress=slots[slot]))
    return sorted(placed, key=lambda point: point.progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaypointPlan:
    """The waypoints and lines of a list.

    waypoints: tracks that must come after the start, by progress
    energy: wanted energy; empty for any
    log_bpm: logarithm of the tempo that the list stays near; empty if unknown
    """

    waypoints: tuple[Waypoint, ...]
    energy: PiecewiseLine
    log_bpm: PiecewiseLine


def plan_waypoints(
    problem: ListProblem, *, energies: Floats, slots: Sequence[float], placed: Sequence[Waypoint] = ()
) -> WaypointPlan:
    """Plan the waypoints of a list.

    energies: of the tracks the list will be chosen from, for the scale of the curve
    slots: progress of each place that an include may take, ascending
    placed: tracks with fixed places
    """
    columns, curve = problem.candidates, problem.request.wanted_energy
    first = [] if problem.first is None else [Waypoint(index=problem.first, progress=0.0)]
    last = [] if problem.end is None else [Waypoint(index=problem.end, progress=1.0)]
    if curve is not None:
        known, is_absolute = energies[~np.isnan(energies)], problem.request.absolute_energy
        low, high = (0.0, 1.0) if is_absolute or not len(known) else np.percentile(known, [CURVE_LOW, CURVE_HIGH])
        energy = PiecewiseLine(
            progress=tuple(percent / 100.0 for percent, _ in curve.points),
            values=tuple(float(low + target * (high - low)) for _, target in curve.points),
        )
    else:  # from the first track to the last; constant if only one of them has an energy
        energy = _line([*first, *last] if last or problem.holds_energy else [], lambda index: columns.energy[index])
    within = (*place_includes(columns, problem.includes, slots, energy), *placed)
    waypoints = (*sorted(within, key=lambda point: point.progress), *last)
    log_bpm = _line([*first, *waypoints], lambda index: math.log(columns.bpm[index]))
    return WaypointPlan(waypoints=waypoints, energy=energy, log_bpm=log_bpm)


SIMILARITY_DECIMALS = 6
"""Similarities that agree to this many decimals are equal; audio ids then decide."""

PREFERENCE_NEARNESS = 0.1
"""Bonus in similarity for preferred tracks in the ranking, and malus for avoided ones. If a tenth of the library is
preferred, its share of the picks is 36 % with 0, 51 % with .1, 59 % with .2; the similarity to the seed is then .66,
.63 and .61 (lab/measure/playlist.py, 20,000 tracks)."""

# The first track of a list without a seed: by wanted energy, then by a common tempo, then by a known key.
_OPENING_TEMPO_SHARE, _OPENING_KEY_SHARE = 0.5, 0.2
# A preferred track opens the list unless its energy is off by more than this.
_OPENING_PREFERENCE_SHARE = 0.2


def choose_opening(candidates: Candidates, request: ListRequest) -> int | None:
    """The first track of a list without a seed; None without eligible candidates.

    Only tracks on the curves of tempo and energy are considered, or else the nearest ones. They are compared by their
    distance from the wanted energy, from the curve's tempo or else from the median tempo, and by a known key.
    """
    eligible = np.flatnonzero(candidates.eligible)
    if not len(eligible):
        return None
    pool = candidates.take(eligible)
    plan = plan_waypoints(ListProblem(request=request, candidates=pool), energies=pool.energy, slots=())
    wanted, near = plan.energy.at(0.0), np.arange(len(pool))
    log_bpm = np.log(pool.bpm)
    known = log_bpm[~np.isnan(log_bpm)]
    off_tempo, reach = np.abs(log_bpm - (median(known) if len(known) else 0.0)), math.log(2.0)
    if (curve := request.wanted_tempo) is not None:
        begin_bpm, reach = curve.at(0.0), math.log1p(TempoCurve.REACH_PERCENT / 100.0)
        minutes, bpms = np.array(curve.points).T
        middles = np.nan_to_num(pool.duration_s, nan=Tracklist.USUAL_LENGTH_S) / 120.0
        aims_bpm = np.clip(np.interp(middles, minutes, bpms), *curve.opening_bpm)
        folds = request.limits.tempo.folds and not (np.abs(log_bpm - math.log(begin_bpm)) <= reach).any()
        for bpm, percent in ((begin_bpm, TempoCurve.REACH_PERCENT), (aims_bpm, TempoCurve.AIM_PERCENT)):
            off_tempo = tempo_drift(log_bpm, np.log(bpm), folds=folds)
            near = near[_nearest(off_tempo[near], math.log1p(percent / 100.0))]
    scores = 1.0 - _OPENING_TEMPO_SHARE * np.nan_to_num(np.minimum(off_tempo / reach, 1.0), nan=1.0)
    if wanted is not None:
        off_energy = np.abs(pool.energy - wanted)
        near = near[_nearest(off_energy[near], ENERGY_REACH[0])]
        scores -= np.nan_to_num(off_energy, nan=1.0)
    scores += _OPENING_KEY_SHARE * (pool.key != MixColumns.UNKNOWN_KEY)
    if pool.preference_bias is not None:
        scores += _OPENING_PREFERENCE_SHARE * pool.preference_bias
    if pool.version_cost is not None:
        scores -= pool.version_cost / MICRO
    if request.vary:
        scores += varied(pool, request.vary)
    order = np.lexsort((pool.tie_breaker[near], -np.round(scores[near], 6)))
    return int(eligible[near[order[0]]])


def _nearest(off: Floats, most: float) -> NDArray[np.bool_]:
    """Which distances are allowed; without any, the smallest. Unknown ones only if all are."""
    off = np.nan_to_num(off, nan=np.inf)
    return off <= max(most, float(off.min())) + EPSILON


def ranked(problem: ListProblem) -> Ints:
    """Indices of the fixed tracks, then of the eligible ones, nearest by sound first."""
    candidates = problem.candidates
    fixed_indices = np.array(problem.fixed, dtype=np.int64)
    eligible = candidates.eligible.copy()
    eligible[fixed_indices] = False
    others = np.flatnonzero(eligible)
    nearness = candidates.similarity[others]
    if candidates.goal_similarity is not None:
        goal = candidates.goal_similarity[others]
        # Tracks between the two ends are similar to both; near each end, tracks similar to that end are needed.
        nearness = (np.fmax(nearness, goal) + np.nan_to_num(nearness) + np.nan_to_num(goal)) / 3.0
    if np.isnan(nearness).all() and problem.first is not None:
        # The sound is unknown: tracks with a near tempo come first.
        nearness = -np.abs(np.log(candidates.bpm[others] / candidates.bpm[problem.first]))
    elif candidates.preference_bias is not None:
        nearness = nearness + PREFERENCE_NEARNESS * candidates.preference_bias[others]
    rounded = np.round(np.nan_to_num(nearness, nan=-np.inf), SIMILARITY_DECIMALS)
    return np.concatenate([fixed_indices, others[np.lexsort((candidates.tie_breaker[others], -rounded))]])


def in_corridor(problem: ListProblem) -> NDArray[np.bool_]:
    """Which tempi lie between those of the fixed tracks, or within the allowed drift from them."""
    candidates, limit = problem.candidates, problem.request.limits.tempo
    curve = problem.request.wanted_tempo
    known = np.log([*candidates.bpm[list(problem.fixed)], *(bpm for _, bpm in (curve.points if curve else ()))])
    known = known[~np.isnan(known)]
    if not len(known):
        return np.ones(len(candidates), dtype=bool)
    drift = math.log1p(problem.request.drift_percent / 100.0)
    log_bpm = np.log(candidates.bpm)
    low, high = float(known.min()) - drift, float(known.max()) + drift
    octaves = (-math.log(2.0), 0.0, math.log(2.0)) if limit.folds else (0.0,)
    inside: NDArray[np.bool_] = np.zeros(len(candidates), dtype=bool)
    for octave in octaves:
        inside |= (log_bpm + octave >= low) & (log_bpm + octave <= high)
    return inside
