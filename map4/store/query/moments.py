"""Times in SQL: UTC moments from map4, and local times from other programs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from map4.store.query.predicates import Predicate, all_of

End = date | timedelta | None
"""A day, a relative time, or an open end."""


def moment_of(end: date | timedelta, now: datetime) -> datetime:
    if isinstance(end, timedelta):
        return (now - end).astimezone(UTC)
    try:
        # A day begins in the user's time zone.
        return datetime(end.year, end.month, end.day).astimezone(UTC)
    except (OverflowError, ValueError, OSError):  # the first and last days, beyond the range of clocks
        return datetime(end.year, end.month, end.day, tzinfo=UTC)


def by_the_clock(end: date | timedelta, now: datetime) -> date | timedelta:
    """A whole number of days ago means that day, as in times of other programs."""
    if isinstance(end, timedelta) and end % timedelta(days=1) == timedelta(0):
        return (now - end).astimezone().date()
    return end


def stamped_sql(column: str, low: End, high: End, now: datetime) -> Predicate:
    """True if a UTC moment, such as "2026-01-31T08:00:00Z", is from `low` to before `high`."""
    ends = [(f"{column} {sign} ?", end) for sign, end in ((">=", low), ("<", high)) if end is not None]
    return all_of(Predicate(sql, (_stamp(end, now),)) for sql, end in ends)


def _stamp(end: date | timedelta, now: datetime) -> str:
    return moment_of(end, now).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def written_sql(column: str, low: End, high: End, now: datetime) -> Predicate:
    """True if a time written by another program is at or after `low` and before `high`.

    Programs write the date, or local time without a zone, so local times are compared as text. A date without a time
    counts as the start of that day, as does a relative time in whole days.
    """
    ends = [(f"{column} {sign} ?", end) for sign, end in ((">=", low), ("<", high)) if end is not None]
    return Predicate(" AND ".join(sql for sql, _ in ends), tuple(_as_written(end, now) for _, end in ends))


def _as_written(end: date | timedelta, now: datetime) -> str:
    """A moment as the library stores it. The start of a day is the date only, so that dates without time match it."""
    end = by_the_clock(end, now)
    if not isinstance(end, timedelta):
        return end.isoformat()
    return (now - end).astimezone().replace(tzinfo=None).isoformat(timespec="seconds")
