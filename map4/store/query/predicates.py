"""SQL that conditions are composed of: predicates and lists of ids, each with its parameters in order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple


class Predicate(NamedTuple):
    """A condition on facts `x` and files `f`."""

    sql: str
    values: tuple[Any, ...] = ()

    def as_predicate(self, file_id: str = "x.file_id") -> Predicate:
        return self


class FileIds(NamedTuple):
    """A SELECT of the ids of files."""

    sql: str
    values: tuple[Any, ...] = ()

    def as_predicate(self, file_id: str = "x.file_id") -> Predicate:
        """A condition that a file is in this list."""
        return Predicate(f"{file_id} IN ({self.sql})", self.values)


Clause = Predicate | FileIds


def all_of(parts: Iterable[Clause]) -> Predicate:
    return _joined(parts, " AND ")


def any_of(parts: Iterable[Clause]) -> Predicate:
    return _joined(parts, " OR ")


def _joined(parts: Iterable[Clause], by: str) -> Predicate:
    predicates = [part.as_predicate() for part in parts]
    return Predicate(
        by.join(f"({part.sql})" for part in predicates), tuple(value for part in predicates for value in part.values)
    )


def none_of(part: Clause) -> Predicate:
    """The negation, which includes unknown values."""
    sql, values = part.as_predicate()
    return Predicate(f"({sql}) IS NOT TRUE", values)


def union(*lists: FileIds) -> FileIds:
    ids = " UNION ALL ".join(each.sql for each in lists)
    return FileIds(ids, tuple(value for each in lists for value in each.values))


def ids_of(file_ids: Iterable[int]) -> FileIds:
    return FileIds("SELECT CAST(value AS INTEGER) FROM json_each(?)", (json.dumps([*file_ids]),))


def seen(lists: str = "", me: int | str = ":me") -> str:
    """SQL condition for the lists that an account sees. Lists of 0 belong to everybody."""
    return f"{lists}deleted_at IS NULL AND ({lists}owner IN (0, {me}) OR {lists}sharing <> 'private')"


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
    """True if a day or a UTC moment of another program is at or after `low` and before `high`.

    A day counts as its local start, as does a relative time in whole days.
    """
    ends = [(sign, by_the_clock(end, now)) for sign, end in ((">=", low), ("<", high)) if end is not None]
    which = f"CASE length({column}) WHEN {len('2026-01-31')} THEN ? ELSE ? END"
    return all_of(Predicate(f"{column} {sign} {which}", (_day_text(end, now), _stamp(end, now))) for sign, end in ends)


def _day_text(end: date | timedelta, now: datetime) -> str:
    """A local day or moment, to compare with days."""
    return (now - end).astimezone().isoformat() if isinstance(end, timedelta) else end.isoformat()
