"""Templates of lines and file names: text with track fields in braces."""

from __future__ import annotations

import os
import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from map4.core.base.text import whole_number
from map4.core.music.analysis.key import Notation
from map4.core.music.lists.tracklist import ListPlace
from map4.core.music.query.fields import field_named
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import Cells, ColumnKind, TrackCells, TrackColumn, key_in
from map4.errors import UsageError

# Wider than any terminal; prevents a typo from allocating gigabytes.
_MOST_WIDTH = 500
_ESCAPES = {"\\t": "\t", "\\n": "\n"}
_SAMPLES: dict[ColumnKind, Any] = {"text": "text", "whole": 1, "number": 1.5}

_KEY = "key"
_PATHS: dict[str, Callable[[str], str]] = {"file": os.path.basename, "folder": os.path.dirname}
_QUOTE = '"'
# A field up to its quoted text, which ends with the quote before the next part of the field.
_QUOTED = re.compile(r"""\{\{|(\{[^{}|":!]*+(?:\|[^{}|":!]*+)*?\|")((?:[^"]|"(?![}|:!])){0,2000}+)"(?=[}|:!])""")
# Letters with a meaning in Python's formats, which they lose in quotes.
_HIDDEN = {ord(letter): 0xF0000 + ord(letter) for letter in "{}[]|:!."}
_SHOWN = {hidden: letter for letter, hidden in _HIDDEN.items()}


def format_fields(*, listed: bool = False) -> tuple[str, ...]:
    """Field names for templates: the table columns, those of lists if it is `listed`, and a few more."""
    return (*(LineTemplate.LIST_COLUMNS if listed else ()), *TrackColumn.exported(), _KEY, *_PATHS)


