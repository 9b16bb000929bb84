"""Many pairs at once equal the formula for one, and percentiles are what they say."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from map4.core.music.mixing.hamms_pairs import (
    LEAST_PAIRS,
    PairDistribution,
    hamms_rows,
    hamms_similarities,
    pair_distribution,
)
from map4.core.music.track.hamms import compare_hamms

vectors = st.lists(st.none() | st.floats(0, 1), min_size=12, max_size=12)


@given(st.lists(vectors, min_size=1, max_size=6))
@example([[*[None] * 6, *[0.0] * 5, 4.8e-86]])  # squares of both norms, multiplied, are less than any number
def test_hamms_columns_equal_the_formula(found: list[list[float | None]]) -> None:
    rows = hamms_rows(found)
    similarities = hamms_similarities(rows[:, None], rows)
    for i, a in enumerate(found):
        for j, b in enumerate(found):
            expected = compare_hamms(a, b)
            value = float("nan") if expected is None else expected.similarity
            assert similarities[i, j] == pytest.approx(value, abs=1e-12, nan_ok=True)


def level(value: float) -> list[float | None]:
    """A vector of twelve equal numbers; against another of its kind the cosine is 1, so closeness alone counts."""
    return [value] * 12


def test_pairs_count_if_tracks_share_enough_and_give_percentiles() -> None:
    found = pair_distribution([level(0.1), level(0.2), level(0.4)])
    assert (found.tracks, found.pairs) == (3, 3)
    assert found.similarities.tolist() == pytest.approx([0.82, 0.88, 0.94])
    assert pair_distribution([level(0.5), level(0.5), [None] * 12]).pairs == 1
    assert pair_distribution([]).pairs == 0
    found = PairDistribution(tracks=20, similarities=np.arange(200) / 200)
    assert found.percentile(0.25) == pytest.approx(100 * 50.5 / 200)
    assert found.percentile(0.2501) == pytest.approx(100 * 51 / 200)
    assert (found.percentile(-0.1), found.percentile(1.1)) == (0.0, 100.0)
    assert pair_distribution([level(0.5)] * 20).percentile(1.0) == 50.0
    assert pair_distribution([level(0.5)] * 14).percentile(1.0) is None
    assert pair_distribution([level(0.5)] * 15).pairs == 105 >= LEAST_PAIRS


def test_sample_of_pairs_is_limited_balanced_and_repeatable() -> None:
    rng = np.random.default_rng(5)
    many = rng.uniform(0, 1, (600, 12)).tolist()
    whole = pair_distribution(many, most_pairs=10**6)
    part, again = (pair_distribution(many, most_pairs=6000) for _ in range(2))
    assert (whole.pairs, part.pairs) == (600 * 599 // 2, 6000)
    assert np.array_equal(part.similarities, again.similarities)
    for percent in (10, 50, 90):
        found = part.percentile(float(np.percentile(whole.similarities, percent)))
        assert found == pytest.approx(percent, abs=2.5)  # three standard errors of 6000 pairs
    rows = [[number / 20] * 12 for number in range(20)]
    closest = 1.0 - 0.6 / 20  # of neighbours; each track has one on either side but the ends
    whole, sample = pair_distribution(rows, most_pairs=190), pair_distribution(rows, most_pairs=189)
    assert (whole.pairs, sample.pairs) == (190, 180)  # nine partners each
    assert np.count_nonzero(np.isclose(whole.similarities, closest)) == 19 - 1  # 0 has no direction: cosine 0
    assert pair_distribution([level(0.5)] * 300, most_pairs=200).pairs == 200
