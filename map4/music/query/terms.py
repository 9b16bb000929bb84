"""The elements of queries: conditions, and terms as written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from map4.errors import QueryError
from map4.music.analysis.key import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text to search in a field; None searches artist, title, album, genre and path.

    `how` is "start" (the last word may be a prefix), "phrase" (these words in this order) or "whole" (the whole value).
    """

    field: str | None
    text: str
    how: Literal["start", "phrase", "whole"] = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """A number in any of the ranges, both ends included; None is an open end."""

    field: str
    ranges: tuple[tuple[float | None, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InKeys:
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearKeys:
    """A key that any of the given keys can mix into, by the current harmonic rule."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class During:
    """A time from `low` to before `high`: a local day or a relative time; None is an open end."""

    field: str
    low: date | timedelta | None
    high: date | timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IsKnown:
    """The field has a value; or a cue point of this kind was detected."""

    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Is:
    """A word of `map4.music.query.fields.IS_WORDS` applies."""

    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """The field has any of the values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """The file with this path, or the files in the folder with this path; may be relative."""

    path: str


Condition = Words | Between | InKeys | NearKeys | During | IsKnown | Is | OneOf | Under


# The parts of a term. A quote counts only at the beginning of a term's text and if it is closed before a space or the
# end; elsewhere it is a normal character (7" mix). Field names have only letters and hyphens, so 12:34 is text.
_SPACE = re.compile(r"\s+")
_FIELD = re.compile(r"(-?[A-Za-z][A-Za-z_-]*):")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(?=\s|$)', re.DOTALL)
_BARE = re.compile(r"\S+")
_MODIFIER = re.compile(r"[~=]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A term as written, with its position in the query.

    start, end: of the term; value_start: of its value
    field: before the colon; None for text
    modifier: "~", "=" or ""
    value: without quotes and modifier
    """

    query: str
    start: int
    value_start: int
    end: int
    negated: bool
    field: str | None
    modifier: str
    value: str
    quoted: bool

    def error(self, problem: str, *, at_value: bool = True) -> QueryError:
        start = self.value_start if at_value and self.value_start < self.end else self.start
        return QueryError(problem, self.query, start, self.end)


def quoted(text: str) -> str:
    """Quote a text for use in a term."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def tokens(text: str) -> list[Token]:
    """Split a query into terms; works for any text."""
    parsed: list[Token] = []
    position = 0
    while position < len(text):
        if space := _SPACE.match(text, position):
            position = space.end()
            continue
        start = position
        negated = text[position] == "^" and _BARE.match(text, position + 1) is not None
        position += negated
        named = _FIELD.match(text, position)
        if named:
            position = named.end()
        value_start = position
        modifier = _MODIFIER.match(text, position) if named else None
        if modifier:
            position = modifier.end()
        quoted = _QUOTED.match(text, position)
        value = quoted or _BARE.match(text, position)
        position = value.end() if value else position
        parsed.append(
            Token(
                query=text,
                start=start,
                value_start=value_start,
                end=position,
                negated=negated,
                field=named[1] if named else None,
                modifier=modifier[0] if modifier else "",
                value=re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL) if quoted else value[0] if value else "",
                quoted=quoted is not None,
            )
        )
    return parsed
