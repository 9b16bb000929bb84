"""The template of `-f`: text with fields of a track in braces."""

from __future__ import annotations

import os
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from map4.domain.near_names import near_names
from map4.domain.track_columns import CSV_COLUMNS, column_value, length_text, value_at

# Wider than any terminal; a slip of the keyboard must not ask for gigabytes.
_MOST_WIDTH = 500
_ESCAPES = {"\\t": "\t", "\\n": "\n"}


_TEXT = "text"
_NUMBER = 1.5

# Fields besides the columns of CSV: where a value stands, or how it is made, and a value that shows its type.
_MORE: dict[str, tuple[tuple[str, ...] | Callable[[Mapping[str, Any]], Any], Any]] = {
    "key": (("key", "shown"), _TEXT),
    "key_openkey": (("key", "openkey"), _TEXT),
    "key_name": (("key", "name"), _TEXT),
    "time": (length_text, _TEXT),
    "file": (lambda record: os.path.basename(record["path"]), _TEXT),
    "folder": (lambda record: os.path.dirname(record["path"]), _TEXT),
    "track": (lambda record: column_value(record, "track"), 1),
    "label": (lambda record: column_value(record, "label"), _TEXT),
    "catalog_number": (("tags", "catalog_number"), _TEXT),
    "isrc": (("tags", "isrc"), _TEXT),
    "comment": (lambda record: column_value(record, "comment"), _TEXT),
    "bpm_source": (("tempo", "source"), _TEXT),
    "key_source": (("key", "source"), _TEXT),
    "sample_rate_hz": (("file", "sample_rate_hz"), 1),
    "size_bytes": (("file", "size_bytes"), 1),
    **{name: (("imported", name), _TEXT) for name in ("composer", "remixer", "mix", "grouping", "date_added", "color")},
    "disc_number": (("imported", "disc_number"), 1),
}
_NUMBERS = ("bpm", "tempo_confidence", "key_confidence", "energy", "integrated_lufs", "range_lu", "true_peak_dbtp",
            "duration_s", "rating")  # fmt: skip
_INTEGERS = ("year", "energy_level", "bit_rate_bps", "plays", "cues")

FORMAT_FIELDS: tuple[str, ...] = (*(name for name, _ in CSV_COLUMNS), *_MORE)
"""Names that `-f` knows: the columns of CSV, and some more."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read: pieces of text, each with the field and format that follow it."""

    pieces: tuple[tuple[str, str | None, str], ...]

    @classmethod
    def read(cls, text: str) -> Template:
        """Read a template.

        Parameters
        ----------
        text : `{field}` or `{field:format}` with the formats of Python; `{{` and `}}` are braces, and backslash with t
            or n a tab or the end of a line

        Raises
        ------
        click.UsageError
            If a brace is not closed, a field not known, or a format not for it.
        """
        for escape, character in _ESCAPES.items():
            text = text.replace(escape, character)
        try:
            parsed = list(string.Formatter().parse(text))
        except ValueError as error:
            raise click.UsageError(f"-f: {error}; write {{{{ and }}}} for braces") from None
        pieces = []
        for literal, name, spec, conversion in parsed:
            if name is not None:
                _check(name, spec or "", conversion)
            pieces.append((literal, name, spec or ""))
        return cls(tuple(pieces))

    def fill(self, record: Mapping[str, Any]) -> str:
        """The text for one track; what is not known is empty, at the width asked for."""
        parts = []
        for literal, name, spec in self.pieces:
            parts.append(literal)
            if name is not None:
                value = _value(record, name)
                parts.append(format(value, spec) if value is not None else " " * _width(spec))
        return "".join(parts)


def _check(name: str, spec: str, conversion: str | None) -> None:
    if name not in FORMAT_FIELDS:
        near = near_names(name, FORMAT_FIELDS)
        hint = f"did you mean {{{near[0]}}}?" if near else f"there are {', '.join(FORMAT_FIELDS)}."
        raise click.UsageError(f"-f: there is no field {{{name}}}; {hint}")
    sample: Any = _NUMBER if name in _NUMBERS else 1 if name in _INTEGERS else _MORE.get(name, (None, _TEXT))[1]
    try:
        if conversion or "{" in spec or _width(spec) > _MOST_WIDTH:
            raise ValueError(f"no {conversion or spec}")
        format(sample, spec)
    except ValueError:
        what = "text" if isinstance(sample, str) else "a number"
        known = ">20" if isinstance(sample, str) else ".1f"
        raise click.UsageError(
            f"-f: '{spec}' does not fit {{{name}}}, which is {what}; such as {{{name}:{known}}}"
        ) from None


def _width(spec: str) -> int:
    """The least width a format asks for."""
    digits = "".join(c if c.isdigit() and c.isascii() else " " for c in spec.partition(".")[0]).split()
    return int(digits[-1]) if digits else 0


def _value(record: Mapping[str, Any], name: str) -> Any:
    if name not in _MORE:
        return column_value(record, name)
    where = _MORE[name][0]
    return where(record) if callable(where) else value_at(record, where)
