"""Convert rules of other programs' smart lists to queries of map4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import product
from typing import Any, Literal

from map4.core.base.text import clean
from map4.core.music.lists.live import LiveList
from map4.core.music.query.fields import FIELDS
from map4.core.music.query.terms import quoted
from map4.errors import QueryError
from map4.formats.importer import ReadNotes

MOST_GROUPS = 60  # queries have no brackets; rules that need more alternatives than this are not made by a person
PART_OF = frozenset(("comment", "composer", "remixer", "mix", "grouping", "label", "catalog", "isrc"))
"""Fields in which a query matches a part of the value; in others it matches words."""
_WHOLE_NUMBERS = frozenset(("year", "original-year", "track", "disc", "plays", "rating"))

_MOST_SHOWN = 10
_ZERO_IS_UNKNOWN = ("year", "bpm", "original-year", "track", "disc", "rating")

Groups = list[list[str]]  # alternatives; all terms of at least one must match


class UnsupportedRuleError(Exception):
    """A rule that a query, or Navidrome, can't express; the message is the rule."""


@contextmanager
def counting_unsupported(
    notes: ReadNotes, name: str, what: str = "smart lists with rules that no query can express"
) -> Iterator[None]:
    """Record a smart list whose rules turn out to be unsupported; `what` names such lists."""
    try:
        yield
    except UnsupportedRuleError as rule:
        notes.left_out[what] += 1
        if notes.left_out[what] <= _MOST_SHOWN:
            notes.remarks.append(f"no query can express the rules of '{clean(name)[:80]}': {clean(str(rule))[:200]}")


def compared(field: str, how: str, first: Any, second: Any = None, *, negated: bool = False) -> Groups | None:
    """The terms of a comparison; None if a query has none like it.

    how: "is" or "has" (texts); "is", "between", "above", "below", "from" or "to" (numbers, days); "last" (days)
    first, second: text, number, day, or number of days
    """
    kind = FIELDS[field].kind
    match "number" if kind in ("level", "duration") else kind, how:
        case "text" | "path", "is":
            return is_text(field, first, negated=negated)
        case "text" | "path", "has":
            return has_text(field, first, negated=negated)
        case "date", "last":
            return in_the_last(field, first, negated=negated)
        case "date", "is" | "between":
            return day_between(field, first, first if second is None else second, negated=negated)
        case "date", "from" | "above":
            return day_between(field, first if how == "from" else day_beside(first, 1), None, negated=negated)
        case "date", "below":
            return day_between(field, None, day_beside(first, -1), negated=negated)
        case "number", "is" | "between":
            return number_between(field, first, first if second is None else second, negated=negated)
        case "number", "from" | "to" if not negated:
            return number_between(field, *((first, None) if how == "from" else (None, first)))
        case "number", "above" | "below" if not negated:
            return _number_beyond(field, first, is_above=how == "above")
    return None


def is_text(field: str, value: object, *, negated: bool = False) -> Groups:
    """Match the whole value; without a value, match tracks that have none."""
    text = str(value).strip()
    if not text:
        return [[f"{'has' if negated else 'missing'}:{field}"]]
    if field in PART_OF:
        raise UnsupportedRuleError(f"{field} is '{text}'")
    return [[f"{'^' * negated}{field}:={quoted(text)}"]]


def has_text(field: str, value: object, *, negated: bool = False) -> Groups:
    """Match a value with these words in this order."""
    text = str(value).strip()
    if not any(map(str.isalnum, text)):
        raise UnsupportedRuleError(f"{field} contains '{text}'")
    # A single word may match as a prefix in a query, which is closer to substring search in programs.
    return [[f"{'^' * negated}{field}:{text if text.isalnum() else quoted(text)}"]]


def number_between(field: str, low: float | None, high: float | None, *, negated: bool = False) -> Groups:
    """Match a number in a range, ends included."""
    if low is None and high is None:
        raise UnsupportedRuleError(f"{field} without a number")
    if low == high == 0 and field in _ZERO_IS_UNKNOWN:
        return [[f"{'has' if negated else 'missing'}:{field}"]]
    ends = ["" if end is None else f"{end:.12g}" for end in (low, high)]
    unit = "s" if field == "duration" else ""
    ends = [f"{end}{unit}" if end else "" for end in ends]
    span = ends[0] if ends[0] == ends[1] and field != "bpm" else "..".join(ends)
    return [[f"{'^' * negated}{field}:{span}"]]


def _number_beyond(field: str, value: float, *, is_above: bool) -> Groups:
    """Match a number above, or below, the value."""
    if field in _WHOLE_NUMBERS:
        return number_between(field, *((int(value) + 1, None) if is_above else (None, -(-value // 1) - 1)))
    [beyond] = number_between(field, *((value, None) if is_above else (None, value)))
    return [[*beyond, *number_between(field, value, value, negated=True)[0]]]


def in_the_last(field: str, days: float, *, negated: bool = False) -> Groups:
    """Match a date in the last `days` days, in whole days or hours; negated: earlier, or never."""
    hours, minutes = divmod(round(24 * 60 * days), 60)
    if hours < 1 or minutes:
        raise UnsupportedRuleError(f"{field} in the last {days:g} days")
    return [[f"{'^' * negated}{field}:-{f'{hours}h' if hours % 24 else f'{hours // 24}d'}"]]


def day_between(field: str, first: str | None, last: str | None, *, negated: bool = False) -> Groups:
    """Match a date in a range, ends included; 2026-01-31."""
    try:
        for day in (first, last):
            if day is not None:
                date.fromisoformat(day)
    except ValueError:
        raise UnsupportedRuleError(f"{field} from {first} to {last}") from None
    span = first if first == last else f"{first or ''}..{last or ''}"
    return [[f"{'^' * negated}{field}:{span}"]]


def day_beside(day: str, days: int) -> str:
    """Return the date `days` days later."""
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        raise UnsupportedRuleError(f"the day {day}") from None


def joined(parts: Iterable[Groups], match: Literal["all", "any"]) -> Groups:
    """Join rules; all or any of them must match."""
    lists = list(parts)
    if match == "any":
        groups = [group for part in lists for group in part]
    else:
        groups = [[]]
        for part in lists:
            groups = [[*before, *more] for before, more in product(groups, part)]
            if len(groups) > MOST_GROUPS:
                break
    if len(groups) > MOST_GROUPS:
        raise UnsupportedRuleError("nested rules with too many alternatives")
    return groups


def live_list(
    groups: Groups, *, sort: Sequence[str] = (), n: int | None = None, minutes: float | None = None
) -> LiveList:
    """Build a live list from rules and check its query; in `sort`, a trailing - reverses the order of a field."""
    if not groups:
        raise UnsupportedRuleError("entries that are not music")
    query = " or ".join(" ".join(group) for group in groups if group) if all(groups) else ""
    if n is not None and n > LiveList.MOST:
        raise UnsupportedRuleError(f"more than {LiveList.MOST:,} tracks")
    live = LiveList(
        query=query, sort=",".join(sort) or None, minutes=minutes, n=n or (LiveList.MOST if minutes is None else None)
    )
    try:
        live.parsed()
    except QueryError as error:
        raise UnsupportedRuleError(error.problem) from None
    return live
