"""The JSON records of a list and its picks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from map4.core.base.records import Absent, Count, Fraction, Json, Ordinal, Record
from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.limits import RULES, PlacedRelaxation, Relaxation, Rule
from map4.core.music.lists.live import LiveList
from map4.core.music.lists.quality import ListQuality
from map4.core.music.mixing.compatibility import Compatibility, TransitionRecord
from map4.core.music.mixing.mix_plan import MixPlan, NoPlan, plan_members, read_plan


class Missing(Record):
    """Why a list is shorter than requested.

    unused: the number of recordings that the limits excluded
    blockers: how many recordings each limit excluded
    """

    unused: Count
    blockers: Mapping[Rule, Ordinal]

    @classmethod
    def of_record(cls, record: object) -> Missing | None:
        """Read the `missing` of a list; None if it is invalid."""
        unused = record.get("unused") if isinstance(record, Mapping) else None
        blockers = record.get("blockers") if isinstance(record, Mapping) else None
        if not isinstance(unused, int) or not isinstance(blockers, Mapping):
            return None
        return cls(unused=unused, blockers={rule: blockers[rule] for rule in RULES if rule in blockers})


class PickDetail(Record):
    """A list's data for a track.

    transition: from the previous track; None in the first pick
    seed_similarity: similarity in sound to the list's seeds
    played_at: in a history: when the track was played, in UTC
    starred_at: in the list of starred songs: when it got its star
    starts_at: in a list on the clock: when the track starts, in local time with its offset
    locked: the track keeps its place when the list is made, ordered or refreshed
    """

    energy_target: Fraction | None
    transition: TransitionRecord | None
    relaxed: tuple[PlacedRelaxation, ...]
    reasons: tuple[str, ...]
    seed_similarity: Annotated[float, Json(minimum=-1, maximum=1)] | None
    played_at: str | Absent = ...
    starred_at: str | Absent = ...
    starts_at: str | Absent = ...
    locked: bool | Absent = ...


class ListRecord(Record):
    """The header of a list.

    duration_s: total length by the mix plans, else the sum of all tracks in full
    missing: why the list is shorter than requested; None if it is not
    imported: where it comes from
    made_with: options and seeds as they were given when the stored list was remade
    live: the query of a live list; its tracks are the matches
    joints: mixes of neighbours that were changed by hand
    tempo_misses: of a list with a tempo curve: the tenths of its time that leave the curve, and why
    """

    seeds: tuple[str, ...]
    options: Mapping[str, Any]
    relaxed: tuple[PlacedRelaxation, ...]
    duration_s: Annotated[float, Json(minimum=0)] | None
    quality: ListQuality | None
    missing: Missing | None
    imported: Mapping[str, Any] | Absent = ...
    made_with: Mapping[str, Any] | Absent = ...
    live: LiveList | Absent = ...
    joints: tuple[ListJoint, ...] | Absent = ...
    tempo_misses: tuple[str, ...] | Absent = ...


def read_step(step: object, relaxed: Iterable[object]) -> dict[str, Any]:
    """Return a pick's values of the transition to it, without invalid ones."""
    limits = map(Relaxation.of_record, relaxed)
    return {
        "transition": Compatibility.of_record(step),
        "plan": read_plan(step),
        "relaxed": tuple(limit for limit in limits if limit is not None),
    }


def step_record(
    step: Compatibility | None, similarity: float | None, plan: MixPlan | NoPlan | None
) -> TransitionRecord | None:
    if step is None:
        return None
    return TransitionRecord(step=step, similarity=similarity, joint=plan, **plan_members(plan))


def placed_relaxations(*relaxed: tuple[int, Iterable[Relaxation]]) -> tuple[PlacedRelaxation, ...]:
    """The limits that picks break, with the position of each pick."""
    return tuple(PlacedRelaxation(position=position, limit=limit) for position, limits in relaxed for limit in limits)
