"""Mix plans of the steps of a list: their weight in the search, and the reasons they give picks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import PlacedPick, Tracklist, length_s
from map4.core.music.mixing.mix_plan import MixPlan, NoPlan, plan_reason
from map4.core.music.track.track import Track
from map4.lists.sequencing.search import PlannedStep, PlanStep
from map4.lists.sequencing.step_scores import MICRO
from map4.transitions import MixPair, MixSide
from map4.transitions import Segues as Segues

PLAN_SHARE = 0.04
"""Weight of the best plan relative to the best step (1): less than a preference, more than a tie-breaker."""
FULL_BEATS = 32
"""Longer mixes score no higher."""
WITHOUT_BARS = 0.5
"""Score of a plan that is based on beats only."""
AGAINST_COST = 0.25
"""Deduction for each drawback of a plan; keys and tempi are also judged elsewhere."""

UNPLANNED_S = 6.0
"""The time that a joint without a plan takes from a mix: `map4 mix` fades."""

_MOST_SIDES = 2000  # some 20 kB per track
_MOST_PLANS = 20_000
_MOST_FOLLOWERS = 30  # per track: planning all pairs takes quadratic time


def planned_steps(track_of: Callable[[int], Track | None]) -> PlanStep:
    """Returns a function that judges steps of a search by their mix plans.

    track_of: the track of a candidate by index, with its beats; None if it is gone
    """

    @lru_cache(_MOST_SIDES)
    def side_of(index: int) -> MixSide | NoPlan:
        track = track_of(index)
        return NoPlan("is gone") if track is None else MixSide.of(track)

    @lru_cache(_MOST_PLANS)
    def step(before: int, after: int) -> PlannedStep:
        a, b = side_of(before), side_of(after)
        plan = MixPair.of(a, b).plan() if isinstance(a, MixSide) and isinstance(b, MixSide) else None
        if not isinstance(plan, MixPlan) or not isinstance(a, MixSide):
            return PlannedStep()
        gained_s = plan.lasts_s - (plan.enter.until_s - plan.enter.at_s)
        worth = plan.confidence * min(1.0, plan.beats / FULL_BEATS) * (1.0 if plan.bars is not None else WITHOUT_BARS)
        return PlannedStep(
            score=round(MICRO * PLAN_SHARE * (worth * max(0.0, 1.0 - AGAINST_COST * len(plan.against)))),
            early_s=max(0.0, a.analysis.duration_s - plan.leave.at_s),
            skipped_s=plan.enter.at_s - gained_s,
        )

    return step


def following_plan(
    last: Track,
    entered: MixPlan | NoPlan | None,
    track: Track,
    joint: ListJoint | None = None,
    segues: Segues | None = None,
) -> MixPlan | NoPlan:
    """The mix plan of a track and the previous one, which may have a plan itself.

    joint: what a person changed
    segues: of the list
    """
    if joint is None and (segue := (segues or Segues()).plan(last, track)) is not None:
        return segue
    sides = MixSide.of(last), MixSide.of(track)
    for each, side in zip((last, track), sides, strict=True):
        if isinstance(side, NoPlan):
            return NoPlan(f"{each.caption()} {side.reason}")
    a, b = (side for side in sides if isinstance(side, MixSide))
    # It must play unmixed for a moment before it is mixed out.
    after_s = entered.enter.until_s if isinstance(entered, MixPlan) else 0.0
    pair = MixPair.of(a, b)
    return pair.plan(after_s=after_s) if joint is None else pair.changed(joint, after_s=after_s)


def plan_gains(tracks: Sequence[Track], gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """What plans add to the gains of each ordered pair of tracks, shape (n, n); only for the likeliest followers.

    tracks: with their beats
    gains: shape (n, n), the value of each step without a plan
    """
    step, added = planned_steps(tracks.__getitem__), np.zeros_like(gains)
    for before in range(len(tracks)):
        others = np.delete(np.arange(len(tracks)), before)
        for after in others[np.argsort(-gains[before, others], kind="stable")[:_MOST_FOLLOWERS]].tolist():
            added[before, after] = step(before, after).score / MICRO
    return added


def with_plans(placed: Sequence[PlacedPick], segues: Segues | None = None) -> list[PlacedPick]:
    """The tracks of a list, each with the plan of its transition as the only reason."""
    planned, segues = list[PlacedPick](), segues or Segues()
    plan: MixPlan | NoPlan | None = None
    for track, pick in placed:
        plan = following_plan(planned[-1][0], plan, track, segues=segues) if planned else None
        reasons = (plan_reason(plan),) if plan else ()
        planned.append((track, replace(pick, reasons=reasons, plan=plan and plan.rounded())))
    return planned


def usual_steps(tracks: Sequence[Track]) -> PlanStep:
    """Steps that each take the mean time of a joint in a mix of some tracks, which have their beats."""
    usual = PlannedStep(early_s=max(0.0, length_s(tracks) - mix_length_s(tracks)) / max(1, len(tracks) - 1))
    return lambda before, after: usual


def mix_length_s(tracks: Sequence[Track]) -> float:
    """Estimated length of tracks as a mix.

    tracks: in order, with their beats
    """
    picks = [pick for _, pick in with_plans([(track, ListedPick()) for track in tracks])]
    plans = [
        pick.plan if isinstance(pick.plan, MixPlan) and pick.plan.is_playable(track.pitch_percent) else None
        for track, pick in zip(tracks, picks, strict=True)
    ]
    planned_s = length_s(tracks, [replace(pick, plan=plan) for pick, plan in zip(picks, plans, strict=True)])
    return max(0.0, round(planned_s - UNPLANNED_S * plans[1:].count(None), 1))


def with_joints(listed: Tracklist, detailed: Callable[[Track], Track]) -> Tracklist:
    """A list with the plans of its known segues, and of joints that a person changed, wherever both are neighbours.

    detailed: returns a track with its beats
    """
    joints = {(joint.of, joint.to): joint for joint in listed.header.joints}
    picks = list(listed.picks)
    for place in range(1, len(picks)):
        last, track = listed.tracks[place - 1], listed.tracks[place]
        joint = joints.get((last.as_listed.audio_id or "", track.as_listed.audio_id or ""))
        if joint is not None:
            plan = following_plan(detailed(last), picks[place - 1].plan, detailed(track), joint).rounded()
            picks[place] = replace(picks[place], plan=plan)
        elif picks[place].plan is None and track.audio_id in last.segues:
            segue = Segues().plan(last, track)
            picks[place] = replace(picks[place], plan=segue and segue.rounded())
    if picks == list(listed.picks):
        return listed
    header = replace(listed.header, duration_s=round(length_s(listed.tracks, picks), 1))
    return replace(listed, picks=picks, header=header)
