"""Cue points, beat grid marks, phrases and vocals, as other programs say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from map4.base.records import Bpm, Color, Count, Fraction, Json, Ordinal, Record
from map4.music.analysis.inside import PhraseGroup, Role

CueKind = Literal["cue", "loop", "fade_in", "fade_out", "load"]

KIND_NAMES: Mapping[CueKind, str] = {"fade_in": "Fade in", "fade_out": "Fade out", "load": "Load"}
"""What cue points of these kinds are called in programs that have no such kind."""
_KIND_OF_NAME = {name: kind for kind, name in KIND_NAMES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CuePoint(Record):
    """A marked place in a track.

    position_s: seconds on map4's time scale (time zero is the first sample after encoder delay); may be negative
    kind: "cue", "loop", "fade_in", "fade_out", or "load", where a deck starts
    number: of the hot cue, from 0; None of a cue without a button (rekordbox's memory cue)
    name: None without
    length_s: of a loop, > 0; None of other kinds
    color: "#rrggbb"; None without
    """

    position_s: float
    kind: CueKind = "cue"
    number: Count | None = None
    name: str | None = None
    length_s: Annotated[float, Json(exclusiveMinimum=0)] | None = None
    color: Color | None = None


def kind_of_name(name: str | None) -> CueKind | None:
    """The kind that a name of `KIND_NAMES` stands for; None of any other."""
    return _KIND_OF_NAME.get(name or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class GridMark(Record):
    """Where a beat lies, and how fast it goes on from there until the next mark.

    position_s: of the beat, on map4's time scale
    bpm: from here on, > 0
    metre: beats of a bar; None where it is not known
    beat: which beat of the bar this is, from 1; None where it is not known
    number: of the hot cue that lies on the mark in the program, its own or one that is among the cue points too, from
        0; None without
    name: where it calls the mark otherwise than the others that it sets; None without
    """

    position_s: float
    bpm: Bpm
    metre: Ordinal | None = None
    beat: Ordinal | None = None
    number: Count | None = None
    name: str | None = None


def stands_for(said_bpm: float, bpm: float) -> bool:
    """Whether a tempo that somebody says is that of a grid, as exactly as it is said: 128 is 127.98."""
    return any(said_bpm == round(bpm, digits) for digits in range(4))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPhrase(Record, members="start_s end_s bars group role name energy confidence"):
    """A phrase that another program found; `map4.music.analysis.inside.Phrase` is what was measured.

    start_s, end_s: on map4's time scale, `start_s` below `end_s`
    bars: how many; None where it is not said
    group: the same letter for phrases that sound alike; None where it is not said
    role: what it is for, where the program's word means one of ours
    name: the program's own word: "Verse 2"
    """

    start_s: float
    end_s: float
    bars: Count | None = None
    group: PhraseGroup | None = None
    role: Role | None = None
    name: str | None = None

    @property
    def energy(self) -> Fraction | None:
        """Nobody says how strong it is."""
        return None

    @property
    def confidence(self) -> Fraction | None:
        """Nobody says how sure it is."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(Record):
    """A part of a track, from `start_s` to the later `end_s` on map4's time scale."""

    start_s: float
    end_s: float
