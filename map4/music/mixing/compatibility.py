"""The mixing compatibility of two tracks: tempo, key and energy, each reported separately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from map4.base.records import Absent, Fraction, Fraction3, Fraction4, Json, Record
from map4.base.shown import short_repr
from map4.music.analysis.key import Key
from map4.music.mixing.harmony import EPSILON, KEY_FIT, RELATION_SCORES, Folding, Relation, key_relation, tempo_change
from map4.music.mixing.mix_plan import MixPlan

if TYPE_CHECKING:
    from map4.music.track.track import Track

MixRating = Literal["excellent", "good", "fair", "poor"]
RATING_SIGNS: dict[MixRating, str] = {"excellent": "●", "good": "○", "fair": "△", "poor": "▲"}
"""Symbols of ratings, readable without colour: circles mix well, triangles need care, the extremes are filled."""
WHAT_FITS = {
    "both": "tempo and key fit",
    "key": "the key fits, the tempo does not",
    "tempo": "the tempo fits, the key does not",
    "neither": "neither tempo nor key fit",
}
"""The values of `Compatibility.what_fits` as sentences."""
_KEYS_AGAINST: dict[Relation, str] = {
    "clash": "keys clash", "third": "keys far apart", "far_diagonal": "keys far apart", "unknown": "key unknown",
}  # fmt: skip
TransitionType = Literal["blend", "harmonic_mix", "tempo_match", "creative"]
"""blend: tempo and key fit; harmonic_mix: the key fits, the tempo is unknown or reachable; tempo_match: only the tempo
fits; creative: the rest.
"""

TEMPO_POINTS = 0.4
KEY_POINTS = 0.4
ENERGY_POINTS = 0.2
_POINTS = (TEMPO_POINTS, KEY_POINTS, ENERGY_POINTS)
_MOST = 1e6  # percent of tempo; larger changes are invalid data

TEMPO_STEPS: tuple[tuple[float, float], ...] = ((2.0, 1.0), (6.0, 0.75), (10.0, 0.25))
"""Maximum tempo change in percent, score: hardly audible, within the range of a pitch fader, just possible."""

ENERGY_STEPS: tuple[tuple[float, float], ...] = ((0.2, 1.0), (0.4, 0.5))
"""Maximum energy change, score: two and four of the ten levels."""

TEMPO_FIT_POINTS = 0.3
UNKNOWN_SCORE = 0.5
"""Unknown values count half of their part."""

PUBLISHED_PITCH: tuple[tuple[float, float], ...] = ((0.0, 0.0), (5.0, 0.861), (10.0, 0.945), (20.0, 0.986))
"""Pitch change in percent, and the share of tracks in 1,557 published DJ mixes with a smaller change [1]. The tempo
difference of neighbouring tracks in the mixes is not published.

[1] Kim, Choi, Sacks, Yang, Nam, "A computational analysis of real-world DJ mixes using mix-to-track subsequence
   alignment", ISMIR 2020.
