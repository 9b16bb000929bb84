"""Find the best order of tracks for mixing: exact for a few tracks, by local search for more.

This is the path variant of the travelling salesman problem with asymmetric gains and free or pinned ends.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Gains = NDArray[np.int64]
OrderMethod = Literal["exact", "improved"]
"""exact: optimal; improved: greedy, then 2-opt and Or-opt until neither helps, possibly not optimal."""

MOST_EXACT = 15  # the maximum for exact ordering: .05 s and 4 MB; each additional track doubles both

MOST_STARTS = 100  # the maximum number of starting tracks for greedy

MOST_IMPROVED = 8  # the number of best greedy lists that are improved: each may reach a different optimum

KICKS = 30
KICK_LENGTH = 50  # the number of perturbations of the best list, and the range of neighbours for each

OR_OPT_LENGTH = 3  # Or-opt moves runs of up to this length; longer runs gain almost nothing (Or, 1976)

# Integers in this unit make sums exact, so that ties are ties on every machine.
UNIT = 1e-9
# Worse than any allowed order, without risk of overflowing 64 bits.
_FORBIDDEN = -(10**15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order of tracks.

    indices: each index once
    total: sum of the gains between neighbours
    method: whether the order is optimal
    """

    indices: tuple[int, ...]
    total: float
    method: OrderMethod

    @staticmethod
    def best(
        gains: ArrayLike,
        *,
        first: int | None = None,
        last: int | None = None,
        locked: Collection[int] = (),
        most_exact: int = MOST_EXACT,
    ) -> Order:
        """Find the order with the greatest sum of gains.

        gains: shape (n, n), finite, magnitude at most 1000; `gains[i, j]` is the gain of going from i to j. The
            diagonal is ignored.
        first, last: indices pinned to the ends
        locked: indices pinned to their own places; only for an exact result
        most_exact: maximum number of tracks for an exact result (Held and Karp: time and memory grow with 2^n)
        returns: for ties (to 1e-9) the exact method returns the lexicographically lowest order. The improved order is
            never worse than greedy, and the result is deterministic.
        """
        whole = _whole_numbers(gains)
        n = len(whole)
        for pin in (first, last):
            if pin is not None and not 0 <= pin < n:
                raise ValueError(f"no track with index {pin}; there are {n} tracks")
        if first is not None and first == last and n > 1:
            raise ValueError("a track can't be both first and last")
        ends = _with_ends(whole, first, last)
        method: OrderMethod
        if n <= most_exact:
            path, method = _held_karp(ends, locked), "exact"
        else:
            paths = [_improved(ends, path) for path in _greedy_lists(ends)[:MOST_IMPROVED]]
            path, method = max(paths, key=lambda path: _closed_total(ends, path), default=[]), "improved"
            path = _kicked(ends, path)
        return Order(indices=tuple(path), total=float(whole[path[:-1], path[1:]].sum() * UNIT), method=method)


