"""Plan the mix of two tracks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from map4.core.music.analysis.inside import DrumPattern
from map4.core.music.lists.joint import ListJoint
from map4.core.music.mixing.compatibility import KeyPart, MixTraits, SwingPart
from map4.core.music.mixing.harmony import Folding, TempoChange
from map4.core.music.mixing.mix_plan import Against, MixPlace, MixPlan, NoPlan, Unchecked
from map4.library import hookspecs
from map4.transitions.planning.side import BEATS_A_BAR, MixSide, Place, entering_places, leaving_places

LEAST_KICK_LIKENESS = 0.6
"""Cosine of two kick patterns below which their drums clash."""


def drum_clashes(a: DrumPattern, b: DrumPattern) -> list[Against]:
    """Drawbacks of playing two grooves together."""
    against = []
    if kick_likeness(a, b) < LEAST_KICK_LIKENESS:
        against.append(Against(kind="drums", text="the drums fall on different sixteenths"))
    if swing := SwingPart.of(a.swing, b.swing).words:
        against.append(Against(kind="swing", text=swing))
    return against


def kick_likeness(a: DrumPattern, b: DrumPattern) -> float:
    """Cosine of the kick patterns, 0-1; 1 if a track has no kick."""
    x, y = (np.array([int(digit, 16) for digit in drums.kick], dtype=np.float64) for drums in (a, b))
    size = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / size if size else 1.0


LENGTHS_BARS: tuple[tuple[int, float], ...] = ((16, 2.0), (8, 2.0), (4, 1.2), (2, 0.6), (1, 0.2))
"""Length of a mix in bars, and its value. Real mixes last multiples of 32 beats (Kim et al., ISMIR 2020)."""
LONG_BARS = 8
"""Longer mixes only if both tracks are known to have room."""
SHORT_BARS = 4
"""Shorter mixes are a drawback."""
COINCIDENCE_WORTH = 0.3
"""Bonus if the mix ends where a phrase of either track begins."""
REST_WORTH = 0.5
"""Cost of cutting off a whole track at the end, or skipping it at the beginning, in proportion to the part."""
VOICES_WORTH, MANY_VOICES_S = 2.0, 4.0
"""Cost of two voices at once, and how long they may be heard until it is due in full."""
LEAST_VOICES_S = 1.0
MOST_DRIFT_S = 0.02
"""Beats that are farther apart sound like two."""
HOPELESS_DRIFT_S = 0.1
_STEPS: dict[Folding | None, float] = {None: 1.0, "half": 2.0, "double": 0.5}
"""Beats of B per beat of A."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixPair:
    """Two tracks to be mixed.

    step: beats of B per beat of A
    metre: beats of A that lengths are counted in: a bar, or two bars of two beats
    both_s: how long two voices are heard in an overlap from and until some times in A and in B; None if unknown
    """

    a: MixSide
    b: MixSide
    folded: Folding | None
    step: float
    metre: int
    both_s: Callable[[float, float, float, float], float] | None

    @classmethod
    def of(cls, a: MixSide, b: MixSide) -> MixPair:
        """The pair, with what is known of its voices."""
        change = TempoChange.between(a.bpm, b.bpm)
        metre = a.metre if a.metre is not None and a.metre > 2 else BEATS_A_BAR
        both_s = next(filter(None, hookspecs.two_voices(a.track, b.track)), None)
        return cls(a=a, b=b, folded=change.folded, step=_STEPS[change.folded], metre=metre, both_s=both_s)

    def plan(self, *, after_s: float = 0.0, bars: int | None = None) -> MixPlan | NoPlan:
        """Where to leave A and enter B, and for how many beats both play.

        Chooses the places and the length with the highest value: the user's cue points before detected ones, phrases
        before counted beats, 16 or 8 bars before shorter mixes, an end where a phrase begins, little left out, and no
        two voices. Bars are aligned throughout if bar one of both tracks is known.

        after_s: don't leave A before this time, because another mix lasts until then
        bars: length in bars; None chooses it
        """
        choices = sorted(map(partial(_weigh_voices, self), _choices(self, after_s, bars)), key=lambda each: -each.worth)
        if not choices:
            return NoPlan("there is no room for a mix: one of the tracks has too few beats")
        for choice in choices if self.by_bars else ():
            if (moved := _align_bars(self, choice)) is not None:
                return _planned(self, moved, bars=self.bars_of(moved))
        return _planned(self, choices[0], bars=None)

    def changed(self, joint: ListJoint, *, after_s: float = 0.0) -> MixPlan | NoPlan:
        """The mix as a person changed it; the rest is planned.

        Places are moved to the nearest beats, that of the bass swap within the overlap; an overlap without enough room
        is shortened. If the joint has only a length, A is left early enough for it.
        """
        a, b, planned = self.a, self.b, self.plan(after_s=after_s)
        if isinstance(planned, NoPlan):
            return planned
        leave, enter = (
            side.beat_at(there.at_s if own is None else own)
            for side, there, own in ((a, planned.leave, joint.leave_s), (b, planned.enter, joint.enter_s))
        )
        end = a.beat_at(a.end_s)
        bars = joint.bars or max(1, planned.beats // self.metre)
        if joint.leave_s is None:
            leave = max(min(leave, end - bars * self.metre), a.beat_at(after_s), a.first_beat)
        room = min(end - leave, int((len(b.beats_s) - 1 - enter) / self.step))
        bars = min(bars, room // self.metre)
        if bars < 1:
            return NoPlan("there is no room for a mix at this place")
        choice = _PlaceChoice(leave=_set(leave), enter=_set(enter, len(b.beats_s) - 1), bars=bars, worth=0.0)
        moved = _align_bars(self, choice) if self.by_bars else None
        if moved is not None and (joint.enter_s is None or moved.enter.beat == enter):
            mix_plan = _planned(self, moved, bars=self.bars_of(moved))
        else:
            mix_plan = _planned(self, choice, bars=None)
        if joint.swap_s is not None:
            beat_s = mix_plan.lasts_s / mix_plan.beats
            beat = min(max(1, round((joint.swap_s - mix_plan.leave.at_s) / beat_s)), mix_plan.beats)
            mix_plan = replace(mix_plan, bass_swap_beat=beat, bass_swap_at_s=mix_plan.leave.at_s + beat * beat_s)
        return _cut(mix_plan) if joint.kind == "cut" else replace(mix_plan, kind=joint.kind or mix_plan.kind)

    @property
    def by_bars(self) -> bool:
        """Whether bar one of both tracks is known."""
        return self.a.bar_beats is not None and self.b.bar_beats is not None

    def two_voices_s(self, choice: _PlaceChoice) -> float | None:
        """How long two voices are heard, in seconds of A; None if that is unknown."""
        if self.both_s is None:
            return None
        beats = choice.bars * self.metre
        leave, enter = self.a.span(choice.leave.beat, beats), self.b.span(choice.enter.beat, beats * self.step)
        return self.both_s(*leave[:2], *enter[:2])

    def bars_of(self, choice: _PlaceChoice) -> int:
        """The length of a choice in bars of A."""
        return choice.bars * self.metre // (self.a.metre or self.metre)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlaceChoice:
    leave: Place
    enter: Place
    bars: int
    worth: float


def _set(beat: int, last: int = 0) -> Place:
    return Place(beat=beat, worth=0.0, why=MixPlan.BY_HAND, most=last - beat)


def _cut(plan: MixPlan) -> MixPlan:
    """A plan that switches tracks where its overlap would begin."""
    return replace(
        plan,
        leave=replace(plan.leave, until_s=plan.leave.at_s + MixPlan.CUT_S),
        enter=replace(plan.enter, until_s=plan.enter.at_s + MixPlan.CUT_S),
        beats=1,
        bars=None,
        speed=1.0,
        bass_swap_beat=1,
        bass_swap_at_s=plan.leave.at_s,
        against=(),
        kind="cut",
    )


def _choices(pair: MixPair, after_s: float, wanted_bars: int | None) -> Iterator[_PlaceChoice]:
    ends = pair.a.phrases, pair.b.phrases
    for leave, enter in itertools.product(leaving_places(pair.a, after_s), entering_places(pair.b)):
        for bars, worth in LENGTHS_BARS:
            if wanted_bars not in (None, bars):
                continue
            beats = bars * pair.metre
            of_b = math.ceil(beats * pair.step)
            most_of_b = min(len(pair.b.beats_s) // 2 if enter.room is None else enter.room, enter.most)
            is_known = leave.room is not None and enter.room is not None
            if beats > (leave.room or 0) or of_b > most_of_b or (bars > LONG_BARS and not is_known):
                continue
            rest = (leave.room or 0) - beats
            worth += leave.worth + enter.worth
            coincidences = [leave.beat + beats in ends[0] or rest <= 1, enter.beat + of_b in ends[1]]
            worth += COINCIDENCE_WORTH * coincidences.count(True)
            worth -= REST_WORTH * (rest / len(pair.a.beats_s) + enter.beat / len(pair.b.beats_s))
            yield _PlaceChoice(leave=leave, enter=enter, bars=bars, worth=worth)


def _weigh_voices(pair: MixPair, choice: _PlaceChoice) -> _PlaceChoice:
    """The choice, of less worth if its overlap has two voices, with B moved as for aligned bars."""
    if pair.both_s is None:
        return choice
    placed = _align_bars(pair, choice) if pair.by_bars else None
    both_s = pair.two_voices_s(placed or choice) or 0.0
    return replace(choice, worth=choice.worth - VOICES_WORTH * min(1.0, both_s / MANY_VOICES_S))


def _align_bars(pair: MixPair, choice: _PlaceChoice) -> _PlaceChoice | None:
    """The choice with B moved by less than a bar to align bars; None if the bars part on the way."""
    a, b = pair.a, pair.b
    away_a, away_b = a.beat_in_bar(choice.leave.beat), b.beat_in_bar(choice.enter.beat)
    if away_a is None or away_b is None or b.metre is None:
        return None
    shift = round(away_a * pair.step - away_b) % b.metre
    if math.ceil(choice.bars * pair.metre * pair.step) + shift > choice.enter.most:
        return None
    moved = replace(choice, enter=replace(choice.enter, beat=choice.enter.beat + shift))
    beats = choice.bars * pair.metre
    ones_a = _ones(a, choice.leave.beat, beats, 1.0)
    ones_b = _ones(b, moved.enter.beat, beats, pair.step)
    # At half the tempo, or with half as many beats per bar, one track has extra bars between those of the other.
    is_alike = pair.folded is None and a.metre == b.metre
    fits = ones_a == ones_b if is_alike else ones_a <= ones_b or ones_b <= ones_a
    return moved if fits and (ones_a & ones_b) else None


def _ones(side: MixSide, beat: int, beats: int, step: float) -> set[float]:
    """Which beats of the mix, from 0, open a bar of a track; includes the end of the mix."""
    assert side.bar_beats is not None
    inside = side.bar_beats[(side.bar_beats >= beat) & (side.bar_beats <= beat + beats * step)]
    return {float(place) for place in (inside - beat) / step}


def _planned(pair: MixPair, choice: _PlaceChoice, *, bars: int | None) -> MixPlan:
    a, b, beats = pair.a, pair.b, choice.bars * pair.metre
    leave_s, leave_until_s, away_a_s = a.span(choice.leave.beat, beats)
    enter_s, enter_until_s, away_b_s = b.span(choice.enter.beat, beats * pair.step)
    lasts_s = leave_until_s - leave_s
    speed = (enter_until_s - enter_s) / lasts_s
    drift_s = away_a_s + away_b_s / speed
    swap = _bass_swap(pair, choice)
    against, unchecked = _objections(pair, choice, bars=bars, speed=speed, drift_s=drift_s, at_s=(leave_s, enter_s))
    sure = pair.a.certainty * pair.b.certainty
    if bars is not None:
        sure *= (pair.a.bars_certainty or 0.0) * (pair.b.bars_certainty or 0.0)
    wavering = (drift_s - MOST_DRIFT_S) / (HOPELESS_DRIFT_S - MOST_DRIFT_S)
    return MixPlan(
        leave=_place(a, choice.leave, leave_s, leave_until_s),
        enter=_place(b, choice.enter, enter_s, enter_until_s),
        beats=beats,
        bars=bars,
        bpm=60.0 * beats / lasts_s,
        speed=speed,
        folded=pair.folded,
        bass_swap_beat=swap,
        bass_swap_at_s=leave_s + lasts_s * swap / beats,
        confidence=sure * min(1.0, max(0.1, 1.0 - wavering)),
        against=against,
        unchecked=unchecked,
    )


def _place(side: MixSide, place: Place, at_s: float, until_s: float) -> MixPlace:
    # A grid also has beats before the first audible beat; don't number those.
    beat = max(1, place.beat - side.first_beat + 1)
    return MixPlace(at_s=at_s, until_s=until_s, beat=beat, bar=side.bar_number(place.beat), why=place.why)


def _bass_swap(pair: MixPair, choice: _PlaceChoice) -> int:
    """After how many beats to swap the bass: at the end of B's opening, at the start of A's outro, or halfway."""
    beats = choice.bars * pair.metre
    for at, phrase in pair.b.phrases.items():
        inside = (at - choice.enter.beat) / pair.step
        if 0 < inside <= beats and phrase.role not in ("intro", "build") and inside == int(inside):
            return int(inside)
    for at in pair.a.phrases:
        if 0 < at - choice.leave.beat < beats:
            return at - choice.leave.beat
    return beats // 2 // pair.metre * pair.metre or beats // 2


def _objections(
    pair: MixPair, choice: _PlaceChoice, *, bars: int | None, speed: float, drift_s: float, at_s: tuple[float, float]
) -> tuple[tuple[Against, ...], tuple[Unchecked, ...]]:
    a, b = pair.a, pair.b
    against: list[Against] = []
    unchecked: list[Unchecked] = []
    if abs(round(100.0 * (speed - 1.0), 2)) > b.track.pitch_percent:
        faster = "faster" if speed > 1.0 else "slower"
        against.append(Against(kind="tempo", text=f"the second plays {100.0 * abs(speed - 1.0):.1f} % {faster}"))
    if drift_s > MOST_DRIFT_S:
        against.append(Against(kind="drift", text=f"the tempo varies: beats are up to {drift_s:.2f} s apart"))
    traits = (
        replace(MixTraits.of(a.track), last_key=a.key_at(at_s[0])),
        replace(MixTraits.of(b.track), first_key=b.key_at(at_s[1])),
    )
    keys = KeyPart.of(*traits, 100.0 * (speed - 1.0))
    if keys.relation == "unknown":
        unchecked.append("keys")
    elif keys.words:
        clash = "" if keys.cents is not None else f", {' and '.join(keys.ends())}"
        against.append(Against(kind="keys", text=keys.words + clash))
    if a.drums is None or b.drums is None:
        unchecked.append("drums")
    else:
        against += drum_clashes(a.drums, b.drums)
    against += _bars_against(pair, bars)
    if choice.bars < SHORT_BARS:
        against.append(Against(kind="short", text=f"there is room for {choice.bars * pair.metre} beats only"))
    if (both_s := pair.two_voices_s(choice)) is None:
        unchecked.insert(0, "vocals")
    elif both_s >= LEAST_VOICES_S:
        against.append(Against(kind="vocals", text=f"two voices, {both_s:.0f} s"))
    return tuple(against), tuple(unchecked)


def _bars_against(pair: MixPair, bars: int | None) -> Iterator[Against]:
    named = (("the first", pair.a), ("the second", pair.b))
    unknown = [name for name, side in named if side.bar_beats is None]
    if unknown:
        yield Against(kind="bar_one", text=f"bar one of {' and '.join(unknown)} is not known: beats are counted")
    yield from MixTraits.bar_faults((pair.a.metre, pair.b.metre), (pair.a.bars_certainty, pair.b.bars_certainty))
    if not unknown and pair.a.metre == pair.b.metre and bars is None:
        yield Against(kind="metre", text="bars are not aligned throughout, because one bar is cut")
