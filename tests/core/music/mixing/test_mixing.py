"""The columns give what the scalar formula gives, pair by pair."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.mixing.compatibility import MixTraits, compare_mix
from map4.core.music.mixing.many import MixColumns, mix_scores

# Round values as well, since the limits (2 %, .2 ...) are met by these.
tempi = st.floats(30, 300) | st.sampled_from([60.0, 61.2, 63.6, 66.0, 100.0, 102.0, 106.0, 110.0, 120.0, 200.0])
energies = st.floats(0, 1) | st.integers(0, 10).map(lambda level: level / 10)
traits = st.builds(
    MixTraits, bpm=st.none() | tempi, key=st.none() | st.sampled_from(ALL_KEYS), energy=st.none() | energies,
    swing=st.sampled_from([None, 0.5, 0.67]), pitch_percent=st.just(4.0),
)  # fmt: skip
GOOD = MixTraits(bpm=100.0, key=ALL_KEYS[0], energy=0.5, swing=0.5, pitch_percent=4.0)


@given(st.lists(traits, min_size=1, max_size=8))
@example([GOOD, replace(GOOD, key=ALL_KEYS[6]), replace(GOOD, swing=0.67), replace(GOOD, bpm=106.0)])
def test_the_matrix_equals_the_scalar_formula(rows: list[MixTraits]) -> None:
    columns = MixColumns.of(rows)
    found = mix_scores(columns[:, None], columns)
    folded = {1.0: None, 0.5: "half", 2.0: "double"}
    for i, a in enumerate(rows):
        for j, b in enumerate(rows):
            expected = compare_mix(a, b)
            assert found.total[i, j] == expected.total
            assert found.is_poor[i, j] == (expected.rating == "poor")
            assert (found.tempo[i, j], found.key[i, j], found.energy[i, j]) == (
                expected.tempo.points, expected.key.points, expected.energy.points
            )  # fmt: skip
            change = found.tempo_change_percent[i, j]
            assert (None if np.isnan(change) else change) == expected.tempo.change_percent
            assert folded[found.tempo_factor[i, j]] == expected.tempo.folded


def test_scores_of_one_against_many_have_one_value_each() -> None:
    columns = MixColumns.of([MixTraits(bpm=120.0), MixTraits(), MixTraits(bpm=60.0, key=ALL_KEYS[3], energy=0.1)])
    scores = mix_scores(columns[2], columns)
    assert scores.total.shape == (3,)
    assert scores.total.tolist() == pytest.approx([0.4 + 0.2 + 0.1, 0.2 + 0.2 + 0.1, 1.0])
    assert mix_scores(columns[0], columns[np.array([True, False, True])]).total.shape == (2,)


@pytest.mark.filterwarnings("error")
def test_tempo_of_zero_gives_no_numpy_warning() -> None:
    columns = MixColumns(bpm=np.array([120.0, 0.0]), key=np.array([0, 0]), energy=np.array([0.5, 0.5]))
    assert mix_scores(columns[:, None], columns).tempo[0, 1] == 0.0
