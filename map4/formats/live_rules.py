"""What smart lists of other programs ask, as queries of map4's own, and the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import product
from typing import Literal

from map4.base.paths import display_path
from map4.errors import QueryError, UsageError
from map4.music.lists.live import MOST_LIVE, LiveList
from map4.music.query.fields import FIELDS
from map4.music.query.parser import Query
from map4.music.query.terms import Between, Condition, quoted

MOST_GROUPS = 60
"""A query has no brackets: what would become more alternatives than these is no query of a person's."""
PART_OF = frozenset(("comment", "composer", "remixer", "mix", "grouping", "label", "catalog", "isrc"))
"""Fields of which a query finds a part of the value; of others it finds words."""
_WHOLE_NUMBERS = frozenset(("year", "original-year", "track", "disc", "plays", "rating"))

_ZERO_IS_UNKNOWN = ("year", "bpm", "original-year", "track", "disc")

Groups = list[list[str]]
"""Alternatives, of which one must hold with all its terms."""


class UnsayableError(Exception):
    """A rule that a query, or another program, can't say; the message is the rule."""


# ---- from other programs ---------------------------------------------------------------------------


def is_text(field: str, value: object, *, negated: bool = False) -> Groups:
    """The whole value; where there is none, what has no value."""
    text = str(value).strip()
    if not text:
        return [[f"{'has' if negated else 'missing'}:{field}"]]
    if field in PART_OF:
        raise UnsayableError(f"{field} is '{text}'")
    return [[f"{'^' * negated}{field}:={quoted(text)}"]]


def has_text(field: str, value: object, *, negated: bool = False) -> Groups:
    """A value with these words in this order."""
    text = str(value).strip()
    if not any(map(str.isalnum, text)):
        raise UnsayableError(f"{field} contains '{text}'")
    # A single word may go on in a query, which is nearer to what programs find inside of words.
    return [[f"{'^' * negated}{field}:{text if text.isalnum() else quoted(text)}"]]


def number_between(field: str, low: float | None, high: float | None, *, negated: bool = False) -> Groups:
    """A number from one to another, both included."""
    if low is None and high is None:
        raise UnsayableError(f"{field} without a number")
    if low == high == 0 and field in _ZERO_IS_UNKNOWN:
        return [[f"{'has' if negated else 'missing'}:{field}"]]
    ends = ["" if end is None else f"{end:.12g}" for end in (low, high)]
    unit = "s" if field == "duration" else ""
    ends = [f"{end}{unit}" if end else "" for end in ends]
    said = ends[0] if ends[0] == ends[1] and field != "bpm" else "..".join(ends)
    return [[f"{'^' * negated}{field}:{said}"]]


def number_above(field: str, value: float) -> Groups:
    """More than a number."""
    if field in _WHOLE_NUMBERS:
        return number_between(field, int(value) + 1, None)
    return [[*number_between(field, value, None)[0], *number_between(field, value, value, negated=True)[0]]]


def number_below(field: str, value: float) -> Groups:
    """Less than a number."""
    if field in _WHOLE_NUMBERS:
        return number_between(field, None, -(-value // 1) - 1)
    return [[*number_between(field, None, value)[0], *number_between(field, value, value, negated=True)[0]]]


def in_the_last(field: str, days: int, *, negated: bool = False) -> Groups:
    """Since so many days; turned round, longer ago, or never."""
    if days < 1:
        raise UnsayableError(f"{field} in the last {days} days")
    return [[f"{'^' * negated}{field}:-{days}d"]]


def day_between(field: str, first: str | None, last: str | None, *, negated: bool = False) -> Groups:
    """From one day to another, both included; 2026-01-31."""
    try:
        for one in (first, last):
            if one is not None:
                date.fromisoformat(one)
    except ValueError:
        raise UnsayableError(f"{field} from {first} to {last}") from None
    said = first if first == last else f"{first or ''}..{last or ''}"
    return [[f"{'^' * negated}{field}:{said}"]]


def day_beside(day: str, days: int) -> str:
    """The day so many days later."""
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        raise UnsayableError(f"the day {day}") from None


def joined(parts: Iterable[Groups], match: Literal["all", "any"]) -> Groups:
    """Rules of which all hold, or any."""
    found = list(parts)
    if match == "any":
        groups = [group for part in found for group in part]
    else:
        groups = [[]]
        for part in found:
            groups = [[*before, *more] for before, more in product(groups, part)]
            if len(groups) > MOST_GROUPS:
                break
    if len(groups) > MOST_GROUPS:
        raise UnsayableError("rules within rules that make very many alternatives")
    return groups


def live_list(
    groups: Groups, *, sort: Sequence[str] = (), n: int | None = None, minutes: float | None = None
) -> LiveList:
    """What the rules come to, which can be answered.

    sort: fields, with a - behind those that are turned round
    raises UnsayableError: if the query can't be read
    """
    if not groups:
        raise UnsayableError("what is no music")
    query = " or ".join(" ".join(group) for group in groups if group) if all(groups) else ""
    if n is not None and n > MOST_LIVE:
        raise UnsayableError(f"more than {MOST_LIVE:,} tracks")
    found = LiveList(
        query=query, sort=",".join(sort) or None, minutes=minutes, n=n or (MOST_LIVE if minutes is None else None)
    )
    try:
        found.asked()
    except QueryError as error:
        raise UnsayableError(error.problem) from None
    return found


# ---- to other programs -----------------------------------------------------------------------------


def asked_of(live: LiveList | None, name: str | None, program: str) -> tuple[LiveList, Query]:
    """What a list that is written asks.

    raises UsageError: if it asks nothing, or what no other program can say
    """
    if live is None:
        named = display_path(name or "it")
        raise UsageError(
            f"{program} keeps what live lists ask, and '{named}' is none; write it as a list, such as .m3u8"
        )
    for value, what in (
        (live.per_artist, "so many of an artist"),
        (live.per_album, "so many of an album"),
        (live.minutes, "so many minutes"),
        (live.curve, "an energy curve"),
        (live.seeds or None, "the sound of a seed"),
    ):
        if value is not None:
            raise unsaid(what, name, program)
    return live, live.asked()


def unsaid(what: str, name: str | None, program: str) -> UsageError:
    """That a program can't say what a list asks."""
    named = display_path(name or "it")
    return UsageError(f"{program} can't say {what}, which '{named}' asks; write its tracks as a list, such as .m3u8")


def shown_ends(condition: Between, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """The ends of a range as they were written: conditions reach half a step further, so that what is shown fits."""
    field = FIELDS[condition.field]
    half = (1.0 if field.kind == "duration" else field.step) / 2
    return None if low is None else round(low + half, 6), None if high is None else round(high - half, 6)


def told(condition: Condition, negated: bool) -> str:
    """A condition, for a person."""
    field = getattr(condition, "field", None) or getattr(condition, "word", None) or type(condition).__name__.lower()
    value = getattr(condition, "text", None) or getattr(condition, "path", None)
    return f"{'not ' * negated}{field}{f' {value!r}' if value else ''}"
