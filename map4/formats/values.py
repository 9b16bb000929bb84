"""Texts of other programs as values; what can't be read is as good as none."""

from __future__ import annotations

import math
import os
from collections import Counter

from map4.domain.key import Key
from map4.domain.track import readable_key

UNREADABLE_KEYS = "keys that can't be read"


def suffix_of(path: str) -> str:
    """The suffix of a file's name in lower case, without the dot; empty without one."""
    return os.path.splitext(path)[1].lower().lstrip(".")


def finite_number(text: str | None) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def counted_key(text: str | None, left_out: Counter[str]) -> Key | None:
    """A key in any spelling, or None; a text that is none is counted in `left_out`."""
    key = readable_key(text)
    if text and key is None:
        left_out[UNREADABLE_KEYS] += 1
    return key
