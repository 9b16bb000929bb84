"""The cue points of a track: those a DJ set, plus those map4 detected elsewhere."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

from map4.core.base.records import Count, Fraction3, Record
from map4.core.base.text import folded
from map4.core.music.analysis.inside import DetectedCue, DetectedCueKind
from map4.core.music.track.cues import CueKind, CuePoint

CueSource = Literal["user", "imported", "detected"]
"""The source of a cue point: set in map4, imported from another program, or detected by map4."""

CueChoice = Literal["imported", "detected", "all"]
"""The cue points to write: "imported" are those set by a person, in map4 or in another program."""

CueForm = Literal["hot", "memory", "both"]
"""hot: on a button, while buttons are free; memory: without a button; both: on a button and again without."""


CUE_NAMES: Mapping[DetectedCueKind, str] = {
    kind: kind.replace("_", " ").capitalize() for kind in get_args(DetectedCueKind)
}
"""Names of detected cue points in other programs; the second of a kind is "Drop 2"."""

_BY_WEIGHT: tuple[DetectedCueKind, ...] = (
    "mix_in", "drop", "mix_out", "break", "outro", "first_beat", "first_vocal", "last_vocal",
)  # fmt: skip
"""The priority of detected cue points at the same place, and for free buttons."""

_MANY = frozenset({"drop", "break"})  # kinds that may occur several times in a track
SAME_PLACE_BARS = 8.5
"""A detected drop or break this near to one marked by a DJ is the same: among pairs of DJs who cue the same track,
three in four are within 8 bars of each other (Kim et al., ISMIR 2020).
"""
BESIDE_BARS = 0.5  # cue points nearer than this are at the same place
_USUAL_BEATS, _USUAL_BAR_S = 4, 2.0  # without a tempo: a bar of four beats at 120 BPM
_NEARLY_S = 0.07  # beats this near sound simultaneous (the tolerance of beat evaluation)
_SAME_SPOT_S = 0.001  # programs store positions to the millisecond

_Kinds = frozenset[DetectedCueKind]
_IN: _Kinds = frozenset({"mix_in"})
_OUT: _Kinds = frozenset({"mix_out"})
_DROP: _Kinds = frozenset({"drop"})
_BREAK: _Kinds = frozenset({"break"})
_START: _Kinds = frozenset({"first_beat"})
_OPENING: _Kinds = frozenset({"first_beat", "mix_in"})
_CLOSING: _Kinds = frozenset({"mix_out", "outro"})
# Names that DJs use, in the languages of the programs; matched without case, accents, digits and signs.
_MEANINGS = (
    (r"mix ?in|fade ?in|^in$|einstieg|entrada|entree|ingresso|entrata", _IN),
    (r"mix ?out|fade ?out|^out$|^exit$|ausstieg|salida|saida|sortie|uscita", _OUT),
    (r"drops?|drp|caida|bajada", _DROP),
    (r"breaks?|break ?downs?|brk|bkdn|pausa|^pause$|stacco", _BREAK),
    (r"intro|einleitung", _OPENING),
    (r"outro|^ende?$|^fine?$", _CLOSING),
    (r"(?:first|erster|primer|primo|premier) ?(?:beat|kick|temps)|^start$|^anfang$|^inicio$|^inizio$|^debut$", _START),
    *((name.lower(), frozenset((kind,))) for kind, name in CUE_NAMES.items()),
)
_PATTERNS: tuple[tuple[re.Pattern[str], _Kinds], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b"), kinds) for words, kinds in _MEANINGS
)
_ELSEWHERE = re.compile(r"\b(?:pre|before|until|till|to|bis|vor|avant|antes|prima|post|after|nach|apres|dopo|no)\b")
"""A place before or after the named part is a different place."""
_KIND_MEANINGS: Mapping[str, _Kinds] = {"fade_in": _IN, "fade_out": _CLOSING, "load": _OPENING}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackCue:
    """A cue point with its source.

    point: the place; a detected cue has no number and no colour yet
    source: "user", "imported" or "detected"
    kind: purpose of a detected cue; None if a person set it, then see `point.kind` and the name
    reason, confidence: of detected cues; None for others
    """

    TWIN_S: ClassVar[float] = 0.002  # programs store milliseconds
    BUTTONS: ClassVar[int] = 8  # the number of hot cues that every program and player supports

    point: CuePoint
    source: CueSource
    kind: DetectedCueKind | None = None
    reason: str | None = None
    confidence: Fraction3 | None = None

    @property
    def shown_kind(self) -> DetectedCueKind | CueKind:
        """The purpose of the place: the first eight kinds are detected, the others set by a person."""
        return self.kind or self.point.kind

    @staticmethod
    def meaning_of(cue: CuePoint) -> frozenset[DetectedCueKind]:
        """The purpose of a person's cue point, from its kind and name; empty if unclear."""
        if cue.kind in _KIND_MEANINGS:
            return _KIND_MEANINGS[cue.kind]
        words = " ".join(re.sub(r"[\d\W_]+", " ", folded(cue.name or "").replace("1st", "first")).split())
        if not words or _ELSEWHERE.search(words):
            return frozenset()
        return next((kinds for pattern, kinds in _PATTERNS if pattern.search(words)), frozenset())

    @staticmethod
    def bar_at(position_s: float, downbeats_s: Sequence[float]) -> int | None:
        """The bar at a position, from 1; 0 is before the first, None if bars are unknown."""
        if not downbeats_s:
            return None
        # A mark slightly before the One belongs to it.
        return bisect_right(downbeats_s, position_s + _NEARLY_S)


