"""How queries compare what subjects and extras declare: each field or word owns its SQL and its Python form."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from map4.base.declaration import TrackBlock, load
from map4.base.declarations import declarations
from map4.music.query.context import QueryContext
from map4.music.query.fields import DECLARED_WORDS, FIELDS
from map4.music.query.terms import During, Words
from map4.store.query.facts import order_sql
from map4.store.query.predicates import Clause, FileIds, Predicate, stamped_sql
from map4.store.query.query_annotations import contains_words_sql

if TYPE_CHECKING:
    from map4.music.track.track import Track


class FieldForms:
    """How a declared field is compared: in SQL, of a file `f` with its facts `x`, and in Python, of a track."""

    def value(self, context: QueryContext) -> str:
        """SQL of the value; null if unknown."""
        raise NotImplementedError

    def of(self, track: Track) -> Any:
        """The same in Python; None if unknown, or if a track does not carry it."""
        return None

    def order_keys(self, context: QueryContext) -> list[str]:
        """SQL of the sort keys of tracks."""
        return [self.value(context)]

    def with_value(self, context: QueryContext) -> Clause:
        """The files with a value."""
        return Predicate(f"{self.value(context)} IS NOT NULL")

    def may_have(self, context: QueryContext) -> FileIds | None:
        """The files with a value and perhaps others, if these are few."""
        return None

    def matches(self, words: Words, context: QueryContext) -> Clause:
        """The files whose text has these words."""
        return contains_words_sql([self.value(context)], words)

    def during(self, condition: During, context: QueryContext) -> Clause:
        """The files whose time, in UTC as `map4.base.text.utc_text` writes it, is from `low` to before `high`."""
        return stamped_sql(self.value(context), condition.low, condition.high, context.now)


class TextForms(FieldForms):
    """The forms of a text, which is sorted in any case."""

    def order_keys(self, context: QueryContext) -> list[str]:
        return [order_sql([self.value(context)])]


class WordForms:
    """How a declared value of `is:` is decided; see `FieldForms`."""

    def clause(self, context: QueryContext) -> Clause:
        """The files for which it is true."""
        raise NotImplementedError

    def of(self, track: Track) -> bool:
        """The same in Python."""
        raise NotImplementedError


class BlockForms:
    """How a declared block of a track is read."""

    def data(self, owner: int) -> str:
        """SQL of a text with the block of a file `f`, as this person sees it; null without one."""
        raise NotImplementedError

    def read(self, data: str) -> Any:
        """The block of this text: a `Record`, or other values that JSON can hold.

        raises ValueError, KeyError or TypeError: if it is damaged
        """
        raise NotImplementedError


class _WithoutTables(FieldForms, WordForms):
    """The forms in a library that has no tables of the extra."""

    def __init__(self, kind: str) -> None:
        self._type = "TEXT" if kind in ("text", "date") else "REAL"

    def value(self, context: QueryContext) -> str:
        return f"CAST(NULL AS {self._type})"

    def clause(self, context: QueryContext) -> Clause:
        return Predicate("FALSE")


@cache
def declared_blocks() -> Mapping[str, TrackBlock]:
    """The declared blocks of tracks, by name."""
    return {block.name: block for declaration in declarations() for block in declaration.track_blocks}


def forms_of(name: str | None, context: QueryContext) -> FieldForms | None:
    """The forms of a declared field; None for all others."""
    field = FIELDS.get(name or "")
    if field is None or not field.forms:
        return None
    if field.extra and not context.has_tables(field.extra):
        return _WithoutTables(field.kind)
    forms: FieldForms = load(field.forms)
    return forms


def word_forms(name: str, context: QueryContext) -> WordForms | None:
    """The forms of a declared value of `is:`; None for all others."""
    word = DECLARED_WORDS.get(name)
    if word is None:
        return None
    if word.extra and not context.has_tables(word.extra):
        return _WithoutTables("is")
    forms: WordForms = load(word.forms)
    return forms
