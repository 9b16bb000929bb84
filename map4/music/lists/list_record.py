"""What JSON says of a list, and of its tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from map4.base.records import Absent, Count, Fraction, Json, Ordinal, Record
from map4.music.lists.limits import RULES, PlacedRelaxation, Rule
from map4.music.lists.live import LiveList
from map4.music.lists.quality import ListQuality
from map4.music.mixing.compatibility import TransitionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing(Record):
    """Why a list is shorter than asked.

    unused: recordings that were left, which the limits kept out
    blockers: how many of them each limit kept out by itself
    """

    unused: Count
    blockers: Mapping[Rule, Ordinal]

    @classmethod
    def of_record(cls, record: object) -> Missing | None:
        """Read the `missing` of a list; None where it makes no sense."""
        unused = record.get("unused") if isinstance(record, Mapping) else None
        blockers = record.get("blockers") if isinstance(record, Mapping) else None
        if not isinstance(unused, int) or not isinstance(blockers, Mapping):
            return None
        return cls(unused=unused, blockers={rule: blockers[rule] for rule in RULES if rule in blockers})


@dataclass(frozen=True, slots=True, kw_only=True)
class PickDetail(Record):
    """What a list says of one of its tracks.

    transition: from the track before; None in the first pick
    seed_similarity: of the sound to what the list sets out from
    played_at: of a history: when the track was played, in UTC
    starred_at: in the list of starred songs: when it got its star
    locked: the track keeps its place when the list is made, ordered or refreshed
    """

    energy_target: Fraction | None
    transition: TransitionRecord | None
    relaxed: tuple[PlacedRelaxation, ...]
    reasons: tuple[str, ...]
    seed_similarity: Annotated[float, Json(minimum=-1, maximum=1)] | None
    played_at: str | Absent = ...
    starred_at: str | Absent = ...
    locked: bool | Absent = ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRecord(Record):
    """What a list says of itself.

    duration_s: how long it lasts: by its mix plans, else one track after the other in full
    missing: why the list is shorter than asked; None where it is not
    imported: where it comes from
    made_with: options and seeds as they were given when the stored list was made in its place
    live: what a live list asks; its tracks are what that found
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
