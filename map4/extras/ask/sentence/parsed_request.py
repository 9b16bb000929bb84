"""The parsed request, and what a model may add to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Literal

from map4.base.records import Record
from map4.errors import UsageError
from map4.lists import ListRequest, Preset
from map4.music.query.fields import field_named
from map4.music.query.parser import parse_query
from map4.music.query.terms import tokens

MOST_MINUTES, MOST_TRACKS = 1440, 1000
_MOST_GROUPS = 16

RequestKind = Literal["search", "playlist"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The library's knowledge of words.

    genres: as in its tags and labels
    finds: whether a query has results
    path_of: path of the track named by words or a path; None if there is none; raises if there are several
    bpm_of: tempo of the track at a path; None if unknown
    """

    genres: Iterable[str]
    finds: Callable[[str], bool]
    path_of: Callable[[str], str | None]
    bpm_of: Callable[[str], float | None]


class Understood(Record, members="words as=meant"):
    """Understood words of the sentence.

    meant: the term or option they stand for
    """

    words: str
    meant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRequest:
    """A parsed sentence.

    understood, not_understood: its words; filler words are in neither
    terms: terms of a query, all required; within a tuple, any of them suffices
    options: options of a playlist by their name in `map4.lists.playlist.request.ListRequest`, and `seeds`
    ends: terms for the first and the last track, by "start" and "end"
    """

    text: str
    understood: tuple[Understood, ...] = ()
    not_understood: tuple[str, ...] = ()
    terms: tuple[tuple[str, ...], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    is_list: bool = False

    @property
    def kind(self) -> RequestKind:
        """ "playlist" for a list to play through, "search" for all matches."""
        return "playlist" if self.is_list or self.ends or set(self.options) - {"n"} else "search"

    @property
    def query(self) -> str:
        """The query as text."""
        groups = list(product(*self.terms))
        if len(groups) > _MOST_GROUPS:
            raise UsageError("too many alternatives; use fewer in one request")
        query = " or ".join(" ".join(group) for group in groups)
        n = self.options.get("n")
        return " ".join(filter(None, [query, f"limit:{n}" if self.kind == "search" and n else ""]))


# ---- what a model adds ---------------------------------------------------------------------------

MODEL_OPTIONS = ("curve", "harmonic", "policy")
"""Playlist options that a model may set."""
MODEL_KINDS = ("number", "level", "duration", "date", "text", "key")
"""Kinds of fields that a model may use: no paths, file states, order or limits."""
_MOST_MODEL_LETTERS = 200


@dataclass(frozen=True, slots=True)
class ModelReading:
    """A model's interpretation of words, not yet checked."""

    words: str
    query: str
    option: str
    value: str


def with_model(parsed: ParsedRequest, readings: Iterable[ModelReading]) -> ParsedRequest:
    """Add a model's interpretations to the request: only for words not understood, and only if they parse."""
    options, terms = dict(parsed.options), list(parsed.terms)
    understood, left = list(parsed.understood), list(parsed.not_understood)
    for reading in readings:
        words = " ".join(reading.words.split())
        parts = [re.split(f"({re.escape(words)})", part, maxsplit=1, flags=re.IGNORECASE) for part in left]
        place = next((n for n, part in enumerate(parts) if len(part) == 3), None)
        if not words or place is None or reading.option in options or not _is_allowed(reading):
            continue
        if reading.query:
            terms.append((reading.query,))
        else:
            options[reading.option] = reading.value
        understood.append(Understood(words=words, meant=reading.query or f"--{reading.option} {reading.value}"))
        left[place : place + 1] = filter(None, (parts[place][0].strip(), parts[place][2].strip()))
    return replace(
        parsed, understood=tuple(understood), not_understood=tuple(left), terms=tuple(terms), options=options
    )


def _is_allowed(reading: ModelReading) -> bool:
    """True if it is exactly one allowed term or option with a valid value."""
    text = reading.query or reading.value
    if bool(reading.query) == bool(reading.option) or not text.isprintable() or len(text) > _MOST_MODEL_LETTERS:
        return False
    try:
        if reading.option:
            read = Preset(name="", help="", options={reading.option: reading.value})
            return reading.option in MODEL_OPTIONS and bool(ListRequest(preset=read).settled())
        fields = [token.field and field_named(token.field) for token in tokens(text)]
        return len(parse_query(text).groups) == 1 and all(field and field.kind in MODEL_KINDS for field in fields)
    except UsageError:
        return False
