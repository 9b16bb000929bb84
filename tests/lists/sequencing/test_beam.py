"""The best of many ways."""

import numpy as np

from map4.lists.sequencing.expansion import best_of


def test_best_scores_are_chosen_with_deterministic_ties() -> None:
    scores, tie_breakers = np.array([5, 9, 5, 5, 1]), np.array([3, 0, 1, 2, 4])
    assert best_of(scores, tie_breakers, 3).tolist() == [1, 2, 3]
    assert best_of(scores, tie_breakers, 9).tolist() == [1, 2, 3, 0, 4]
