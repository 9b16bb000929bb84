"""The terms of a query: how they are written, and the conditions they are read as."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from map4.core.base.declaration import QueryField
from map4.core.base.paths import absolute_path
from map4.core.base.text import clock_and_unit
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.query.fields import DETECTED_WORDS, IS_WORDS, NO_IS_WORDS, SORT_FIELDS, VALUE_FIELDS, field_named
from map4.core.music.query.shuffle import RANDOM
from map4.errors import KeyParseError, QueryError, UsageError


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
    """A word of `map4.core.music.query.fields.IS_WORDS` applies."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The local time is in any of the spans, ends included; one with a lower end wraps around the year, day or week.

    unit: "season" (100 × month + day), "daypart" (minutes since midnight) or "weekday" (0 is Monday)
    """

    unit: str
    spans: tuple[tuple[int, int], ...]

    def includes(self, moment: datetime) -> bool:
        local = moment.astimezone()
        numbers = {"season": 100 * local.month + local.day, "weekday": local.weekday()}
        now = numbers.get(self.unit, 60 * local.hour + local.minute)
        return any(low <= now <= high if low <= high else now >= low or now <= high for low, high in self.spans)


Condition = Now | Words | Between | InKeys | NearKeys | During | IsKnown | Is | OneOf | Under


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

    @property
    def written(self) -> str:
        """The term as written in the query."""
        return self.query[self.start : self.end]

    def error(self, problem: str, *, at_value: bool = True) -> QueryError:
        start = self.value_start if at_value and self.value_start < self.end else self.start
        return QueryError(problem, self.query, start, self.end)

    @staticmethod
    def all(text: str) -> list[Token]:
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

    def placed(self, field: QueryField | None) -> str:
        """A term with an absolute path, so that it means the same in any folder."""
        if field is not None and field.kind == "path":
            condition = read_condition(self, field)
            if isinstance(condition, Under):
                return f"{'^' * self.negated}path:{quoted(absolute_path(condition.path))}"
        return self.query[self.start : self.end]


def quoted(text: str) -> str:
    """Quote a text for use in a term."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_AGO = re.compile(r"-([0-9]{1,6})(h|d|w|m|y)", re.ASCII)
_AGO_UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}
# Earlier times predate recorded music and exceed the range of dates.
_MOST_AGO = timedelta(days=36525)
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?", re.ASCII)

_NO_DATES = {
    "today": "-1d for the last 24 hours",
    "yesterday": "-2d..-1d",
    "week": "-1w",
    "month": "-1m",
    "year": "-1y",
}


def _span(text: str) -> timedelta | None:
    """Parse a relative time as in queries: `30d`, `12h`, `6w`; None for anything else."""
    match = _AGO.fullmatch(f"-{text.strip()}")
    return min(int(match[1]) * _AGO_UNITS[match[2]], _MOST_AGO) if match else None


def _dates(token: Token, field: QueryField) -> During:
    """Parse the dates of a term: a year, month or day, a relative time, or a range."""
    low, is_range, high = (part.strip() for part in token.value.partition(".."))
    if not is_range:
        first, last = _moment(token, low)
        # A relative time means since then, not that day.
        return During(field=field.name, low=first, high=None if isinstance(first, timedelta) else last)
    if not low and not high:
        raise token.error(f"a range needs at least one end; write {field.example}")
    begins = _moment(token, low)[0] if low else None
    ends = _moment(token, high)[1] if high else None
    if isinstance(begins, date) and isinstance(ends, date):
        is_turned = ends <= begins
    else:  # relative times: the longer one comes first
        is_turned = isinstance(begins, timedelta) and isinstance(ends, timedelta) and begins < ends
    if is_turned:
        raise _turned(token, low, high)
    return During(field=field.name, low=begins, high=ends)


