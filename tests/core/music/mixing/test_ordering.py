"""The best order, against every order there is, and against greedy where these are too many."""

import itertools
from collections.abc import Collection

import numpy as np
import pytest
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from map4.core.music.mixing.ordering import Order

# Few different values make many ties, which is where orders go astray.
# Gains are told apart to 1e-9: those drawn are multiples of it.
squares = st.integers(1, 6).flatmap(
    lambda n: arrays(
        np.float64,
        (n, n),
        elements=st.integers(0, 4).map(lambda i: i / 4) | st.floats(0, 1, width=32).map(lambda x: round(x, 9)),
    )
)


def value(gains: np.ndarray, order: tuple[int, ...]) -> float:
    return float(sum(gains[a, b] for a, b in itertools.pairwise(order)))


def brute_force(
    gains: np.ndarray, first: int | None = None, last: int | None = None, locked: Collection[int] = ()
) -> float:
    n = len(gains)
    return max(
        value(gains, order)
        for order in itertools.permutations(range(n))
        if first in (None, order[0]) and last in (None, order[-1]) and all(order[place] == place for place in locked)
    )


def greedy(gains: np.ndarray, first: int | None = None, last: int | None = None) -> float:
    """The total of going from each track to the best of those left, from the start that comes out best."""
    n, totals = len(gains), []
    for start in range(n) if first is None else [first]:
        order = [start]
        while len(order) < n:
            left = [index for index in range(n) if index not in order]
            order.append(
                max([index for index in left if index != last] or left, key=lambda index: gains[order[-1], index])
            )
        if last in (None, order[-1]):
            totals.append(value(gains, tuple(order)))
    return max(totals)


@given(squares, st.data())
@settings(max_examples=examples(60))
def test_the_exact_order_equals_brute_force_with_and_without_pins(gains: np.ndarray, data: st.DataObject) -> None:
    n = len(gains)
    pins = data.draw(st.permutations([*range(n), None, None]).map(lambda row: row[:2]))
    found = Order.best(gains, first=pins[0], last=pins[1])
    assert found.method == "exact"
    assert sorted(found.indices) == list(range(n))
    assert pins[0] in (None, found.indices[0])
    assert pins[1] in (None, found.indices[-1])
    assert found.total == pytest.approx(value(gains, found.indices))
    assert found.total == pytest.approx(brute_force(gains, *pins), abs=1e-8)
    locked = data.draw(st.sets(st.integers(0, n - 1)))
    around = Order.best(gains, locked=locked)
    assert all(around.indices[place] == place for place in locked)
    assert around.total == pytest.approx(brute_force(gains, locked=locked), abs=1e-8)


@pytest.mark.parametrize("n", [7, 8])
def test_the_exact_order_equals_brute_force_for_seven_and_eight(n: int) -> None:
    gains = np.random.default_rng(n).uniform(0, 1, (n, n))
    assert Order.best(gains).total == pytest.approx(brute_force(gains))


@given(squares, st.data())
@settings(max_examples=examples(30))
def test_the_improved_order_keeps_pins_and_is_never_worse_than_greedy(gains: np.ndarray, data: st.DataObject) -> None:
    n = len(gains)
    first, last = data.draw(st.permutations([*range(n), None, None]).map(lambda row: row[:2]))
    found = Order.best(gains, first=first, last=last, most_exact=0)
    assert found.method == "improved"
    assert sorted(found.indices) == list(range(n))
    assert (first in (None, found.indices[0]), last in (None, found.indices[-1])) == (True, True)
    assert found.total == pytest.approx(value(gains, found.indices), abs=1e-8)
    assert greedy(gains, first, last) - 1e-8 <= found.total <= brute_force(gains, first, last) + 1e-8


@pytest.mark.parametrize("symmetric", [True, False])
def test_many_tracks_come_close_to_the_best(symmetric: bool) -> None:
    ratios = []
    for seed in range(4):
        gains = np.random.default_rng(seed).uniform(0, 1, (11, 11))
        gains = (gains + gains.T) / 2 if symmetric else gains
        exact, improved = Order.best(gains), Order.best(gains, most_exact=0)
        assert greedy(gains) - 1e-8 <= improved.total <= exact.total + 1e-12
        ratios.append(improved.total / exact.total)
    assert np.mean(ratios) > 0.97


def test_hidden_chains_and_directions_are_found() -> None:
    rng = np.random.default_rng(3)
    chain = rng.permutation(40)
    place = np.argsort(chain)
    gains = 1.0 / (1.0 + np.abs(place[:, None] - place))  # neighbours in the chain are worth most
    found = Order.best(gains)
    assert found.method == "improved"
    assert found.indices in (tuple(chain), tuple(chain[::-1]))
    gains = np.zeros((30, 30))
    gains[np.arange(29), np.arange(1, 30)] = 1.0  # 0 -> 1 -> 2 ... only this way
    order = np.random.default_rng(1).permutation(30)
    found = Order.best(gains[np.ix_(order, order)])
    assert order[list(found.indices)].tolist() == list(range(30))


def test_pins_hold_for_many_tracks_and_the_first_of_equal_orders_wins() -> None:
    gains = np.random.default_rng(9).uniform(0, 1, (40, 40))
    found = Order.best(gains, first=17, last=3)
    assert (found.indices[0], found.indices[-1]) == (17, 3)
    assert found.total >= greedy(gains, first=17, last=3) - 1e-8
    assert found == Order.best(gains, first=17, last=3)
    assert Order.best(np.ones((6, 6))).indices == (0, 1, 2, 3, 4, 5)
    # 0-1-2 is worth .3 + 0 and 0-2-1 .1 + .2, which in binary would be a hair more.
    assert Order.best([[0, 0.3, 0.1], [0, 0, 0], [0, 0.2, 0]]).indices == (0, 1, 2)
    assert Order.best(np.zeros((0, 0))).indices == Order.best(np.zeros((0, 0)), most_exact=-1).indices == ()
    assert Order.best([[5.0]], first=0, last=0).indices == (0,)
    assert Order.best([[0, 1], [2, 0]]).indices == Order.best([[0, 1], [2, 0]], most_exact=0).indices == (1, 0)
    assert Order.best([[0, 1], [2, 0]], first=0).indices == (0, 1)


def test_invalid_gains_and_pins_are_refused() -> None:
    cases = [
        (np.zeros((2, 3)), {}, "square"),
        (np.zeros(4), {}, "square"),
        ([[0, np.nan], [0, 0]], {}, "finite"),
        ([[0, np.inf], [0, 0]], {}, "finite"),
        (np.zeros((3, 3)), {"first": 3}, "no track with index 3; there are 3 tracks"),
        (np.zeros((3, 3)), {"last": -1}, "no track with index -1"),
        (np.zeros((3, 3)), {"first": 1, "last": 1}, "both first and last"),
    ]
    for gains, pins, match in cases:
        with pytest.raises(ValueError, match=match):
            Order.best(gains, **pins)  # type: ignore[arg-type]
