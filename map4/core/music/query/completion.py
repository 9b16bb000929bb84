"""Completions at the cursor of a query: fields, their words, and values of the library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from map4.core.base.records import Count, Ordinal, Record
from map4.core.base.text import folded
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.query import fields
from map4.core.music.query.shuffle import RANDOM
from map4.core.music.query.terms import quoted

MOST = 12
VALUES_OF = ("artist", "genre", "album", "label", "mark")  # fields whose values are searched if no field is given
_LEAST_LETTERS = 2
_BEHIND = re.compile(r"\S*")
_OPEN = re.compile(r'(?:^|\s)(\^?(?:[A-Za-z][A-Za-z_-]*:)?[~=]?"(?:[^"\\]|\\.)*)$|(\S*)$', re.DOTALL)
_TYPED = re.compile(r'(\^?)(?:([A-Za-z][A-Za-z_-]*):)?([~=]?)("?)(.*)', re.DOTALL)

Values = Callable[[str], Iterable[tuple[str, int]]]
"""The values of a field, most frequent first, each with how many tracks have it."""


class QueryCompletion(Record):
    """A completion.

    text: replaces the typed text
    about: its meaning
    count: the number of matching tracks; null if it is not a value
    """

    text: str
    about: str
    count: Ordinal | None = None


class Completions(Record, kind="completions", members="from=start to=end completions"):
    """The completions at the cursor.

    start, end: the part of the text that a completion replaces
    """

    start: Count
    end: Count
    completions: tuple[QueryCompletion, ...]


def completions(text: str, at: int, values: Values) -> Completions:
    """Completions at a position of a partly typed query; any text can be completed.

    at: position of the cursor
    values: called only if needed
    """
    at = min(max(at, 0), len(text))
    before = _OPEN.search(text[:at])
    start = at - len((before[1] or before[2] or "") if before else "")
    typed = _TYPED.fullmatch(text[start:at])
    behind = _BEHIND.match(text, at)
    end = behind.end() if behind else at
    if typed is None:
        return Completions(start=at, end=at, completions=())
    negated, name, modifier, quote, value = typed.groups()
    completions = _plain(value, quote, values) if name is None else _complete_field(name, modifier, value, values)
    by_text = {completion.text: completion for completion in completions}
    chosen = list(by_text.values())[:MOST]
    prefixed = (
        QueryCompletion(text=negated + completion.text, about=completion.about, count=completion.count)
        for completion in chosen
    )
    return Completions(start=start, end=end, completions=tuple(prefixed))


def _plain(typed: str, quote: str, values: Values) -> Iterator[QueryCompletion]:
    wanted = typed.lower().replace("_", "-")
    if not quote:
        for name, field in fields.FIELDS.items():
            names = (name, *(alias for alias, of in fields.ALIASES.items() if of == name))
            if any(name.startswith(wanted) for name in names):
                yield QueryCompletion(text=f"{name}:", about=field.help)
        if wanted:
            yield from (QueryCompletion(text=f"is:{word}", about=about) for word, about in fields.IS_WORDS.items()
                        if word.startswith(wanted))  # fmt: skip
    if len(typed) >= _LEAST_LETTERS:
        for name in VALUES_OF:
            yield from _values(name, typed, values)


def _complete_field(name: str, modifier: str, typed: str, values: Values) -> Iterator[QueryCompletion]:
    field = fields.field_named(name)
    if field is None:
        return
    if field.kind in ("text", "codec") and not field.values:
        yield from _values(field.name, typed, values)
        return
    before, comma, last = typed.rpartition(",")
    start, wanted = f"{field.name}:{modifier}{before}{comma}", last.lower().replace("_", "-")
    words: Sequence[tuple[str, str]] = [*field.values.items()]
    if field.kind == "is":
        words = list(fields.IS_WORDS.items())
    elif field.kind == "has":
        detected = [(word, "detected by map4") for word in fields.DETECTED_WORDS]
        words = [*((name, fields.FIELDS[name].help) for name in fields.VALUE_FIELDS), *detected]
    elif field.name == "sort":
        words = [(name, fields.FIELDS["shuffle" if name == RANDOM else name].help) for name in fields.SORT_FIELDS]
    elif field.kind == "key":
        words = [(key.camelot, key.name) for key in ALL_KEYS]
    elif field.kind == "level" and not typed:
        words = [(str(level), "energy level") for level in range(1, 11)]
    chosen = [(word, about) for word, about in words if word.lower().startswith(wanted)]
    yield from (QueryCompletion(text=start + word, about=about) for word, about in chosen)
    if not words and not typed:
        yield QueryCompletion(text=field.example, about=field.help)


def _values(name: str, typed: str, values: Values) -> Iterator[QueryCompletion]:
    """Values with a word that begins with the typed text."""
    wanted = folded(typed).strip()
    for value, count in values(name):
        plain = folded(value)
        if plain.startswith(wanted) or f" {wanted}" in plain:
            yield QueryCompletion(text=whole_term(name, value), about=f"{name}, {count:,}", count=count)


def whole_term(name: str, value: str) -> str:
    """The term that matches a whole text value."""
    return f"{name}:{value}" if fields.FIELDS[name].kind == "codec" else f"{name}:={quoted(value)}"
