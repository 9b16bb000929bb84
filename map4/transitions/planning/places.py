"""Places to leave or enter a track: the user's cue points, or else detected ones, phrases, or counted bars."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from map4.core.music.analysis.inside import DetectedCueKind
from map4.transitions.planning.side import MixSide

USER_WORTH = 9.0
FOUND_WORTH = 2.0
ROLE_WORTH = 1.5
PHRASE_WORTH = 1.0
COUNTED_WORTH = 0.5
"""Relative values of the kinds of places; a good length of the mix is worth 2. A place of the user outweighs all else,
and others are taken only if no mix fits there.
"""

COUNTED_BARS = (16, 8, 4)
"""If nothing is known of its structure, a track is left this many bars before its last beat."""
LONG_OPENING_BARS = 8
"""A shorter intro ends before the mix does: it extends into the next phrase, unless that is a drop or a break."""
BEATS_A_BAR = 4
"""Used if the metre is unknown."""

# Whole names, with a number at most: "Vox in" and "Start of drop" name other things.
_OUT_NAMES = re.compile(r"(?:(?:(?:mix|fade)\W?)?out|outro|exit|leave)(?:\W(?:cue|point))?")
_IN_NAMES = re.compile(r"(?:(?:(?:mix|fade)\W?)?in|intro|enter|load|start)(?:\W(?:cue|point))?")
_AROUND_NAME = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_OPENINGS = frozenset({"intro", "build"})
_GOES_ON = frozenset({"intro", "build", None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A beat at which a track may be left or entered.

    beat: by index
    why: a short reason
    room: maximum number of its beats for the mix; None if unlimited
    most: number of beats after it
    """

    beat: int
    worth: float
    why: str
    room: int | None = None
    most: int = 0


def leaving_places(side: MixSide, after_s: float = 0.0) -> list[Place]:
    """Places to leave a track after a time, all before its last beats."""
    end = side.beat_at(side.end_s)

    def usable(places: Iterable[Place], first: int = 0) -> list[Place]:
        # Everything after the place may overlap with the next track.
        return [
            replace(place, room=end - place.beat)
            for place in places
            if first <= place.beat <= end - BEATS_A_BAR and side.beats_s[place.beat] >= after_s
        ]

    cue_places = (*_found(side, {"mix_out": FOUND_WORTH, "outro": ROLE_WORTH}), *_leaving_phrases(side))
    found = usable(cue_places, len(side.beats_s) // 2) or usable(_counted_back(side))
    return [*usable(_places_of_cues(side, "fade_out", _OUT_NAMES)), *found]


def entering_places(side: MixSide) -> list[Place]:
    """Places to enter a track whose first beats are unmixed, so that they can overlap with another track."""
    half, most = len(side.beats_s) // 2, len(side.beats_s) - 1

    def usable(places: Iterable[Place], last: int) -> list[Place]:
        # Count beats to the last one; a bar of B may be skipped to align bars.
        return [
            replace(place, room=_opening_beats(side, place.beat), most=most - place.beat)
            for place in places
            if place.beat <= last
        ]

    cue_places = (*_found(side, {"mix_in": FOUND_WORTH, "first_beat": ROLE_WORTH}), *_entering_phrases(side))
    found = usable(cue_places, half) or usable([_first_bar(side)], half)
    return [*usable(_places_of_cues(side, "fade_in", _IN_NAMES), most - 2 * BEATS_A_BAR), *found]


def _places_of_cues(side: MixSide, kind: str, names: re.Pattern[str]) -> Iterator[Place]:
    """The user's cues of a kind, by kind or by name."""
    for cue in side.track.set_cues():
        is_meant = cue.kind == kind or (kind == "fade_in" and cue.kind == "load")
        if (
            is_meant or names.fullmatch(_AROUND_NAME.sub("", cue.name or "").casefold())
        ) and 0.0 <= cue.position_s <= side.end_s:
            why = f'your cue "{cue.name}"' if cue.name else f"your {cue.kind.replace('_', ' ')} cue"
            yield Place(beat=side.beat_at(cue.position_s), worth=USER_WORTH, why=why)


def _found(side: MixSide, worths: dict[DetectedCueKind, float]) -> Iterator[Place]:
    for cue in side.analysis.detected_cues:
        if cue.kind in worths:
            worth = worths[cue.kind] * (1.0 + cue.confidence) / 2.0
            yield Place(beat=side.beat_at(cue.position_s), worth=worth, why=cue.kind.replace("_", " "))


def _leaving_phrases(side: MixSide) -> Iterator[Place]:
    before = None
    for beat, phrase in side.phrases.items():
        is_outro = phrase.role == "outro" and before != "outro"
        worth = (ROLE_WORTH if is_outro else PHRASE_WORTH) * (1.0 + phrase.confidence) / 2.0
        if phrase.role != "drop":  # don't leave a track at its drop
            yield Place(beat=beat, worth=worth, why=phrase.role or f"phrase {phrase.group}")
        before = phrase.role


def _entering_phrases(side: MixSide) -> Iterator[Place]:
    """The phrases of the opening; of a track without an opening, all phrases."""
    phrases = [*side.phrases.items()]
    opening = [*itertools.takewhile(lambda item: item[1].role in _OPENINGS, phrases)]
    for place, (beat, phrase) in enumerate(opening or phrases):
        worth = ROLE_WORTH if phrase.role == "intro" else PHRASE_WORTH if place == 0 else COUNTED_WORTH
        beat = max(beat, _first_bar(side).beat)  # a phrase may begin before the first beat
        why = phrase.role or f"phrase {phrase.group}"
        yield Place(beat=beat, worth=worth * (1.0 + phrase.confidence) / 2.0, why=why)


def _first_bar(side: MixSide) -> Place:
    if side.bar_beats is not None:
        played = side.bar_beats[side.bar_beats >= side.first_beat]
        if len(played):
            return Place(beat=int(played[0]), worth=COUNTED_WORTH, why="first bar")
    return Place(beat=side.first_beat, worth=COUNTED_WORTH, why="first beat")


def _counted_back(side: MixSide) -> Iterator[Place]:
    """Places a number of bars before the end, in whole phrases from the first bar on."""
    start, metre = _first_bar(side).beat, side.metre or BEATS_A_BAR
    for bars in COUNTED_BARS:
        step = bars * metre
        beat = start + (side.last_beat + 1 - start - step) // step * step
        if beat > start:
            yield Place(beat=beat, worth=COUNTED_WORTH, why="counted from the first bar" if side.metre else "counted")


def _opening_beats(side: MixSide, beat: int) -> int | None:
    """How many beats of an opening follow a beat: up to a drop or break, or to the end of a long intro."""
    later = [(at - beat, phrase.role) for at, phrase in side.phrases.items() if at > beat]
    if all(role is None for _, role in later):
        return None
    long_beats = LONG_OPENING_BARS * (side.metre or BEATS_A_BAR)
    return next(
        (beats for beats, role in later if role not in _GOES_ON or (role is None and beats >= long_beats)), None
    )
