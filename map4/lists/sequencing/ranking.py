"""The order of the candidates: the opening of a list, then the tracks that sound most like its start."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from map4.lists.playlist.request import ListRequest
from map4.lists.sequencing.problem import Candidates, Ints, ListProblem
from map4.lists.sequencing.step_scores import varied
from map4.lists.sequencing.waypoints import plan_waypoints
from map4.music.analysis.median import median
from map4.music.lists.tempo_curve import REACH_PERCENT
from map4.music.lists.tracklist import USUAL_LENGTH_S
from map4.music.mixing.many import UNKNOWN_KEY

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

    Chosen by the wanted energy, a tempo near the median of the candidates, and a known key.
    """
    eligible = np.flatnonzero(candidates.eligible)
    if not len(eligible):
        return None
    pool = candidates.take(eligible)
    plan = plan_waypoints(ListProblem(request=request, candidates=pool), energies=pool.energy, slots=())
    wanted = plan.energy.at(0.0)
    log_bpm = np.log(pool.bpm)
    known = log_bpm[~np.isnan(log_bpm)]
    middle, reach = median(known) if len(known) else 0.0, math.log(2.0)
    if (curve := request.wanted_tempo) is not None:
        middle, reach = math.log(curve.at(USUAL_LENGTH_S / 2.0)), math.log1p(REACH_PERCENT / 100.0)
    off_tempo = np.abs(log_bpm - middle) / reach
    scores = 1.0 - _OPENING_TEMPO_SHARE * np.nan_to_num(np.minimum(off_tempo, 1.0), nan=1.0)
    if wanted is not None:
        scores -= np.nan_to_num(np.abs(pool.energy - wanted), nan=1.0)
    scores += _OPENING_KEY_SHARE * (pool.key != UNKNOWN_KEY)
    if pool.preference_bias is not None:
        scores += _OPENING_PREFERENCE_SHARE * pool.preference_bias
    if request.vary:
        scores += varied(pool, request.vary)
    order = np.lexsort((pool.tie_breaker, -np.round(scores, 6)))
    return int(eligible[order[0]])


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
