"""The mixing compatibility of two tracks: tempo, key and energy, each reported separately."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from map4.core.base.records import Absent, Fraction, Fraction3, Fraction4, Json, Record
from map4.core.base.shown import short_repr
from map4.core.base.text import percent
from map4.core.music.analysis.analysis import DOUBTFUL
from map4.core.music.analysis.key import ALL_KEYS, Camelot, Key, Notation
from map4.core.music.analysis.plausible import USUAL_PITCH_PERCENT
from map4.core.music.mixing.harmony import (
    AGREED_CENTS,
    CENTS_STEPS,
    EPSILON,
    KEY_FIT,
    RELATION_SCORES,
    UNNAMED_CENTS,
    Folding,
    Relation,
    TempoChange,
    fader_percent,
    key_relation,
    nearest_fit,
    pitch_cents,
)
from map4.core.music.mixing.mix_plan import Against, AgainstKind, MixPlan, NoPlan, read_against

if TYPE_CHECKING:
    from map4.core.music.track.track import Track

MixRating = Literal["excellent", "good", "fair", "poor"]
WHAT_FITS = {
    "both": "tempo and key fit",
    "key": "the key fits, the tempo does not",
    "tempo": "the tempo fits, the key does not",
    "neither": "neither tempo nor key fit",
}
"""The values of `Compatibility.what_fits` as sentences."""
KEYS_AGAINST: dict[Relation, str] = {
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
"""Maximum change of the second fader in percent, score: hardly audible, within most ranges, just possible."""

ENERGY_STEPS: tuple[tuple[float, float], ...] = ((0.2, 1.0), (0.4, 0.5))
"""Maximum energy change, score: two and four of the ten levels."""

TEMPO_FIT_POINTS = 0.3

LONG_OVERLAP_BARS = 8
"""Keys that clash are heard in an overlap of this length."""


LEVEL_STEPS_LU = (2.0, 4.0, 6.0)
"""The largest steps of loudness between tracks that do not overlap: for excellent, good and fair."""

PUBLISHED_PITCH: tuple[tuple[float, float], ...] = ((0.0, 0.0), (5.0, 0.861), (10.0, 0.945), (20.0, 0.986))
"""Pitch change in percent, and the share of tracks in 1,557 published DJ mixes with a smaller change [1]. The tempo
difference of neighbouring tracks in the mixes is not published.

[1] Kim, Choi, Sacks, Yang, Nam, "A computational analysis of real-world DJ mixes using mix-to-track subsequence
   alignment", ISMIR 2020.
