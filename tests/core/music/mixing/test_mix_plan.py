"""Plans as records, and back from lists that anybody may have edited."""

import json
from typing import Any

from mixable_tracks import PLAN

from map4.core.base.records import in_json
from map4.core.music.mixing.mix_plan import NoPlan, plan_members, read_plan


def listed(**changes: Any) -> dict[str, Any]:
    return {"plan": {**PLAN.to_record(), **changes}}


def test_plans_and_reasons_are_read_back_without_unknown_values() -> None:
    assert read_plan(json.loads(json.dumps(listed()))) == PLAN
    assert in_json(plan_members(NoPlan("has no beats"))) == {"plan": None, "no_plan": "has no beats"}
    assert in_json(plan_members(PLAN)) == {"plan": PLAN.to_record(), "no_plan": None}
    assert in_json(plan_members(None)) == {}
    assert read_plan(in_json(plan_members(NoPlan("has no beats")))) == NoPlan("has no beats")
    for transition in ({}, None, {"no_plan": 3}):
        assert read_plan(transition) is None
    plan = read_plan(listed(against=[{"kind": "weather", "text": "rain"}], unchecked=["mood"], folded="thrice"))
    assert (plan.against, plan.unchecked, plan.folded) == ((), (), None)


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
