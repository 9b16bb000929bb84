"""Values that a program can't hold: each importer declares its program's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from map4.core.music.palette import Colour
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import TEXT_NAMES, ImportedValues
from map4.formats.values import without_illegal_xml

_DAY = len("2026-01-31")
_SAME_BPM = 0.005


@dataclass(frozen=True, slots=True)
class Lack:
    """Values that a program can't hold unchanged.

    names: separated by spaces: of `ImportedValues`, `cues.number` of a part, or `hot_cues`, `memory_cues`, `loops`,
        `my_tags`, `smart_lists` and `histories`
    reason: a sentence, with {} for the program; empty if map4 knows nothing like it there
    applies: whether the program can't hold a value of a track; None: it holds none
    """

    names: str
    reason: str = ""
    applies: Callable[[Any, ImportedValues], object] | None = None


def hot_cues_up_to(count: int) -> Lack:
    return Lack("cues.number", f"{{}} has {count} hot cues", lambda cue, _: (cue.number or 0) >= count)


def _has_own_tempo(bpm: float, values: ImportedValues) -> bool:
    return bool(values.grid) and all(abs(mark.bpm - bpm) > _SAME_BPM for mark in values.grid)


def _has_illegal_xml(text: str | None) -> bool:
    return bool(text and without_illegal_xml(text)[1])


DAYS = Lack("last_played date_added", "{} keeps the day only", lambda moment, _: len(moment) > _DAY)
WHOLE_STARS = Lack("rating", "{} has whole stars", lambda stars, _: stars % 1)
ROUNDED_TEMPI = Lack("grid.bpm", "tempi are rounded")
TEMPI = (ROUNDED_TEMPI, Lack("bpm", "it is the tempo of the grid", _has_own_tempo))
BARS_OF_FOUR = Lack(
    "grid.beat", "{} begins a bar of four at each marker; others move to the next bar",
    lambda grid, _: any((mark.beat or 1, mark.metre or 4) != (1, 4) for mark in grid),
)  # fmt: skip
MARKER_NAMES = Lack("grid.name", "{} has no names of grid markers")
KINDS_BY_NAME = (
    Lack(
        "cues.kind cues.name", "{} has no fades and load points with a name",
        lambda cue, _: cue.name and cue.kind in CuePoint.KIND_NAMES,
    ),
    Lack(
        "cues.kind cues.name", "a cue point of this name has another kind there",
        lambda cue, _: cue.kind == "cue" and CuePoint.kind_of_name(cue.name),
    ),
)  # fmt: skip
NO_KINDS = Lack(
    "cues.kind cues.name", "{} has no fades and load points: it is a cue point with this name",
    lambda cue, _: cue.kind in CuePoint.KIND_NAMES,
)  # fmt: skip
LATER_ZERO = Lack("cues.position_s", "{}'s time begins later", lambda cue, _: cue.position_s < 0)
REKORDBOX = (
    WHOLE_STARS, LATER_ZERO, MARKER_NAMES, *TEMPI, DAYS,
    Lack("color", "{} has eight colours, and no grey", lambda color, _: color.lower() not in Colour.EIGHT.values()),
)  # fmt: skip
ILLEGAL_XML = (
    Lack(" ".join(TEXT_NAMES), "XML can't contain a character of it", lambda text, _: _has_illegal_xml(text)),
    Lack("cues.name", "XML can't contain a character of its name", lambda cue, _: _has_illegal_xml(cue.name)),
)