class PlacedCue(
    Record,
    members="kind=cue.shown_kind position_s=cue.point.position_s bar name=cue.point.name number=cue.point.number"
    " length_s=cue.point.length_s color=cue.point.color reason=cue.reason confidence=cue.confidence source=cue.source",
):
    """A cue point with its bar.

    position_s: seconds from time zero; may be negative if a person set it
    bar: its bar, from 1; 0 is before the first; None if bars are unknown
    name: as other programs show it
    number: of a hot cue set by a person, from 0
    length_s: of a loop
    reason: why it was detected, as text
    confidence: of a detected cue; None if a person set it
    """

    cue: TrackCue
    bar: Count | None

    @classmethod
    def among(cls, cue: TrackCue, downbeats_s: Sequence[float]) -> PlacedCue:
        """Locate a cue point in a track with these downbeats; empty if unknown."""
        return cls(cue=cue, bar=TrackCue.bar_at(cue.point.position_s, downbeats_s))


def bar_length_s(bpm: float | None, beats_per_bar: int | None) -> float:
    """The length of a bar, or a typical length if unknown."""
    return _USUAL_BAR_S if bpm is None else (beats_per_bar or _USUAL_BEATS) * 60.0 / bpm


def cues_in_force(
    placed: Sequence[CuePoint], detected: Sequence[DetectedCue], *, bar_s: float, source: CueSource = "imported"
) -> tuple[TrackCue, ...]:
    """The effective cue points, by position: all that a DJ set, plus detected ones.

    A detected cue is dropped if it is within half a bar of a DJ's cue; if a DJ marked the same kind: anywhere in the
    track (mix in, mix out, first beat, outro) or within 8 bars (drop, break); or if it is within half a bar of a
    detected cue with a higher priority.

    placed: set by a DJ, in any order
    detected: by map4, in any order
    bar_s: length of a bar, > 0
    source: where the DJ set them
    """
    named = [(cue.position_s, TrackCue.meaning_of(cue)) for cue in placed]

    def is_taken(cue: DetectedCue) -> bool:
        for position_s, kinds in named:
            apart_s = abs(position_s - cue.position_s)
            if apart_s <= BESIDE_BARS * bar_s:
                return True
            if cue.kind in kinds and (cue.kind not in _MANY or apart_s <= SAME_PLACE_BARS * bar_s):
                return True
        return False

    accepted: list[DetectedCue] = []
    for cue in sorted(detected, key=lambda cue: (_BY_WEIGHT.index(cue.kind), -cue.confidence)):
        is_beside = any(abs(cue.position_s - other.position_s) <= BESIDE_BARS * bar_s for other in accepted)
        if not is_beside and not is_taken(cue):
            accepted.append(cue)
    cues = [TrackCue(point=cue, source=source) for cue in placed]
    cues += _named(sorted(accepted, key=lambda cue: cue.position_s))
    return tuple(sorted(cues, key=lambda cue: cue.point.position_s))


