"""The order of the candidates: the opening of a list, then the tracks that sound most like its start."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from map4.core.music.analysis.median import median
from map4.core.music.lists.tempo_curve import AIM_PERCENT, REACH_PERCENT
from map4.core.music.lists.tracklist import USUAL_LENGTH_S
from map4.core.music.mixing.harmony import EPSILON
from map4.core.music.mixing.many import UNKNOWN_KEY
from map4.lists.playlist.request import ListRequest
from map4.lists.sequencing.problem import Candidates, Floats, Ints, ListProblem
from map4.lists.sequencing.step_limits import ENERGY_REACH
from map4.lists.sequencing.step_scores import MICRO, tempo_drift, varied
from map4.lists.sequencing.waypoints import plan_waypoints

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
        begin_bpm, reach = curve.at(0.0), math.log1p(REACH_PERCENT / 100.0)
        minutes, bpms = np.array(curve.points).T
        middles = np.nan_to_num(pool.duration_s, nan=USUAL_LENGTH_S) / 120.0
        aims_bpm = np.clip(np.interp(middles, minutes, bpms), *curve.opening_bpm)
        folds = request.limits.tempo.folds and not (np.abs(log_bpm - math.log(begin_bpm)) <= reach).any()
        for bpm, percent in ((begin_bpm, REACH_PERCENT), (aims_bpm, AIM_PERCENT)):
            off_tempo = tempo_drift(log_bpm, np.log(bpm), folds=folds)
            near = near[_nearest(off_tempo[near], math.log1p(percent / 100.0))]
    scores = 1.0 - _OPENING_TEMPO_SHARE * np.nan_to_num(np.minimum(off_tempo / reach, 1.0), nan=1.0)
    if wanted is not None:
        off_energy = np.abs(pool.energy - wanted)
        near = near[_nearest(off_energy[near], ENERGY_REACH[0])]
        scores -= np.nan_to_num(off_energy, nan=1.0)
    scores += _OPENING_KEY_SHARE * (pool.key != UNKNOWN_KEY)
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
