"""Times in SQL: moments that map4 noted by UTC, and those that programs wrote by the clock of their machine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from map4.store.query.predicates import Predicate, all_of

End = date | timedelta | None
"""A day, so long ago, or an open end."""


def moment_of(end: date | timedelta, now: datetime) -> datetime:
    if isinstance(end, timedelta):
        return (now - end).astimezone(UTC)
    try:
        # A day begins when it does where the user lives.
        return datetime(end.year, end.month, end.day).astimezone(UTC)
    except (OverflowError, ValueError, OSError):  # the first and last days that there are, beyond what a clock can say
        return datetime(end.year, end.month, end.day, tzinfo=UTC)


def by_the_clock(end: date | timedelta, now: datetime) -> date | timedelta:
    """So many whole days ago is that day, as in what programs write."""
    if isinstance(end, timedelta) and end % timedelta(days=1) == timedelta(0):
        return (now - end).astimezone().date()
    return end


def stamped_sql(column: str, low: End, high: End, now: datetime) -> Predicate:
    """Whether a moment by UTC, such as "2026-01-31T08:00:00Z", is from `low` to before `high`."""
    ends = [(f"{column} {sign} ?", end) for sign, end in ((">=", low), ("<", high)) if end is not None]
    return all_of(Predicate(sql, (_stamp(end, now),)) for sql, end in ends)


def _stamp(end: date | timedelta, now: datetime) -> str:
    return moment_of(end, now).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def written_sql(column: str, low: End, high: End, now: datetime) -> Predicate:
    """Whether a time that another program wrote is at or after `low` and before `high`.

    Programs write the date, or local time without a zone, so local times are compared as text. A date without a time
    counts as the start of that day, and so does a number of whole days ago.
    """
    ends = [(f"{column} {sign} ?", end) for sign, end in ((">=", low), ("<", high)) if end is not None]
    return Predicate(" AND ".join(sql for sql, _ in ends), tuple(_as_written(end, now) for _, end in ends))


def _as_written(end: date | timedelta, now: datetime) -> str:
    """A moment as the library stores it. The start of a day is the date only, so that dates without time match it."""
    end = by_the_clock(end, now)
    if not isinstance(end, timedelta):
        return end.isoformat()
    return (now - end).astimezone().replace(tzinfo=None).isoformat(timespec="seconds")