def without_twins(cues: Iterable[CuePoint]) -> list[CuePoint]:
    """Remove cue points that duplicate another, as a hot and a memory cue with the same name do.

    The hot cue is kept. Cue points with a different kind, name or length are not duplicates.
    """
    unique: list[CuePoint] = []
    for cue in cues:
        twin = next((i for i, other in enumerate(unique) if _are_twins(cue, other)), None)
        if twin is None:
            unique.append(cue)
        elif unique[twin].number is None:
            unique[twin] = cue
    return unique


def _are_twins(cue: CuePoint, other: CuePoint) -> bool:
    is_there = abs(cue.position_s - other.position_s) <= TrackCue.TWIN_S
    is_form_only = (cue.number is None) != (other.number is None)
    return is_there and is_form_only and (cue.kind, cue.name, cue.length_s) == (other.kind, other.name, other.length_s)


def _named(detected: Iterable[DetectedCue]) -> Iterator[TrackCue]:
    count: dict[str, int] = {}
    for cue in detected:
        count[cue.kind] = count.get(cue.kind, 0) + 1
        name = CUE_NAMES[cue.kind] + (f" {count[cue.kind]}" if count[cue.kind] > 1 else "")
        point = CuePoint(position_s=cue.position_s, name=name)
        yield TrackCue(point=point, source="detected", kind=cue.kind, reason=cue.reason, confidence=cue.confidence)


def cues_to_write(
    cues: Sequence[TrackCue],
    choice: CueChoice,
    form: CueForm | None,
    colors: Mapping[DetectedCueKind, str],
    *,
    has_memory: bool = True,
) -> tuple[CuePoint, ...]:
    """The cue points to write for another program, by position.

    Without a form, imported cues are unchanged. Imported cues keep their buttons; detected cues get the free buttons up
    to the eighth, and the rest become memory cues.

    form: on buttons, without, or both
    colors: of detected cues that get a button, "#rrggbb"
    has_memory: whether the program distinguishes hot and memory cues at the same place; if not, "both" is "hot"
    """
    if choice == "imported" and form is None:
        return tuple(cue.point for cue in cues if cue.kind is None)
    numbers = {} if form == "memory" else _new_numbers(cues, choice, are_all_hot=form is not None)
    chosen: list[CuePoint] = []
    for index, cue in enumerate(cues):
        if _is_chosen(cue, choice):
            number = None if form == "memory" else numbers.get(index, cue.point.number)
            color = cue.point.color if cue.kind is None or number is None else colors[cue.kind]
            chosen.append(replace(cue.point, number=number, color=color))
    if form == "both" and has_memory:
        chosen += [replace(point, number=None, color=None) for point in chosen if point.number is not None]
    chosen.sort(key=lambda cue: (cue.position_s, cue.number is not None, cue.number or 0))
    return tuple(chosen if form is None else _once(chosen))


def _is_chosen(cue: TrackCue, choice: CueChoice) -> bool:
    return choice == "all" or (cue.source == "detected") == (choice == "detected")


def _new_numbers(cues: Sequence[TrackCue], choice: CueChoice, *, are_all_hot: bool) -> dict[int, int]:
    """Free buttons for cue points that need one, by their index; detected cues always do."""
    taken = {cue.point.number for cue in cues}
    free = [number for number in range(TrackCue.BUTTONS) if number not in taken]
    spots = {_spot(cue.point) for cue in cues if cue.point.number is not None}
    wanting = [
        (0 if cue.kind is None else 1 + _BY_WEIGHT.index(cue.kind), index)
        for index, cue in enumerate(cues)
        if _is_chosen(cue, choice)
        and cue.point.number is None
        and (cue.kind is not None or (are_all_hot and cue.point.kind in ("cue", "loop")))
        and _spot(cue.point) not in spots
    ]
    chosen = sorted(index for _, index in sorted(wanting)[: len(free)])
    return dict(zip(chosen, free, strict=False))


def _spot(cue: CuePoint) -> int:
    return round(cue.position_s / _SAME_SPOT_S)


def _once(cues: Iterable[CuePoint]) -> Iterator[CuePoint]:
    """Drop repeated memory cues of the same kind and length at the same place."""
    seen: set[tuple[object, ...]] = set()
    for cue in cues:
        if cue.number is None:
            spot = (cue.kind, _spot(cue), cue.length_s)
            if spot in seen:
                continue
            seen.add(spot)
        yield cue