"""

LEAST_FAIR = 0.6
"""Transitions below this are poor."""

_CAMELOT = frozenset(key.camelot for key in ALL_KEYS)
_RATINGS: tuple[tuple[float, MixRating], ...] = ((0.9, "excellent"), (0.75, "good"), (LEAST_FAIR, "fair"))

FAULT_CAPS: dict[AgainstKind, MixRating] = {
    "copy": "poor", "metre": "fair", "bar_one": "fair", "short": "fair", "drums": "good", "drift": "good",
    "vocals": "good",
}  # fmt: skip
"""Faults, and the best rating of a transition that has them."""

WEAK: tuple[MixRating, ...] = ("fair", "poor")
"""Ratings of transitions that need help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixTraits:
    """The traits of a track that matter for mixing; None if unknown.

    bpm: beats per minute, > 0
    energy: 0-1
    swing: position of the off-beat, .5 is straight
    pitch_percent: the largest change of a fader that the user would play
    first_key, last_key: where the track is entered and left, if it changes its key
    tuning_cents, tuning_uncertainty: of A above 440 Hz
    has_key_lock: whether decks keep the pitch at another speed
    metre: beats per bar
    bars_certainty: of the measured bar one, 0-1; None also where the user or another program set it
    """

    bpm: float | None = None
    key: Key | None = None
    energy: float | None = None
    swing: float | None = None
    loudness_lufs: float | None = None
    pitch_percent: float = USUAL_PITCH_PERCENT
    first_key: Key | None = None
    last_key: Key | None = None
    tuning_cents: float | None = None
    tuning_uncertainty: float = 0.0
    has_key_lock: bool = True
    metre: int | None = None
    bars_certainty: float | None = None

    @property
    def enters(self) -> Key | None:
        """The key in which the track is entered."""
        return self.first_key or self.key

    @property
    def leaves(self) -> Key | None:
        """The key in which the track is left."""
        return self.last_key or self.key

    @classmethod
    def of(cls, track: Track) -> MixTraits:
        """The mixing traits of a track, each from its preferred source."""
        analysis, marks = track.analysis, track.set_grid()
        bars, measured = (analysis.bars, analysis.key) if analysis else (None, None)
        key, hamms = track.key(), analysis.hamms if analysis else None
        parts = analysis.key_map if analysis and track.key_source() == "measured" else ()
        agreement = hamms.vector[6] if hamms else None
        tuning = MixTraits.tuning(measured.tuning_cents, agreement, measured.key == key) if measured else {}
        return cls(
            bpm=track.bpm(),
            key=key,
            energy=track.energy(),
            swing=analysis.drums.swing if analysis and analysis.drums else None,
            loudness_lufs=analysis.loudness.integrated_lufs if analysis else None,
            pitch_percent=track.pitch_percent,
            first_key=parts[0].key if parts else None,
            last_key=parts[-1].key if parts else None,
            **tuning,
            has_key_lock=track.has_key_lock,
            metre=marks[0].metre if marks else bars.metre.beats_per_bar if bars else None,
            bars_certainty=bars.confidence if bars and not marks else None,
        )

    @staticmethod
    def tuning(cents: float | None, instrumentalness: float | None, is_named: object) -> dict[str, Any]:
        """The tuning among `MixTraits`; empty if unknown.

        instrumentalness: of HAMMS, from .4 to .6: how far the loud notes agree on the tuning, from 0 to .75
        is_named: whether map4 measured the current key, or the same key
        """
        if cents is None or instrumentalness is None or (abs(cents) >= UNNAMED_CENTS and not is_named):
            return {}
        return {
            "tuning_cents": cents,
            "tuning_uncertainty": round(AGREED_CENTS / max(0.02, 3.75 * (instrumentalness - 0.4)), 1),
        }

    def compared(self, b: MixTraits) -> Compatibility:
        """Rate the transition from this track to another.

        In the other direction the tempo's part may differ, as the other deck changes its speed, and the key's, if a
        key changes.
        """
        level = None if self.loudness_lufs is None or b.loudness_lufs is None else b.loudness_lufs - self.loudness_lufs
        tempo = _tempo_part(self, b)
        change = None if self.energy is None or b.energy is None else b.energy - self.energy
        of_energy = Compatibility.UNKNOWN_SCORE if change is None else step_score(change, ENERGY_STEPS)
        return Compatibility(
            tempo=tempo,
            key=KeyPart.of(self, b, tempo.fader_percent),
            energy=EnergyPart(change=change, score=of_energy, points=ENERGY_POINTS * of_energy),
            swing=SwingPart.of(self.swing, b.swing),
            loudness=LoudnessPart(change_lu=level),
            faults=tuple(MixTraits.bar_faults((self.metre, b.metre), (self.bars_certainty, b.bars_certainty))),
        )

    @staticmethod
    def bar_faults(
        metres: tuple[int | None, int | None], certainties: tuple[float | None, float | None]
    ) -> Iterator[Against]:
        """The faults of two tracks whose bars are to be aligned.

        metres: beats per bar; None if unknown
        certainties: probability that bar one is right, 0-1; None if it does not count
        """
        for name, certainty in zip(("the first", "the second"), certainties, strict=True):
            if certainty is not None and certainty < DOUBTFUL:
                yield Against(kind="bar_one", text=f"bar one of {name} is uncertain ({percent(certainty)})")
        if None not in metres and metres[0] != metres[1]:
            yield Against(kind="metre", text=f"{metres[0]} into {metres[1]} beats per bar")


