"""Smart playlists of rekordbox 6 and 7: XML in a column of the database, with conditions that all or any must match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from map4.core.music.analysis.key import parse_key
from map4.core.music.lists.live import LiveList
from map4.errors import KeyParseError
from map4.formats.live_rules import Groups, UnsupportedRuleError, compared, joined, live_list

_ALL = "1"
_SIGNS = {
    "1": "is", "2": "is not", "3": ">", "4": "<", "5": "between", "6": "in the last", "7": "not in the last",
    "8": "contains", "9": "contains not", "10": "begins with", "11": "ends with",
}  # fmt: skip
_HOW = {
    "is": "is", "is not": "is", ">": "above", "<": "below", "between": "between", "in the last": "last",
    "not in the last": "last", "contains": "has", "contains not": "has",
}  # fmt: skip
_TEXTS = {
    "artist": "artist", "album": "album", "comments": "comment", "genre": "genre", "label": "label", "mixName": "mix",
    "name": "title", "remixedBy": "remixer", "producer": "composer", "albumArtist": "album-artist",
}  # fmt: skip
_NUMBERS = {"bpm": "bpm", "counter": "plays", "rating": "rating", "duration": "duration", "year": "year"}
_DATES = {"stockDate": "added"}
_HUNDREDTHS = 100
_DAYS = {"day": 1, "month": 30, "": 1}
_MOST_LETTERS = 100_000


def live_of(text: str) -> LiveList:
    """Convert a smart playlist to a live list.

    raises UnsupportedRuleError: if a query can't express it
    """
    try:
        root = fromstring(text[:_MOST_LETTERS])
    except (ParseError, DefusedXmlException, ValueError):
        raise UnsupportedRuleError("rules that can't be read") from None
    conditions = [_parse(condition.attrib) for condition in root.iter("CONDITION")]
    if not conditions:
        raise UnsupportedRuleError("no rules")
    return live_list(joined(conditions, "all" if root.get("LogicalOperator") == _ALL else "any"))


def _parse(given: Mapping[str, str]) -> Groups:
    name, left, right = (given.get(attribute, "") for attribute in ("PropertyName", "ValueLeft", "ValueRight"))
    sign = _SIGNS.get(given.get("Operator", ""), "?")
    how, field = _HOW.get(sign, ""), {**_TEXTS, **_NUMBERS, **_DATES}.get(name)
    negated = sign.endswith("not") or sign.startswith("not")
    groups, first, second = None, cast("Any", left), cast("Any", right if how == "between" else None)
    try:
        if name == "key" and how == "is":
            return [[f"{'^' * negated}key:{parse_key(left).camelot}"]]
        if name in _NUMBERS:
            # Tempi are whole numbers there, in hundredths of BPM.
            scale = _HUNDREDTHS if field == "bpm" else 1
            first, second = float(left) / scale, None if second is None else float(second) / scale
        elif how == "last":
            first = int(left) * _DAYS[given.get("ValueUnit", "")]
        groups = field and compared(field, how, first, second, negated=negated)
    except (ValueError, KeyError, KeyParseError):
        pass
    if not groups:
        raise UnsupportedRuleError(f"{name} {sign} {left} {right}".strip())
    return groups
