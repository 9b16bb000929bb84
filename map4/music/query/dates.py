"""Parse dates and date ranges in queries."""

from __future__ import annotations

import re
from datetime import date, timedelta

from map4.base.declaration import QueryField
from map4.errors import QueryError, UsageError
from map4.music.query.terms import During, Token

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


def span(text: str) -> timedelta | None:
    """Parse a relative time as in queries: `30d`, `12h`, `6w`; None for anything else."""
    match = _AGO.fullmatch(f"-{text.strip()}")
    return min(int(match[1]) * _AGO_UNITS[match[2]], _MOST_AGO) if match else None


def read_dates(token: Token, field: QueryField) -> During:
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
        raise turned(token, low, high)
    return During(field=field.name, low=begins, high=ends)


def _moment(token: Token, text: str) -> tuple[date | timedelta, date | timedelta]:
    """The first moment of a year, month or day and the first moment after it; or a relative time, twice."""
    if text.startswith("-") and (ago := span(text[1:])) is not None:
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


def turned(token: Token, low: str, high: str) -> QueryError:
    """The error for a reversed range."""
    right = f"{'^' * token.negated}{token.field}:{token.modifier}{high.strip()}..{low.strip()}"
    return token.error(f"this range ends before it begins; write {right}")


def read_span(text: str, what: str) -> timedelta:
    """Parse a time span such as `30d`; `what` is named in the error."""
    parsed = span(text)
    if parsed is None:
        raise UsageError(f"'{text}' is not a time span; {what} is such as 30d, 12h, 6w, 3m or 1y")
    return parsed
