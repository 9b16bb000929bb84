"""Suggestions for query terms without matches."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TypeGuard

from map4.base.declaration import QueryField
from map4.base.text import words_of
from map4.errors import QueryError
from map4.music.query.context import QueryContext
from map4.music.query.parser import Query, parse_query
from map4.music.query.slips import field_of
from map4.music.query.terms import Token, quoted, tokens
from map4.search.tables.facets import FACETS, known_values
from map4.store.sql_store import Store

_LEAST_ALIKE = 70.0
"""RapidFuzz similarity, 0-100: one wrong letter in four scores 75."""
_MOST_TERMS = 10


def near_terms(store: Store, context: QueryContext, query: Query) -> str | None:
    """`did you mean genre:house?` with the nearest query, or the first field that no track has; None without any."""
    if (nearest := near_query(store, context, query)) is not None:
        return f"did you mean {nearest}?"
    return next((text for token in tokens(query.text)[:_MOST_TERMS] if (text := _unknown(store, context, token))), None)


def near_query(store: Store, context: QueryContext, query: Query) -> str | None:
    """Replace terms without matches by the nearest values; None if no value is near."""
    text = query.text
    for token in reversed(tokens(text)[:_MOST_TERMS]):
        if nearest := _nearest(store, context, token):
            text = f"{text[: token.start]}{nearest}{text[token.end :]}"
    return None if text == query.text else text


def _unknown(store: Store, context: QueryContext, token: Token) -> str | None:
    field = field_of(token)
    if token.negated or not _has_values(field) or any(known_values(store, context, field.name)):
        return None
    hint = "" if field.help == field.name else f" ({field.help})"
    return f"no track has {field.name}{hint}"


def _has_values(field: QueryField | None) -> TypeGuard[QueryField]:
    return field is not None and field.name in FACETS and field.name not in ("key", "is", "folder")


def _nearest(store: Store, context: QueryContext, token: Token) -> str | None:
    field = field_of(token)
    if token.negated or not token.value or (field is None) != (token.field is None):
        return None
    try:
        if store.search.count(parse_query(token.written), context):
            return None
    except QueryError:
        return None
    if field is None:
        names = (text for _, *texts in store.search.names(parse_query(""), context) for text in texts if text)
        texts = dict.fromkeys(chain((genre for genre, _ in known_values(store, context, "genre")), names))
        return _alike(token.value, words_of("\n".join(texts)).split())  # folding each would take 3 times as long
    if not _has_values(field):
        return None
    values = [value for value, _ in known_values(store, context, field.name)]
    value = _alike(token.value, chain(values, (word for value in values for word in words_of(value).split())))
    return value and f"{field.name}:{quoted(value) if ' ' in value else value}"


def _alike(wanted: str, values: Iterable[str]) -> str | None:
    from rapidfuzz import fuzz, process

    match = process.extractOne(
        wanted, list(dict.fromkeys(values)), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=_LEAST_ALIKE
    )
    return None if match is None else str(match[0])
