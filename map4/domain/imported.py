"""What DJ programs know of a track beyond its audio: cue points, beat grids, ratings, plays."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from map4.domain.cues import CuePoint, GridMark
from map4.domain.key import Key, parse_key
from map4.domain.text import MOST_LETTERS

MOST_RATING = 5.0
MOST_SECONDS = 1e6
"""No track is longer than twelve days; a number beyond is no time."""
LEAST_BPM, MOST_BPM = 1.0, 1e4
"""Slower than a beat a minute, or faster than one can hear, is no tempo."""

LEAST_LOOP_S = 0.001
"""What is shorter is a place, no loop: some programs write times in whole milliseconds, others even round to them."""

MOST_STORED = (1 << 63) - 1
"""The largest whole number that the library holds."""
MOST_PLACES = 200_000
"""Cue points, or marks of a grid, of one track: there are not more beats in a day."""

_MOST_COUNT = 1 << 53  # what every reader of JSON can hold
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2})?")

Part = TypeVar("Part", "CuePoint", "GridMark")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedValues:
    """What another program says of one track; None, or empty, where it says nothing.

    Parameters
    ----------
    bpm : beats per minute, > 0
    key : as that program measured or was told it
    rating : stars, above 0 up to 5; unrated is None
    play_count : how often it was played; 0 is known never to have been
    last_played : by the clock of the machine, ISO 8601: `2026-01-31` or `2026-01-31T22:15:00`
    comment : for people
    color : of the track in lists, "#rrggbb"
    cues : by position
    grid : by position
    """

    bpm: float | None = None
    key: Key | None = None
    rating: float | None = None
    play_count: int | None = None
    last_played: str | None = None
    comment: str | None = None
    color: str | None = None
    cues: tuple[CuePoint, ...] = ()
    grid: tuple[GridMark, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return self == _NOTHING

    def shifted(self, offset_s: float) -> ImportedValues:
        """The same with every position moved by `offset_s` seconds."""
        if not offset_s:
            return self
        cues = tuple(_moved(cue, offset_s) for cue in self.cues)
        return replace(self, cues=cues, grid=tuple(_moved(mark, offset_s) for mark in self.grid))

    def to_data(self) -> dict[str, Any]:
        """JSON values, without what is not known; `values_from_data` reads them."""
        data: dict[str, Any] = {}
        for name in _VALUE_NAMES:
            value = getattr(self, name)
            if value is None or value == ():
                continue
            if isinstance(value, Key):
                value = value.camelot
            elif isinstance(value, tuple):
                value = [_known(part) for part in value]
            data[name] = value
        return data

    def to_record(self, *, grid: bool = False) -> dict[str, Any]:
        """The `imported` of a track's record: all keys, null where nothing is known.

        Parameters
        ----------
        grid : add `grid`, which may be as long as the track has beats
        """
        record = {
            "rating": self.rating,
            "play_count": self.play_count,
            "last_played": self.last_played,
            "comment": self.comment,
            "color": self.color,
            "cues": [_whole(cue) for cue in self.cues],
        }
        if grid:
            record["grid"] = [_whole(mark) for mark in self.grid]
        return record


_NOTHING = ImportedValues()
# `fields` is slow, and asked for a hundred thousand tracks.
_VALUE_NAMES = tuple(item.name for item in fields(ImportedValues))
_PART_NAMES = {kind: tuple(item.name for item in fields(kind)) for kind in (CuePoint, GridMark)}


def plausible_seconds(time_s: float | None) -> float | None:
    """The time, or None where it can be none within a track, as NaN can't."""
    return time_s if time_s is not None and abs(time_s) <= MOST_SECONDS else None


def plausible_bpm(bpm: float | None) -> float | None:
    """The tempo, or None where no music has it."""
    return bpm if bpm is not None and LEAST_BPM <= bpm <= MOST_BPM else None


def plausible_moment(text: str | None) -> str | None:
    """A date, or a date and a time, as ISO 8601 writes them without a zone; None of anything else."""
    return text if text is not None and _MOMENT.fullmatch(text) else None