"""

LEAST_FAIR = 0.6
"""Transitions below this are poor."""

_RATINGS: tuple[tuple[float, MixRating], ...] = ((0.9, "excellent"), (0.75, "good"), (LEAST_FAIR, "fair"))

WEAK: tuple[MixRating, ...] = ("fair", "poor")
"""Ratings of transitions that need help."""

MOST_WEAK_STEPS = 5
"""The maximum number of reported weak transitions; a list with more should be remade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixTraits:
    """The traits of a track that matter for mixing; None if unknown.

    bpm: beats per minute, > 0
    energy: 0-1
    """

    bpm: float | None = None
    key: Key | None = None
    energy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoPart(Record, members="change_percent score points folded mixes_pitched_within"):
    """The tempo's part, .4 of the total.

    change_percent: relative to the slower track, after folding; positive if the second is faster; None if unknown
    folded: whether the second track counts at half or double its tempo
    """

    change_percent: Annotated[float, Json(2)] | None
    score: Fraction
    points: Annotated[float, Json(4, minimum=0, maximum=TEMPO_POINTS)]
    folded: Folding | None

    @property
    def mixes_pitched_within(self) -> Fraction3 | None:
        """Share of tracks in published DJ mixes with a smaller pitch change, 0-1; None if the change is unknown."""
        return None if self.change_percent is None else mixes_pitched_within(self.change_percent)

    @property
    def is_same(self) -> bool:
        """True if the change is known and below 0.05 %, which is shown without a sign."""
        return self.change_percent is not None and abs(round(self.change_percent, 2)) < 0.05

    @property
    def change_text(self) -> str:
        """`+1.6`, in percent, for a known change; computed from the two stored digits, so that stored changes look the
        same.
        """
        assert self.change_percent is not None
        return "0.0" if self.is_same else f"{round(self.change_percent, 2):+.1f}"

    @property
    def fits(self) -> bool:
        """True if the beats can be matched."""
        return self.points >= TEMPO_FIT_POINTS - EPSILON

    @property
    def is_within_reach(self) -> bool:
        """True if the beats can be matched with effort, or a tempo is unknown."""
        return self.points > 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPart(Record, members="relation score points words"):
    """The key's part: relation, score 0-1, points of .4."""

    relation: Relation
    score: Fraction
    points: Annotated[float, Json(4, minimum=0, maximum=KEY_POINTS)]

    @property
    def words(self) -> str | None:
        """The problem of the keys, in short; None if they mix."""
        return _KEYS_AGAINST.get(self.relation)

    @property
    def fits(self) -> bool:
        """True if the keys are compatible."""
        return self.score >= KEY_FIT


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyPart(Record, members="change score points words"):
    """The energy's part: change (None: unknown; positive where the second has more), score 0-1, points of .2."""

    change: Annotated[float, Json(4, minimum=-1, maximum=1)] | None
    score: Fraction
    points: Annotated[float, Json(4, minimum=0, maximum=ENERGY_POINTS)]

    @property
    def words(self) -> str | None:
        """The problem of the change, in short; None if it is not too large."""
        return f"energy {'jumps' if (self.change or 0.0) > 0.0 else 'drops'}" if self.is_leap else None

    @property
    def is_leap(self) -> bool:
        """True if the change is too large to score; False if it is unknown."""
        return self.points <= 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compatibility:
    """The compatibility of two tracks, the sum of three parts."""

    tempo: TempoPart
    key: KeyPart
    energy: EnergyPart
    __repr__ = short_repr

    @property
    def total(self) -> Fraction4:
        """The sum of the three parts' points."""
        return self.tempo.points + self.key.points + self.energy.points

    @property
    def rating(self) -> MixRating:
        """The rating of the compatibility."""
        return rate_compatibility(self.total)

    @property
    def type(self) -> TransitionType:
        """The type of the transition."""
        if self.key.fits and self.tempo.is_within_reach:
            return "blend" if self.tempo.fits else "harmonic_mix"
        return "tempo_match" if self.tempo.fits else "creative"

    @property
    def what_fits(self) -> Literal["both", "key", "tempo", "neither"]:
        """Whether tempo, key, both or neither fit."""
        if self.key.fits:
            return "both" if self.tempo.fits else "key"
        return "tempo" if self.tempo.fits else "neither"

    @classmethod
    def of_record(cls, record: Any) -> Compatibility | None:
        """Read the output of `to_record`, with its rounded figures; None if it is invalid."""
        try:
            scores = [_figure(record[part]["score"], 1.0) for part in ("tempo", "key", "energy")]
            changes = [record["tempo"]["change_percent"], record["energy"]["change"]]
            tempo_change, energy_change = (None if change is None else _figure(change, _MOST) for change in changes)
            relation, folded = record["key"]["relation"], record["tempo"]["folded"]
            if relation not in RELATION_SCORES or folded not in (None, "half", "double"):
                return None
            tempo, key, energy = (part * score for part, score in zip(_POINTS, scores, strict=True))
            return cls(
                tempo=TempoPart(change_percent=tempo_change, score=scores[0], points=tempo, folded=folded),
                key=KeyPart(relation=relation, score=scores[1], points=key),
                energy=EnergyPart(change=energy_change, score=scores[2], points=energy),
            )
        except (KeyError, TypeError, ValueError):
            return None


