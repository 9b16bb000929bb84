"""VirtualDJ's filter folders: a line of rules that VirtualDJ evaluates, as in its manual.

An element FilterFolder with the line as its `filter`. `and` binds before `or`; a value with blanks is in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import BinaryIO
from xml.etree import ElementTree

from map4.base.path_maps import PathMaps
from map4.errors import KeyParseError
from map4.formats.format import Format, WriteNotes
from map4.formats.live_rules import (
    Groups,
    UnsupportedRuleError,
    compared,
    condition_text,
    covers_zero,
    in_the_last,
    joined,
    live_list,
    query_of,
    shown_ends,
    unsupported_error,
)
from map4.music.analysis.key import parse_key
from map4.music.lists.live import MOST_LIVE, LiveList
from map4.music.lists.tracklist import Tracklist
from map4.music.query.terms import Between, Condition, During, Words

FILTER_ROOT = "FilterFolder"
_PROGRAM = "VirtualDJ"
_TEXTS = {"title": "title", "artist": "artist", "author": "artist", "album": "album", "genre": "genre",
          "comment": "comment", "label": "label", "composer": "composer", "filepath": "path"}  # fmt: skip
_NUMBERS = {"bpm": "bpm", "year": "year", "rating": "rating", "stars": "rating", "nbplay": "plays",
            "play count": "plays", "playcount": "plays", "bitrate": "bitrate"}  # fmt: skip
_SINCE = {"days since firstseen": "added", "days since first seen": "added", "days since lastplay": "played",
          "days since last play": "played"}  # fmt: skip
_TOP = {"nbplay": "plays", "play count": "plays", "rating": "rating", "firstseen": "added", "first seen": "added",
        "lastplay": "played", "last play": "played"}  # fmt: skip
_WRITTEN = {field: name for name, field in reversed({**_TEXTS, **_NUMBERS, **_SINCE}.items())}
_SIGNS = {
    "==": "is", "=": "is", "is": "is", "equals": "is", "equal": "is", "!=": "is not", "<>": "is not",
    "is not": "is not", "contains": "has", "contain": "has", "doesn't contain": "has not", "doesn’t contain": "has not",
    ">=": ">=", "<=": "<=", ">": ">", "<": "<",
}  # fmt: skip
_ENDS = {">=": "from", "<=": "to", ">": "above", "<": "below"}
_EVERYWHERE = ("artist", "title", "album", "genre")
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


# ---- read ------------------------------------------------------------------------------------------


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


# ---- written ---------------------------------------------------------------------------------------


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    live, query = query_of(content.header.live, content.name, _PROGRAM)
    notes = WriteNotes(tracks=len(content.tracks))
    try:
        if not query.groups:
            line = _top(live)
        elif query.sort or live.n != MOST_LIVE:
            raise UnsupportedRuleError("an order or a limit beside other rules")
        else:
            groups = (joined([_rules(term.condition, term.negated) for term in group], "all") for group in query.groups)
            line = " or ".join(" and ".join(group) for group in joined(groups, "any"))
    except UnsupportedRuleError as error:
        raise unsupported_error(str(error), content.name, _PROGRAM) from None
    if any(_is_of_unknown(term.condition, term.negated) for group in query.groups for term in group):
        notes.remarks.append("VirtualDJ counts unknown numbers as 0, and may match other tracks without a value")
    element = ElementTree.Element(FILTER_ROOT, notes.xml_attributes(filter=line, scope="database"))
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(element, encoding="utf-8") + b"\n")
    return notes


def _top(live: LiveList) -> str:
    names = {field: name for name, field in reversed(_TOP.items())}
    field = (live.sort or "").removesuffix("-")
    if field not in names or not (live.sort or "").endswith("-") or live.n is None:
        raise UnsupportedRuleError("every track in this order")
    return f"top {live.n} {names[field]}"


def _rules(condition: Condition, negated: bool) -> Groups:
    match condition:
        case Words(field=field, text=text, how=how) if field is None or field in _TEXTS.values():
            words = text.split() if how == "start" else [text]
            sign = ("is" if how == "whole" else "contains", "is not" if how == "whole" else "doesn't contain")[negated]
            names = [_WRITTEN[field]] if field else _EVERYWHERE
            each = [joined([[[f"{name} {sign} {_quoted(word)}"]] for name in names], "all" if negated else "any")
                    for word in words]  # fmt: skip
            return joined(each, "any" if negated else "all")
        case Between(field=field, ranges=ranges) if field in _NUMBERS.values():
            parts = [_range(_WRITTEN[field], shown_ends(condition, *ends), negated) for ends in ranges]
            return joined(parts, "all" if negated else "any")
        case During(field=field, low=low, high=high) if field in _SINCE.values():
            return _since(condition, _WRITTEN[field], (low, high), negated)
    raise UnsupportedRuleError(condition_text(condition, negated))


def _is_of_unknown(condition: Condition, negated: bool) -> bool:
    match condition:
        case Between():
            return covers_zero(condition)
        case During(field="played", low=low):
            return negated or low is None
    return False


def _range(name: str, ends: tuple[float | None, float | None], negated: bool) -> Groups:
    low, high = ends
    if low == high and low is not None:
        return [[f"{name} {'!=' if negated else '='} {low:g}"]]
    signs = ("<", ">") if negated else (">=", "<=")
    terms = [f"{name} {sign} {end:.10g}" for sign, end in zip(signs, ends, strict=True) if end is not None]
    return [[term] for term in terms] if negated else [terms]


def _since(condition: During, name: str, ends: Sequence[object], negated: bool) -> Groups:
    terms = []
    for end, sign in zip(ends, (">", "<") if negated else ("<=", ">"), strict=True):
        if isinstance(end, timedelta) and not end % timedelta(days=1):
            terms.append(f"{name} {sign} {end.days}")
        elif end is not None:
            raise UnsupportedRuleError(condition_text(condition, negated))
    return [[term] for term in terms] if negated else [terms]


def _quoted(text: str) -> str:
    if '"' in text:
        raise UnsupportedRuleError(f"a quote in {text!r}")
    return f'"{text}"'


VIRTUALDJ_FILTER = Format(
    name="virtualdj-filter",
    suffixes=("vdjfolder",),
    summary="the query of a live list, a filter folder for VirtualDJ",
    list_writer=_write,
    holds_live=True,
)
