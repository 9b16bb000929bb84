"""The lists of a series (`--vary`): list N takes its own share of the tracks, by audio id."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from map4.core.base.text import counted
from map4.lists.sequencing.problem import Candidates, Ints, ListProblem
from map4.lists.sequencing.step_scores import ENERGY_REACH, chances
from map4.lists.sequencing.waypoints import PiecewiseLine, in_corridor

# The first lists divide the nearest tracks among them, the next lists, `_GROWTH` times as many, a larger part of the
# library with these tracks, and so on: the first lists stay near the seed. Usable tracks for each place of a list: with
# more, lists mix better and sound less like the seed (lab/measure/reach.py).
_FIRST_LISTS, _GROWTH = 3, 2
_FIRST_TRACKS, _TRACKS, _LEAST_TRACKS = 1.75, 2.4, 1.35


@dataclass(frozen=True, slots=True)
class Repeats:
    """A list of a series repeats tracks. text: why, as a sentence"""

    text: str


def series_order(
    problem: ListProblem, plain: Ints, count: int, energy: PiecewiseLine
) -> tuple[Ints, int, NDArray[np.bool_], Repeats | None]:
    """The candidates in the order in which list `vary` takes them, how many are its own, which are held back, and
    whether the tracks of the library do not suffice.

    problem: ranked
    plain: picks of the list without `vary`, which are held back
    count: estimated number of picks
    energy: the wanted energies
    """
    candidates, fixed, number = problem.candidates, len(problem.fixed), (problem.request.vary or 1) - 1
    usable = _usable(problem, energy)
    usable[:fixed] = False
    nearer: Ints = np.cumsum(usable) - usable
    most_lists = max(_FIRST_LISTS, int(usable.sum() / (_LEAST_TRACKS * count)))
    block, first, lists, reach, before = 0, 0, _FIRST_LISTS, _FIRST_TRACKS * _FIRST_LISTS, 0
    different = None  # lists until the whole library is shared out
    while number >= first + lists:  # beyond `most_lists` the library is divided again, in another way
        if different is None and reach * count >= usable.sum():
            different = first + lists
        block, first, before, lists = block + 1, first + lists, lists, min(most_lists, lists * _GROWTH)
        reach = _TRACKS * (first + lists)
        lists = most_lists if reach * count >= usable.sum() else lists  # the whole library is in reach
    is_mine = _share(candidates, block, lists) == number - first
    if block and number == first:  # the list before it belongs to another division
        is_mine &= _share(candidates, block - 1, before) != before - 1
    is_mine[plain] = False
    own = is_mine & usable & (nearer < reach * count)
    repeats = None
    if different is not None:
        repeats = Repeats(f"the series begins again after list {different}: list {number + 1} repeats tracks")
    elif (share := int(own.sum())) < count - fixed:
        repeats = Repeats(f"the library has only {counted(share, 'track')} for list {number + 1}; others repeat")
    own[:fixed] = True
    order = np.argsort(~own, kind="stable")
    return order, int(own.sum()), ~is_mine[order], repeats


def _usable(problem: ListProblem, energy: PiecewiseLine) -> NDArray[np.bool_]:
    """The candidates that keep the limits of tempo, energy and sound of the whole list."""
    columns, usable = problem.candidates, in_corridor(problem)
    if energy.values:
        low, high = min(energy.values) - ENERGY_REACH[0], max(energy.values) + ENERGY_REACH[0]
        usable &= ~((columns.energy < low) | (columns.energy > high))  # an unknown energy passes
    if (least := problem.request.min_sound) is not None:
        goal = columns.similarity if columns.goal_similarity is None else columns.goal_similarity
        usable &= ~(np.fmax(columns.similarity, goal) < least)
    return usable


def _share(candidates: Candidates, block: int, lists: int) -> Ints:
    """The list of a block to which each track belongs, from 0."""
    return (chances(candidates.lots, block) * lists).astype(np.int64)
