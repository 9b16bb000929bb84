"""Find a better place for a track, or an order that mixes well in which some tracks keep their places."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from map4.core.base.records import Count, Fraction4, Record
from map4.core.music.lists.quality import ListQuality
from map4.core.music.mixing.ordering import MOST_EXACT, Order

_LEAST_GAIN = 1e-9  # compatibilities differ by .004 or not at all; less is rounding
_MOST_PASSES = 20


def better_order(
    gains: NDArray[np.float64],
    costs: NDArray[np.float64],
    locked: Collection[int],
    *,
    judged: Callable[[Sequence[int]], ListQuality],
    least_gain: float = _LEAST_GAIN,
) -> Order:
    """Find the best order in which the tracks at the locked places stay; the present one if no other is better.

    Another order is better if its gains less its costs are higher, and if it breaks fewer limits, or has no more weak
    steps and fewer poor mixes or no lower quality.

    gains, costs: shape (n, n), of each ordered pair of places; a broken limit costs 1, another poor mix less
    least_gain: minimum improvement of the mean
    """
    values, last = gains - costs, len(gains) - 1
    if last < MOST_EXACT:
        best = Order.best(values, locked=locked)
    elif {*locked} <= {0, last}:  # an improved order can keep its ends, but no other places
        best = Order.best(values, first=0 if 0 in locked else None, last=last if last in locked else None)
    else:
        best = order_around(values, locked)
    present = tuple(range(last + 1))

    def total(numbers: NDArray[np.float64], order: Sequence[int]) -> float:
        return float(numbers[order[:-1], order[1:]].sum())

    if total(values, best.indices) <= total(values, present) + max(1, last) * least_gain:
        return replace(best, indices=present)
    if total(np.floor(costs), best.indices) < total(np.floor(costs), present):  # rounded down, only broken limits count
        return best
    after, before = judged(best.indices), judged(present)
    is_lower = (after.overall or 0) < (before.overall or 0) and total(costs, best.indices) >= total(costs, present)
    is_worse = is_lower or (after.limits or 0) < (before.limits or 0)
    return replace(best, indices=present, method="improved") if is_worse else best


def order_around(gains: ArrayLike, locked: Collection[int]) -> Order:
    """Find an order with a high sum of gains in which the tracks at the locked places stay.

    Swaps pairs of tracks until that no longer helps, starting both from the present order and from the best unlocked
    order around the locked tracks.

    gains: as for `map4.core.music.mixing.ordering.Order.best`
    locked: places, from 0
    """
    values: NDArray[np.float64] = np.array(gains, dtype=np.float64)
    n = len(values)
    free = [place for place in range(n) if place not in locked]
    others = iter(index for index in Order.best(values).indices if index not in locked)
    around = [place if place in locked else next(others) for place in range(n)]
    order = max((_improved(values, start, free) for start in (list(range(n)), around)), key=lambda order: order[1])
    return Order(indices=tuple(order[0]), total=order[1], method="improved")


def _improved(values: NDArray[np.float64], order: list[int], free: Sequence[int]) -> tuple[list[int], float]:
    def around(*places: int) -> float:
        steps = {step for place in places for step in (place - 1, place) if 0 <= step < len(order) - 1}
        return float(sum(values[order[step], order[step + 1]] for step in steps))

    for _ in range(_MOST_PASSES):
        is_better = False
        for a, b in combinations(free, 2):
            before = around(a, b)
            order[a], order[b] = order[b], order[a]
            if around(a, b) > before + _LEAST_GAIN:
                is_better = True
            else:
                order[a], order[b] = order[b], order[a]
        if not is_better:
            break
    return order, float(values[order[:-1], order[1:]].sum())


class Move(Record, members="position=place+1 after_position compatibility.before=before compatibility.after=gained"):
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