class TempoPart(
    Record, members="change_percent score points folded mixes_pitched_within pitch_percent words fader_percent"
):
    """The tempo's part, .4 of the total. People read the change of the fader, which also counts.

    change_percent: relative to the slower track, after folding; positive if the second is faster; None if unknown
    folded: whether the second track counts at half or double its tempo
    pitch_percent: the largest change of a fader that the user would play
    """

    change_percent: Annotated[float, Json(2)] | None
    score: Fraction
    points: Annotated[float, Json(4, minimum=0, maximum=TEMPO_POINTS)]
    folded: Folding | None
    pitch_percent: Annotated[float, Json(2, exclusiveMinimum=0)] = USUAL_PITCH_PERCENT

    @property
    def words(self) -> str | None:
        """The problem of the tempi, in short; None if the change is unknown or within the pitch range."""
        is_far = self.fader_percent is not None and abs(self.fader_percent) > self.pitch_percent
        return f"tempo beyond ±{self.pitch_percent:g} %" if is_far else None

    @property
    def fader_percent(self) -> Annotated[float, Json(2)] | None:
        """The speed change of the second track's deck, in percent of its tempo; None if unknown."""
        return None if self.change_percent is None else fader_percent(self.change_percent)

    @property
    def mixes_pitched_within(self) -> Fraction3 | None:
        """Share of tracks in published DJ mixes with a smaller pitch change, 0-1; None if the change is unknown."""
        return None if self.fader_percent is None else mixes_pitched_within(self.fader_percent)

    @property
    def is_same(self) -> bool:
        """True if the change is known and below 0.05 %, which is shown without a sign."""
        return self.fader_percent is not None and abs(self.fader_percent) < 0.05

    @property
    def fader_text(self) -> str:
        """`-1.6`, the change of the fader in percent, for a known change."""
        return "0.0" if self.is_same else f"{self.fader_percent:+.1f}"

    @property
    def fits(self) -> bool:
        """True if the beats can be matched."""
        return self.points >= TEMPO_FIT_POINTS - EPSILON


class KeyPart(Record, members="relation score points words cents uncertain_cents leaves enters"):
    """The key's part: relation, score 0-1, points of .4.

    cents: how far the second track sounds from the nearest key that fits; None if unknown, and if none fits
    uncertain_cents: the part of them that does not count, as the tunings are not exact
    leaves, enters: the key of the first track at its end, and of the second at its beginning; None if unknown
    """

    relation: Relation
    score: Fraction
    points: Annotated[float, Json(4, minimum=0, maximum=KEY_POINTS)]
    cents: Annotated[float, Json(1, minimum=0)] | None = None
    uncertain_cents: Annotated[float, Json(1, minimum=0)] = 0.0
    leaves: Camelot | None = None
    enters: Camelot | None = None

    @classmethod
    def of(cls, a: MixTraits, b: MixTraits, fader_percent: float | None) -> Self:
        """The keys from a track to another, whose deck changes its speed."""
        leaves, enters, cents, uncertain = a.leaves, b.enters, 0.0, 0.0
        is_known = a.tuning_cents is not None and b.tuning_cents is not None
        if a.tuning_cents is not None and b.tuning_cents is not None:
            cents, uncertain = b.tuning_cents - a.tuning_cents, round(a.tuning_uncertainty + b.tuning_uncertainty, 1)
        if fader_percent and not b.has_key_lock:
            cents, is_known = cents + pitch_cents(fader_percent), True

        def relation_at(semitones: int) -> Relation:
            return key_relation(leaves, None if enters is None else enters.up(semitones))

        semitones, apart, score = nearest_fit(cents, lambda semitones: RELATION_SCORES[relation_at(semitones)])
        apart = round(apart, 1) if is_known and score >= KEY_FIT else None
        score *= cls.share((apart or 0.0) - uncertain)
        return cls(
            relation=relation_at(semitones),
            score=score,
            points=KEY_POINTS * score,
            cents=apart,
            uncertain_cents=uncertain,
            leaves=leaves.camelot if leaves else None,
            enters=enters.camelot if enters else None,
        )

    @staticmethod
    def share(certain_cents: Any) -> Any:
        """The share of the score that counts, a number or an array; negative if less than uncertain."""
        (near, _), (chorus, share), (_, least) = CENTS_STEPS
        out = 1.0 * (certain_cents > near + EPSILON), 1.0 * (certain_cents > chorus + EPSILON)
        return 1.0 - (1.0 - share) * out[0] - (share - least) * out[1]

    @property
    def best(self) -> MixRating:
        """The best rating of an overlap: excellent, good or fair, as far as the tracks are in tune."""
        apart = (self.cents or 0.0) - self.uncertain_cents
        return _ORDER[sum(apart > most + EPSILON for most, _ in CENTS_STEPS)]

    def ends(self, notation: Notation = "camelot", unknown: str = "?") -> list[str]:
        """Both keys, as text."""
        return [Key.parse(key).in_notation(notation) if key else unknown for key in (self.leaves, self.enters)]

    @property
    def apart(self) -> str | None:
        """`43 cents apart`; None if in tune, or if no key fits."""
        return None if self.best == "excellent" else f"{self.cents:.0f} cents apart"

    @property
    def words(self) -> str | None:
        """The problem of the keys, in short; None if they mix."""
        return self.apart or KEYS_AGAINST.get(self.relation)

    @property
    def fits(self) -> bool:
        """True if the keys are compatible."""
        return self.score >= KEY_FIT


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


