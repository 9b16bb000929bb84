"""What queries ask of imported values: when a track was played, its comment, and whether there are any."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

Sql = tuple[str, tuple[Any, ...]]

COMMENT_SQL = "coalesce((SELECT i.comment FROM imported AS i WHERE i.audio_id = f.audio_id), f.comment)"
"""The comment in force of a file `f`."""

IS_IMPORTED_SQL = (
    "coalesce(x.imported_bpm, x.imported_key, x.play_count, x.last_played, x.cues) IS NOT NULL "
    "OR EXISTS (SELECT 1 FROM imported AS i WHERE i.audio_id = f.audio_id)"
)
"""Whether anything was imported for a file `f` with its facts `x`, which know it of most."""

PLAYED_ORDER_SQL = "coalesce(x.last_played, CASE WHEN x.play_count = 0 THEN '' END)"
"""By when tracks were last played: what is known never to have been stands before all that was."""


def commented_sql(matches: Callable[[str], Sql]) -> Sql:
    """Of which files the imported comment matches; read once, not for each file.

    Parameters
    ----------
    matches : the condition on a column of texts
    """
    condition, values = matches("i.comment")
    # The index holds the comments alone; in the table lie grids between two of them.
    noted = "imported AS i INDEXED BY imported_comments JOIN files AS g ON g.audio_id = i.audio_id"
    return f"x.file_id IN (SELECT g.id FROM {noted} WHERE i.comment IS NOT NULL AND {condition})", values


def played_sql(low: date | timedelta | None, high: date | timedelta | None, now: datetime) -> Sql:
    """When a track was last played, from `low` to before `high`.

    An open beginning takes those known never to have been played too, but not those of which nobody knows.

    Parameters
    ----------
    low, high : a day, or so long ago; None is an open end
    now : with a time zone

    Notes
    -----
    Programs write the day, or the time of their own clock, without its zone: compared is local time, as text. A day
    alone counts as its beginning, and so many whole days ago as the beginning of that day.
    """
    parts: list[str] = []
    values: list[str] = []
    for sign, end in ((">=", low), ("<", high)):
        if end is not None:
            parts.append(f"x.last_played {sign} ?")
            values.append(_as_written(end, now))
    known = " AND ".join(parts)
    if low is None:
        known = f"({known}) OR (x.last_played IS NULL AND x.play_count = 0)"
    return known, tuple(values)


def _as_written(end: date | timedelta, now: datetime) -> str:
    """A moment as the library has it. A day's beginning is the day alone, so that what has no time is not before it."""
    if not isinstance(end, timedelta):
        return end.isoformat()
    moment = (now - end).astimezone()
    if end % timedelta(days=1) == timedelta(0):
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
