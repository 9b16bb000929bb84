"""Smart playlists of iTunes and Apple Music: two blocks of bytes in the XML, for the rules and for the limit.

A block of rules is a head of 136 bytes ("SLst", the number of rules, and whether all or any must match) followed by the
rules: 4 bytes each for the field and for the comparison, and from byte 56 on a text in UTF-16, numbers, or a nested
block of the length in byte 52. Numbers are big-endian, dates are seconds since 1904.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

from map4.core.music.lists.live import LiveList
from map4.core.music.query.shuffle import RANDOM
from map4.formats.live_rules import Groups, UnsupportedRuleError, compared, joined, live_list

_HEAD, _RULE_HEAD, _LENGTH_AT = 136, 56, 52
_MOST_RULES, _MOST_NESTED = 200, 8
_BLOCK = 0
_TEXTS = {2: "title", 3: "album", 4: "artist", 8: "genre", 14: "comment", 18: "composer", 39: "grouping",
          71: "album-artist"}  # fmt: skip
_NUMBERS = {5: "bitrate", 6: "samplerate", 7: "year", 11: "track", 13: "duration", 22: "plays", 24: "disc",
            25: "rating", 35: "bpm"}  # fmt: skip
_SCALES = {"rating": 20.0, "duration": 1000.0}
_DATES = {10: "modified", 16: "added", 23: "played"}
_PODCAST, _KIND, _MUSIC = 57, 60, 1
_OTHERS = {29: "checked", 31: "compilation", 37: "artwork", 40: "a playlist", 41: "purchased", 68: "skips",
           69: "last skipped", 133: "location", 134: "iCloud status", 154: "loved"}  # fmt: skip
# Lowest bytes: the comparison; highest: whether it compares text, and whether it is negated.
_IS, _CONTAINS, _BEGINS, _ENDS, _ABOVE, _BELOW, _RANGE, _LAST, _BITS = 1, 2, 4, 8, 16, 64, 256, 512, 1024
_WORDS = {_IS: "is", _CONTAINS: "contains", _BEGINS: "begins with", _ENDS: "ends with"}
_HOW = {_IS: "is", _CONTAINS: "has", _ABOVE: "above", _BELOW: "below", _RANGE: "between", _LAST: "last"}
_NOT = 0x02000000
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)  # in local time of that machine
_DAY_S = 86_400
_MINUTES, _ITEMS, _HOURS = 1, 3, 4
_ORDERS = {5: "title", 6: "album", 7: "artist", 9: "genre", 21: "added-", 25: "plays-", 26: "played-", 28: "rating-",
           1: "rating", 2: RANDOM}  # fmt: skip


def live_of(info: bytes, criteria: bytes) -> LiveList:
    """Convert a smart playlist to a live list.

    raises UnsupportedRuleError: if a query can't express it
    """
    try:
        groups: Groups = _block(criteria, 0, len(criteria), 0) if info[1] else [[]]
        if not info[2]:
            return live_list(groups)
        if info[12]:
            raise UnsupportedRuleError("only what is checked")
        order = _ORDERS.get(info[7])
        if order is None:
            raise UnsupportedRuleError("an unknown order")
        if info[13] and order != RANDOM:
            order = order.removesuffix("-") if order.endswith("-") else f"{order}-"
        (count,) = struct.unpack_from(">I", info, 8)
        if info[3] == _ITEMS:
            return live_list(groups, sort=[order], n=count)
        if info[3] in (_MINUTES, _HOURS):
            return live_list(groups, sort=[order], minutes=float(count * (60 if info[3] == _HOURS else 1)))
        raise UnsupportedRuleError("a limit in bytes")
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError):
        raise UnsupportedRuleError("rules that can't be read") from None


def _block(data: bytes, start: int, end: int, depth: int) -> Groups:
    count, how = struct.unpack_from(">II", data, start + 8)
    if data[start : start + 4] != b"SLst" or count > _MOST_RULES or depth > _MOST_NESTED:
        raise UnsupportedRuleError("rules that can't be read")
    if not count:
        raise UnsupportedRuleError("no rules")
    at, parts = start + _HEAD, list[Groups]()
    for _ in range(count):
        (length,) = struct.unpack_from(">I", data, at + _LENGTH_AT)
        after = at + _RULE_HEAD + length
        if after > end:
            raise UnsupportedRuleError("rules that can't be read")
        parts.append(_rule(data, at, after, depth))
        at = after
    return joined(parts, "any" if how == 1 else "all")


def _rule(data: bytes, at: int, after: int, depth: int) -> Groups:
    field, action = struct.unpack_from(">II", data, at)
    inner, negated = at + _RULE_HEAD, bool(action & _NOT)
    if field == _BLOCK:
        return _block(data, inner, after, depth + 1)
    how = action & 0xFFFF
    if field in _TEXTS:
        text = data[inner:after].decode("utf-16-be")
        if (groups := compared(_TEXTS[field], _HOW.get(how, ""), text, negated=negated)) is None:
            raise UnsupportedRuleError(f"{_TEXTS[field]} {'not ' * negated}{_WORDS.get(how, 'otherwise')} '{text}'")
        return groups
    if field not in (_PODCAST, _KIND, *_NUMBERS, *_DATES):
        raise UnsupportedRuleError(_OTHERS.get(field, f"field {field}"))
    low, past, unit_s, high = struct.unpack_from(">qqqq", data, inner)
    if field == _KIND:
        if how not in (_IS, _BITS):
            raise UnsupportedRuleError("a kind of media")
        return [[]] if bool(low & _MUSIC) != negated else []  # map4's library only contains music
    if field == _PODCAST:
        return [[]] if bool(low) == negated else []
    name, values = {**_DATES, **_NUMBERS}[field], list[float | str]()
    if field in _NUMBERS:
        values = [number / _SCALES.get(name, 1.0) for number in ((low, high) if how == _RANGE else (low,))]
    elif how == _LAST:
        values = [-past * unit_s / _DAY_S]  # a month has 730 hours
    else:
        values = [(_EPOCH + timedelta(seconds=seconds)).date().isoformat() for seconds in (low, high)]
    if (groups := compared(name, _HOW.get(how, ""), *values, negated=negated)) is None:
        raise UnsupportedRuleError(f"{name} compared otherwise")
    return groups