class SwingPart(Record, members="change words"):
    """The change of swing (None: unknown), which has no points."""

    MOST: ClassVar[float] = 0.06
    """One third of the distance from straight (.5) to swung (.67)."""

    change: Annotated[float, Json(4, minimum=-1, maximum=1)] | None = None

    @classmethod
    def of(cls, a: float | None, b: float | None) -> Self:
        """The change from a track's swing to another's."""
        return cls(change=None if a is None or b is None else b - a)

    @classmethod
    def is_clash(cls, change: Any) -> Any:
        """Whether a change of swing clashes: a bool, or an array for an array, whose unknown changes (NaN) do not."""
        return abs(change) > cls.MOST + EPSILON

    @property
    def words(self) -> str | None:
        """The problem of the change, in short; None if both are straight, or both swung."""
        if self.change is None or not self.is_clash(self.change):
            return None
        return "straight into swung" if self.change > 0.0 else "swung into straight"


class LoudnessPart(Record):
    """The change of loudness (None: unknown), which has no points; it matters for tracks that do not overlap."""

    change_lu: Annotated[float, Json(1)] | None = None

    @property
    def words(self) -> str | None:
        """The problem of the change, in short; None if it is small or unknown."""
        if self.change_lu is None or abs(round(self.change_lu, 1)) <= LEVEL_STEPS_LU[0]:
            return None
        return f"{abs(self.change_lu):.1f} LU {'louder' if self.change_lu > 0.0 else 'quieter'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compatibility:
    """The compatibility of two tracks, the sum of the first three parts.

    faults: of a long overlap; a copy also of every other
    """

    UNKNOWN_SCORE: ClassVar[float] = 0.5
    """Unknown values count half of their part."""
    LEAST_MIXED_S: ClassVar[float] = 30.0
    """Shorter tracks have no room to be mixed in and out: twice eight bars at 128 BPM."""
    RATING_SIGNS: ClassVar[dict[MixRating, str]] = {"excellent": "●", "good": "○", "fair": "△", "poor": "▲"}
    """Symbols of ratings, readable without colour: circles mix well, triangles need care, the extremes are filled."""

    tempo: TempoPart
    key: KeyPart
    energy: EnergyPart
    swing: SwingPart = field(default=SwingPart())
    loudness: LoudnessPart = field(default=LoudnessPart())
    faults: tuple[Against, ...] = ()
    __repr__ = short_repr

    @property
    def total(self) -> Fraction4:
        """The sum of the three parts' points."""
        return self.tempo.points + self.key.points + self.energy.points

    @property
    def rating(self) -> MixRating:
        """The rating of a long overlap."""
        return self.rate_joint(None)

    @property
    def type(self) -> TransitionType:
        """The type of the transition."""
        if self.key.fits and self.tempo.points > 0.0:
            return "blend" if self.tempo.fits else "harmonic_mix"
        return "tempo_match" if self.tempo.fits else "creative"

    @property
    def what_fits(self) -> Literal["both", "key", "tempo", "neither"]:
        """Whether tempo, key, both or neither fit."""
        if self.key.fits:
            return "both" if self.tempo.fits else "key"
        return "tempo" if self.tempo.fits else "neither"

    @property
    def words(self) -> tuple[str, ...]:
        """The problems of a long overlap, in short."""
        return self.joint_words(None)

    @property
    def fit_words(self) -> str:
        """Whether tempo and key fit, and what else no DJ would play, as a sentence."""
        faults = (self.key.apart, *(fault.text for fault in self.faults))
        return "; ".join(filter(None, (*faults, WHAT_FITS[self.what_fits], self.tempo.words, self.swing.words)))

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
                tempo=TempoPart(
                    change_percent=tempo_change,
                    score=scores[0],
                    points=tempo,
                    folded=folded,
                    pitch_percent=_figure(record["tempo"].get("pitch_percent", USUAL_PITCH_PERCENT), _MOST),
                ),
                key=KeyPart(
                    relation=relation,
                    score=scores[1],
                    points=key,
                    cents=_change(record, "key", "cents", _MOST),
                    uncertain_cents=_change(record, "key", "uncertain_cents", _MOST) or 0.0,
                    **{name: end for name in ("leaves", "enters") if (end := record["key"].get(name)) in _CAMELOT},
                ),
                energy=EnergyPart(change=energy_change, score=scores[2], points=energy),
                swing=SwingPart(change=_change(record, "swing", "change", 1.0)),
                loudness=LoudnessPart(change_lu=_change(record, "loudness", "change_lu", _MOST)),
                faults=read_against(record.get("faults", ())),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def joined(self, similarity: float | None, plan: MixPlan | NoPlan | None) -> TransitionRecord:
        """Its record in a list, with the plan of the mix."""
        return TransitionRecord(step=self, similarity=similarity, joint=plan, **plan_members(plan))

    def rated(self, bars: float | None = None, *, is_on_bar: bool = True) -> MixRating:
        """The rating of a transition: poor if no DJ would play it, else by compatibility.

        bars: length of the overlap in time; None for a long one, 0 if the tracks do not overlap, as in a cut: then
            loudness and place count
        is_on_bar: whether a cut goes from one bar to another
        """
        if bars == 0.0:
            change = self.loudness.change_lu
            step = 1 if change is None else sum(abs(round(change, 1)) > most for most in LEVEL_STEPS_LU)
            if not is_on_bar:
                step += 1
            return _ORDER[min(step, len(LEVEL_STEPS_LU))]
        is_clash = self.key.relation == "clash" and (bars is None or bars >= LONG_OVERLAP_BARS)
        if is_clash or self.tempo.words or self.swing.words:
            return "poor"
        return max(rate_compatibility(self.total), self.key.best, key=_ORDER.index)

    def rate_joint(self, plan: MixPlan | NoPlan | None) -> MixRating:
        """The rating of a transition as it is planned, capped by its faults; None for a long overlap."""
        if isinstance(plan, MixPlan) and plan.kind == "segue":
            rating: MixRating = "excellent"
        elif isinstance(plan, MixPlan):
            is_on_bar = plan.leave.bar is not None and plan.enter.bar is not None
            rating = self.rated(0.0 if plan.kind == "cut" else plan.bars or plan.beats / 4, is_on_bar=is_on_bar)
        else:
            rating = self.rated(None if plan is None else 0.0)
        return Compatibility.worst_rating(rating, self.joint_faults(plan))

    def joint_faults(self, plan: MixPlan | NoPlan | None) -> tuple[Against, ...]:
        """The faults of a transition as it is planned that cap its rating; None for a long overlap."""
        if plan is None:
            return self.faults
        copies = (fault for fault in self.faults if fault.kind == "copy")
        against = plan.against if isinstance(plan, MixPlan) else ()
        return (*copies, *(fault for fault in against if fault.kind in FAULT_CAPS))

    def joint_words(self, plan: MixPlan | NoPlan | None) -> tuple[str, ...]:
        """The problems of a transition as it is planned, in short, its faults first; None for a long overlap."""
        if isinstance(plan, MixPlan) and plan.kind == "segue":
            return tuple(fault.text for fault in self.joint_faults(plan))
        has_overlap = plan is None or (isinstance(plan, MixPlan) and plan.kind != "cut")
        overlap = (self.tempo.words, self.key.words, self.swing.words) if has_overlap else (self.loudness.words,)
        first = self.key.apart if has_overlap and self.key.best in WEAK else None
        faults = (fault.text for fault in self.joint_faults(plan))
        words = tuple(dict.fromkeys(filter(None, (first, *faults, *overlap, self.energy.words))))
        is_unexplained = not words and self.rate_joint(plan) == "poor"
        return ("tempo, key and energy fit too little",) if is_unexplained else words

    @staticmethod
    def members(step: str, similarity: str = "similarity", *, is_planned: bool = False) -> str:
        """The JSON members of a transition in a record with the `Compatibility` and the similarity.

        is_planned: the record has its rating, faults and words, as a plan counts
        """
        judged = (f"{name}={name if is_planned else f'{step}.{name}'}" for name in ("rating", "faults", "words"))
        parts = (f"{name}={step}.{name}" for name in ("tempo", "key", "energy", "swing", "loudness"))
        return " ".join(
            (f"compatibility={step}.total", *judged, f"type={step}.type", f"similarity={similarity}", *parts)
        )

    @staticmethod
    def is_below_fair(total: Any) -> Any:
        """Whether a compatibility, a number or an array, is too low for a fair transition."""
        return total < LEAST_FAIR - EPSILON

    @staticmethod
    def worst_rating(rating: MixRating, faults: Iterable[Against]) -> MixRating:
        """A rating, capped by faults."""
        return max((rating, *(FAULT_CAPS[fault.kind] for fault in faults)), key=_ORDER.index)

    @staticmethod
    def weakest_steps(steps: Sequence[tuple[MixRating, float] | None]) -> list[int]:
        """Positions of the fair and poor transitions, poor first, then the weakest.

        steps: rating and compatibility of each; None if unknown, which does not count as weak
        """
        known = [(-WEAK.index(step[0]), round(step[1], 9), place) for place, step in enumerate(steps)
                 if step is not None and step[0] in WEAK]  # fmt: skip
        return [place for *_, place in sorted(known)]


