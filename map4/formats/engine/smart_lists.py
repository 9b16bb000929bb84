"""Smart lists of Engine DJ: rules as JSON in a column of the database, all or any of which must match.

A rule is a column, a comparison of SQL, and the value as SQL writes it: `{"col": "genre", "con": "LIKE", "param":
"'%house%'"}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from map4.core.music.lists.live import LiveList
from map4.formats.live_rules import Groups, UnsupportedRuleError, compared, joined, live_list

_TEXTS = {"artist": "artist", "album": "album", "comment": "comment", "genre": "genre", "label": "label",
          "composer": "composer", "remixer": "remixer", "title": "title"}  # fmt: skip
_NUMBERS = {"bpm": "bpm", "year": "year", "rating": "rating", "length": "duration", "bitrate": "bitrate"}
_SIGNS = {"=": "is", "!=": "is", "<>": "is", "LIKE": "has", "NOT LIKE": "has", ">=": "from", "<=": "to", ">": "above",
          "<": "below"}  # fmt: skip
_RATING_STEP = 20


def live_of(text: str) -> LiveList:
    """Convert a smart list to a live list.

    raises UnsupportedRuleError: if a query can't express it
    """
    try:
        data = json.loads(text)
        match, rules = data["match"], data["rules"]
        parts = [_parse(rule) for rule in rules]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnsupportedRuleError("rules that can't be read") from None
    if not parts or match not in ("all", "one"):
        raise UnsupportedRuleError("no rules" if not parts else f"match {match}")
    return live_list(joined(parts, "all" if match == "all" else "any"))


def _parse(rule: Mapping[str, Any]) -> Groups:
    column, sign, value = rule["col"], str(rule["con"]).upper().strip(), str(rule["param"]).strip()
    how, groups = _SIGNS.get(sign, ""), None
    if column in _TEXTS and (text := re.fullmatch("'((?:[^']|'')*)'", value, re.DOTALL)):
        text = re.fullmatch("%([^%_]+)%" if how == "has" else "(.*)", text[1].replace("''", "'"), re.DOTALL)
        groups = text and compared(_TEXTS[column], how, text[1], negated=sign in ("!=", "<>", "NOT LIKE"))
    elif column in _NUMBERS and (number := re.fullmatch(r"'?([0-9]{1,9}(?:[.][0-9]{1,6})?)'?", value)):
        low = float(number[1]) / (_RATING_STEP if column == "rating" else 1)
        groups = compared(_NUMBERS[column], how, low, negated=sign in ("!=", "<>"))
    if groups is None:
        raise UnsupportedRuleError(f"{column} {sign} {value}")
    return groups
