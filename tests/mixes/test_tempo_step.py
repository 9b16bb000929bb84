"""Steps of tempo: percent of the slower track, folding, and the policies."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.music.mixing.harmony import tempo_change

tempi = st.floats(30, 300)


def test_known_steps() -> None:
    cases = [
        (100, 102, 2.0, None),
        (102, 100, -2.0, None),
        (125, 125, 0.0, None),
        (87, 174, 0.0, "half"),
        (174, 87, 0.0, "double"),
        (86, 174, 100 * (87 - 86) / 86, "half"),
        (174, 86, -100 * (174 - 172) / 172, "double"),
        (100, 130, 30.0, None),
        (100, 150, 100 * (75 - 100) / 75, "half"),  # 33 % down after folding beats 50 % up
        (100, 100 * math.sqrt(2), 100 * (math.sqrt(2) - 1), None),  # as far either way: the tempo as it is
    ]
    for a, b, percent, folded in cases:
        change = tempo_change(a, b)
        assert (change.percent, change.folded) == (pytest.approx(percent), folded)


def test_without_folding_double_time_is_twice_as_fast() -> None:
    change = tempo_change(87, 174, fold=False)
    assert (change.percent, change.folded) == (100.0, None)


@given(tempi, tempi)
def test_the_way_back_is_as_far_and_folds_the_other_way(a: float, b: float) -> None:
    there, back = tempo_change(a, b), tempo_change(b, a)
    assert there.percent == pytest.approx(-back.percent, abs=1e-9)
    assert back.folded == {None: None, "half": "double", "double": "half"}[there.folded]


@given(tempi, tempi)
def test_folding_never_makes_a_step_greater(a: float, b: float) -> None:
    assert abs(tempo_change(a, b).percent) <= abs(tempo_change(a, b, fold=False).percent)


def test_invalid_tempi_are_refused() -> None:
    for a, b in ((0.0, 120.0), (120.0, -1.0), (math.nan, 120.0), (120.0, math.inf)):
        with pytest.raises(ValueError, match="must be positive"):
            tempo_change(a, b)
