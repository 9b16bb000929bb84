"""What a search for a list is given: ranked candidates, rules, schedule, and how many of them it starts with."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from map4.domain.playlist.options import DEFAULT_MAX_CANDIDATES, PlaylistOptions
from map4.selection.sequencing.candidates import Candidates, Floats, Ints
from map4.selection.sequencing.expansion import Expansion
from map4.selection.sequencing.ranking import choose_opening, in_corridor, ranked
from map4.selection.sequencing.schedule import Schedule
from map4.selection.sequencing.step_limits import RelaxableRule, relaxable_rules
from map4.selection.sequencing.waypoints import FixedTracks

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
            lead=self.fixed.lead if self.fixed.start is None else None,
        )


def search_problem(
    candidates: Candidates,
    options: PlaylistOptions,
    fixed: FixedTracks,
    *,
    family_fit: Floats | None = None,
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
