"""Smart lists of Engine DJ: rules as JSON in a column of the database, all or any of which must match.

A rule is a column, a comparison of SQL, and the value as SQL writes it: `{"col": "genre", "con": "LIKE", "param":
"'%house%'"}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from map4.formats.live_rules import (
    Groups,
    UnsayableError,
    has_text,
    is_text,
    joined,
    live_list,
    number_above,
    number_below,
    number_between,
)
from map4.music.lists.live import LiveList

_TEXTS = {"artist": "artist", "album": "album", "comment": "comment", "genre": "genre", "label": "label",
          "composer": "composer", "remixer": "remixer", "title": "title"}  # fmt: skip
_NUMBERS = {"bpm": "bpm", "year": "year", "rating": "rating", "length": "duration", "bitrate": "bitrate"}
_RATING_STEP = 20


def live_of(text: str) -> LiveList:
    """Convert a smart list to a live list.

    raises UnsayableError: if a query can't express it
    """
    try:
        data = json.loads(text)
        match, rules = data["match"], data["rules"]
        parts = [_said(rule) for rule in rules]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnsayableError("rules that can't be read") from None
    if not parts or match not in ("all", "one"):
        raise UnsayableError("no rules" if not parts else f"match {match}")
    return live_list(joined(parts, "all" if match == "all" else "any"))


def _said(rule: Mapping[str, Any]) -> Groups:
    column, sign, value = rule["col"], str(rule["con"]).upper().strip(), str(rule["param"]).strip()
    rule_text = f"{column} {sign} {value}"
    text = re.fullmatch("'((?:[^']|'')*)'", value, re.DOTALL)
    if column in _TEXTS and text is not None:
        text_value = text[1].replace("''", "'")
        if sign in ("=", "!=", "<>"):
            return is_text(_TEXTS[column], text_value, negated=sign != "=")
        inner = re.fullmatch("%([^%_]+)%", text_value)
        if sign in ("LIKE", "NOT LIKE") and inner is not None:
            return has_text(_TEXTS[column], inner[1], negated=sign == "NOT LIKE")
    number = re.fullmatch(r"'?([0-9]{1,9}(?:[.][0-9]{1,6})?)'?", value)
    if column in _NUMBERS and number is not None:
        field = _NUMBERS[column]
        low = float(number[1]) / (_RATING_STEP if field == "rating" else 1)
        match sign:
            case "=" | "!=" | "<>":
                return number_between(field, low, low, negated=sign != "=")
            case ">=" | "<=":
                return number_between(field, *((low, None) if sign == ">=" else (None, low)))
            case ">" | "<":
                return number_above(field, low) if sign == ">" else number_below(field, low)
    raise UnsayableError(rule_text)
