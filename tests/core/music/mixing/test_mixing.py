"""Scores of many pairs, stored plans, and the flow of energy."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mixable_tracks import PLAN

from map4.core.base.records import in_json
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.mixing.compatibility import MixTraits, plan_members
from map4.core.music.mixing.energy_flow import energy_flow, step_flow
from map4.core.music.mixing.many import (
    LEAST_PAIRS,
    MixColumns,
    MixScores,
    PairDistribution,
    hamms_rows,
    hamms_similarities,
)
from map4.core.music.mixing.mix_plan import NoPlan, read_plan
from map4.core.music.track.hamms import HammsSimilarity

MIRROR = {"rising": "falling", "falling": "rising", "wave": "wave", "flat": "flat", None: None}


def test_energy_steps_and_lists_are_rising_falling_or_flat() -> None:
    cases = [(0.5, 0.54, "flat"), (0.5, 0.55, "rising"), (0.75, 0.7, "falling"), (0.5, 0.46, "flat"),
             (0.0, 1.0, "rising"), (None, 0.5, None), (0.5, None, None)]  # fmt: skip
    assert [(a, b, step_flow(a, b)) for a, b, _ in cases] == cases
    cases = [
        ([0.3, 0.5, 0.7, 0.9], "rising"),
        ([0.3, 0.34, 0.38, 0.42], "rising"),  # a slow climb is one, though no step is heard
        ([0.3, 0.6, 0.5, 0.8], "rising"),  # up .6, down .1
        ([0.3, 0.6, 0.45, 0.6], "rising"),  # up .45, down .15: just three to one
        ([0.3, 0.6, 0.4, 0.6], "wave"),  # up .5, down .2: less than three to one
        ([0.9, 0.6, 0.2], "falling"),
        ([0.2, 0.9, 0.2], "wave"),
        ([0.5, 0.59, 0.5], "flat"),
        ([0.7, 0.8], "rising"),  # a whole level
        ([0.5, 0.5], "flat"),
        ([0.2, None, 0.8], "rising"),
        ([0.5], None),
        ([None, None], None),
        ([], None),
    ]
    assert [(energies, energy_flow(energies)) for energies, _ in cases] == cases


@given(st.lists(st.none() | st.integers(0, 20).map(lambda i: i / 20), max_size=12))
def test_reversed_list_has_the_mirrored_energy_flow(energies: list[float | None]) -> None:
    assert energy_flow(energies[::-1]) == MIRROR[energy_flow(energies)]


def listed(**changes: Any) -> dict[str, Any]:
    return {"plan": {**PLAN.to_record(), **changes}}


def test_plans_are_read_back_and_scores_have_one_value_each() -> None:
    assert read_plan(json.loads(json.dumps(listed()))) == PLAN
    assert in_json(plan_members(NoPlan("has no beats"))) == {"plan": None, "no_plan": "has no beats"}
    assert in_json(plan_members(PLAN)) == {"plan": PLAN.to_record(), "no_plan": None}
    assert in_json(plan_members(None)) == {}
    assert read_plan(in_json(plan_members(NoPlan("has no beats")))) == NoPlan("has no beats")
    for transition in ({}, None, {"no_plan": 3}):
        assert read_plan(transition) is None
    plan = read_plan(listed(against=[{"kind": "weather", "text": "rain"}], unchecked=["mood"], folded="thrice"))
    assert (plan.against, plan.unchecked, plan.folded) == ((), (), None)
    columns = MixColumns.of([MixTraits(bpm=120.0), MixTraits(), MixTraits(bpm=60.0, key=ALL_KEYS[3], energy=0.1)])
    scores = MixScores.of(columns[2], columns)
    assert scores.total.shape == (3,)
    assert scores.total.tolist() == pytest.approx([0.4 + 0.2 + 0.1, 0.2 + 0.2 + 0.1, 1.0])
    assert MixScores.of(columns[0], columns[np.array([True, False, True])]).total.shape == (2,)


def test_invalid_plan_data_is_read_as_no_plan() -> None:
    cases = [
        {},
        None,
        {"plan": None},
        {"plan": "soon"},
        listed(leave=None),
        listed(leave={**PLAN.leave.to_record(), "until_s": 3.0}),
        listed(enter={**PLAN.enter.to_record(), "at_s": float("nan")}),
        listed(enter={**PLAN.enter.to_record(), "at_s": -4.0}),
        listed(beats="many"),
        listed(beats=float("inf")),
        listed(against=[3]),
        listed(bass_swap=[]),
        listed(speed=1e300),
    ]
    for transition in cases:
        assert read_plan(transition) is None


# Round values as well, since the limits (2 %, .2 ...) are met by these.
tempi = st.floats(30, 300) | st.sampled_from([60.0, 61.2, 63.6, 66.0, 100.0, 102.0, 106.0, 110.0, 120.0, 200.0])
energies = st.floats(0, 1) | st.integers(0, 10).map(lambda level: level / 10)
traits = st.builds(
    MixTraits, bpm=st.none() | tempi, key=st.none() | st.sampled_from(ALL_KEYS), energy=st.none() | energies,
    swing=st.sampled_from([None, 0.5, 0.67]), pitch_percent=st.just(4.0),
    first_key=st.none() | st.sampled_from(ALL_KEYS), last_key=st.none() | st.sampled_from(ALL_KEYS),
    tuning_cents=st.none() | st.sampled_from([-50.0, -43.0, 0.0, 12.3, 22.1, 50.0]),
    tuning_uncertainty=st.sampled_from([0.0, 1.0, 14.0]), has_key_lock=st.shared(st.booleans()),
)  # fmt: skip
GOOD = MixTraits(bpm=100.0, key=ALL_KEYS[0], energy=0.5, swing=0.5, pitch_percent=4.0)


@given(st.lists(traits, min_size=1, max_size=8))
@example([GOOD, replace(GOOD, key=ALL_KEYS[6]), replace(GOOD, swing=0.67), replace(GOOD, bpm=106.0)])
def test_the_matrix_equals_the_scalar_formula(rows: list[MixTraits]) -> None:
    columns = MixColumns.of(rows)
    found = MixScores.of(columns[:, None], columns)
    folded = {1.0: None, 0.5: "half", 2.0: "double"}
    for i, a in enumerate(rows):
        for j, b in enumerate(rows):
            expected = a.compared(b)
            assert found.total[i, j] == expected.total
            assert found.is_poor[i, j] == (expected.rating == "poor")
            assert (found.tempo[i, j], found.key[i, j], found.energy[i, j]) == (
                expected.tempo.points, expected.key.points, expected.energy.points
            )  # fmt: skip
            change = found.tempo_change_percent[i, j]
            assert (None if np.isnan(change) else change) == expected.tempo.change_percent
            assert folded[found.tempo_factor[i, j]] == expected.tempo.folded


@pytest.mark.filterwarnings("error")
def test_tempo_of_zero_gives_no_numpy_warning() -> None:
    columns = MixColumns(bpm=np.array([120.0, 0.0]), key=np.array([0, 0]), energy=np.array([0.5, 0.5]))
    assert MixScores.of(columns[:, None], columns).tempo[0, 1] == 0.0


vectors = st.lists(st.none() | st.floats(0, 1), min_size=12, max_size=12)


@given(st.lists(vectors, min_size=1, max_size=6))
@example([[*[None] * 6, *[0.0] * 5, 4.8e-86]])  # squares of both norms, multiplied, are less than any number
def test_hamms_columns_equal_the_formula(found: list[list[float | None]]) -> None:
    rows = hamms_rows(found)
    similarities = hamms_similarities(rows[:, None], rows)
    for i, a in enumerate(found):
        for j, b in enumerate(found):
            expected = HammsSimilarity.of(a, b)
            value = float("nan") if expected is None else expected.similarity
            assert similarities[i, j] == pytest.approx(value, abs=1e-12, nan_ok=True)


def level(value: float) -> list[float | None]:
    """A vector of twelve equal numbers; against another of its kind the cosine is 1, so closeness alone counts."""
    return [value] * 12


def test_pairs_count_if_tracks_share_enough_and_give_percentiles() -> None:
    found = PairDistribution.of([level(0.1), level(0.2), level(0.4)])
    assert (found.tracks, found.pairs) == (3, 3)
    assert found.similarities.tolist() == pytest.approx([0.82, 0.88, 0.94])
    assert PairDistribution.of([level(0.5), level(0.5), [None] * 12]).pairs == 1
    assert PairDistribution.of([]).pairs == 0
    found = PairDistribution(tracks=20, similarities=np.arange(200) / 200)
    assert found.percentile(0.25) == pytest.approx(100 * 50.5 / 200)
    assert found.percentile(0.2501) == pytest.approx(100 * 51 / 200)
    assert (found.percentile(-0.1), found.percentile(1.1)) == (0.0, 100.0)
    assert PairDistribution.of([level(0.5)] * 20).percentile(1.0) == 50.0
    assert PairDistribution.of([level(0.5)] * 14).percentile(1.0) is None
    assert PairDistribution.of([level(0.5)] * 15).pairs == 105 >= LEAST_PAIRS


def test_sample_of_pairs_is_limited_balanced_and_repeatable() -> None:
    rng = np.random.default_rng(5)
    many = rng.uniform(0, 1, (600, 12)).tolist()
    whole = PairDistribution.of(many, most_pairs=10**6)
    part, again = (PairDistribution.of(many, most_pairs=6000) for _ in range(2))
    assert (whole.pairs, part.pairs) == (600 * 599 // 2, 6000)
    assert np.array_equal(part.similarities, again.similarities)
    for percent in (10, 50, 90):
        found = part.percentile(float(np.percentile(whole.similarities, percent)))
        assert found == pytest.approx(percent, abs=2.5)  # three standard errors of 6000 pairs
    rows = [[number / 20] * 12 for number in range(20)]
    closest = 1.0 - 0.6 / 20  # of neighbours; each track has one on either side but the ends
    whole, sample = PairDistribution.of(rows, most_pairs=190), PairDistribution.of(rows, most_pairs=189)
    assert (whole.pairs, sample.pairs) == (190, 180)  # nine partners each
    assert np.count_nonzero(np.isclose(whole.similarities, closest)) == 19 - 1  # 0 has no direction: cosine 0
    assert PairDistribution.of([level(0.5)] * 300, most_pairs=200).pairs == 200
