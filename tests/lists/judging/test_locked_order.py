"""Orders in which some tracks keep their places."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest

from map4.lists.judging.locked_order import order_around


@pytest.mark.parametrize("seed", range(2))
def test_locked_places_stay_and_the_rest_mixes_well(seed: int) -> None:
    gains = np.random.default_rng(seed).random((7, 7))
    locked = {1, 4}
    found = order_around(gains, locked)
    assert sorted(found.indices) == list(range(7))
    assert all(found.indices[place] == place for place in locked)

    def total(order: tuple[int, ...]) -> float:
        return float(sum(gains[a, b] for a, b in pairwise(order)))

    every = [total(one) for one in permutations(range(7)) if all(one[place] == place for place in locked)]
    assert total(found.indices) == pytest.approx(found.total)
    assert found.total >= sorted(every)[int(0.9 * len(every))]
    assert found.total >= total(tuple(range(7)))