def _moment(token: Token, text: str) -> tuple[date | timedelta, date | timedelta]:
    """The first moment of a year, month or day and the first moment after it; or a relative time, twice."""
    if text.startswith("-") and (ago := _span(text[1:])) is not None:
        return ago, ago
    match = _DATE.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
        first = date(year, month, day)
        if match[3]:
            return first, first + timedelta(days=1)
        if match[2]:
            return first, date(year + month // 12, month % 12 + 1, 1)
        return first, date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        plain = re.sub("^(this|last|past)[ _-]", "", text.lower())
        right = _NO_DATES.get(plain, "2026, 2026-01, 2026-01-31, or -2w for two weeks ago")
        if _AGO.fullmatch(f"-{text}"):
            right = f"-{text}"
        elif token.field == "played" and text.isdecimal():
            right = f"plays:{token.value}, which counts plays"
        elif token.field == "played" and plain == "never":
            right = "plays:0"
        raise token.error(f"'{text}' is not a date; write {right}") from None


def _turned(token: Token, low: str, high: str) -> QueryError:
    """The error for a reversed range."""
    right = f"{'^' * token.negated}{token.field}:{token.modifier}{high.strip()}..{low.strip()}"
    return token.error(f"this range ends before it begins; write {right}")


def read_span(text: str, what: str) -> timedelta:
    """Parse a time span such as `30d`; `what` is named in the error."""
    parsed = _span(text)
    if parsed is None:
        raise UsageError(f"'{text}' is not a time span; {what} is such as 30d, 12h, 6w, 3m or 1y")
    return parsed


def checked_span(text: str) -> str:
    """A setting of a time span, or "off"; raises ValueError."""
    if text != "off" and _span(text) is None:
        raise ValueError("must be a time span such as 30d, 12h, 6w, 3m or 1y, or off")
    return text


# The tempo itself and its half and double.
_FOLDS = (0.5, 1.0, 2.0)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.([0-9]*))?|\.([0-9]+))", re.ASCII)
_ORDER_WORDS = ("asc", "ascending", "desc", "descending")
_SHUFFLE_WORDS = (RANDOM, "rand", "shuffle")
_AROUND = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(?:±|\+/?-) ?([0-9]{1,6}(?:\.[0-9]{1,3})?)", re.ASCII)  # `128±2`
_WITH_UNIT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?[^\W\d_]{1,6}")  # `320k`, `128bpm`
_ENDS_WITH_LETTERS = re.compile(r"(.*[0-9.]) ?([A-Za-z]+)")
_ENDS_IN_UNIT = re.compile(r"([0-9.]*[0-9])(\.\.[0-9.]*[0-9] ?([A-Za-z]+))")  # `44..48k`
_DECADE = re.compile(r"((?:1[0-9]|20)?[0-9])0s", re.ASCII | re.IGNORECASE)
_FIRST_DECADE = 3  # 30s means the 1930s, 20s the 2020s

_Range = tuple[float | None, float | None]


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
        near = UsageError.did_you_mean(name, SORT_FIELDS, otherwise="such as bpm, key, added")
        raise token.error(f"can't sort by '{name}'; {near}")
    return field.name


def _numbers(token: Token, field: QueryField) -> Between:
    def read(text: str) -> tuple[float, float]:
        scale, units = 1.0, field.units or {}
        if (match := _ENDS_WITH_LETTERS.fullmatch(text)) and match[2].lower() in units:
            text, scale = match[1], units[match[2].lower()]
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise token.error(f"'{text}' is not a number; write {_meant(field, text)}")
        value = float(text) * scale
        if not field.least <= value <= field.most:
            raise token.error(f"{field.name} is from {field.least:g} to {field.most:g}; write {field.example}")
        decimals = len(match[1] or match[2] or "")
        return value, scale * 10.0**-decimals

    if field.units and (match := _ENDS_IN_UNIT.fullmatch(token.value)):  # of both ends
        token = replace(token, value=f"{match[1]}{match[3]}{match[2]}")
    decade = _DECADE.fullmatch(token.value) if "year" in field.name else None
    low, high = _range(token, field, read) if decade is None else _decade(decade[1])
    ranges: tuple[_Range, ...] = ((low, high),)
    if token.modifier == "~":
        ranges = tuple((_scaled(low, fold), _scaled(high, fold)) for fold in _FOLDS)
    return Between(field=field.name, ranges=ranges)


def _meant(field: QueryField, text: str) -> str:
    """The correct term for a malformed number, if it can be guessed; else an example."""
    if field.name == "plays" and text.lower() == "never":
        return "plays:0"
    if around := _AROUND.fullmatch(text):
        value, reach = map(float, around.groups())
        return f"{field.name}:{value - reach:g}..{value + reach:g}"
    with_unit = None if field.units else _WITH_UNIT.fullmatch(text)
    return f"{field.name}:{with_unit[1]}" if with_unit else field.example


def _decade(written: str) -> _Range:
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


def _range(token: Token, field: QueryField, read: Callable[[str], tuple[float, float]]) -> _Range:
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
        raise _turned(token, low, high)
    return first, last


def _end(value: float) -> float:
    # 127.95, not 127.95000000000000284, which would exclude a track with 127.95.
    return round(value, 9)


