"""Steps of tempo: percent of the slower track, folding, and the policies."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.domain.tempo_step import TEMPO_POLICIES, TempoPolicy, is_within, policy_change, tempo_change

tempi = st.floats(30, 300)


@pytest.mark.parametrize(
    ("a", "b", "percent", "folded"),
    [
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
    ],
)
def test_known_steps(a: float, b: float, percent: float, folded: str | None) -> None:
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


@pytest.mark.parametrize(
    ("policy", "least_bpm", "most_bpm"), [("strict", 97.1, 103), ("flexible", 94.4, 106), ("creative", 91, 110)]
)
def test_each_policy_has_its_limits_in_percent_of_the_slower(
    policy: TempoPolicy, least_bpm: float, most_bpm: float
) -> None:
    assert is_within(policy, 100, most_bpm)
    assert not is_within(policy, 100, most_bpm + 0.1)
    assert is_within(policy, 100, least_bpm)
    assert not is_within(policy, 100, least_bpm - 0.1)


def test_a_limit_is_met_in_spite_of_floating_point() -> None:
    # 1.03 * 123.4 is a hair more than 3 % above in binary.
    assert all(is_within("strict", bpm / 10, bpm / 10 * 1.03) for bpm in range(300, 3000))


def test_only_creative_folds() -> None:
    assert [policy for policy in TEMPO_POLICIES if is_within(policy, 87, 174)] == ["creative"]
    assert policy_change("flexible", 87, 174).percent == 100.0


@pytest.mark.parametrize(("a", "b"), [(0.0, 120.0), (120.0, -1.0), (math.nan, 120.0), (120.0, math.inf)])
def test_what_is_no_tempo_is_refused(a: float, b: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        tempo_change(a, b)
