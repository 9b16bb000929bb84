"""What a search for a list is given: which candidates come first (those that sound most like what it starts from), its
first track, rules and schedule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from map4.domain.analysis.median import median
from map4.domain.lists.limits import TempoLimit
from map4.domain.playlist.options import DEFAULT_MAX_CANDIDATES, PlaylistOptions
from map4.selection.mixing import UNKNOWN_KEY
from map4.selection.sequencing.candidates import Candidates, Floats, Ints
from map4.selection.sequencing.expansion import Expansion
from map4.selection.sequencing.schedule import Schedule
from map4.selection.sequencing.step_habits import StepHabits
from map4.selection.sequencing.step_limits import RelaxableRule, relaxable_rules
from map4.selection.sequencing.step_scores import varied
from map4.selection.sequencing.waypoints import FixedTracks, plan_waypoints

SIMILARITY_DECIMALS = 6
"""Nearer than this, two tracks are equally similar, and their audio ids decide."""

PREFERENCE_NEARNESS = 0.1
"""A preferred track comes into the search as if it sounded so much more alike, one to be avoided so much less. Of a
tenth of the library that is preferred, 36 % of the picks are with 0, 51 % with .1, 59 % with .2; the sound's
similarity to the seed is then .66, .63 and .61 (benchmarks/playlist.py, 20,000 tracks)."""

# The first track of a list without a seed: wanted energy first, then a tempo that others share, then a known key.
_OPENING_TEMPO_SHARE, _OPENING_KEY_SHARE = 0.5, 0.2
# What is preferred opens a list unless its energy is off by more than this.
_OPENING_PREFERENCE_SHARE = 0.2


def choose_opening(candidates: Candidates, options: PlaylistOptions) -> int | None:
    """The first track of a list that has no seed; None without eligible candidates.

    It has the energy wanted first, a tempo near the candidates' middle, and a known key.
    """
    eligible = np.flatnonzero(candidates.eligible)
    if not len(eligible):
        return None
    pool = candidates.take(eligible)
    plan = plan_waypoints(pool, FixedTracks(), options, energies=pool.energy, slots=())
    wanted = plan.energy.at(0.0)
    log_bpm = np.log(pool.bpm)
    off_tempo = np.abs(log_bpm - _median(log_bpm)) / math.log(2.0)
    scores = 1.0 - _OPENING_TEMPO_SHARE * np.nan_to_num(np.minimum(off_tempo, 1.0), nan=1.0)
    if wanted is not None:
        scores -= np.nan_to_num(np.abs(pool.energy - wanted), nan=1.0)
    scores += _OPENING_KEY_SHARE * (pool.key != UNKNOWN_KEY)
    if pool.preference_bias is not None:
        scores += _OPENING_PREFERENCE_SHARE * pool.preference_bias
    if options.vary:
        scores += varied(pool, options.vary)
    order = np.lexsort((pool.tie_breaker, -np.round(scores, 6)))
    return int(eligible[order[0]])


def ranked(candidates: Candidates, fixed: FixedTracks) -> Ints:
    """Indices: the fixed tracks, then the eligible ones, nearest by sound first."""
    fixed_indices = np.array(fixed.indices, dtype=np.int64)
    eligible = candidates.eligible.copy()
    eligible[fixed_indices] = False
    others = np.flatnonzero(eligible)
    nearness = candidates.similarity[others]
    if candidates.goal_similarity is not None:
        goal = candidates.goal_similarity[others]
        # Tracks between the two ends are alike to both; those near one end are needed there.
        nearness = (np.fmax(nearness, goal) + np.nan_to_num(nearness) + np.nan_to_num(goal)) / 3.0
    if np.isnan(nearness).all() and fixed.first is not None:
        # The sound is unknown: those that can be mixed come first.
        nearness = -np.abs(np.log(candidates.bpm[others] / candidates.bpm[fixed.first]))
    elif candidates.preference_bias is not None:
        nearness = nearness + PREFERENCE_NEARNESS * candidates.preference_bias[others]
    rounded = np.round(np.nan_to_num(nearness, nan=-np.inf), SIMILARITY_DECIMALS)
    return np.concatenate([fixed_indices, others[np.lexsort((candidates.tie_breaker[others], -rounded))]])


def in_corridor(candidates: Candidates, fixed: FixedTracks, limit: TempoLimit) -> NDArray[np.bool_]:
    """Which tempi lie between those of the fixed tracks, or no farther from them than a list may drift."""
    known = np.log(candidates.bpm[list(fixed.indices)])
    known = known[~np.isnan(known)]
    if not len(known):
        return np.ones(len(candidates), dtype=bool)
    drift = math.log1p(limit.drift_percent / 100.0)
    log_bpm = np.log(candidates.bpm)
    low, high = float(known.min()) - drift, float(known.max()) + drift
    octaves = (-math.log(2.0), 0.0, math.log(2.0)) if limit.folds else (0.0,)
    inside: NDArray[np.bool_] = np.zeros(len(candidates), dtype=bool)
    for octave in octaves:
        inside |= (log_bpm + octave >= low) & (log_bpm + octave <= high)
    return inside


def _median(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return median(known) if len(known) else 0.0


BEAM_WIDTH = 8
"""Ways kept open; few candidates leave time for more, up to `MOST_WAYS`."""

MOST_WAYS = 64
# So many candidates are weighed a step, all ways together.
_STEP_BUDGET = BEAM_WIDTH * 1000
# At first the nearest by sound are active until so many, times the root of the number of picks, are of a tempo the list
# may drift to: with 30 the mixes of a list of 50 suffer (.972 instead of .979), with a thousand tracks for any
# list it sounds less like its seed (.57 instead of .62; benchmarks/playlist.py, 20,000 tracks). `max_candidates` scales
# it.
_USABLE_PER_ROOT = 40
_LEAST_ACTIVE = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchProblem:
    """What a search is given, and does not change.

    rules: in the order in which they are relaxed
    order: shape (n,), indices of the candidates as they are ranked
    columns: the candidates in this order, the fixed tracks first
    fixed: indices into the columns
    family_fit: of genre families, or None
    habits: what the list leans to besides, or None
    first_window: how many of the columns are active at first
    width: ways kept open
    """

    options: PlaylistOptions
    rules: tuple[RelaxableRule, ...]
    order: Ints
    columns: Candidates
    fixed: FixedTracks
    schedule: Schedule
    family_fit: Floats | None
    habits: StepHabits | None
    first_window: int
    width: int

    def expansion(self, window: int) -> Expansion:
        """Expand lists over so many of the columns."""
        return Expansion(
            self.columns.take(np.arange(window)),
            fixed_count=len(self.fixed.indices),
            options=self.options,
            rules=self.rules,
            family_fit=self.family_fit,
            habits=self.habits,
            lead=self.fixed.lead if self.fixed.start is None else None,
        )


def search_problem(
    candidates: Candidates,
    options: PlaylistOptions,
    fixed: FixedTracks,
    *,
    family_fit: Floats | None = None,
    habits: StepHabits | None = None,
    beam_width: int | None = None,
) -> SearchProblem:
    """Rank the candidates and lay out the list; see `map4.selection.sequencing.search.sequence`."""
    if fixed.first is None and (opening := choose_opening(candidates, options)) is not None:
        fixed = replace(fixed, start=opening, holds_energy=False)
    order, fixed_count = ranked(candidates, fixed), len(fixed.indices)
    columns = candidates.take(order)
    fixed = fixed.renumbered({int(index): position for position, index in enumerate(order[:fixed_count])})
    schedule = Schedule(columns.duration_s, options)
    window = _first_window(columns, fixed, options, schedule.count)
    schedule.lay_out(columns, fixed, columns.energy[fixed_count:window])
    return SearchProblem(
        options=options,
        rules=relaxable_rules(options),
        order=order,
        columns=columns,
        fixed=fixed,
        schedule=schedule,
        family_fit=family_fit,
        habits=habits,
        first_window=window,
        width=beam_width or min(MOST_WAYS, max(BEAM_WIDTH, _STEP_BUDGET // max(1, window))),
    )


def _first_window(columns: Candidates, fixed: FixedTracks, options: PlaylistOptions, count: int) -> int:
    """How many candidates are active at first: the nearest by sound, until enough for `count` picks can be used."""
    fixed_count = len(fixed.indices)
    usable = in_corridor(columns, fixed, options.tempo)
    usable[:fixed_count] = False
    share = options.max_candidates / DEFAULT_MAX_CANDIDATES
    enough = int(np.searchsorted(np.cumsum(usable), _USABLE_PER_ROOT * share * math.sqrt(count))) + 1
    return min(len(columns), max(enough, fixed_count + _LEAST_ACTIVE))
