"""The figures of the retrieval benchmark, worked out by hand, and one run over a small folder."""

from __future__ import annotations

import numpy as np
import pytest
from retrieval import genre_figures, ranks


def test_ranks_count_who_is_before() -> None:
    similarities = np.array([[0.9, 0.1, 0.2], [0.8, 0.5, 0.1], [0.7, 0.7, 0.7]])
    top1, reciprocal = ranks(similarities)
    assert top1 == pytest.approx(1 / 3)
    assert reciprocal == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)  # a tie with two others is the third place


def test_genres_are_averaged_over_the_labelled() -> None:
    # Tracks 0 and 1 are of genre a, 3 and 4 of b; 2 has none and is not looked at.
    similarities = np.array(
        [
            [9.0, 5.0, 8.0, 4.0, 3.0],
            [4.0, 9.0, 8.0, 5.0, 3.0],
            [0.0, 0.0, 9.0, 0.0, 0.0],
            [2.0, 1.0, 8.0, 9.0, 3.0],
            [2.0, 1.0, 8.0, 3.0, 9.0],
        ]
    )
    found = genre_figures(similarities, ["a", "a", None, "b", "b"])
    assert found["genre_map"] == pytest.approx((1 + 1 / 2 + 1 + 1) / 4)
    assert found["genre_1nn"] == pytest.approx(3 / 4)
    assert found["genre_5nn"] == pytest.approx(
        0.0
    )  # of three neighbours two are of the other genre, and one comes first
