"""What of a large library a playlist looks at."""

import numpy as np

from map4.lists.playlist.request import ListRequest
from map4.lists.problem import nearest_rows


def test_nearest_rows_are_candidates_and_longer_lists_consider_more() -> None:
    heard = np.array([0.1, 0.9, np.nan, 0.5, 0.7])
    assert nearest_rows(heard, None, 3).tolist() == [1, 3, 4]
    assert nearest_rows(heard, None, 9).tolist() == [0, 1, 2, 3, 4]
    goal = np.array([0.95, 0.0, np.nan, 0.0, 0.0])
    assert nearest_rows(heard, goal, 2).tolist() == [0, 1]
    cases = [
        (ListRequest(n=10), 10_000),
        (ListRequest(n=51), 20_000),
        (ListRequest(minutes=400), 20_000),
        (ListRequest(n=10, max_candidates=50), 500),
    ]
    assert [(wanted, wanted.settled().most_considered) for wanted, _ in cases] == cases
