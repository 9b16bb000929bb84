"""Moves for weak transitions, against trying everything."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.lists.judging.locked_order import best_move

SQUARES = st.integers(3, 6).flatmap(
    lambda n: st.tuples(st.lists(st.floats(0, 1), min_size=n * n, max_size=n * n), st.integers(0, n - 2))
)


@given(SQUARES, st.none() | st.just(1), st.sets(st.integers(0, 2), max_size=2))
def test_suggested_move_is_the_best_of_all(case: tuple[list[float], int], reach: int | None, locked: set[int]) -> None:
    values, place = case
    n = round(len(values) ** 0.5)
    gains = np.array(values).reshape(n, n)

    def mean(order: list[int]) -> float:
        return float(np.mean([gains[a, b] for a, b in itertools.pairwise(order)]))

    every = []
    for moved in (place, place + 1):
        rest = [index for index in range(n) if index != moved]
        gaps = [gap for gap in range(n) if abs(gap - moved) <= (reach or n)]
        every += [[*rest[:gap], moved, *rest[gap:]] for gap in gaps]
    means = [mean(order) for order in every if all(order[index] == index for index in locked)]
    found = best_move(gains, np.zeros((n, n)), place, least_gain=0.0, reach=reach, locked=locked)
    gained = found.gained if found else mean(list(range(n)))
    assert gained == pytest.approx(max([*means, mean(list(range(n)))]), abs=1e-8)
    assert found is None or found.place in (place, place + 1)


def test_best_move_has_its_places_and_enough_gain() -> None:
    gains = np.full((4, 4), 0.1)
    gains[0, 2] = gains[2, 3] = gains[3, 1] = 0.9
    found = best_move(gains, np.zeros((4, 4)), 0, least_gain=0.01)
    assert (found.place, found.after) == (1, 3)
    assert (found.before, found.gained) == (pytest.approx(1.1 / 3), pytest.approx(0.9))
    head = np.array([[0, 0.1, 0.1], [0.9, 0, 0.1], [0.1, 0.1, 0]])
    to_head = best_move(head, np.zeros((3, 3)), 0, least_gain=0.01)
    assert to_head.after in (-1, 1)
    assert best_move(np.array([[0, 0.1], [0.9, 0]]), np.zeros((2, 2)), 0, least_gain=0.0) is None
    gains = np.full((4, 4), 0.5)
    assert best_move(gains, np.zeros((4, 4)), 1, least_gain=0.01) is None


def test_moves_break_no_limit_that_was_kept() -> None:
    gains = np.full((4, 4), 0.1)
    gains[0, 2] = gains[2, 3] = gains[3, 1] = 0.9
    costs = np.zeros((4, 4))
    costs[3, 1] = 1.0
    found = best_move(gains, costs, 0, least_gain=0.01)
    assert (found.place, found.after) != (1, 3)
    assert found.gained < 0.9
    costs[0, 1] = 1.0  # one for another
    assert best_move(gains, costs, 0, least_gain=0.01) == best_move(
        gains, np.zeros((4, 4)), 0, least_gain=0.01, reach=len(gains)
    )
