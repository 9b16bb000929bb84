"""Orders in which some tracks keep their places."""

from collections.abc import Sequence
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from map4.core.music.lists.quality import ListQuality
from map4.lists.judging.locked_order import better_order, order_around


@given(st.integers(0, 2**32 - 1), st.integers(1, 18), st.sets(st.integers(0, 17), max_size=4))
def test_an_order_keeps_pinned_places_and_is_never_worse(seed: int, n: int, pinned: set[int]) -> None:
    dice = np.random.default_rng(seed)
    gains, costs = dice.random((n, n)).round(1), dice.integers(0, 3, (n, n)) / 2
    locked, present = {place for place in pinned if place < n}, tuple(range(n))

    def judged(places: Sequence[int]) -> ListQuality:
        tempo, limits = (10.0 * (hash(tuple(places)) % size) for size in (11, 3))
        parts = dict.fromkeys(("harmony", "transitions", "genre", "energy"))
        return ListQuality(tempo=tempo, limits=limits, data=0.0, **parts)

    def total(values: NDArray[np.float64], order: Sequence[int]) -> float:
        return float(sum(values[a, b] for a, b in pairwise(order)))

    found = better_order(gains, costs, locked, judged=judged).indices
    assert sorted(found) == list(present)
    assert all(found[place] == place for place in locked)
    is_better = total(gains - costs, found) > total(gains - costs, present)
    now, was = judged(found), judged(present)
    is_as_good = total(costs, found) < total(costs, present) or now.overall >= was.overall
    is_allowed = total(costs // 1, found) < total(costs // 1, present) or (is_as_good and now.limits >= was.limits)
    assert found == present or (is_better and is_allowed)
    assert better_order(gains, costs, {*present}, judged=judged).indices == present


@pytest.mark.parametrize("seed", range(2))
def test_locked_places_stay_and_the_rest_mixes_well(seed: int) -> None:
    gains = np.random.default_rng(seed).random((7, 7))
    locked = {1, 4}
    found = order_around(gains, locked)
    assert sorted(found.indices) == list(range(7))
    assert all(found.indices[place] == place for place in locked)

    def total(order: tuple[int, ...]) -> float:
        return float(sum(gains[a, b] for a, b in pairwise(order)))

    every = [total(order) for order in permutations(range(7)) if all(order[place] == place for place in locked)]
    assert total(found.indices) == pytest.approx(found.total)
    assert found.total >= sorted(every)[int(0.9 * len(every))]
    assert found.total >= total(tuple(range(7)))
