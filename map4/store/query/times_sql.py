"""Times in SQL: when a track was added, changed or last played."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from map4.music.query.context import QueryContext
from map4.music.query.terms import During
from map4.store.query.plays_sql import heard_sql
from map4.store.query.query_annotations import Sql
from map4.store.query.words_sql import COLUMNS, joined_sql

_MOST_INTEGER = 2**63 - 1  # of SQLite


def during_sql(during: During, context: QueryContext) -> Sql:
    """Which files have a moment within a time."""
    if during.field == "played":
        return played_sql(during.low, during.high, context)
    if during.field == "added":  # by the clock of the program that says it, else by map4's
        said = written_sql("x.date_added", during.low, during.high, context.now)
        seen = joined_sql([("x.date_added IS NULL", ()), _stamped_sql("x.added_at", during, context)], " AND ")
        return joined_sql([said, seen], " OR ")
    return _stamped_sql(COLUMNS[during.field], during, context)


def _stamped_sql(column: str, during: During, context: QueryContext) -> Sql:
    """Whether what map4 noted by UTC lies in a time."""
    parts: list[Sql] = []
    for sign, end in ((">=", during.low), ("<", during.high)):
        if end is not None:
            moment = _moment(end, context.now)
            value: Any = _stamp(moment)
            if during.field == "modified":
                value = max(-_MOST_INTEGER, min(_MOST_INTEGER, int(moment.timestamp()) * 1_000_000_000))
            parts.append((f"{column} {sign} ?", (value,)))
    return joined_sql(parts, " AND ")


def _moment(end: date | timedelta, now: datetime) -> datetime:
    if isinstance(end, timedelta):
        return (now - end).astimezone(UTC)
    try:
        # A day begins when it does where the user lives.
        return datetime(end.year, end.month, end.day).astimezone(UTC)
    except (OverflowError, ValueError, OSError):  # the first and last days that there are, beyond what a clock can say
        return datetime(end.year, end.month, end.day, tzinfo=UTC)


def played_sql(low: date | timedelta | None, high: date | timedelta | None, context: QueryContext) -> Sql:
    """When a track was last played, from `low` to before `high`, by DJ programs or heard by who asks.

    An open beginning takes those known never to have been played too, but not those of which it is not known.
    """
    known = f"x.last_played IS NOT NULL OR x.play_count = 0 OR x.file_id IN ({heard_sql(context.owner)})"
    begun = (known, ()) if low is None else _played_since_sql(low, context)
    if high is None:
        return begun
    later, values = _played_since_sql(high, context)
    return joined_sql([begun, (f"({later}) IS NOT TRUE", values)], " AND ")


def _played_since_sql(end: date | timedelta, context: QueryContext) -> Sql:
    written, values = written_sql("x.last_played", end, None, context.now)
    heard = f"x.file_id IN ({heard_sql(context.owner, ' AND h.last_at >= ?')})"
    return f"{written} OR {heard}", (*values, int(_begun(end, context.now).timestamp()))


def _begun(end: date | timedelta, now: datetime) -> datetime:
    """As `_moment`; so many whole days ago is the beginning of that day, as in what programs write."""
    if isinstance(end, timedelta) and end % timedelta(days=1) == timedelta(0):
        end = (now - end).astimezone().date()
    return _moment(end, now)


def _stamp(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def written_sql(column: str, low: date | timedelta | None, high: date | timedelta | None, now: datetime) -> Sql:
    """Whether a moment that a program wrote lies from `low` to before `high`.

    low, high: a day, or so long ago; None is an open end
    now: with a time zone

    Programs write the day, or the time of their own clock, without its zone: compared is local time, as text. A day
    alone counts as its beginning, and so many whole days ago as the beginning of that day.
    """
    parts: list[str] = []
    values: list[str] = []
    for sign, end in ((">=", low), ("<", high)):
        if end is not None:
            parts.append(f"{column} {sign} ?")
            values.append(_as_written(end, now))
    return " AND ".join(parts), tuple(values)


def _as_written(end: date | timedelta, now: datetime) -> str:
    """A moment as the library has it. A day's beginning is the day alone, so that what has no time is not before it."""
    if not isinstance(end, timedelta):
        return end.isoformat()
    moment = (now - end).astimezone()
    if end % timedelta(days=1) == timedelta(0):
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
