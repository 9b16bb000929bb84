"""One way to write queries that ask the same, so that an answer that is kept is found again."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import cache

from map4.domain.analysis.key import Key
from map4.domain.query.fields import field_named
from map4.domain.query.parser import Query, Term, parse_query
from map4.domain.query.terms import InKeys, NearKeys, Token, Words, tokens
from map4.domain.text import has_words
from map4.errors import QueryError

_LOWERED = ("codec", "is", "has")
"""Kinds of fields whose values are read in any case."""


def normal_form(text: str) -> str:
    """A query that gives the same answer, in the same order: the same of all that differ in case, accents and spaces.

    Terms stay in their order, and values other than words as they are written. A query that can't be read, or of which
    no other form is sure to say the same, is its own normal form.
    """
    try:
        asked = parse_query(text)
        normal = " ".join(_written(token) for token in tokens(text))
        is_same = _meaning(parse_query(normal)) == _meaning(asked)
    except QueryError:
        return text
    return normal if is_same else text


def _meaning(query: Query) -> tuple[object, ...]:
    """What an answer depends on. What is said where nothing is found names terms as they are written."""
    groups = tuple(tuple(_plain_term(term) for term in group) for group in query.groups)
    return groups, query.sort, query.limit, query.offset, query.doubt


def _plain_term(term: Term) -> Term:
    if not isinstance(term.condition, Words):
        return term
    return replace(term, condition=replace(term.condition, text=_plain(term.condition.text)))


def _written(token: Token) -> str:
    field = None if token.field is None else field_named(token.field)
    value, is_quoted = token.value, token.quoted
    if field is None or field.kind in ("text", "path"):
        value = _plain(value)
    elif field.kind in _LOWERED or field.name == "sort":
        value = value.lower()
    elif field.kind == "key":  # in any notation
        value, is_quoted = ",".join(key.camelot for key in _keys(token)), False
    if is_quoted:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        value = f'"{escaped}"'
    name = "" if field is None else f"{field.name}:"
    return f"{'^' * token.negated}{name}{token.modifier}{value}"


def _keys(token: Token) -> tuple[Key, ...]:
    condition = parse_query(token.query[token.start : token.end]).groups[0][0].condition
    return condition.keys if isinstance(condition, InKeys | NearKeys) else ()


def _plain(text: str) -> str:
    """Words without case and accents, as far as the full-text index does not tell them apart; marks alone stay."""
    if not has_words(text):
        return text
    letters: list[str] = []
    for letter in text:
        # Of letters that are not Latin the index takes some marks as letters of their own.
        if not (letter in _MARKS and letters and letters[-1].isascii() and letters[-1].isalpha()):
            letters.append(_plain_letter(letter))
    return "".join(letters)


_MARKS = frozenset("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328")
"""Marks that the full-text index leaves out, and that are written after their letter."""


_TOLD_APART = "\u01e0\u01e1"
"""Letters of which the index leaves out one mark of two."""


@cache
def _plain_letter(letter: str) -> str:
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if base.isascii() and base.isalpha() and _MARKS.issuperset(marks) and letter not in _TOLD_APART:
        return base.lower()
    # Capitals of Greek and Cyrillic; the index knows no others beyond these in all its versions.
    return letter.lower() if "\u0386" <= letter <= "\u042f" else letter