def values_from_data(data: Mapping[str, Any]) -> ImportedValues:
    """Read what `ImportedValues.to_data` gave.

    Raises
    ------
    ValueError, KeyError, TypeError, KeyParseError
        If it is none of those.
    """
    values = dict(data)
    if "key" in values:
        values["key"] = parse_key(values["key"])
    values["cues"] = tuple(CuePoint(**cue) for cue in values.get("cues", ()))
    values["grid"] = tuple(GridMark(**mark) for mark in values.get("grid", ()))
    found = ImportedValues(**values)
    if sound_values(found)[1]:
        raise ValueError("it holds what no track can have")
    return found


def merged_values(values: Sequence[ImportedValues]) -> ImportedValues:
    """One opinion of several, those that count most first; cues and grid are taken as a whole from one of them."""
    merged: dict[str, Any] = {}
    for name in _VALUE_NAMES:
        known = (value for one in values if (value := getattr(one, name)) not in (None, ()))
        found = next(known, None)
        if found is not None:
            merged[name] = found
    return ImportedValues(**merged)


def sound_values(values: ImportedValues) -> tuple[ImportedValues, int]:
    """The same without what nothing can have, and how many values that were.

    Files of other programs may hold anything: a tempo of 1e-300, a place after 1e300 seconds, a rating of 9. Each
    reader leaves out what it can't understand; what it lets through is a record of a track in the end. A loop of
    less than `LEAST_LOOP_S` is a cue at its place, and a long comment is cut: neither counts as a value lost.
    """
    cues = tuple(_loop_or_cue(cue) for cue in values.cues[:MOST_PLACES] if _is_sound_cue(cue))
    grid = tuple(mark for mark in values.grid[:MOST_PLACES] if _is_sound_mark(mark))
    wrong: dict[str, None] = {}
    if values.bpm is not None and plausible_bpm(values.bpm) is None:
        wrong["bpm"] = None
    if values.rating is not None and not 0.0 < values.rating <= MOST_RATING:
        wrong["rating"] = None
    if values.play_count is not None and not 0 <= values.play_count <= _MOST_COUNT:
        wrong["play_count"] = None
    if values.last_played is not None and plausible_moment(values.last_played) is None:
        wrong["last_played"] = None
    if values.color is not None and not _COLOR.fullmatch(values.color):
        wrong["color"] = None
    lost = len(wrong) + len(values.cues) - len(cues) + len(values.grid) - len(grid)
    is_long = values.comment is not None and len(values.comment) > MOST_LETTERS
    if not lost and not is_long and cues == values.cues:
        return values, 0
    changes: dict[str, Any] = {**wrong, "cues": cues, "grid": grid}
    if values.comment is not None:
        changes["comment"] = values.comment[:MOST_LETTERS]
    return replace(values, **changes), lost


def _is_sound_cue(cue: CuePoint) -> bool:
    is_place = plausible_seconds(cue.position_s) is not None
    is_length = cue.length_s is None or (math.isfinite(cue.length_s) and cue.length_s <= MOST_SECONDS)
    is_number = cue.number is None or 0 <= cue.number <= _MOST_COUNT
    return is_place and is_length and is_number and (cue.color is None or _COLOR.fullmatch(cue.color) is not None)


def _loop_or_cue(cue: CuePoint) -> CuePoint:
    if cue.length_s is None or cue.length_s >= LEAST_LOOP_S:
        return cue
    return replace(cue, kind="cue" if cue.kind == "loop" else cue.kind, length_s=None)


def _is_sound_mark(mark: GridMark) -> bool:
    is_bar = (mark.metre is None or mark.metre > 0) and (mark.beat is None or mark.beat > 0)
    return is_bar and plausible_seconds(mark.position_s) is not None and plausible_bpm(mark.bpm) is not None


def _whole(part: CuePoint | GridMark) -> dict[str, Any]:
    return {name: getattr(part, name) for name in _PART_NAMES[type(part)]}


def _known(part: CuePoint | GridMark) -> dict[str, Any]:
    return {name: value for name in _PART_NAMES[type(part)] if (value := getattr(part, name)) is not None}


def _moved(part: Part, offset_s: float) -> Part:
    return replace(part, position_s=round(part.position_s + offset_s, 6))