def _whole_numbers(gains: ArrayLike) -> Gains:
    values = np.array(gains, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise ValueError(f"gains must be a square, got shape {values.shape}")
    np.fill_diagonal(values, 0.0)  # may be NaN, and is ignored
    if not np.all(np.abs(values) <= 1000.0):  # NaN is not
        raise ValueError("gains must be finite and within -1000 and 1000")
    # Sums of whole numbers do not depend on their order, so that ties are ties.
    return np.rint(values / UNIT).astype(np.int64)


def _with_ends(whole: Gains, first: int | None, last: int | None) -> Gains:
    """Gains of shape (n + 1, n + 1), where the last index represents both ends of the list.

    Its gains are 0, except that pins forbid all other tracks at that end.
    """
    n = len(whole)
    ends = np.zeros((n + 1, n + 1), dtype=np.int64)
    ends[:n, :n] = whole
    if first is not None:
        ends[n, :n][np.arange(n) != first] = _FORBIDDEN
    if last is not None:
        ends[:n, n][np.arange(n) != last] = _FORBIDDEN
    return ends


# ---- exact ---------------------------------------------------------------------------------------


def _held_karp(ends: Gains, locked: Collection[int]) -> list[int]:
    """Dynamic programming over subsets (Held and Karp, 1962; Bellman, 1962).

    `best[rest, i]`: the greatest gain of a path that begins at i and visits all tracks of the bit mask `rest`.
    """
    n = len(ends) - 1
    if n == 0:
        return []
    masks = np.arange(1 << n)
    sizes = np.zeros(1, dtype=np.uint8)  # bits set in each mask; numpy counts bits only from version 2 on
    for _ in range(n):
        sizes = np.concatenate([sizes, sizes + np.uint8(1)])
    best = np.full((1 << n, n), _FORBIDDEN * n, dtype=np.int64)
    best[0] = ends[:n, n]
    for size in range(n):
        rest = masks[sizes == size]
        for j in range(n):  # the next track
            holding = rest[(rest >> j) & 1 == 1]
            onward = best[holding ^ (1 << j), j][:, None] + ends[:n, j]
            best[holding] = np.maximum(best[holding], onward)
        place = n - 1 - size  # of the track that the path begins with
        barred = [i for i in range(n) if i != place and (i in locked or place in locked)]
        best[np.ix_(rest, barred)] = _FORBIDDEN * n
    path: list[int] = []
    rest_mask, step = (1 << n) - 1, ends[n, :n]
    while rest_mask:
        # argmax takes the lowest index among ties.
        values = [step[j] + best[rest_mask ^ (1 << j), j] if rest_mask >> j & 1 else -(1 << 62) for j in range(n)]
        chosen = int(np.argmax(values))
        path.append(chosen)
        rest_mask, step = rest_mask ^ (1 << chosen), ends[chosen, :n]
    return path


# ---- improved ------------------------------------------------------------------------------------


def _greedy_lists(ends: Gains) -> list[list[int]]:
    """Greedy lists, the best first."""
    n = len(ends) - 1
    allowed = np.flatnonzero(ends[n, :n] > _FORBIDDEN)
    paths = [_greedy_from(ends, int(start)) for start in allowed[:MOST_STARTS]]
    return sorted(paths, key=lambda path: -_closed_total(ends, path))


def _greedy_from(ends: Gains, start: int) -> list[int]:
    n = len(ends) - 1
    # A track pinned to the end comes last; without a pin all ends are equal.
    waits = ends[:n, n] > _FORBIDDEN if ends[:n, n].min() == _FORBIDDEN else np.zeros(n, dtype=bool)
    free = np.ones(n, dtype=bool)
    free[start] = False
    path = [start]
    for _ in range(n - 1):
        now = free & ~waits
        open_ones = now if now.any() else free
        following = int(np.argmax(np.where(open_ones, ends[path[-1], :n], _FORBIDDEN * 2)))
        path.append(following)
        free[following] = False
    return path


def _closed_total(ends: Gains, path: list[int]) -> int:
    n = len(ends) - 1
    around = np.array([n, *path, n])
    return int(ends[around[:-1], around[1:]].sum())


def _kicked(ends: Gains, path: list[int]) -> list[int]:
    """Swap two adjacent runs, improve again, and keep the result if it is not worse (Martin, Otto, Felten, 1991).

    2-opt and Or-opt can't undo such a kick, so it escapes local optima.
    """
    dice = np.random.default_rng(len(path))  # deterministic for the same gains
    total, width = _closed_total(ends, path), min(KICK_LENGTH, len(path) + 1)
    for _ in range(KICKS if width > 2 else 0):
        cuts = dice.integers(len(path) + 2 - width) + np.sort(dice.choice(width, 3, replace=False))
        a, b, c = (int(cut) for cut in cuts)
        moved = _improved(ends, path[:a] + path[b:c] + path[a:b] + path[c:])
        if (new := _closed_total(ends, moved)) >= total:
            path, total = moved, new
    return path


@dataclass(frozen=True, slots=True)
class _Move:
    """A reordering of places `start` to `stop` of a tour, and its gain.

    `moved` places go from the beginning to the end (negative: from the end to the beginning); 0 reverses all.
    """

    gain: int
    start: int
    stop: int
    moved: int
    is_turned: bool

    def order(self) -> NDArray[np.intp]:
        """The new order of the places."""
        places = np.arange(self.stop - self.start)
        if not self.moved:
            return places[::-1]
        stretch, rest = (places[: self.moved], places[self.moved :])
        if self.moved > 0:
            return np.concatenate([rest, stretch[::-1] if self.is_turned else stretch])
        return np.concatenate([rest[::-1] if self.is_turned else rest, stretch])


def _improved(ends: Gains, path: list[int]) -> list[int]:
    """Apply the best 2-opt and Or-opt moves until none helps; each gains at least one unit.

    Each pass applies all moves without common steps, because these do not change each other's gain.
    """
    n = len(ends) - 1
    tour = np.array([n, *path, n])
    while True:
        steps = ends[tour[:, None], tour]  # gains between all places
        # cumulative gains from the tour's start to each place
        forward = np.concatenate([[0], np.cumsum(steps.diagonal(1))])
        backward = np.concatenate([[0], np.cumsum(steps.diagonal(-1))])
        sums = forward, backward
        moves = _reversals(steps, sums)
        for length in range(1, OR_OPT_LENGTH + 1):
            moves += _shifts(steps, sums, length)
        if not moves:
            return [int(index) for index in tour[1:-1]]
        is_taken = np.zeros(len(tour), dtype=bool)  # steps to the next place
        before = tour.copy()
        for move in sorted(moves, key=lambda move: (-move.gain, move.start, move.stop)):
            touched = slice(move.start - 1, move.stop)
            if not is_taken[touched].any():
                is_taken[touched] = True
                tour[move.start : move.stop] = before[move.start : move.stop][move.order()]


def _reversals(steps: Gains, sums: tuple[Gains, Gains]) -> list[_Move]:
    """2-opt (Croes, 1958): reverse a run. Gains may depend on the direction, so the steps inside count too.

    Returns the best move for each starting place.
    """
    forward, backward = sums
    inside = slice(1, -1)
    turned = backward[inside] - forward[inside]
    change = steps[:-2, inside] + steps[inside, 2:]
    change += turned - steps.diagonal(1)[1:]
    change -= (turned + steps.diagonal(1)[:-1])[:, None]
    change[_mask_before(len(change))] = 0
    best = change.argmax(axis=1)
    gains = change[np.arange(len(best)), best]
    return [_Move(int(gains[at]), at + 1, int(best[at]) + 2, 0, True) for at in np.flatnonzero(gains > 0).tolist()]


def _shifts(steps: Gains, sums: tuple[Gains, Gains], length: int) -> list[_Move]:
    """Or-opt (Or, 1976): move a run of `length` elsewhere, in either direction; the best move for each run."""
    count = len(steps) - 1 - length  # runs from place i on, i = 1 ... count
    if count < 1:
        return []
    forward, backward = sums
    gap = steps.diagonal(1)  # gap k is between places k and k + 1
    heads, tails = slice(1, count + 1), slice(length, length + count)
    i = np.arange(1, count + 1)
    taken_out = steps[i - 1, i + length] - gap[i - 1] - gap[i + length - 1]
    turned = (backward[tails] - backward[heads]) - (forward[tails] - forward[heads])
    touches = _touched(count, length)
    moves: list[_Move] = []
    for is_turned, first, last in ((False, heads, tails), (True, tails, heads)):
        change = steps[:-1, first].T + steps[last, 1:]
        change -= gap
        change += (taken_out + turned if is_turned else taken_out)[:, None]
        change[touches] = 0
        best = change.argmax(axis=1)
        gains = change[np.arange(count), best]
        for at in np.flatnonzero(gains > 0).tolist():
            start, target = at + 1, int(best[at])
            if target < start:
                moves.append(_Move(int(gains[at]), target + 1, start + length, -length, is_turned))
            else:
                moves.append(_Move(int(gains[at]), start, target + 1, length, is_turned))
    return moves


@lru_cache(1)
def _mask_before(count: int) -> NDArray[np.bool_]:
    """A mask of the places up to each place of a tour."""
    return np.tri(count, dtype=bool)


@lru_cache(OR_OPT_LENGTH)
def _touched(count: int, length: int) -> NDArray[np.bool_]:
    """A mask of the gaps at the ends of and inside each run."""
    i, k = np.arange(count)[:, None], np.arange(count + length)
    return (k >= i) & (k <= i + length)
