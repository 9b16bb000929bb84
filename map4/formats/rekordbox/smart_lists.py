"""Smart playlists of rekordbox 6 and 7: XML in a column of the database, with conditions that all or any must match."""

from __future__ import annotations

from collections.abc import Mapping

from map4.errors import KeyParseError
from map4.formats.live_rules import (
    Groups,
    UnsayableError,
    day_beside,
    day_between,
    has_text,
    in_the_last,
    is_text,
    joined,
    live_list,
    number_above,
    number_below,
    number_between,
)
from map4.music.analysis.key import parse_key
from map4.music.lists.live import LiveList

_ALL = "1"
_SIGNS = {
    "1": "is", "2": "is not", "3": ">", "4": "<", "5": "between", "6": "in the last", "7": "not in the last",
    "8": "contains", "9": "contains not", "10": "begins with", "11": "ends with",
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

    raises UnsayableError: if a query can't express it
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(text[:_MOST_LETTERS])
    except (ParseError, DefusedXmlException, ValueError):
        raise UnsayableError("rules that can't be read") from None
    conditions = [_said(condition.attrib) for condition in root.iter("CONDITION")]
    if not conditions:
        raise UnsayableError("no rules")
    return live_list(joined(conditions, "all" if root.get("LogicalOperator") == _ALL else "any"))


def _said(given: Mapping[str, str]) -> Groups:
    name, left, right = (given.get(attribute, "") for attribute in ("PropertyName", "ValueLeft", "ValueRight"))
    sign = _SIGNS.get(given.get("Operator", ""), "?")
    rule = f"{name} {sign} {left} {right}".strip()
    negated = sign.endswith("not") or sign.startswith("not")
    try:
        if name in _TEXTS and sign in ("is", "is not"):
            return is_text(_TEXTS[name], left, negated=negated)
        if name in _TEXTS and sign in ("contains", "contains not"):
            return has_text(_TEXTS[name], left, negated=negated)
        if name == "key" and sign in ("is", "is not"):
            return [[f"{'^' * negated}key:{parse_key(left).camelot}"]]
        if name in _NUMBERS:
            return _number(_NUMBERS[name], sign, left, right)
        if name in _DATES:
            return _day(_DATES[name], sign, left, right, given.get("ValueUnit", ""))
    except (ValueError, KeyError, KeyParseError):
        pass
    raise UnsayableError(rule)


def _number(field: str, sign: str, left: str, right: str) -> Groups:
    # Tempi are whole numbers there, in hundredths of BPM.
    scale = _HUNDREDTHS if field == "bpm" else 1
    low = float(left) / scale
    match sign:
        case "is" | "is not":
            return number_between(field, low, low, negated=sign == "is not")
        case ">" | "<":
            return number_above(field, low) if sign == ">" else number_below(field, low)
        case "between":
            return number_between(field, low, float(right) / scale)
    raise ValueError(sign)


def _day(field: str, sign: str, left: str, right: str, unit: str) -> Groups:
    match sign:
        case "in the last" | "not in the last":
            return in_the_last(field, int(left) * _DAYS[unit], negated=sign.startswith("not"))
        case "is" | "is not":
            return day_between(field, left, left, negated=sign == "is not")
        case ">":
            return day_between(field, day_beside(left, 1), None)
        case "<":
            return day_between(field, None, day_beside(left, -1))
        case "between":
            return day_between(field, left, right)
    raise ValueError(sign)
