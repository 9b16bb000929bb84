"""Cue points, beat grid marks, phrases and vocals, as imported from other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from map4.core.base.records import Bpm, Color, Count, Fraction, Json, Ordinal, Record
from map4.core.music.analysis.inside import PhraseGroup, Role

CueKind = Literal["cue", "loop", "fade_in", "fade_out", "load"]


class CuePoint(Record):
    """A cue point in a track.

    position_s: seconds on map4's time scale (time zero is the first sample after encoder delay); may be negative
    kind: "cue", "loop", "fade_in", "fade_out", or "load", where a deck starts
    number: of the hot cue, from 0; None for a cue without a button (rekordbox's memory cue)
    name: None if unnamed
    length_s: of a loop, > 0; None for other kinds
    color: "#rrggbb"; None without
    """

    KIND_NAMES: ClassVar[Mapping[CueKind, str]] = {"fade_in": "Fade in", "fade_out": "Fade out", "load": "Load"}
    """Names for cue points of these kinds in programs without them."""

    position_s: float
    kind: CueKind = "cue"
    number: Count | None = None
    name: str | None = None
    length_s: Annotated[float, Json(exclusiveMinimum=0)] | None = None
    color: Color | None = None

    @staticmethod
    def kind_of_name(name: str | None) -> CueKind | None:
        """The kind for a name of `KIND_NAMES`; None for other names."""
        return next((kind for kind, known in CuePoint.KIND_NAMES.items() if known == name), None)


class GridMark(Record):
    """A beat of the grid, and the tempo until the next mark.

    position_s: of the beat, on map4's time scale
    bpm: from here on, > 0
    metre: beats per bar; None if unknown
    beat: position of the beat in the bar, from 1; None if unknown
    number: of the hot cue on this mark in the program, a separate one or one that is also among the cue points, from 0;
        None without
    name: its name, if it differs from the program's default; None otherwise
    """

    position_s: float
    bpm: Bpm
    metre: Ordinal | None = None
    beat: Ordinal | None = None
    number: Count | None = None
    name: str | None = None

    @staticmethod
    def is_rounded_from(stated_bpm: float, bpm: float) -> bool:
        """True if a stated tempo equals that of a grid at the stated precision: 128 matches 127.98."""
        return any(stated_bpm == round(bpm, digits) for digits in range(4))


class ImportedPhrase(Record, members="start_s end_s bars group role name energy confidence"):
    """A phrase imported from another program; `map4.core.music.analysis.inside.Phrase` is a measured phrase.

    start_s, end_s: on map4's time scale, `start_s` below `end_s`
    bars: number of bars; None if unknown
    group: the same letter for phrases that sound alike; None if unknown
    role: its function, if the program's word has an equivalent
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
        """Always None: programs do not state it."""
        return None

    @property
    def confidence(self) -> Fraction | None:
        """Always None: programs do not state it."""
        return None


class Span(Record):
    """A part of a track, from `start_s` to the later `end_s` on map4's time scale."""

    start_s: float
    end_s: float