_ORDER: tuple[MixRating, ...] = tuple(Compatibility.RATING_SIGNS)


class TransitionRecord(Record, members=f"{Compatibility.members('step', is_planned=True)} plan no_plan"):
    """The compatibility of a transition.

    similarity: by HAMMS; None if unknown
    faults: what caps its rating
    words: its problems, in short; a poor transition has at least one
    plan: how to mix it into the previous track; with --plan
    no_plan: why there is no plan; with --plan
    joint: the plan that the rating counts, with or without --plan
    """

    step: Compatibility
    similarity: Fraction4 | None
    joint: MixPlan | NoPlan | None = None
    plan: MixPlan | Absent | None = ...
    no_plan: str | Absent | None = ...

    @property
    def rating(self) -> MixRating:
        return self.step.rate_joint(self.joint)

    @property
    def faults(self) -> tuple[Against, ...]:
        return self.step.joint_faults(self.joint)

    @property
    def words(self) -> tuple[str, ...]:
        return self.step.joint_words(self.joint)


def plan_members(plan: MixPlan | NoPlan | None) -> dict[str, Any]:
    """The record members of a plan: `plan` and `no_plan`, one of them null; empty if no plan was requested."""
    if plan is None:
        return {}
    if isinstance(plan, NoPlan):
        return {"plan": None, "no_plan": plan.reason}
    return {"plan": plan, "no_plan": None}


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
    return next((rating for threshold, rating in _RATINGS if total >= threshold - EPSILON), "poor")


