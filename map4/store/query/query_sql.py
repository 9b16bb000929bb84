"""Translate a query to SQL over `facts`, `files` and the full-text index; values are always parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from map4.base.text import has_words
from map4.music.query.context import QueryContext
from map4.music.query.fields import TRACK_STATES
from map4.music.query.parser import Query, Term
from map4.music.query.terms import Is, Under
from map4.store.query.conditions import StoredCondition, WordsCondition, condition_of, have_all
from map4.store.query.facts import NUMBERS
from map4.store.query.field_sql import text_sql
from map4.store.query.predicates import Clause, Predicate, all_of, any_of, none_of
from map4.store.query.values_sql import order_keys

Group = dict[Term, StoredCondition[Any]]
"""Terms that must all match, without duplicates."""


@dataclass(frozen=True)
class QueryPlan:
    """The SQL for a query."""

    query: Query
    context: QueryContext

    @cached_property
    def _groups(self) -> list[Group]:
        return [{term: condition_of(term.condition, self.context) for term in group} for group in self.query.groups]

    @cached_property
    def where(self) -> Predicate:
        """The condition on `facts AS x` and `files AS f`; limits left out."""
        return any_of(_group_sql(group) for group in self._groups or [{}])

    # ---- sorted ----------------------------------------------------------------------------------

    def ids(self) -> Predicate:
        """SELECT of the matching ids, in the query's order and within its limits."""
        # With a limit, SQLite sorts in a tree, which takes six times as long for a million rows.
        limit, offset = self.query.limit, self.query.offset
        is_limited = limit is not None or offset
        return self._ids(self.where, f" LIMIT {-1 if limit is None else limit} OFFSET {offset}" if is_limited else "")

    def ids_with_artists(self) -> Predicate:
        """SELECT of all matching ids in order, each with its artist."""
        return self._ids(self.where, column=f", {text_sql('artist', self.context.preferred)}")

    def _ids(self, where: Predicate, limit: str = "", *, column: str = "") -> Predicate:
        # CROSS JOIN keeps this order: the narrow facts first, unless folder conditions select all matches.
        tables = "facts AS x CROSS JOIN files AS f ON f.id = x.file_id"
        if self.query.groups and all(any(isinstance(term.condition, Under) and not term.negated for term in group)
                                     for group in self.query.groups):  # fmt: skip
            tables = "files AS f CROSS JOIN facts AS x ON x.file_id = f.id"
        context = replace(self.context, shuffle=self.query.shuffle)
        keys = [_order_sql(order.field, order.descending, context) for order in self.query.sort]
        # The path last, for a stable order; NFC and NFD names sort by their bytes. The sign keeps Postgres from
        # scanning all paths in order until enough match.
        order = ", ".join([*keys, "+f.path"])
        sql = f"SELECT x.file_id{column} FROM {tables} WHERE {where.sql} ORDER BY {order}{limit}"
        return Predicate(sql, where.values)


def _group_sql(group: Group) -> Predicate:
    names_state = any(
        isinstance(term.condition, Is) and term.condition.word in TRACK_STATES and not term.negated for term in group
    )
    parts: list[Clause] = [] if names_state else [Predicate("x.state = 'ok'")]
    words = {term: each for term, each in group.items() if isinstance(each, WordsCondition)}
    of_no_field = {term: each for term, each in words.items() if each.condition.field is None}
    together = {term: each for term, each in of_no_field.items() if not term.negated and each.match() is not None}
    if together:
        parts.append(have_all([*together.values()]))
    # A word of only punctuation is matched literally (the band "!!!"), but between other words it is ignored ("A - B").
    with_words = {term for term, each in words.items() if has_words(each.condition.text)}
    left_out = of_no_field.keys() - with_words if with_words else set()
    for term, each in group.items():
        if term not in left_out and term not in together:
            parts.append(none_of(each.clause()) if term.negated else each.clause())
    return all_of(parts or [Predicate("TRUE")])


def _order_sql(field: str, descending: bool, context: QueryContext) -> str:
    direction = " DESC" if descending else ""
    # The sign keeps SQLite from scanning an index of that order and looking up each track in it.
    sign = "+" if field in NUMBERS else ""
    return ", ".join(f"{sign}{key}{direction} NULLS LAST" for key in order_keys(field, context))
