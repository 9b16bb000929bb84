"""Texts of other programs as values (None where they can't be read), and values as texts."""

from __future__ import annotations

import base64
import binascii
import math
import os
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from map4.music.analysis.key import Key
from map4.music.track.track import Track, readable_key

UNREADABLE_GRIDS = "beat grids that can't be read"
_YEAR = re.compile(r"\s*([1-9][0-9]{3})(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))?(?![0-9])")
_NUMBER = re.compile(r"\s*([0-9]{1,5})(?![0-9])")

_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)? ?(Z|[+-]00:?00)?)?"
)
# More is no count; it would not even fit into a column.
_MOST_COUNT = 1 << 53

UNREADABLE_KEYS = "keys that can't be read"


def suffix_of(path: str) -> str:
    """The suffix of a file's name in lower case, without the dot; empty without one."""
    return os.path.splitext(path)[1].lower().lstrip(".")


def finite_number(text: float | str | None) -> float | None:
    """A finite number, or None."""
    try:
        value = float("" if text is None else text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def number_of(value: object) -> float | None:
    """A value as a finite number, or None."""
    return finite_number(value) if isinstance(value, (int, float, str)) else None


def above_zero(value: object) -> float | None:
    """A value as a number above 0, or None: 0 is how these programs write that they don't know."""
    number = number_of(value)
    return number if number is not None and number > 0 else None


def count_of(value: object) -> int | None:
    """A value as a count from 0, or None."""
    number = number_of(value)
    return int(number) if number is not None and 0 <= number <= _MOST_COUNT else None


def moment_of(value: object, *, is_utc: bool = False) -> str | None:
    """A value as a date, or date and time, in ISO 8601 without fractions and zone; None where it is neither.

    What is UTC is told as the clock of this machine showed it, as other programs write it.

    is_utc: whether it is, although it does not say so
    """
    found = _MOMENT.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    day, time_of_day, utc = found.groups()
    try:
        moment = datetime.fromisoformat(day if time_of_day is None else f"{day}T{time_of_day}")
        if time_of_day is not None and (is_utc or utc is not None):
            moment = local_time(moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError, OSError):
        return None
    return day if time_of_day is None else moment.isoformat(timespec="seconds")


def whole_number(text: str | None, *, most_digits: int = 15) -> int | None:
    """A whole number from 0 on, or None, as of the -1 by which some programs say none."""
    is_whole = text is not None and text.isascii() and text.isdigit() and len(text) <= most_digits
    return int(text or "") if is_whole else None


def leading_year(text: object) -> int | None:
    """The year that a text begins with, as in `1998`, `1998-05-01` and `19980501`; None of 0 and of what is none."""
    found = _YEAR.match(str(text))
    return int(found[1]) if found else None


def leading_number(text: object) -> int | None:
    """The number above 0 that a text begins with, as in `3/12`; None where there is none."""
    found = _NUMBER.match(str(text))
    return (int(found[1]) or None) if found else None


def local_time(moment: datetime) -> datetime:
    """A moment with a zone as the clock of this machine shows it, without one."""
    return moment.astimezone().replace(tzinfo=None)


def local_moment(seconds: float | None) -> str | None:
    """ISO 8601, as the clock of this machine shows it, of seconds since 1970; None of 0, which is never."""
    if not seconds:
        return None
    try:
        return local_time(datetime.fromtimestamp(seconds, UTC)).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return None


def history_name(times: Iterable[str | None], otherwise: str) -> str:
    """`2026-01-31 22.15`: what a history is called, of which a program says no name that others don't have too.

    Without a colon, which shells and file names stumble over.
    """
    first = min((time for time in times if time is not None), default=None)
    return otherwise if first is None else first[:16].replace("T", " ").replace(":", ".")


def written_text(track: Track, name: str, text: str | None) -> str | None:
    """The current text; where a program says the same but for line breaks, invisible marks and blanks around it,
    as that program has it."""
    if text is None or track.imported is None:
        return text
    said: str | None = getattr(track.imported, name)
    if not said or said.strip() != text.strip():
        return text
    return dict(track.imported.written).get(name, said)


def counted(count: int, one: str, more: str) -> str:
    """`1 track` or `2 tracks`."""
    return f"1 {one}" if count == 1 else f"{count} {more}"


def bytes_path(text: str | None) -> str | None:
    """The path of a `path_bytes`, or None where it is none."""
    try:
        return os.fsdecode(base64.b64decode(text or "", validate=True)) or None
    except (binascii.Error, ValueError):
        return None


def counted_key(text: str | None, left_out: Counter[str]) -> Key | None:
    """A key in any spelling, or None; a text that is none is counted in `left_out`."""
    key = readable_key(text)
    if text and key is None:
        left_out[UNREADABLE_KEYS] += 1
    return key
