"""What a sentence asks for, and what a model may add to it."""

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
    """What the library knows of words.

    genres: as its tags and labels write them
    finds: whether a query finds anything
    path_of: of the track that words name, or a path; None where there is none; raises where there are several
    bpm_of: the tempo of the track at a path; None where it is not known
    """

    genres: Iterable[str]
    finds: Callable[[str], bool]
    path_of: Callable[[str], str | None]
    bpm_of: Callable[[str], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood(Record, members="words as=meant"):
    """Words of the sentence.

    meant: the term or option that they stand for
    """

    words: str
    meant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRequest:
    """What a sentence asks for.

    understood, not_understood: its words; those that say nothing by themselves are in neither
    terms: of a query, all of which must hold; of those within one tuple one is enough
    options: of a playlist, by the names of `map4.lists.playlist.request.ListRequest`, and `seeds`
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
        """A list to play through, or whatever matches."""
        return "playlist" if self.is_list or self.ends or set(self.options) - {"n"} else "search"

    @property
    def query(self) -> str:
        """The query, which can be read."""
        groups = list(product(*self.terms))
        if len(groups) > _MOST_GROUPS:
            raise UsageError("too many things that may be one or the other; ask for fewer at a time")
        query = " or ".join(" ".join(group) for group in groups)
        n = self.options.get("n")
        return " ".join(filter(None, [query, f"limit:{n}" if self.kind == "search" and n else ""]))


# ---- what a model adds ---------------------------------------------------------------------------

MODEL_OPTIONS = ("curve", "harmonic", "policy")
"""Options of a playlist that a model may set."""
MODEL_KINDS = ("number", "level", "duration", "date", "text", "key")
"""Kinds of fields that a model may ask for: no path, no state of a file, no order and no limit."""
_MOST_MODEL_LETTERS = 200


@dataclass(frozen=True, slots=True)
class ModelReading:
    """What a model says that words mean; not checked yet."""

    words: str
    query: str
    option: str
    value: str


def with_model(parsed: ParsedRequest, said: Iterable[ModelReading]) -> ParsedRequest:
    """The request and what a model adds to it: of words not understood alone, and only what the parsers take."""
    options, terms = dict(parsed.options), list(parsed.terms)
    understood, left = list(parsed.understood), list(parsed.not_understood)
    for one in said:
        words = " ".join(one.words.split())
        parts = [re.split(f"({re.escape(words)})", part, maxsplit=1, flags=re.IGNORECASE) for part in left]
        place = next((n for n, part in enumerate(parts) if len(part) == 3), None)
        if not words or place is None or one.option in options or not _is_allowed(one):
            continue
        if one.query:
            terms.append((one.query,))
        else:
            options[one.option] = one.value
        understood.append(Understood(words=words, meant=one.query or f"--{one.option} {one.value}"))
        left[place : place + 1] = filter(None, (parts[place][0].strip(), parts[place][2].strip()))
    return replace(
        parsed, understood=tuple(understood), not_understood=tuple(left), terms=tuple(terms), options=options
    )


def _is_allowed(one: ModelReading) -> bool:
    """Whether it is a term or an option, of those that a model may say, and of a value that there is."""
    text = one.query or one.value
    if bool(one.query) == bool(one.option) or not text.isprintable() or len(text) > _MOST_MODEL_LETTERS:
        return False
    try:
        if one.option:
            read = Preset(name="", help="", options={one.option: one.value})
            return one.option in MODEL_OPTIONS and bool(ListRequest(preset=read).settled())
        fields = [token.field and field_named(token.field) for token in tokens(text)]
        return len(parse_query(text).groups) == 1 and all(one and one.kind in MODEL_KINDS for one in fields)
    except UsageError:
        return False