def _tempo_part(a: MixTraits, b: MixTraits) -> TempoPart:
    change = None if a.bpm is None or b.bpm is None else TempoChange.between(a.bpm, b.bpm)
    score = Compatibility.UNKNOWN_SCORE if change is None else step_score(fader_percent(change.percent), TEMPO_STEPS)
    return TempoPart(
        change_percent=None if change is None else change.percent,
        score=score,
        points=TEMPO_POINTS * score,
        folded=None if change is None else change.folded,
        pitch_percent=b.pitch_percent,
    )


def step_score(change: Any, steps: tuple[tuple[float, float], ...]) -> Any:
    """The score of a change, a number or an array: of the first step that it does not exceed; NaN is unknown."""
    # Scores are multiples of 1/4, so that their sums are exact.
    falls = pairwise((*steps, (0.0, 0.0)))
    known = sum((score - after) * (abs(change) <= limit + EPSILON) for (limit, score), (_, after) in falls)
    return known + Compatibility.UNKNOWN_SCORE * (change != change)


def _figure(value: float, most: float) -> float:
    if isinstance(value, bool) or not -most <= value <= most:
        raise ValueError(f"no such figure: {value}")
    return float(value)


def _change(record: Any, part: str, name: str, most: float) -> float | None:
    """A change that records of earlier versions lack."""
    change = record.get(part, {}).get(name)
    return None if change is None else _figure(change, most)
