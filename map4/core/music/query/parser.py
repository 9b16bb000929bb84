"""Parse queries.

A query consists of terms: free text, or `field:value`. All terms must match; `or` separates groups of terms, `^`
negates a term, and quotes turn anything into text. `sort:`, `shuffle:`, `limit:` and `offset:` apply to the whole
result. `docs/search.md` documents the syntax for users.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from map4.core.base.declaration import QueryField
from map4.core.music.query.fields import FIELDS, field_named
from map4.core.music.query.shuffle import RANDOM, read_shuffle
from map4.core.music.query.slips import Slip, doubt_about, find_slip
from map4.core.music.query.terms import Condition, Token, Under, Words, read_condition, sort_field
from map4.errors import QueryError, UsageError

MAX_LENGTH = 10_000  # the maximum length of a query; anything longer is probably a file
MAX_TERMS = 200  # the maximum number of terms: SQLite limits the size of an expression
_NEGATING = ("not", "no", "without")  # words that users try as negating fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A condition or its negation; the negation also matches unknown values."""

    condition: Condition
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SortField:
    """A sort field; unknown values come last in either direction."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query.

    groups: a track matches if all terms of any group match; without groups, everything matches
    sort: first field first; empty sorts by path
    limit: maximum number of results; None is unlimited
    offset: number of results to skip
    shuffle: the kind of random order: daily, weekly, or a number
    text: as written
    """

    groups: tuple[tuple[Term, ...], ...] = ()
    sort: tuple[SortField, ...] = ()
    limit: int | None = None
    offset: int = 0
    shuffle: str = "daily"
    text: str = ""

    def under(self, folder: str) -> Query:
        """The query, only for files in a folder and below."""
        inside = Term(condition=Under(path=folder))
        return replace(self, groups=tuple((*group, inside) for group in self.groups or ((),)))

    @property
    def is_random(self) -> bool:
        """True if the order is random, not only among tracks with the same values."""
        return bool(self.sort) and self.sort[0].field == RANDOM

    @property
    def doubt(self) -> str | None:
        """A possible reason for an empty result: a symbol that was read as text. None without one."""
        return doubt_about(Token.all(self.text))

    @property
    def fields(self) -> frozenset[str]:
        """The value fields used in conditions and in the order, except `key`, `path` and `is`."""
        conditions = (term.condition for group in self.groups for term in group)
        named = [getattr(condition, "field", None) for condition in conditions] + [order.field for order in self.sort]
        return frozenset(name for name in named if name not in (None, RANDOM))

    @staticmethod
    def kinds(text: str) -> frozenset[str | None]:
        """The kinds of fields that the terms of a query name; None for words, and for an unknown field."""
        terms = (token for token in Token.all(text) if token.field or token.value.lower() != "or")
        named = (field_named(token.field or "") for token in terms)
        return frozenset(None if field is None else field.kind for field in named)

    @classmethod
    def parse(cls, text: str | Query) -> Query:
        """Parse a query as its user wrote it; an empty or blank query matches everything, and a `Query` stays."""
        if isinstance(text, Query):
            return text
        if not isinstance(text, str):
            raise UsageError(f"a query is a text or a Query, not {text!r}")
        terms = _terms(text)
        slip = find_slip(terms)
        if slip is not None:
            raise _refused(slip, text)
        return _query(text, terms)

    @staticmethod
    def narrowed(text: str, terms: str) -> str:
        """The query with additional terms: each of its alternatives with each of theirs."""
        if not terms:
            return text
        others = _alternatives(terms)
        return " or ".join(f"{part} {other}".strip() for part in _alternatives(text) for other in others)


def _alternatives(text: str) -> list[str]:
    """The parts of a query that stand between its `or`."""
    ors = [token for token in _terms(text) if _is_or(token)]
    bounds = zip([0, *(token.end for token in ors)], [*(token.start for token in ors), len(text)], strict=True)
    return [text[start:end].strip() for start, end in bounds]


def _terms(text: str) -> list[Token]:
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query has at most {MAX_LENGTH} characters, but this has {len(text)}", text, MAX_LENGTH, 0)
    terms = Token.all(text)
    if len(terms) > MAX_TERMS:
        raise terms[MAX_TERMS].error(f"a query has at most {MAX_TERMS} terms", at_value=False)
    return terms


