"""VirtualDJ's filter folders: a line of rules that VirtualDJ evaluates, as in its manual.

An element FilterFolder with the line as its `filter`. `and` binds before `or`; a value with blanks is in quotes.
"""

from __future__ import annotations

import re

from map4.core.music.analysis.key import parse_key
from map4.core.music.lists.live import LiveList
from map4.errors import KeyParseError
from map4.formats.live_rules import Groups, UnsupportedRuleError, compared, in_the_last, joined, live_list

FILTER_ROOT = "FilterFolder"
_TEXTS = {"title": "title", "artist": "artist", "author": "artist", "album": "album", "genre": "genre",
          "comment": "comment", "label": "label", "composer": "composer", "filepath": "path"}  # fmt: skip
_NUMBERS = {"bpm": "bpm", "year": "year", "rating": "rating", "stars": "rating", "nbplay": "plays",
            "play count": "plays", "playcount": "plays", "bitrate": "bitrate"}  # fmt: skip
_SINCE = {"days since firstseen": "added", "days since first seen": "added", "days since lastplay": "played",
          "days since last play": "played"}  # fmt: skip
_TOP = {"nbplay": "plays", "play count": "plays", "rating": "rating", "firstseen": "added", "first seen": "added",
        "lastplay": "played", "last play": "played"}  # fmt: skip
_SIGNS = {
    "==": "is", "=": "is", "is": "is", "equals": "is", "equal": "is", "!=": "is not", "<>": "is not",
    "is not": "is not", "contains": "has", "contain": "has", "doesn't contain": "has not", "doesn’t contain": "has not",
    ">=": ">=", "<=": "<=", ">": ">", "<": "<",
}  # fmt: skip
_ENDS = {">=": "from", "<=": "to", ">": "above", "<": "below"}
_NAMED = "|".join(sorted(map(re.escape, (*_TEXTS, *_NUMBERS, *_SINCE, "key")), key=len, reverse=True))
_SIGNED = "|".join(
    sorted((rf"{sign}\b" if sign[-1].isalpha() else re.escape(sign) for sign in _SIGNS), key=len, reverse=True)
)
_RULE = re.compile(
    rf"""\s*(?P<name>{_NAMED})\s*(?P<sign>{_SIGNED})\s*(?P<value>"[^"]*"|'[^']*'|[^\s"'()]+(?:\s+(?!and\b|or\b|&|\|)[^\s"'()&|]+)*)\s*""",
    re.IGNORECASE,
)
_JOIN = re.compile(r"(and\b|or\b|&&?|\|\|?)", re.IGNORECASE)
_TOP_RULE = re.compile(r"\s*top\s+([0-9]{1,5})\s+(.+?)\s*", re.IGNORECASE)


def live_of(line: str) -> LiveList:
    """Convert a filter to a live list.

    raises UnsupportedRuleError: if a query can't express it
    """
    if top := _TOP_RULE.fullmatch(line):
        field = _TOP.get(top[2].lower())
        if field is None:
            raise UnsupportedRuleError(line)
        return live_list([[]], sort=[f"{field}-"], n=int(top[1]))
    groups: list[list[Groups]] = [[]]
    at = 0
    while True:
        rule = _RULE.match(line, at)
        if rule is None:
            raise UnsupportedRuleError(line[at:].strip() or "nothing")
        groups[-1].append(_parse(" ".join(rule["name"].lower().split()), _SIGNS[rule["sign"].lower()], rule["value"]))
        at = rule.end()
        if at >= len(line):
            break
        join = _JOIN.match(line, at)
        if join is None:
            raise UnsupportedRuleError(line[at:].strip())
        if join[1].lower() in ("or", "|", "||"):
            groups.append([])
        at = join.end()
    return live_list(joined([joined(group, "all") for group in groups], "any"))


def _parse(name: str, sign: str, value: str) -> Groups:
    text = value.strip("\"'").strip()
    negated, how = sign.endswith("not"), _ENDS.get(sign, sign.removesuffix(" not"))
    if name == "key" and how == "is":
        try:
            return [[f"{'^' * negated}key:{parse_key(text).camelot}"]]
        except KeyParseError:
            raise UnsupportedRuleError(f"key {sign} {text}") from None
    field, groups = {**_TEXTS, **_NUMBERS}.get(name), None
    if field is not None and name in _TEXTS:
        groups = compared(field, how, text, negated=negated)
    elif re.fullmatch(r"[0-9]{1,9}([.][0-9]{1,6})?", text):
        number = float(text)
        if field is not None:
            groups = compared(field, how, number, negated=negated)
        elif name in _SINCE and sign in ("<=", "<", ">=", ">") and number == int(number):
            groups = in_the_last(_SINCE[name], int(number), negated=sign.startswith(">"))
    if groups is None:
        raise UnsupportedRuleError(f"{name} {sign} {text}")
    return groups
