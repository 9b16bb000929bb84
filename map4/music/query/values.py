"""Parse the values in queries: numbers, lengths, keys, words, and ranges."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from map4.base.declaration import QueryField
from map4.base.near_names import did_you_mean
from map4.base.text import clock_and_unit
from map4.errors import KeyParseError
from map4.music.analysis.key import ALL_KEYS, Key, parse_key
from map4.music.query.dates import read_dates, turned
from map4.music.query.fields import (
    DETECTED_WORDS,
    IS_WORDS,
    NO_IS_WORDS,
    SORT_FIELDS,
    VALUE_FIELDS,
    field_named,
)
from map4.music.query.shuffle import RANDOM
from map4.music.query.terms import (
    Between,
    Condition,
    InKeys,
    Is,
    IsKnown,
    NearKeys,
    OneOf,
    Token,
    Under,
    Words,
)

# The tempo itself and its half and double.
FOLDS = (0.5, 1.0, 2.0)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.([0-9]*))?|\.([0-9]+))", re.ASCII)
_ORDER_WORDS = ("asc", "ascending", "desc", "descending")
_SHUFFLE_WORDS = (RANDOM, "rand", "shuffle")
_AROUND = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(?:±|\+/?-) ?([0-9]{1,6}(?:\.[0-9]{1,3})?)", re.ASCII)
"""`128±2`"""
_WITH_UNIT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?[^\W\d_]{1,6}")
"""`320k`, `128bpm`"""
_DECADE = re.compile(r"((?:1[0-9]|20)?[0-9])0s", re.ASCII | re.IGNORECASE)
_FIRST_DECADE = 3  # 30s means the 1930s, 20s the 2020s

Range = tuple[float | None, float | None]


def read_condition(token: Token, field: QueryField) -> Condition:
    """Parse the condition of a field term."""
    if token.modifier == "~" and field.kind == "path":  # the home folder, not a modifier
        token = replace(token, modifier="", value=f"~{token.value}")
    if token.modifier == "~" and field.name not in ("bpm", "key"):
        raise token.error(f"'~' works with bpm: and key:, not with {field.name}:")
    if token.modifier == "=" and field.kind != "text":
        raise token.error(f"'=' matches a whole text; write {field.example}")
    return _READERS[field.kind](token, field)


def sort_field(token: Token, name: str) -> str:
    """The field named in `sort:`."""
    field = field_named(name)
    if name.lower() in _ORDER_WORDS:
        raise token.error(f"'{name}' is not a sort field; a - after a field reverses its order: sort:added-")
    if name.lower() in _SHUFFLE_WORDS:
        return RANDOM
    if field is None or field.name not in SORT_FIELDS:
        near = did_you_mean(name, SORT_FIELDS, otherwise="such as bpm, key, added")
        raise token.error(f"can't sort by '{name}'; {near}")
    return field.name


def _numbers(token: Token, field: QueryField) -> Between:
    def read(text: str) -> tuple[float, float]:
        scale = 1.0
        if field.name == "samplerate" and text[-1:] in "kK":
            text, scale = text[:-1], 1000.0
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise token.error(f"'{text}' is not a number; write {_meant(field, text)}")
        value = float(text) * scale
        if not field.least <= value <= field.most:
            raise token.error(f"{field.name} is from {field.least:g} to {field.most:g}; write {field.example}")
        decimals = len(match[1] or match[2] or "")
        return value, scale * 10.0**-decimals

    decade = _DECADE.fullmatch(token.value) if "year" in field.name else None
    low, high = _range(token, field, read) if decade is None else _decade(decade[1])
    ranges: tuple[Range, ...] = ((low, high),)
    if token.modifier == "~":
        ranges = tuple((_scaled(low, fold), _scaled(high, fold)) for fold in FOLDS)
    return Between(field=field.name, ranges=ranges)


def _meant(field: QueryField, text: str) -> str:
    """The correct term for a malformed number, if it can be guessed; else an example."""
    if field.name == "plays" and text.lower() == "never":
        return "plays:0"
    if around := _AROUND.fullmatch(text):
        value, reach = map(float, around.groups())
        return f"{field.name}:{value - reach:g}..{value + reach:g}"
    with_unit = _WITH_UNIT.fullmatch(text)
    return f"{field.name}:{with_unit[1]}" if with_unit else field.example


def _decade(written: str) -> Range:
    """The years for `80s` or `1980s`."""
    tens = int(written)
    if len(written) == 1:
        tens += 190 if tens >= _FIRST_DECADE else 200
    return tens * 10.0, tens * 10.0 + 9.0


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _levels(token: Token, field: QueryField) -> Between:
    def read(text: str) -> tuple[float, float]:
        if not re.fullmatch("[0-9]{1,2}", text, re.ASCII) or not field.least <= int(text) <= field.most:
            raise token.error(f"energy is a level from 1 to 10; write {field.example}")
        return float(text), 0.0

    return Between(field=field.name, ranges=(_range(token, field, read),))


def _durations(token: Token, field: QueryField) -> Between:
    def read(text: str) -> tuple[float, float]:
        if (length := clock_and_unit(text)) is None:
            raise token.error(f"'{text}' is not a length; write 3:30, 6m, 90s or 1h")
        return length

    return Between(field=field.name, ranges=(_range(token, field, read),))


def _range(token: Token, field: QueryField, read: Callable[[str], tuple[float, float]]) -> Range:
    """Both ends of a range, or the range that a single value represents.

    A single value matches everything that rounds to it: 128 means 127.5 to 128.5, 3:30 half a second around it, but 24
    bits exactly 24. Ends of a range extend by half the displayed unit (of the written unit if finer), so that values
    displayed like an end are included.
    """
    low, is_range, high = token.value.partition("..")
    if not is_range:
        value, unit = read(low.strip())
        reach = unit / 2 if field.step or field.kind == "duration" else 0.0
        return _end(value - reach), _end(value + reach)
    if not low.strip() and not high.strip():
        raise token.error(f"a range needs at least one end; write {field.example}")
    step = 1.0 if field.kind == "duration" else field.step
    first = last = None
    if low.strip():
        value, unit = read(low.strip())
        first = _end(value - min(step, unit) / 2)
    if high.strip():
        value, unit = read(high.strip())
        last = _end(value + min(step, unit) / 2)
    if first is not None and last is not None and first > last:
        raise turned(token, low, high)
    return first, last


def _end(value: float) -> float:
    # 127.95, not 127.95000000000000284, which would exclude a track with 127.95.
    return round(value, 9)


def _texts(token: Token, field: QueryField) -> Words:
    if token.modifier == "=":
        return Words(field=field.name, text=token.value, how="whole")
    return Words(field=field.name, text=token.value, how="phrase" if token.quoted else "start")


def _keys(token: Token, field: QueryField) -> InKeys | NearKeys:
    keys = []
    for part in token.value.split(","):
        word = part.strip()
        if word.lower() in ("major", "minor"):
            keys += [key for key in ALL_KEYS if key.mode == word.lower()]
            continue
        low, is_range, high = word.partition("..")
        try:
            keys += _around_the_wheel(low, high) if is_range else [parse_key(word)]
        except KeyParseError as error:
            raise token.error(str(error)) from None
    chosen = tuple(dict.fromkeys(keys))
    return NearKeys(keys=chosen) if token.modifier == "~" else InKeys(keys=chosen)


def _around_the_wheel(low: str, high: str) -> list[Key]:
    """The keys between two keys clockwise, as in `5A..7A` and `11B..2B`."""
    first, last = parse_key(low), parse_key(high)
    if first.mode != last.mode:
        raise KeyParseError(f"{low} and {high} have different modes; write a range such as 5A..7A")
    letter = first.camelot[-1]
    begin, end = int(first.camelot[:-1]), int(last.camelot[:-1])
    return [parse_key(f"{(begin + step - 1) % 12 + 1}{letter}") for step in range((end - begin) % 12 + 1)]


def _paths(token: Token, field: QueryField) -> Under | Words:
    if "\0" in token.value:
        raise token.error("a path can't contain NUL")
    # Absolute, relative, home, or with a drive: a location; else words of the path.
    if re.match(r"[/\\~]|\.\.?(?:[/\\]|$)|[A-Za-z]:[/\\]", token.value):
        return Under(path=token.value)
    return Words(field="path", text=token.value, how="phrase" if token.quoted else "start")


def _codecs(token: Token, field: QueryField) -> OneOf:
    return OneOf(field=field.name, values=tuple(part.strip().lower() for part in token.value.split(",")))


def _is(token: Token, field: QueryField) -> Is:
    word = token.value.lower()
    if word not in IS_WORDS:
        near = f"write {NO_IS_WORDS[word]}" if word in NO_IS_WORDS else did_you_mean(word, IS_WORDS)
        raise token.error(f"there is no 'is:{token.value}'; {near}")
    return Is(word=word)


def _has(token: Token, field: QueryField) -> IsKnown:
    detected = DETECTED_WORDS.get(token.value.lower().replace("_", "-"))
    if detected is not None:
        return IsKnown(field=detected)
    named = field_named(token.value)
    if named is None or named.name not in VALUE_FIELDS:
        known = f"such as bpm, key, genre, year, or {', '.join(DETECTED_WORDS)}"
        near = did_you_mean(token.value, (*VALUE_FIELDS, *DETECTED_WORDS), otherwise=known)
        raise token.error(f"'{field.name}:' takes a field, not '{token.value}'; {near}")
    return IsKnown(field=named.name)


_READERS: dict[str, Callable[[Token, QueryField], Condition]] = {
    "number": _numbers,
    "level": _levels,
    "duration": _durations,
    "date": read_dates,
    "text": _texts,
    "key": _keys,
    "path": _paths,
    "codec": _codecs,
    "is": _is,
    "has": _has,
}
