"""A slip in a query, and what is asked of its terms to find one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from map4.base.declaration import QueryField
from map4.music.query.fields import field_named
from map4.music.query.terms import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What can't have been meant as it is written.

    start, end: where in the query, as in `QueryError`
    instead: what may have been meant, best first; whether each can be read is not known
    note: what is said behind the one that is offered
    """

    problem: str
    start: int
    end: int
    instead: tuple[str, ...] = ()
    note: str = ""


def is_text(token: Token | None) -> bool:
    """Whether a term is text without quotes."""
    return token is not None and token.field is None and not token.quoted


def field_of(token: Token | None) -> QueryField | None:
    """The field that a term asks of; None of text, and of a name that is none."""
    return field_named(token.field) if token is not None and token.field is not None else None


def term_at(terms: Sequence[Token], place: int) -> Token | None:
    return terms[place] if 0 <= place < len(terms) else None


def as_written(token: Token) -> str:
    """A term as it stands in the query."""
    return token.query[token.start : token.end]
