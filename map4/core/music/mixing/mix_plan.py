"""Mix plans: where to leave a track and enter the next, for how many beats, and the objections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args

from map4.core.base.records import Bpm, Fraction3, Json, Ordinal, Record, Seconds
from map4.core.base.text import MOST_LETTERS, clock, percent
from map4.core.music.analysis.plausible import MOST_SECONDS
from map4.core.music.mixing.harmony import Folding
from map4.core.music.mixing.mix_kind import PLAN_KINDS, PlanKind

AgainstKind = Literal["tempo", "drift", "keys", "drums", "swing", "bar_one", "metre", "short", "vocals", "copy"]
"""tempo: a large change; drift: the tempo wavers; keys: they clash; drums: on different sixteenths; swing: swung
against straight; bar_one: unknown or uncertain; metre: different beats per bar, or bars that are not aligned; short:
little room; vocals: two at once; copy: the same recording again."""

Unchecked = Literal["vocals", "keys", "drums"]
"""The comparisons that were impossible."""

AGAINST_KINDS: tuple[AgainstKind, ...] = get_args(AgainstKind)
UNCHECKED: tuple[Unchecked, ...] = get_args(Unchecked)


class Against(Record):
    """An objection to a mix: its kind, and a short text for the user."""

    kind: AgainstKind
    text: str


class MixPlace(Record):
    """The part of a track that overlaps with another track.

    at_s: where the mix begins, in the track's own time
    until_s: where it ends
    beat: number of the beat at which it begins, from 1
    bar: number of the bar that begins there, from 1; None if bar one is unknown or no bar begins there
    why: the reason for this place, a short text for the user
    """

    at_s: Seconds
    until_s: Seconds
    beat: Ordinal
    bar: Ordinal | None
    why: str


class MixPlan(
    Record,
    members="leave enter beats bars lasts_s bpm speed folded bass_swap.beat=bass_swap_beat"
    " bass_swap.at_s=bass_swap_at_s confidence against unchecked kind",
):
    """A plan for mixing from track A to track B.

    leave: the part of A during which B comes in; at its end A is gone
    enter: the part of B that plays meanwhile
    beats: length of the overlap, in beats of A
    bars: the same in bars; None if bar one of either track is unknown or their bars can't be aligned
    bpm: tempo of A there, at which both play
    speed: playing speed of B, 1 is unchanged
    folded: "half" if B counts at half its tempo, "double" at twice; else None
    bass_swap_beat: the beat of the mix at which A's bass is replaced by B's
    bass_swap_at_s: the same moment in A
    confidence: probability that beats are aligned, and bars too if `bars` is known, 0-1
    against: objections
    unchecked: comparisons that were impossible
    kind: how one track gives way to the other; a cut and a segue overlap for 0.01 s, at the own tempo of B
    """

    CUT_S: ClassVar[float] = 0.01
    """Overlap of a cut, so that it does not click."""
    BY_HAND: ClassVar[str] = "set in the list"
    """Why a place of a changed joint was chosen."""

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
    kind: PlanKind = "bass_swap"

    @property
    def lasts_s(self) -> Annotated[float, Json(3, exclusiveMinimum=0)]:
        """The length of the overlap, in seconds of A."""
        return self.leave.until_s - self.leave.at_s

    @property
    def speed_percent(self) -> float:
        """The speed change of B, in percent."""
        return 100.0 * (self.speed - 1.0)

    @property
    def is_by_hand(self) -> bool:
        """Whether a person chose both places."""
        return self.leave.why == self.enter.why == self.BY_HAND

    def is_playable(self, pitch_percent: float, speed: float = 1.0) -> bool:
        """Whether a deck with this pitch range can play B, if A plays at a speed relative to B's own."""
        return abs(round(100.0 * (self.speed * speed - 1.0), 2)) <= pitch_percent

    def rounded(self) -> MixPlan:
        """The plan with figures rounded as in records."""
        return _read_plan(self.to_record()) or self


@dataclass(frozen=True, slots=True)
class NoPlan:
    """The reason why there is no plan, for the user."""

    reason: str

    def rounded(self) -> NoPlan:
        """Return itself, like `MixPlan.rounded`."""
        return self


class PlannedJoint(Record, kind="joint"):
    """How two neighbours of a list are mixed ('map4 playlist joint --json').

    no_plan: why there is no plan; None with a plan
    """

    plan: MixPlan | None
    no_plan: str | None


def read_plan(transition: object) -> MixPlan | NoPlan | None:
    """Read the plan in a JSON `transition`; None if missing or invalid.

    transition: from a list that users may have edited
    """
    if not isinstance(transition, Mapping):
        return None
    reason = transition.get("no_plan")
    return _read_plan(transition.get("plan")) or (NoPlan(reason[:MOST_LETTERS]) if isinstance(reason, str) else None)


def read_against(items: Iterable[Any]) -> tuple[Against, ...]:
    """Read objections of known kinds; raises KeyError or TypeError if they are invalid."""
    return tuple(
        Against(kind=item["kind"], text=str(item["text"])[:MOST_LETTERS])
        for item in items
        if item["kind"] in AGAINST_KINDS
    )


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
            against=read_against(data["against"]),
            unchecked=tuple(name for name in data["unchecked"] if name in UNCHECKED),
            kind=kind if (kind := data.get("kind")) in PLAN_KINDS else "bass_swap",
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
        raise ValueError("a mix must have a positive length")
    return place


def _plausible(value: float) -> float:
    if not 0.0 <= value <= MOST_SECONDS:
        raise ValueError(f"number out of range: {value}")
    return float(value)


def plan_reason(plan: MixPlan | NoPlan) -> str:
    """The plan as text: `leave the one before at 3:44, enter at 0:15, 32 beats together, 87 % sure`; or why there is
    none.
    """
    if isinstance(plan, NoPlan):
        return f"no plan: {plan.reason}"
    if plan.kind == "segue":
        return f"segue: {plan.leave.why}"
    at, to = clock(plan.leave.at_s), clock(plan.enter.at_s)
    if plan.kind == "cut":
        return f"cut from the one before at {at} to {to}"
    sure = f"{percent(plan.confidence)} sure" + (", fading" if plan.kind == "fade" else "")
    return f"leave the one before at {at}, enter at {to}, {plan.beats} beats together, {sure}"
