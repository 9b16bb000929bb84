"""Moves and replacements for weak transitions, against trying everything."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.lists.judging.list_repair import Spares, best_move, best_replacement
from map4.music.analysis.key import parse_key
from map4.music.mixing.compatibility import MixTraits, compare_mix
from map4.music.mixing.many import MixColumns, mix_scores


def traits(bpm: float, key: str = "8A", energy: float | None = 0.5) -> MixTraits:
    return MixTraits(bpm=bpm, key=parse_key(key), energy=energy)


def spares(
    *mixes: MixTraits, artists: list[str | None] | None = None, families: list[str | None] | None = None
) -> Spares:
    count = len(mixes)
    ids = range(100, 100 + count)
    names = zip(artists or [None] * count, families or [None] * count, strict=True)
    named = dict(zip(ids, names, strict=True))
    return Spares(
        ids=np.array(ids, dtype=np.int64),
        mix=MixColumns.of(mixes),
        named=lambda asked: {spare_id: named[spare_id] for spare_id in asked},
    )


# ---- moves ---------------------------------------------------------------------------------------


SQUARES = st.integers(3, 6).flatmap(
    lambda n: st.tuples(st.lists(st.floats(0, 1), min_size=n * n, max_size=n * n), st.integers(0, n - 2))
)


@given(SQUARES)
def test_a_move_is_the_best_of_all(case: tuple[list[float], int]) -> None:
    values, place = case
    n = round(len(values) ** 0.5)
    gains = np.array(values).reshape(n, n)

    def mean(order: list[int]) -> float:
        return float(np.mean([gains[a, b] for a, b in itertools.pairwise(order)]))

    every = []
    for moved in (place, place + 1):
        rest = [index for index in range(n) if index != moved]
        every += [mean([*rest[:gap], moved, *rest[gap:]]) for gap in range(n)]
    found = best_move(gains, np.zeros((n, n)), place, least_gain=0.0)
    gained = found.gained if found else mean(list(range(n)))
    assert gained == pytest.approx(max(*every, mean(list(range(n)))), abs=1e-8)
    assert found is None or found.place in (place, place + 1)


def test_a_move_says_where() -> None:
    gains = np.full((4, 4), 0.1)
    gains[0, 2] = gains[2, 3] = gains[3, 1] = 0.9
    found = best_move(gains, np.zeros((4, 4)), 0, least_gain=0.01)
    assert (found.place, found.after) == (1, 3)
    assert (found.before, found.gained) == (pytest.approx(1.1 / 3), pytest.approx(0.9))
    head = np.array([[0, 0.1, 0.1], [0.9, 0, 0.1], [0.1, 0.1, 0]])
    to_head = best_move(head, np.zeros((3, 3)), 0, least_gain=0.01)
    assert to_head.after in (-1, 1)


def test_no_move_of_two_and_none_for_little() -> None:
    assert best_move(np.array([[0, 0.1], [0.9, 0]]), np.zeros((2, 2)), 0, least_gain=0.0) is None
    gains = np.full((4, 4), 0.5)
    assert best_move(gains, np.zeros((4, 4)), 1, least_gain=0.01) is None


def test_no_move_leaves_a_limit_that_was_kept() -> None:
    gains = np.full((4, 4), 0.1)
    gains[0, 2] = gains[2, 3] = gains[3, 1] = 0.9
    costs = np.zeros((4, 4))
    costs[3, 1] = 1.0
    found = best_move(gains, costs, 0, least_gain=0.01)
    assert (found.place, found.after) != (1, 3)
    assert found.gained < 0.9
    costs[0, 1] = 1.0  # one for another
    assert best_move(gains, costs, 0, least_gain=0.01) == best_move(gains, np.zeros((4, 4)), 0, least_gain=0.01)


# ---- replacements --------------------------------------------------------------------------------

LIST = [traits(120), traits(121), traits(90, "2B", 0.1), traits(123), traits(124)]


def test_a_replacement_mixes_best_with_both_sides() -> None:
    offered = spares(traits(100), traits(122), traits(121, "3B"))
    found = best_replacement(LIST, [None] * 5, [None] * 5, 1, offered, least_gain=0.01)
    assert (found.place, found.spare_id) == (2, 101)
    both = [compare_mix(LIST[1], traits(122)).total, compare_mix(traits(122), LIST[3]).total]
    assert found.after == pytest.approx(np.mean(both))
    assert found.before == pytest.approx(
        np.mean([compare_mix(LIST[1], LIST[2]).total, compare_mix(LIST[2], LIST[3]).total])
    )


def test_no_artist_comes_again_too_soon() -> None:
    artists: list[str | None] = ["Ann", None, None, None, None]
    offered = spares(traits(122), traits(121, "3B"), artists=["ANN", "Bob"])
    found = best_replacement(LIST, artists, [None] * 5, 2, offered, least_gain=0.01)
    assert found.spare_id == 101
    alone = spares(traits(122), artists=["Ann"])
    assert best_replacement(LIST, artists, [None] * 5, 2, alone, least_gain=0.01) is None


def test_none_where_nothing_is_better() -> None:
    assert best_replacement(LIST, [None] * 5, [None] * 5, 3, spares(traits(60, "2B")), least_gain=0.01) is None
    assert best_replacement(LIST, [None] * 5, [None] * 5, 3, spares(), least_gain=0.01) is None
    unknown = MixTraits()
    found = best_replacement([unknown, unknown], [None] * 2, [None] * 2, 0, spares(unknown), least_gain=0.01)
    assert found is None


def test_where_no_tempo_is_within_reach_all_spares_are_looked_at() -> None:
    far, farther = traits(122 * 1.08, "9B"), traits(122 * 1.09)
    found = best_replacement(LIST, [None] * 5, [None] * 5, 1, spares(far, farther), least_gain=-1.0)
    assert found.spare_id == 101  # the tempo of both is just possible, and the key of this one fits


@pytest.mark.parametrize("crowd", [0, 8])
def test_names_are_looked_up_of_those_alone_that_may_be_best(crowd: int) -> None:
    """Of thousands of spares; and the answer is that of looking at all."""
    rng = np.random.default_rng(3)
    count = 4000
    mix = MixColumns(
        bpm=rng.uniform(90, 150, count), key=rng.integers(0, 25, count), energy=np.round(rng.uniform(0, 1, count), 2)
    )
    names = [(f"artist {number % 9}", f"family {number % 4}") for number in range(count)]
    asked: set[int] = set()

    def named(ids: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
        asked.update(ids)
        return {spare_id: names[spare_id] for spare_id in ids}

    artists = [f"Artist {number}" for number in range(crowd)][:5] + [None] * max(0, 5 - crowd)
    spares = Spares(ids=np.arange(count), mix=mix, named=named)
    found = best_replacement(LIST, artists, ["family 1"] * 5, 1, spares, least_gain=-1.0)
    best = []
    columns = MixColumns.of(LIST)
    for at in (1, 2):
        total = (mix_scores(columns[at - 1], mix).total + mix_scores(columns[at + 1], mix).total) / 2
        now = np.mean([mix_scores(columns[near], columns[at]).total for near in (at - 1, at + 1)])
        energy = LIST[at].energy
        worth = total + 0.05 * np.array([family == "family 1" for _, family in names])
        worth += 0.05 * (1 - np.abs(mix.energy - energy))
        others = {name.casefold() for name in np.delete(np.array(artists, dtype=object), at) if name}
        worth[[artist in others for artist, _ in names]] = -np.inf
        best.append((total[np.argmax(worth)] - now, at, int(np.argmax(worth))))
    assert (found.place, found.spare_id) == max(best)[1:]
    assert 0 < len(asked) < count / 2
