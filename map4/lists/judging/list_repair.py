"""Improve a weak transition of a list: move one of its tracks."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from map4.core.base.records import Count, Fraction4, Record


class Move(
    Record,
    members="position=place+1 after_position compatibility.before=before compatibility.after=gained",
):
    """A track to move.

    place: its present place, from 0
    after: the place it would follow; -1 for the start of the list
    before, gained: mean compatibility of the whole list, 0-1, before and after the move
    """

    place: int
    after: int
    before: Fraction4
    gained: Fraction4

    @property
    def after_position(self) -> Count:
        """The position it would follow; 0 for the start of the list."""
        return self.after + 1


def best_move(
    gains: NDArray[np.float64],
    costs: NDArray[np.float64],
    place: int,
    *,
    least_gain: float,
    reach: int | None = None,
    locked: Collection[int] = (),
) -> Move | None:
    """Find a better place for one of the two tracks of a transition.

    gains: shape (n, n), value of each ordered pair of places, 0-1
    costs: shape (n, n), cost of each ordered pair; no move costs more than the present order
    place: of the first track of the transition, from 0
    least_gain: minimum improvement of the mean over the list
    reach: number of places that a track may move: 1 swaps neighbours; None for any
    locked: places whose tracks stay
    returns: The best move of either track; None if no move is better.
    """
    n = len(gains)
    if n < 3:  # two tracks mix equally well in both orders
        return None
    order = np.arange(n)
    now, cost = _mean(gains, order), _mean(costs, order)
    best: Move | None = None
    for moved in (place, place + 1):
        rest = np.delete(order, moved)
        for gap in range(n) if reach is None else range(max(0, moved - reach), min(n, moved + reach + 1)):
            moved_order = np.insert(rest, gap, moved)
            gained = _mean(gains, moved_order)
            is_better = gained > (best.gained if best else now + least_gain) + 1e-9
            is_allowed = all(moved_order[locked_place] == locked_place for locked_place in locked)
            if is_better and is_allowed and _mean(costs, moved_order) <= cost + 1e-9:
                after = -1 if gap == 0 else int(rest[gap - 1])
                best = Move(place=moved, after=after, before=now, gained=gained)
    return best


def _mean(values: NDArray[np.float64], order: NDArray[np.intp]) -> float:
    return float(values[order[:-1], order[1:]].mean())
