"""Validation and storage of user-set cue points, loops and beat grids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, Literal, get_args

from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues

MarkName = Literal["cues", "grid"]
MARK_NAMES: tuple[MarkName, ...] = get_args(MarkName)

MOST_OWN = 500  # the maximum number of user-set cue points or grid marks per track
MOST_NAME = 200
_MOST_NUMBER, _MOST_METRE = 63, 64

_KINDS: Mapping[str, type[CuePoint] | type[GridMark]] = {"cues": CuePoint, "grid": GridMark}
_WHOLE = frozenset({"number", "metre", "beat"})
_TEXTS = frozenset({"kind", "name", "color"})
_BOUNDS = {"number": (0, _MOST_NUMBER), "metre": (1, _MOST_METRE), "beat": (1, _MOST_METRE)}


def marks_from_data(name: str, data: Any) -> tuple[CuePoint, ...] | tuple[GridMark, ...]:
    """Read cue points ("cues") or grid marks ("grid") from JSON, sorted by position.

    A cue point with a length is a loop; without a kind it is otherwise a cue.
    """
    if not isinstance(data, (list, tuple)):
        raise ValueError(f"{name} must be a list")
    if len(data) > MOST_OWN:
        raise ValueError(f"{name}: a track has at most {MOST_OWN}, not {len(data):,}")
    marks: tuple[Any, ...] = tuple(sorted((_mark(name, item) for item in data), key=lambda mark: mark.position_s))
    values = ImportedValues(cues=marks) if name == "cues" else ImportedValues(grid=marks)
    if values.plausible()[1]:
        raise ValueError(f"{name}: a position, tempo, length or colour (#rrggbb) is out of range")
    if name == "cues":
        seen = set()
        for number in (mark.number for mark in marks):
            if number is not None and number in seen:
                raise ValueError(f"cues: two are on button {number + 1}; give each a different number")
            seen.add(number)
    elif not marks:
        raise ValueError("grid: a grid needs a mark; to remove yours, unset it")
    return marks


def marks_to_data(marks: Iterable[CuePoint | GridMark]) -> list[dict[str, Any]]:
    """JSON values without unknown ones; `marks_from_data` reads them."""
    return [
        {item.name: value for item in fields(mark) if (value := getattr(mark, item.name)) is not None} for mark in marks
    ]


def _mark(name: str, given: Any) -> Any:
    kind = _KINDS[name]
    known = [item.name for item in fields(kind)]
    if not isinstance(given, Mapping) or not given.keys() <= {*known}:
        raise ValueError(f"{name}: each has {', '.join(known)}, not {given!r:.60}")
    for needed in ("position_s", "bpm") if name == "grid" else ("position_s",):
        if given.get(needed) is None:
            raise ValueError(f"{name}: each has a {needed}")
    mark = kind(**{key: _value(name, key, value) for key, value in given.items() if value is not None})
    return mark if isinstance(mark, GridMark) else _of_its_kind(mark, given.get("kind"))


def _of_its_kind(cue: CuePoint, kind: Any) -> CuePoint:
    if kind is None and cue.length_s is not None:
        cue = replace(cue, kind="loop")
    if cue.kind not in get_args(CueKind):
        raise ValueError(f"cues: there is no kind '{cue.kind}'; choose from {', '.join(get_args(CueKind))}")
    if (cue.kind == "loop") != (cue.length_s is not None):
        raise ValueError("cues: a loop has a length_s, and nothing else has one")
    return cue


def _value(name: str, key: str, value: Any) -> Any:
    """Validate a member of a mark."""
    if key in _TEXTS:
        if not isinstance(value, str) or len(value) > MOST_NAME or not value.isprintable():
            raise ValueError(f"{name}: {key} is a text of at most {MOST_NAME} letters on one line")
        return value.strip() or None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name}: {key} is a number, not {value!r:.60}")
    if key in _WHOLE:
        least, most = _BOUNDS[key]
        if not least <= value <= most or value != int(value):
            raise ValueError(f"{name}: {key} is a whole number from {least} to {most}, not {value:g}")
        return int(value)
    if key == "length_s" and value <= 0:
        raise ValueError(f"{name}: a loop is longer than {value:g} s")
    return round(float(value), 6)
