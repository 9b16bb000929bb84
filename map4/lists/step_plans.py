"""Mix plans of the steps of a list: what they are worth to the search, and what the picks say of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from map4.lists.sequencing.search import PlannedStep, PlanStep
from map4.lists.sequencing.step_scores import MICRO
from map4.mixes import MixSide, mix_side, plan_mix
from map4.music.lists.tracklist import PlacedPick
from map4.music.mixing.mix_plan import MixPlan, NoPlan, plan_reason
from map4.music.track.track import Track

PLAN_SHARE = 0.04
"""What the best plan is worth where the best step is worth 1: less than a wish, more than a tie."""
FULL_BEATS = 32
"""A longer mix is worth no more."""
WITHOUT_BARS = 0.5
"""What a plan by beats alone is worth."""
AGAINST_COST = 0.25
"""What each thing that speaks against it takes off; keys and tempi are judged elsewhere, too."""

_MOST_SIDES = 2000  # of a track some 20 kB
_MOST_PLANS = 20_000
_MOST_FOLLOWERS = 30  # the likeliest next ones of each track: plans of all pairs grow with the square of a list


def planned_steps(track_of: Callable[[int], Track | None]) -> PlanStep:
    """Judges steps of a search by their mix plans.

    track_of: the track of a candidate, by index, with its beats; None where it is gone
    """

    @lru_cache(_MOST_SIDES)
    def side_of(index: int) -> MixSide | NoPlan:
        track = track_of(index)
        return NoPlan("is gone") if track is None else mix_side(track)

    @lru_cache(_MOST_PLANS)
    def step(before: int, after: int) -> PlannedStep:
        a, b = side_of(before), side_of(after)
        plan = plan_mix(a, b) if isinstance(a, MixSide) and isinstance(b, MixSide) else None
        if not isinstance(plan, MixPlan) or not isinstance(a, MixSide):
            return PlannedStep()
        gained_s = plan.lasts_s - (plan.enter.until_s - plan.enter.at_s)
        return PlannedStep(
            score=round(MICRO * PLAN_SHARE * plan_worth(plan)),
            early_s=max(0.0, a.analysis.duration_s - plan.leave.at_s),
            skipped_s=plan.enter.at_s - gained_s,
        )

    return step


def plan_worth(plan: MixPlan) -> float:
    """What a plan is worth beside others, 0-1: sure, long enough, with bars on bars, and nothing against it."""
    worth = plan.confidence * min(1.0, plan.beats / FULL_BEATS) * (1.0 if plan.bars is not None else WITHOUT_BARS)
    return worth * max(0.0, 1.0 - AGAINST_COST * len(plan.against))


def following_plan(last: Track, entered: MixPlan | NoPlan | None, track: Track) -> MixPlan | NoPlan:
    """How a track is mixed into the one before it, which itself was entered by a plan."""
    sides = mix_side(last), mix_side(track)
    for each, side in zip((last, track), sides, strict=True):
        if isinstance(side, NoPlan):
            return NoPlan(f"{each.caption()} {side.reason}")
    a, b = (side for side in sides if isinstance(side, MixSide))
    # It must have been alone for a moment before it is left.
    return plan_mix(a, b, after_s=entered.enter.until_s if isinstance(entered, MixPlan) else 0.0)


def plan_gains(tracks: Sequence[Track], gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """What plans add to the gains of going from each track to each, shape (n, n); from each to the likeliest alone.

    tracks: with their beats
    gains: shape (n, n), what each step is worth without a plan
    """
    step, added = planned_steps(tracks.__getitem__), np.zeros_like(gains)
    for before in range(len(tracks)):
        others = np.delete(np.arange(len(tracks)), before)
        for after in others[np.argsort(-gains[before, others], kind="stable")[:_MOST_FOLLOWERS]].tolist():
            added[before, after] = step(before, after).score / MICRO
    return added


def with_plans(placed: Sequence[PlacedPick]) -> list[PlacedPick]:
    """The tracks of a list, and how each is mixed into the one before it, which is the only reason."""
    told: list[PlacedPick] = []
    plan: MixPlan | NoPlan | None = None
    for track, pick in placed:
        plan = following_plan(told[-1][0], plan, track) if told else None
        reasons = (plan_reason(plan),) if plan else ()
        told.append((track, replace(pick, reasons=reasons, plan=plan and plan.rounded())))
    return told