def transition_members(step: str, similarity: str = "similarity") -> str:
    """The JSON members of a transition in a record with the `Compatibility` and the similarity."""
    own = (f"{name}={step}.{name}" for name in ("rating", "type"))
    parts = (f"{name}={step}.{name}" for name in ("tempo", "key", "energy"))
    return " ".join((f"compatibility={step}.total", *own, f"similarity={similarity}", *parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRecord(Record, members=f"{transition_members('step')} plan no_plan"):
    """The compatibility of a transition.

    similarity: by HAMMS; None if unknown
    plan: how to mix it into the previous track; with --plan
    no_plan: why there is no plan; with --plan
    """

    step: Compatibility
    similarity: Fraction4 | None
    plan: MixPlan | Absent | None = ...
    no_plan: str | Absent | None = ...


def mix_traits(track: Track) -> MixTraits:
    """The mixing traits of a track, each from its preferred source."""
    return MixTraits(bpm=track.bpm(), key=track.key(), energy=track.energy())


def compare_mix(a: MixTraits, b: MixTraits) -> Compatibility:
    """Rate the transition from track `a` to track `b`.

    Total, rating and type are the same from `b` to `a`; the changes have the opposite sign.
    """
    return Compatibility(tempo=_tempo_part(a, b), key=_key_part(a, b), energy=_energy_part(a, b))


def mixes_pitched_within(change_percent: float) -> float:
    """Share of tracks in published DJ mixes with a smaller pitch change (of either sign), 0-1.

    It shows how common the necessary pitch change is, not how common such a step is.

    Linear between the points of `PUBLISHED_PITCH`; beyond the last point the value is a lower bound.
    """
    size = abs(change_percent)
    for (left, low), (right, high) in pairwise(PUBLISHED_PITCH):
        if size <= right:
            return low + (high - low) * (size - left) / (right - left)
    return PUBLISHED_PITCH[-1][1]


def rate_compatibility(total: float) -> MixRating:
    """The rating of a compatibility: from .9 excellent, from .75 good, from .6 fair, else poor."""
    for threshold, rating in _RATINGS:
        if total >= threshold - EPSILON:
            return rating
    return "poor"


def weakest_steps(totals: Sequence[float | None]) -> list[int]:
    """Positions of the fair and poor transitions, the weakest first, at most five.

    totals: compatibility of each; None if unknown, which does not count as weak
    """
    known = [(round(total, 9), place) for place, total in enumerate(totals) if total is not None]
    return [place for total, place in sorted(known) if rate_compatibility(total) in WEAK][:MOST_WEAK_STEPS]


def _tempo_part(a: MixTraits, b: MixTraits) -> TempoPart:
    if a.bpm is None or b.bpm is None:
        return TempoPart(change_percent=None, score=UNKNOWN_SCORE, points=TEMPO_POINTS * UNKNOWN_SCORE, folded=None)
    change = tempo_change(a.bpm, b.bpm)
    score = _step_score(abs(change.percent), TEMPO_STEPS)
    return TempoPart(change_percent=change.percent, score=score, points=TEMPO_POINTS * score, folded=change.folded)


def _key_part(a: MixTraits, b: MixTraits) -> KeyPart:
    relation = key_relation(a.key, b.key)
    score = RELATION_SCORES[relation]
    return KeyPart(relation=relation, score=score, points=KEY_POINTS * score)


def _energy_part(a: MixTraits, b: MixTraits) -> EnergyPart:
    if a.energy is None or b.energy is None:
        return EnergyPart(change=None, score=UNKNOWN_SCORE, points=ENERGY_POINTS * UNKNOWN_SCORE)
    change = b.energy - a.energy
    score = _step_score(abs(change), ENERGY_STEPS)
    return EnergyPart(change=change, score=score, points=ENERGY_POINTS * score)


def _step_score(size: float, steps: tuple[tuple[float, float], ...]) -> float:
    return next((score for limit, score in steps if size <= limit + EPSILON), 0.0)


def _figure(value: float, most: float) -> float:
    if isinstance(value, bool) or not -most <= value <= most:
        raise ValueError(f"no such figure: {value}")
    return float(value)
