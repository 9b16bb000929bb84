"""Texts of other programs as values (None where they can't be read), and values as texts."""

from __future__ import annotations

import base64
import binascii
import math
import os
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from map4.domain.key import Key
from map4.domain.track import readable_key

UNREADABLE_GRIDS = "beat grids that can't be read"
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


def positive_number(text: str | None) -> float | None:
    """A finite number above 0, or None."""
    value = finite_number(text)
    return value if value is not None and value > 0 else None


def whole_number(text: str | None, *, most_digits: int = 15) -> int | None:
    """A whole number from 0 on, or None, as of the -1 by which some programs say none."""
    is_whole = text is not None and text.isascii() and text.isdigit() and len(text) <= most_digits
    return int(text or "") if is_whole else None


def local_time(moment: datetime) -> datetime:
    """A moment with a zone as the clock of this machine shows it, without one."""
    return moment.astimezone().replace(tzinfo=None)


def history_name(times: Iterable[str | None], otherwise: str) -> str:
    """`2026-01-31 22.15`: what a history is called, of which a program says no name that others don't have too.

    Without a colon, which shells and file names stumble over.
    """
    first = min((time for time in times if time is not None), default=None)
    return otherwise if first is None else first[:16].replace("T", " ").replace(":", ".")


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