def _texts(token: Token, field: QueryField) -> Words:
    if field.values and token.value.lower() not in field.values:
        raise token.error(f"'{field.name}:' takes {', '.join(field.values)}, not '{token.value}'")
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
            keys += _keys_around_the_wheel(low, high) if is_range else [Key.parse(word)]
        except KeyParseError as error:
            raise token.error(str(error)) from None
    chosen = tuple(dict.fromkeys(keys))
    return NearKeys(keys=chosen) if token.modifier == "~" else InKeys(keys=chosen)


def _keys_around_the_wheel(low: str, high: str) -> list[Key]:
    """The keys between two keys clockwise, as in `5A..7A` and `11B..2B`."""
    first, last = Key.parse(low), Key.parse(high)
    if first.mode != last.mode:
        raise KeyParseError(f"{low} and {high} have different modes; write a range such as 5A..7A")
    letter = first.camelot[-1]
    begin, end = int(first.camelot[:-1]), int(last.camelot[:-1])
    return [Key.parse(f"{(begin + step - 1) % 12 + 1}{letter}") for step in range((end - begin) % 12 + 1)]


def _paths(token: Token, field: QueryField) -> Under | Words:
    if "\0" in token.value:
        raise token.error("a path can't contain NUL")
    # Absolute, relative, home, or with a drive: a location; else words of the path.
    if re.match(r"[/\\~]|\.\.?(?:[/\\]|$)|[A-Za-z]:[/\\]", token.value):
        return Under(path=token.value)
    return Words(field="path", text=token.value, how="phrase" if token.quoted else "start")


def _codecs(token: Token, field: QueryField) -> OneOf:
    return OneOf(field=field.name, values=tuple(part.strip().lower() for part in token.value.split(",")))


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MINUTES = 24 * 60


def _clock(token: Token, field: QueryField) -> Now:
    """Parse days of the year, hours or weekdays: a value, a range, or several with commas."""
    spans = []
    for part in token.value.lower().split(","):
        low, is_range, high = (end.strip() for end in part.partition(".."))
        try:
            first, _ = _clock_numbers(field.name, low)
            _, last = _clock_numbers(field.name, high if is_range else low)
        except ValueError:
            raise token.error(f"'{part.strip()}' is not a {field.name}; write {field.example}") from None
        if field.name == "daypart":  # up to, not including, its end; a single time is an hour
            last = (last + (0 if is_range else 60) - 1) % _MINUTES
        spans.append((first, last))
    return Now(unit=field.name, spans=tuple(spans))


def _clock_numbers(unit: str, text: str) -> tuple[int, int]:
    """The first and last number for `Now` of a day, month, time or weekday; raises ValueError if it is none."""
    if unit == "weekday":
        (number,) = (number for number, day in enumerate(_WEEKDAYS) if len(text) > 2 and day.startswith(text))
        return number, number
    first, *more = (int(digits) for digits in text.split("-" if unit == "season" else ":"))
    if unit == "season":
        (day,) = more or (1,)
        date(2000, first, day)  # a leap year
        return 100 * first + day, 100 * first + (day if more else 31)
    (minute,) = more or (0,)
    if not (0 <= first < 24 and 0 <= minute < 60) and (first, minute) != (24, 0):
        raise ValueError(text)
    return 60 * first + minute, 60 * first + minute


def _is(token: Token, field: QueryField) -> Is:
    word = token.value.lower()
    if word not in IS_WORDS:
        near = f"write {NO_IS_WORDS[word]}" if word in NO_IS_WORDS else UsageError.did_you_mean(word, IS_WORDS)
        raise token.error(f"there is no 'is:{token.value}'; {near}")
    return Is(word=word)


def _has(token: Token, field: QueryField) -> IsKnown:
    detected = DETECTED_WORDS.get(token.value.lower().replace("_", "-"))
    if detected is not None:
        return IsKnown(field=detected)
    named = field_named(token.value)
    if named is None or named.name not in VALUE_FIELDS:
        known = f"such as bpm, key, genre, year, or {', '.join(DETECTED_WORDS)}"
        near = UsageError.did_you_mean(token.value, (*VALUE_FIELDS, *DETECTED_WORDS), otherwise=known)
        raise token.error(f"'{field.name}:' takes a field, not '{token.value}'; {near}")
    return IsKnown(field=named.name)


_READERS: dict[str, Callable[[Token, QueryField], Condition]] = {
    "number": _numbers,
    "level": _levels,
    "duration": _durations,
    "date": _dates,
    "text": _texts,
    "key": _keys,
    "path": _paths,
    "codec": _codecs,
    "is": _is,
    "has": _has,
    "clock": _clock,
}