def _refused(slip: Slip, text: str) -> QueryError:
    instead = next(filter(_can_be_read, slip.instead), None)
    message = slip.problem if instead is None else f"{slip.problem}; write {instead}{slip.note}"
    return QueryError(message, text, slip.start, slip.end, instead=instead)


def _can_be_read(text: str) -> bool:
    try:
        terms = _terms(text)
        if find_slip(terms) is None:
            _query(text, terms)
            return True
    except QueryError:
        pass
    return False


def _query(text: str, terms: list[Token]) -> Query:
    groups: list[list[Term]] = [[]]
    sort: tuple[SortField, ...] = ()
    limit, offset, shuffle = None, 0, None
    pending_or: Token | None = None
    for token in terms:
        if _is_or(token):
            if not groups[-1]:
                raise token.error("nothing before 'or'; to search for the word, put it in quotes", at_value=False)
            groups.append([])
            pending_or = token
            continue
        field = _field_of(token)
        if field is not None and field.kind == "control":
            if token.negated:
                raise token.error(f"'{field.name}:' can't be negated; leave out the ^", at_value=False)
            if field.name == "sort":
                for part in token.value.split(","):
                    name = part.strip()
                    descending = name.startswith("-") or name.endswith("-")
                    sort += (SortField(field=sort_field(token, name.strip("+-")), descending=descending),)
            elif field.name == "limit":
                limit = _count(token, 1)
            elif field.name == "shuffle":
                shuffle = _shuffle(token)
            else:
                offset = _count(token, 0)
        else:
            groups[-1].append(_term(token, field))
    if pending_or is not None and not groups[-1]:
        raise pending_or.error("nothing after 'or'; to search for the word, put it in quotes", at_value=False)
    parsed = tuple(tuple(group) for group in groups if group)
    if shuffle is not None and all(order.field != RANDOM for order in sort):
        sort += (SortField(field=RANDOM),)
    return Query(groups=parsed, sort=sort, limit=limit, offset=offset, shuffle=shuffle or "daily", text=text)


def _is_or(token: Token) -> bool:
    return token.field is None and not token.quoted and not token.negated and token.value in ("or", "OR")


def _field_of(token: Token) -> QueryField | None:
    """The field of a term; None for text."""
    if token.field is None:
        return None
    field = field_named(token.field)
    if field is None:
        right = "".join(UsageError.near(_plain(token.field), FIELDS))
        before, after = token.query[: token.start], token.query[token.start :]
        instead = right and before + after.replace(f"{token.field}:", f"{right}:", 1)
        problem = f"there is no field '{token.field}'; {_hint(token)}"
        is_offered = instead and _can_be_read(instead)
        raise QueryError(problem, token.query, token.start, token.end, instead=instead if is_offered else None)
    if not token.value:
        also = f"; missing:{field.name} finds tracks without one" if field.kind == "text" else ""
        raise token.error(f"'{field.name}:' needs a value, such as {field.example}{also}", at_value=False)
    return field


def _plain(field: str) -> str:
    return field.lower().replace("_", "-")


def _hint(token: Token) -> str:
    assert token.field is not None
    plain = _plain(token.field)
    text = f"{token.field}:{token.value}"
    if plain in _NEGATING and token.value:
        field = field_named(token.value)
        return f"write {f'^{token.value}' if field is None else f'missing:{field.name}'}"
    # Double quotes, because the shell's quotes are usually single quotes, which can't contain '.
    near = UsageError.did_you_mean(plain, FIELDS, written="{}:", otherwise="map4 search --help lists them.")
    return f'{near} As text: "{text}" in quotes'


def _term(token: Token, field: QueryField | None) -> Term:
    if field is None:
        how: Literal["start", "phrase"] = "phrase" if token.quoted else "start"
        return Term(condition=Words(field=None, text=token.value, how=how), negated=token.negated)
    condition = read_condition(token, field)
    # missing:x is the same as ^has:x.
    return Term(condition=condition, negated=token.negated != (field.name == "missing"))


def _shuffle(token: Token) -> str:
    try:
        return read_shuffle(token.value)
    except UsageError as error:
        raise token.error(str(error)) from None


def _count(token: Token, least: int) -> int:
    # Nine digits exceed any library and fit SQLite's integers.
    if not re.fullmatch("[0-9]{1,9}", token.value) or int(token.value) < least:
        raise token.error(f"'{token.field}:' takes a whole number from {least}")
    return int(token.value)
