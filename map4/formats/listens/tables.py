"""Tables of plays that need more than the names of their columns: Serato's exported history, and Apple's plays.

Apple's Play Activity has each play. Its other tables count the plays of a track within hours or months, or have the
last play of each track: read beside it, they would count plays twice.

Serato has a row for each session, with its day, and times of day for its tracks, in local time. How a day is written
depends on the system: what the days of a file show decides between 4/9 and 9/4, else a clock of twelve hours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from map4.core.music.plays import PlayTime
from map4.formats.importer import ImportReadError
from map4.formats.values import number_of

Row = Mapping[str, Any]

PLAYED_AT, PLAYED_MS = "playedat", "msplayed"
"""The columns that rows get, for their beginning in UTC and how long they were played."""
_SERATO, _APPLE = frozenset({"name", "starttime"}), frozenset({"eventstarttimestamp", "eventtype"})
_PARTS_OF_APPLE = (
    frozenset({"trackdescription", "dateplayed"}), frozenset({"trackdescription", "totalplays"}),
    frozenset({"trackname", "lastplayeddate", "isuserinitiated"}),
)  # fmt: skip
_PLAYED, _END = "play_end", "eventendtimestamp"
_DAY = re.compile(r"\b(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})\b")
_CLOCK = re.compile(r"\b(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\W?([AaPp])\.?[Mm]\b)?")
_LATEST_START = timedelta(minutes=1)
_NOON, _MOST_MONTH, _YEAR_DIGITS, _CENTURY = 12, 12, 4, 2000


def is_of_program(names: Sequence[str], first: Sequence[str]) -> bool:
    """Return whether a table is of one of these programs.

    names: of the columns, in lower case without signs
    first: the first row; of Serato a session
    """
    if _SERATO.issubset(names):
        return _is_session(dict(zip(names, first, strict=False)))
    return any(columns.issubset(names) for columns in (_APPLE, *_PARTS_OF_APPLE))


class NotEachPlayError(ImportReadError):
    """A table has counts of plays, or the last ones."""


def read_rows(names: Collection[str], rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows that are plays, each with its beginning and how long it was played."""
    if _SERATO.issubset(names):
        yield from _serato_rows([*rows])
    elif _APPLE.issubset(names):
        yield from (_apple_row(row) for row in rows if _text(row, "eventtype").casefold() in ("", _PLAYED))
    elif any(columns.issubset(names) for columns in _PARTS_OF_APPLE):
        raise NotEachPlayError(
            "this table of Apple Music has only counts of plays, or the last play of each track; import "
            "'Apple Music Play Activity.csv' of the same download, which has each play with its time"
        )
    else:
        yield from rows


def _text(row: Row, name: str) -> str:
    return str(row.get(name) or "").strip()


# ---- Apple ---------------------------------------------------------------------------------------


def _apple_row(row: Row) -> Row:
    played_ms = number_of(row.get("playdurationmilliseconds"))
    if played_ms is None or played_ms < 0:
        start_ms, end_ms = (number_of(row.get(f"{name}positioninmilliseconds")) for name in ("start", "end"))
        played_ms = end_ms - start_ms if start_ms is not None and end_ms is not None and end_ms >= start_ms else None
    begun = _text(row, "eventstarttimestamp")
    known = {
        "artistname": _text(row, "artistname") or _text(row, "containerartistname"),
        "songname": _text(row, "songname") or _text(row, "contentname"),
        "albumname": _text(row, "albumname"),
        "durationms": row.get("mediadurationinmilliseconds"),
        PLAYED_MS: played_ms,
    }
    return {**known, PLAYED_AT: begun} if begun else {**known, "ts": _text(row, _END)}


# ---- Serato --------------------------------------------------------------------------------------


def _serato_rows(rows: Sequence[Row]) -> Iterator[Row]:
    heads = [row for row in rows if _is_session(row)]
    is_month_first = _is_month_first(heads)
    begin = at = None
    for row in rows:
        clock = _clock(_text(row, "starttime"))
        if _is_session(row):
            day = _day(_text(row, "starttime"), is_month_first) or _day(_text(row, "name"), is_month_first)
            begin = at = None if day is None else datetime.combine(day, clock or time())
            continue
        if begin is not None and at is not None and clock is not None:
            at = _nearest(at, begin, clock)
        begun = PlayTime.utc_of_local(at.isoformat()) if at is not None and clock is not None else None
        known = {"trackname": row.get("name"), PLAYED_AT: begun, PLAYED_MS: _length_ms(_text(row, "playtime"))}
        yield {**row, **known, "endtime": None}


def _is_session(row: Row) -> bool:
    """Return whether a row is a session: it has a day, and neither artist nor deck."""
    has_day = _DAY.fullmatch(_text(row, "name")) or re.search(r"[\d/.-]{6,}\D+\d", _text(row, "starttime"))
    return has_day is not None and not (_text(row, "artist") or _text(row, "deck"))


def _nearest(at: datetime, begin: datetime, clock: time) -> datetime:
    """Return the moment of a clock nearest to the play before, in either order of rows, not before the session."""
    moments = [datetime.combine(at.date() + timedelta(days=days), clock) for days in (-1, 0, 1)]
    within = [moment for moment in moments if moment >= begin - _LATEST_START] or moments
    return min(within, key=lambda moment: abs(moment - at))


def _clock(text: str) -> time | None:
    match = _CLOCK.search(_DAY.sub("", text, count=1)) or _CLOCK.search(text)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % _NOON + (_NOON if match[4] in "Pp" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def _length_ms(text: str) -> float | None:
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(part.isdecimal() for part in parts):
        return None
    seconds = 0
    for part in parts:
        seconds = 60 * seconds + int(part)
    return 1000.0 * seconds


def _day(text: str, is_month_first: bool) -> date | None:
    match = _DAY.search(text)
    if match is None:
        return None
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == _YEAR_DIGITS:
        year, month, day = first, second, third
    else:
        month, day = (first, second) if is_month_first else (second, first)
        year = third if third >= _CENTURY else _CENTURY + third
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_month_first(sessions: Sequence[Row]) -> bool:
    """Return whether days are written as month and day."""
    text = "\n".join(_text(row, name) for row in sessions for name in ("name", "starttime", "endtime"))
    days = [match for match in _DAY.finditer(text) if len(match[1]) < _YEAR_DIGITS and "." not in match[2]]
    numbers = [(int(match[1]), int(match[3])) for match in days]
    if any(second > _MOST_MONTH for _, second in numbers) or not numbers:
        return bool(numbers)
    if any(first > _MOST_MONTH for first, _ in numbers):
        return False
    # A night that ends on the next day.
    steps = {(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(numbers)}
    if ((0, 1) in steps) != ((1, 0) in steps):
        return (0, 1) in steps
    return any(match[4] for match in _CLOCK.finditer(text))
