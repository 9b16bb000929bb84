"""Columns of candidates, and which of them are the same recording."""

import math

import numpy as np
from small_libraries import library, with_bias

from map4.lists.sequencing.problem import NO_GROUP, Candidates, number_groups, number_pairs


def test_candidates_keep_their_order_names_and_recordings() -> None:
    taken = library([120, 121, 122], similarity=[0.1, 0.2, 0.3], goal_similarity=[1, 2, 3]).take(np.array([2, 0]))
    assert taken.rows.tolist() == [2, 0]
    assert taken.bpm.tolist() == [122, 120]
    assert taken.goal_similarity.tolist() == [3, 1]
    assert len(taken) == 2
    biased = with_bias(library([120, 121, 122]), preferred=[2]).take(np.array([2, 0]))
    assert biased.preference_bias.tolist() == [1, 0]
    names = ["Björk", None, "BJÖRK ", "", "Daft Punk", "Bjo\u0308rk", "Bjork"]
    assert number_groups(names).tolist() == [1, NO_GROUP, 1, NO_GROUP, 2, 1, 1]
    numbers = number_pairs(np.array([1, 1, 2, 2, NO_GROUP, 1]), np.array([1, 2, 1, 1, 1, NO_GROUP]))
    assert numbers[2] == numbers[3]
    assert len({*numbers[:3].tolist()}) == 3
    assert numbers[4:].tolist() == [NO_GROUP, NO_GROUP]
    assert same([0, 1, 0], [-1, -1, -1], [100, 100, 100]) == [[0, 2], [1], [0, 2]]
    assert same([0, 1, 2], [5, 5, 6], [200, 203, 200]) == [[0, 1], [0, 1], [2]]
    assert same([0, 1], [5, 5], [200.1, 203.1]) == [[0, 1], [0, 1]]
    assert same([0, 1], [5, 5], [200, 203.1]) == [[0], [1]]
    assert same([0, 1], [NO_GROUP, NO_GROUP], [200, 200]) == [[0], [1]]
    assert same([0, 1], [5, 5], [200, math.nan]) == [[0, 1], [0, 1]]
    assert same([0, 1, 2], [5, 5, 5], [200, 202, 204]) == [[0, 1], [0, 1, 2], [1, 2]]
    columns: Candidates = library([120] * 5, tie_breaker=[0, 1, 2, 3, 0], song=[-1, 4, 4, -1, -1])
    assert columns.has_others.tolist() == [True, True, True, False, True]


def same(audio: list[int], song: list[int], seconds: list[float]) -> list[list[int]]:
    """For each track, those that are the same recording."""
    columns = library([120] * len(audio), tie_breaker=audio, song=song, duration_s=seconds)
    return [np.flatnonzero(columns.is_same_recording([index])).tolist() for index in range(len(audio))]
