"""A mistake in a query, and helpers to examine its terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from map4.base.declaration import QueryField
from map4.music.query.fields import field_named
from map4.music.query.terms import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A part of a query that can't be meant as written.

    start, end: its position in the query, as in `QueryError`
    instead: suggestions, best first; they may be invalid
    note: text after the suggestion
    """

    problem: str
    start: int
    end: int
    instead: tuple[str, ...] = ()
    note: str = ""


def is_text(token: Token | None) -> bool:
    """True for a text term without quotes."""
    return token is not None and token.field is None and not token.quoted


def field_of(token: Token | None) -> QueryField | None:
    """The field of a term; None for text and unknown names."""
    return field_named(token.field) if token is not None and token.field is not None else None


def term_at(terms: Sequence[Token], place: int) -> Token | None:
    return terms[place] if 0 <= place < len(terms) else None


def as_written(token: Token) -> str:
    """A term as written in the query."""
    return token.query[token.start : token.end]
