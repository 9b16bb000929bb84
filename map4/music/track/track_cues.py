"""The cue points of a track: those a DJ set, and those map4 detected where the DJ set none."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from map4.base.records import Count, Fraction3, Record
from map4.base.text import folded
from map4.music.analysis.inside import DetectedCue, DetectedCueKind
from map4.music.track.cues import CueKind, CuePoint

CueSource = Literal["user", "imported", "detected"]
"""Whose a cue point is: set in map4, imported from another program, or found by map4."""

CueChoice = Literal["imported", "detected", "all"]
"""Which cue points are written: "imported" are those that were set, in map4 or else in another program."""

CueForm = Literal["hot", "memory", "both"]
"""hot: on a button, as far as buttons are free; memory: without one; both: on a button, and once more without."""

BUTTONS = 8
"""Hot cues that every program and player has."""

CUE_NAMES: Mapping[DetectedCueKind, str] = {
    "first_beat": "First beat",
    "mix_in": "Mix in",
    "drop": "Drop",
    "break": "Break",
    "mix_out": "Mix out",
    "outro": "Outro",
}
"""What detected cue points are called in other programs; a second of a kind is "Drop 2"."""

_BY_WEIGHT: tuple[DetectedCueKind, ...] = ("mix_in", "drop", "mix_out", "break", "outro", "first_beat")
"""Which stays of two detected at one place, and which get the buttons where there are too few."""

_MANY = frozenset({"drop", "break"})
"""A track has several of these, and one of each of the others."""
SAME_PLACE_BARS = 8.5
"""A second drop or break this near to one that a DJ marked is the same one: of pairs of DJs who cue the same track,
three of four are within 8 bars of each other (Kim et al., ISMIR 2020)."""
TWIN_S = 0.002
"""Programs keep milliseconds."""
BESIDE_BARS = 0.5
"""Nearer than this, two cue points are one place."""
_USUAL_BEATS, _USUAL_BAR_S = 4, 2.0
_NEARLY_S = 0.07
"""Beats this near are the same to the ear (the tolerance by which beats are judged)."""
_SAME_SPOT_S = 0.001
"""Programs keep positions to the millisecond."""

_Kinds = frozenset[DetectedCueKind]
_IN: _Kinds = frozenset({"mix_in"})
_OUT: _Kinds = frozenset({"mix_out"})
_DROP: _Kinds = frozenset({"drop"})
_BREAK: _Kinds = frozenset({"break"})
_START: _Kinds = frozenset({"first_beat"})
_OPENING: _Kinds = frozenset({"first_beat", "mix_in"})
_CLOSING: _Kinds = frozenset({"mix_out", "outro"})
# Names that DJs give, in the languages of the programs; on words without case, accents, digits and signs.
_MEANINGS = (
    (r"mix ?in|fade ?in|^in$|einstieg|entrada|entree|ingresso|entrata", _IN),
    (r"mix ?out|fade ?out|^out$|^exit$|ausstieg|salida|saida|sortie|uscita", _OUT),
    (r"drops?|drp|caida|bajada", _DROP),
    (r"breaks?|break ?downs?|brk|bkdn|pausa|^pause$|stacco", _BREAK),
    (r"intro|einleitung", _OPENING),
    (r"outro|^ende?$|^fine?$", _CLOSING),
    (r"(?:first|erster|primer|primo|premier) ?(?:beat|kick|temps)|^start$|^anfang$|^inicio$|^inizio$|^debut$", _START),
)
_PATTERNS: tuple[tuple[re.Pattern[str], _Kinds], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b"), kinds) for words, kinds in _MEANINGS
)
_ELSEWHERE = re.compile(r"\b(?:pre|before|until|till|to|bis|vor|avant|antes|prima|post|after|nach|apres|dopo|no)\b")
"""A place before or after what is named is another one."""
_KIND_MEANINGS: Mapping[str, _Kinds] = {"fade_in": _IN, "fade_out": _CLOSING, "load": _OPENING}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackCue:
    """A cue point with whose it is.

    point: the place; a detected one has no number and no colour yet
    source: "user", "imported" or "detected"
    kind: what a detected one is for; None of those that were set, whose `point.kind` and name say what they are
    reason, confidence: of detected ones; None of others
    """

    point: CuePoint
    source: CueSource
    kind: DetectedCueKind | None = None
    reason: str | None = None
    confidence: Fraction3 | None = None

    @property
    def shown_kind(self) -> DetectedCueKind | CueKind:
        """What the place is for: the first six are detected, the others were set."""
        return self.kind or self.point.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCue(
    Record,
    members="kind=cue.shown_kind position_s=cue.point.position_s bar name=cue.point.name number=cue.point.number"
    " length_s=cue.point.length_s color=cue.point.color reason=cue.reason confidence=cue.confidence source=cue.source",
):
    """A cue point with the bar in which it lies.

    position_s: seconds from time zero; one that was set may lie before it
    bar: in which it lies, from 1; 0 is before the first; None where bars are not known
    name: as other programs show it
    number: of a hot cue that was set, from 0
    length_s: of a loop
    reason: why it was detected, in words
    confidence: how sure a detected one is; None of those that were set
    """

    cue: TrackCue
    bar: Count | None

    @classmethod
    def among(cls, cue: TrackCue, downbeats_s: Sequence[float]) -> PlacedCue:
        """A cue point in a track whose bars begin at these times; empty where that is not known."""
        return cls(cue=cue, bar=bar_at(cue.point.position_s, downbeats_s))


def bar_at(position_s: float, downbeats_s: Sequence[float]) -> int | None:
    """In which bar a place lies, from 1; 0 is before the first, None where bars are not known."""
    if not downbeats_s:
        return None
    # A mark a little before the One belongs to it.
    return bisect_right(downbeats_s, position_s + _NEARLY_S)


def bar_length_s(bpm: float | None, beats_per_bar: int | None) -> float:
    """How long a bar is, or about is where nothing is known."""
    return _USUAL_BAR_S if bpm is None else (beats_per_bar or _USUAL_BEATS) * 60.0 / bpm


def meaning_of(cue: CuePoint) -> frozenset[DetectedCueKind]:
    """What a cue point that somebody set is for, as far as its kind and name tell; empty where they don't."""
    if cue.kind in _KIND_MEANINGS:
        return _KIND_MEANINGS[cue.kind]
    words = " ".join(re.sub(r"[\d\W_]+", " ", folded(cue.name or "").replace("1st", "first")).split())
    if not words or _ELSEWHERE.search(words):
        return frozenset()
    return next((kinds for pattern, kinds in _PATTERNS if pattern.search(words)), frozenset())


