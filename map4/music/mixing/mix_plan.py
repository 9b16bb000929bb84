"""Where one track is left and the next one entered, for how many beats, and what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, get_args

from map4.base.records import Bpm, Fraction3, Json, Ordinal, Record, Seconds
from map4.base.text import MOST_LETTERS, clock, percent
from map4.music.analysis.plausible import MOST_SECONDS
from map4.music.mixing.harmony import Folding

AgainstKind = Literal["tempo", "drift", "keys", "drums", "swing", "bar_one", "metre", "short"]
"""tempo: a large change; drift: the tempo wavers; keys: they clash; drums: they fall on other sixteenths; swing: swung
against straight; bar_one: it is not known; metre: other beats a bar; short: little room in one of the two."""

Unchecked = Literal["vocals", "keys", "drums"]
"""What could not be compared."""

AGAINST_KINDS: tuple[AgainstKind, ...] = get_args(AgainstKind)
UNCHECKED: tuple[Unchecked, ...] = get_args(Unchecked)

MOST_TEMPO_CHANGE = 0.08
"""A greater change of tempo speaks against a mix: pitch faders reach so far, and beyond most tracks sound changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Against(Record):
    """What speaks against a mix: its kind, and a few words for a person."""

    kind: AgainstKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MixPlace(Record):
    """The part of a track that sounds together with another one.

    at_s: where the mix begins, in the track's own time
    until_s: where it ends
    beat: number of the beat at which it begins; the first that sounds is 1
    bar: number of the bar that begins there, from 1; None where bar one is not known, or none begins there
    why: why there, in a few words for a person
    """

    at_s: Seconds
    until_s: Seconds
    beat: Ordinal
    bar: Ordinal | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MixPlan(
    Record,
    members="leave enter beats bars lasts_s bpm speed folded bass_swap.beat=bass_swap_beat"
    " bass_swap.at_s=bass_swap_at_s confidence against unchecked",
):
    """How to get from track A to track B.

    leave: the part of A during which B comes in; at its end A has gone
    enter: the part of B that sounds meanwhile
    beats: how long both sound, in beats of A
    bars: the same in bars; None where bar one of either is not known, or their bars can't lie together
    bpm: tempo of A there, at which both play
    speed: how fast B plays, 1 as it is
    folded: "half" where B counts at half its tempo, "double" at twice; None as it is
    bass_swap_beat: after so many beats of the mix A's bass gives way to B's
    bass_swap_at_s: the same moment in A
    confidence: probability that beats lie on beats, and bars on bars where `bars` is known, 0-1
    against: what speaks against it
    unchecked: what could not be compared
    """

    leave: MixPlace
    enter: MixPlace
    beats: Ordinal
    bars: Ordinal | None
    bpm: Annotated[Bpm, Json(3)]
    speed: Annotated[float, Json(5, exclusiveMinimum=0)]
    folded: Folding | None
    bass_swap_beat: Ordinal
    bass_swap_at_s: Seconds
    confidence: Fraction3
    against: tuple[Against, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()

    @property
    def lasts_s(self) -> Annotated[float, Json(3, exclusiveMinimum=0)]:
        """How long both sound, in seconds of A."""
        return self.leave.until_s - self.leave.at_s

    @property
    def speed_percent(self) -> float:
        """How much faster B plays than it is, in percent."""
        return 100.0 * (self.speed - 1.0)

    def rounded(self) -> MixPlan:
        """The same with its figures as records have them."""
        return replace(
            self,
            leave=replace(self.leave, at_s=round(self.leave.at_s, 3), until_s=round(self.leave.until_s, 3)),
            enter=replace(self.enter, at_s=round(self.enter.at_s, 3), until_s=round(self.enter.until_s, 3)),
            bpm=round(self.bpm, 3),
            speed=round(self.speed, 5),
            bass_swap_at_s=round(self.bass_swap_at_s, 3),
            confidence=round(self.confidence, 3),
        )


@dataclass(frozen=True, slots=True)
class NoPlan:
    """Why there is no plan, in words for a person."""

    reason: str

    def rounded(self) -> NoPlan:
        """The same; as of a `MixPlan`."""
        return self


def plan_members(plan: MixPlan | NoPlan | None) -> dict[str, Any]:
    """What a record says of a plan: `plan` and `no_plan`, one of them null; nothing where none was asked for."""
    if plan is None:
        return {}
    if isinstance(plan, NoPlan):
        return {"plan": None, "no_plan": plan.reason}
    return {"plan": plan, "no_plan": None}


def read_plan(transition: object) -> MixPlan | NoPlan | None:
    """The plan in a `transition`, as JSON has it; None without one, or of nonsense.

    transition: of a list that anybody may have edited
    """
    if not isinstance(transition, Mapping):
        return None
    reason = transition.get("no_plan")
    return _read_plan(transition.get("plan")) or (NoPlan(reason[:MOST_LETTERS]) if isinstance(reason, str) else None)


def _read_plan(data: object) -> MixPlan | None:
    if not isinstance(data, Mapping):
        return None
    try:
        return MixPlan(
            leave=_read_place(data["leave"]),
            enter=_read_place(data["enter"]),
            beats=int(data["beats"]),
            bars=None if data["bars"] is None else int(data["bars"]),
            bpm=_plausible(data["bpm"]),
            speed=_plausible(data["speed"]),
            folded=data["folded"] if data["folded"] in ("half", "double") else None,
            bass_swap_beat=int(data["bass_swap"]["beat"]),
            bass_swap_at_s=_plausible(data["bass_swap"]["at_s"]),
            confidence=min(1.0, _plausible(data["confidence"])),
            against=tuple(
                Against(kind=one["kind"], text=str(one["text"])[:MOST_LETTERS])
                for one in data["against"]
                if one["kind"] in AGAINST_KINDS
            ),
            unchecked=tuple(one for one in data["unchecked"] if one in UNCHECKED),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _read_place(data: Mapping[str, Any]) -> MixPlace:
    place = MixPlace(
        at_s=_plausible(data["at_s"]),
        until_s=_plausible(data["until_s"]),
        beat=int(data["beat"]),
        bar=None if data["bar"] is None else int(data["bar"]),
        why=str(data["why"])[:MOST_LETTERS],
    )
    if place.until_s <= place.at_s:
        raise ValueError("a mix takes time")
    return place


def _plausible(value: float) -> float:
    if not 0.0 <= value <= MOST_SECONDS:
        raise ValueError(f"no such number: {value}")
    return float(value)


def plan_reason(plan: MixPlan | NoPlan) -> str:
    """The plan in words: `leave the one before at 3:44, enter at 0:15, 32 beats together, 87 % sure`; or why none."""
    if isinstance(plan, NoPlan):
        return f"no plan: {plan.reason}"
    at, to = clock(plan.leave.at_s), clock(plan.enter.at_s)
    sure = f"{percent(plan.confidence)} sure"
    return f"leave the one before at {at}, enter at {to}, {plan.beats} beats together, {sure}"
