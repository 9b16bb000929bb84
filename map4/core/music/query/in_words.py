"""Rewrite queries: as words for a heading (`genre:house energy:7..` is "House, energy 7 and more"), and in a normal
form that identifies cached answers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from map4.core.base.text import folded, has_words
from map4.core.music.analysis.key import Key
from map4.core.music.query.fields import DETECTED_WORDS, IS_WORDS, field_named
from map4.core.music.query.parser import Query, Term
from map4.core.music.query.terms import InKeys, NearKeys, Now, Token, Words
from map4.errors import QueryError

_LOWERED = ("codec", "is", "has", "clock")  # kinds of fields whose values ignore case


def normal_form(text: str) -> str:
    """The normal form of a query: the same for queries that differ only in case, accents and spaces.

    It gives the same answer in the same order. Terms keep their order, and values other than words are unchanged. A
    query that is invalid, or has no other form with certainly the same meaning, is its own normal form. For terms of
    the clock it ends with which of them are true now.
    """
    try:
        query = Query.parse(text)
        normal = " ".join(_written(token) for token in Token.all(text))
        is_same = _meaning(Query.parse(normal)) == _meaning(query)
    except QueryError:
        return text
    conditions = (term.condition for group in query.groups for term in group)
    clock = [condition.includes(datetime.now(UTC)) for condition in conditions if isinstance(condition, Now)]
    return " ".join([normal if is_same else text, *map(str, clock)])


def in_order(text: str, sort: str) -> tuple[Query, str]:
    """A query, in the order `sort` unless that is empty, and the normal form of both."""
    query = Query.parse(text)
    if sort:
        query = replace(query, sort=Query.parse(f"sort:{sort}").sort)
    return query, f"{normal_form(text)} sort:{sort}"


def _meaning(query: Query) -> tuple[object, ...]:
    """The parts of a query that determine its answer; the hint for empty results quotes the terms as written."""
    groups = tuple(tuple(_plain_term(term) for term in group) for group in query.groups)
    return groups, query.sort, query.shuffle, query.limit, query.offset, query.doubt


def _plain_term(term: Term) -> Term:
    if not isinstance(term.condition, Words):
        return term
    return replace(term, condition=replace(term.condition, text=_plain(term.condition.text)))


def _written(token: Token) -> str:
    field = None if token.field is None else field_named(token.field)
    value, is_quoted = token.value, token.quoted
    if field is None or field.kind in ("text", "path"):
        value = _plain(value)
    elif field.kind in _LOWERED or field.name in ("sort", "shuffle"):
        value = value.lower()
    elif field.kind == "key":  # any notation
        value, is_quoted = ",".join(key.camelot for key in _keys(token)), False
    if is_quoted:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        value = f'"{escaped}"'
    name = "" if field is None else f"{field.name}:"
    return f"{'^' * token.negated}{name}{token.modifier}{value}"


def _keys(token: Token) -> tuple[Key, ...]:
    condition = Query.parse(token.query[token.start : token.end]).groups[0][0].condition
    return condition.keys if isinstance(condition, InKeys | NearKeys) else ()


def _plain(text: str) -> str:
    """Remove the case and accents that queries ignore; a text of only symbols stays."""
    return folded(text) if has_words(text) else text


_AGO = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}


def query_in_words(text: str) -> str:
    """Describe a query in words; "All tracks" if it has no conditions. Order and limits are left out."""
    groups: list[list[str]] = [[]]
    for token in Token.all(text):
        if token.field is None and not token.quoted and token.value in ("or", "OR"):
            groups.append([])
        elif phrase := _term(token):
            groups[-1].append(f"not {phrase}" if token.negated else phrase)
    words = " or ".join(", ".join(group) for group in groups if group)
    return words[:1].upper() + words[1:] if words else "All tracks"


def _term(token: Token) -> str:
    field = field_named(token.field) if token.field else None
    if field is None:
        return f"“{token.value}”"
    if field.kind == "control" or (field.name == "is" and token.value.lower() in ("any", "ok")):
        return ""
    if field.name == "is":
        return IS_WORDS.get(token.value.lower(), token.value)
    if field.name in ("has", "missing"):
        named = field_named(token.value)
        what = token.value if named is None or token.value in DETECTED_WORDS else named.in_words or named.name
        return f"{'with' if field.name == 'has' else 'without'} {what.replace('_', ' ')}"
    if field.name == "key":
        keys = token.value.replace(",", " or ")
        return f"in a key that mixes with {keys}" if token.modifier == "~" else f"in {keys}"
    if field.kind in ("text", "codec", "path"):
        return token.value if field.in_words is None else f"{field.in_words or field.name} {token.value}"
    if field.kind == "clock":
        return f"{field.in_words} {token.value.replace('..', ' to ').replace(',', ', ')}"
    words = _range(token.value, f" {field.unit}" if field.unit else "", is_date=field.kind == "date")
    return f"{field.in_words or field.name} {words}{', half or double' if token.modifier == '~' else ''}"


def _range(value: str, unit: str, *, is_date: bool) -> str:
    low, is_range, high = (part.strip() for part in value.partition(".."))
    low, high = _moment(low), _moment(high)
    if not is_range:
        return f"in the last {low.removesuffix(' ago')}" if low.endswith(" ago") else f"{low}{unit}"
    if low and high:
        return f"{low} to {high}{unit}"
    if is_date:
        return f"since {low}" if low else f"until {high}"
    return f"{low}{unit} and more" if low else f"up to {high}{unit}"


def _moment(text: str) -> str:
    """`-2w` becomes "2 weeks ago"; anything else is unchanged."""
    if len(text) > 2 and text[0] == "-" and text[1:-1].isdecimal() and text[-1] in _AGO:
        return f"{text[1:-1]} {_AGO[text[-1]]}{'' if text[1:-1] == '1' else 's'} ago"
    return text