def cues_in_force(
    placed: Sequence[CuePoint], detected: Sequence[DetectedCue], *, bar_s: float, source: CueSource = "imported"
) -> tuple[TrackCue, ...]:
    """The cue points that count, by position: all that a DJ set, and what was detected besides.

    A detected one is left out within half a bar of one that a DJ set; where a DJ marked the same: anywhere in the track
    (mix in, mix out, first beat, outro) or within 8 bars (drop, break); and within half a bar of a weightier one.

    placed: that a DJ set, in any order
    detected: by map4, in any order
    bar_s: length of a bar, > 0
    source: where the DJ set them
    """
    named = [(cue.position_s, meaning_of(cue)) for cue in placed]

    def is_taken(cue: DetectedCue) -> bool:
        for position_s, kinds in named:
            apart_s = abs(position_s - cue.position_s)
            if apart_s <= BESIDE_BARS * bar_s:
                return True
            if cue.kind in kinds and (cue.kind not in _MANY or apart_s <= SAME_PLACE_BARS * bar_s):
                return True
        return False

    kept: list[DetectedCue] = []
    for cue in sorted(detected, key=lambda cue: (_BY_WEIGHT.index(cue.kind), -cue.confidence)):
        is_beside = any(abs(cue.position_s - other.position_s) <= BESIDE_BARS * bar_s for other in kept)
        if not is_beside and not is_taken(cue):
            kept.append(cue)
    cues = [TrackCue(point=cue, source=source) for cue in placed]
    cues += _named(sorted(kept, key=lambda cue: cue.position_s))
    return tuple(sorted(cues, key=lambda cue: cue.point.position_s))


def without_twins(cues: Iterable[CuePoint]) -> list[CuePoint]:
    """The cue points without those that mark the same place as another, as hot and memory cue of one name do.

    Of such two the hot cue stays. What has another kind, name or length is another one.
    """
    kept: list[CuePoint] = []
    for cue in cues:
        twin = next((i for i, other in enumerate(kept) if _are_twins(cue, other)), None)
        if twin is None:
            kept.append(cue)
        elif kept[twin].number is None:
            kept[twin] = cue
    return kept


def _are_twins(cue: CuePoint, other: CuePoint) -> bool:
    is_there = abs(cue.position_s - other.position_s) <= TWIN_S
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
    """Cue points for another program, by position.

    Without a form, imported ones stay what they are. No button is taken from an imported cue point, and detected ones
    take the buttons that are left up to the eighth, those without one become memory cues.

    form: on buttons, without, or both
    colors: of detected ones that get a button, "#rrggbb"
    has_memory: whether the program tells apart a hot cue and a memory cue at one place; where not, "both" is "hot"
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
    """Buttons that are free, for cue points that are to get one, by their index; detected ones always are."""
    taken = {cue.point.number for cue in cues}
    free = [number for number in range(BUTTONS) if number not in taken]
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
    """Without a second memory cue of the same kind and length at the same place."""
    seen: set[tuple[object, ...]] = set()
    for cue in cues:
        if cue.number is None:
            spot = (cue.kind, _spot(cue), cue.length_s)
            if spot in seen:
                continue
            seen.add(spot)
        yield cue