@dataclass(frozen=True, slots=True)
class LineTemplate:
    """A parsed template: pieces of text, each with the alternative fields and the format that follow."""

    LIST_COLUMNS: ClassVar[Mapping[str, tuple[ColumnKind, Callable[[ListPlace], Any]]]] = {
        "position": ("whole", lambda place: place.position),
        "compatibility": ("number", lambda place: place.pick.compatibility),
        "start": ("text", lambda place: place.start),
        "starts_s": ("number", lambda place: None if place.starts_s is None else round(place.starts_s, 3)),
        "starts_at": ("text", lambda place: place.pick.starts_at),
        "tempo_change_percent": ("number", lambda place: place.pick.tempo_change_percent),
        "energy_target": ("number", lambda place: place.pick.energy_target),
        "relaxed": ("text", lambda place: " ".join(limit.rule for limit in place.pick.relaxed) or None),
        "fader_percent": ("number", lambda place: place.pick.transition and place.pick.transition.tempo.fader_percent),
    }
    """Each column's kind, and the function for its cell."""

    pieces: tuple[tuple[str, tuple[str, ...], str], ...]

    @classmethod
    def read(cls, text: str, *, listed: bool = False, what: str = "-f") -> LineTemplate:
        """Parse a template.

        listed: the template is for the tracks of a list, which has more columns
        what: its name in errors

        text: `{field}` or `{field:format}` with Python's formats; `{field|other|"text"}` is the first known of them;
            `{{` and `}}` are braces; backslash t and backslash n are a tab and a line break
        """
        for escape, character in _ESCAPES.items():
            text = text.replace(escape, character)
        try:
            parsed = list(string.Formatter().parse(_QUOTED.sub(_hide, text)))
        except ValueError as error:
            raise UsageError(f"{what}: {error}; write {{{{ and }}}} for braces") from None
        pieces = []
        for literal, given, spec, conversion in parsed:
            names = (
                ()
                if given is None
                else tuple(_known_name(name.translate(_SHOWN), listed=listed) for name in given.split("|"))
            )
            for name in names:
                if not _is_text(name, names):
                    _check(name, spec or "", conversion, what, listed=listed)
            pieces.append((literal, names, spec or ""))
        return cls(tuple(pieces))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a track that it reads."""
        read = dict.fromkeys(_PATHS, "path") | {_KEY: "key_camelot"}
        names = {read.get(name, name) for _, names, _ in self.pieces for name in names if not _is_text(name, names)}
        return tuple(names.intersection(TrackColumn.exported()))

    def fill(self, cells: Cells, notation: Notation = "camelot", place: ListPlace | None = None) -> str:
        """The text for a track; unknown values are blank, padded to the format's width.

        notation: notation of `{key}`
        place: the track's place in a list
        """
        return "".join(
            literal + (next(_texts(cells, names, spec, notation, place), " " * _width(spec)) if names else "")
            for literal, names, spec in self.pieces
        )

    def texts(self, track: Track, accepts: Callable[[str], object]) -> Iterator[tuple[str, str | None]]:
        """Yield each piece of text with the value that follows it; None if no value is known that `accepts`."""
        cells = TrackCells(track)
        for literal, names, spec in self.pieces:
            values = _texts(cells, names, spec, "camelot", None)
            yield literal, next(filter(accepts, values), None) if names else ""


def _hide(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else f'{match[1]}{match[2].translate(_HIDDEN)}"'


def _known_name(name: str, *, listed: bool) -> str:
    """The name of a field, also for a name that queries have for it."""
    fields = format_fields(listed=listed)
    if name in fields or not name:
        return name
    field = field_named(name)
    column = "" if field is None else field.name.replace("-", "_")
    return column if column in fields else name


def _is_text(name: str, names: tuple[str, ...]) -> bool:
    """Whether the last of several alternatives is a text, in quotes or empty."""
    is_quoted = len(name) > 1 and name[0] == name[-1] == _QUOTE
    return len(names) > 1 and name == names[-1] and (is_quoted or not name)


def _check(name: str, spec: str, conversion: str | None, what: str, *, listed: bool) -> None:
    shape: ColumnKind = "text"
    fields = format_fields(listed=listed)
    if listed and name in LineTemplate.LIST_COLUMNS:
        shape = LineTemplate.LIST_COLUMNS[name][0]
    elif name in TrackColumn.exported():
        shape = TrackColumn.named(name).shape
    elif name not in fields:
        field = field_named(name)
        meant = field.name if field is not None and field.name in fields else name
        hint = UsageError.did_you_mean(meant, fields, written="{{{}}}")
        raise UsageError(f"{what}: there is no field {{{name}}}; {hint}")
    sample = _SAMPLES[shape]
    try:
        if conversion or "{" in spec or _width(spec) > _MOST_WIDTH:
            raise ValueError(f"no {conversion or spec}")
        format(sample, spec)
    except ValueError:
        if "|" in spec:
            form, _, others = spec.partition("|")
            raise UsageError(f"{what}: a format follows the alternatives; write {{{name}|{others}:{form}}}") from None
        kind = "text" if isinstance(sample, str) else "a number"
        known = ">20" if isinstance(sample, str) else ".1f"
        raise UsageError(
            f"{what}: the format '{spec}' does not fit {{{name}}}, which is {kind}; try {{{name}:{known}}}"
        ) from None


def _width(spec: str) -> int:
    """The minimum width of a format."""
    digits = "".join(c if c.isdigit() and c.isascii() else " " for c in spec.partition(".")[0]).split()
    number = whole_number(digits[-1]) if digits else 0
    return _MOST_WIDTH + 1 if number is None else number


def _texts(
    cells: Cells, names: tuple[str, ...], spec: str, notation: Notation, place: ListPlace | None
) -> Iterator[str]:
    """Yield the known values, formatted."""
    for name in names:
        if _is_text(name, names):
            yield name[1:-1]
        elif (value := _value(cells, name, notation, place)) is not None:
            yield format(value, spec)


def _value(cells: Cells, name: str, notation: Notation, place: ListPlace | None) -> Any:
    if name in LineTemplate.LIST_COLUMNS:
        return None if place is None else LineTemplate.LIST_COLUMNS[name][1](place)
    if name in _PATHS:
        return _PATHS[name](cells["path"])
    return key_in(cells, notation) if name == _KEY else cells[name]
