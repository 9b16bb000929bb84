"""What conditions are composed of: predicates, lists of ids, and SQL for the value of each field."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from map4.core.base.declaration import TrackBlock, load
from map4.core.base.declarations import declarations
from map4.core.base.text import folded, has_words, words_of
from map4.core.music.query.context import QueryContext
from map4.core.music.query.fields import DECLARED_WORDS, FIELDS
from map4.core.music.query.shuffle import RANDOM, seed_of
from map4.core.music.query.terms import During, Words
from map4.core.music.track.fields import NUMBERS, QUERIED, Field
from map4.core.store.query import field_sql
from map4.core.store.query.facts import SORT_NAMES, order_sql, without_article_sql

if TYPE_CHECKING:
    from map4.core.music.track.track import Track


class Predicate(NamedTuple):
    """A condition on facts `x` and files `f`."""

    sql: str
    values: tuple[Any, ...] = ()

    @classmethod
    def inside(cls, path: str) -> Self:
        """Whether the file `f` has this path or is in this folder."""
        inside = os.fsencode(os.path.join(path, ""))
        after = inside[:-1] + bytes([inside[-1] + 1])  # the first bytes after all that begin with the folder's
        return cls("f.path = ? OR (f.path >= ? AND f.path < ?)", (os.fsencode(path), inside, after))

    def as_predicate(self, file_id: str = "x.file_id") -> Predicate:
        return self

    @staticmethod
    def any_of(parts: Iterable[Clause]) -> Predicate:
        return _joined(parts, " OR ")

    @staticmethod
    def none_of(part: Clause) -> Predicate:
        """The negation, which includes unknown values."""
        sql, values = part.as_predicate()
        return Predicate(f"({sql}) IS NOT TRUE", values)

    @staticmethod
    def all_of(parts: Iterable[Clause]) -> Predicate:
        return _joined(parts, " AND ")

    @staticmethod
    def written(column: str, low: End, high: End, now: datetime) -> Predicate:
        """True if a day or a UTC moment of another program is at or after `low` and before `high`.

        A day counts as its local start, as does a relative time in whole days.
        """
        ends = [(sign, by_the_clock(end, now)) for sign, end in ((">=", low), ("<", high)) if end is not None]
        which = f"CASE length({column}) WHEN {len('2026-01-31')} THEN ? ELSE ? END"
        return Predicate.all_of(
            Predicate(f"{column} {sign} {which}", (_day_text(end, now), _stamp(end, now))) for sign, end in ends
        )

    @staticmethod
    def whole_value(column: str, text: str) -> Predicate:
        """A condition that a text equals a whole value in a column; several values are separated by "; "."""
        return Predicate(f"instr('; ' || map4_folded(trim({column})) || '; ', ?) > 0", (f"; {folded(text)}; ",))

    @staticmethod
    def holds(column: str, text: str) -> Predicate:
        return Predicate(f"instr({column}, ?) > 0", (text,))

    @staticmethod
    def contains_words(columns: Sequence[str], words: Words) -> Predicate:
        """A condition that any column contains the words."""
        if words.how == "whole":
            return Predicate.any_of(Predicate.whole_value(column, words.text) for column in columns)
        if not has_words(words.text):
            return Predicate.any_of(Predicate.holds(column, words.text) for column in columns)
        text = f" {words_of(words.text)}{'' if words.how == 'start' else ' '}"
        return Predicate(f"map4_says(?, {', '.join(columns)})", (text,))


class FileIds(NamedTuple):
    """A SELECT of the ids of files."""

    sql: str
    values: tuple[Any, ...] = ()

    def as_predicate(self, file_id: str = "x.file_id") -> Predicate:
        """A condition that a file is in this list."""
        return Predicate(f"{file_id} IN ({self.sql})", self.values)

    @staticmethod
    def union(*lists: FileIds) -> FileIds:
        ids = " UNION ALL ".join(each.sql for each in lists)
        return FileIds(ids, tuple(value for each in lists for value in each.values))

    @staticmethod
    def of(file_ids: Iterable[int]) -> FileIds:
        return FileIds("SELECT CAST(value AS INTEGER) FROM json_each(?)", (json.dumps([*file_ids]),))


Clause = Predicate | FileIds


def _joined(parts: Iterable[Clause], by: str) -> Predicate:
    predicates = [part.as_predicate() for part in parts]
    return Predicate(
        by.join(f"({part.sql})" for part in predicates), tuple(value for part in predicates for value in part.values)
    )


End = date | timedelta | None
"""A day, a relative time, or an open end."""


def moment_of(end: date | timedelta, now: datetime) -> datetime:
    if isinstance(end, timedelta):
        return (now - end).astimezone(UTC)
    try:
        # A day begins in the user's time zone.
        return datetime(end.year, end.month, end.day).astimezone(UTC)
    except (OverflowError, ValueError, OSError):  # the first and last days, beyond the range of clocks
        return datetime(end.year, end.month, end.day, tzinfo=UTC)


def by_the_clock(end: date | timedelta, now: datetime) -> date | timedelta:
    """A whole number of days ago means that day, as in times of other programs."""
    if isinstance(end, timedelta) and end % timedelta(days=1) == timedelta(0):
        return (now - end).astimezone().date()
    return end


def stamped_sql(column: str, low: End, high: End, now: datetime) -> Predicate:
    """True if a UTC moment, such as "2026-01-31T08:00:00Z", is from `low` to before `high`."""
    ends = [(f"{column} {sign} ?", end) for sign, end in ((">=", low), ("<", high)) if end is not None]
    return Predicate.all_of(Predicate(sql, (_stamp(end, now),)) for sql, end in ends)


def _stamp(end: date | timedelta, now: datetime) -> str:
    return moment_of(end, now).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _day_text(end: date | timedelta, now: datetime) -> str:
    """A local day or moment, to compare with days."""
    return (now - end).astimezone().isoformat() if isinstance(end, timedelta) else end.isoformat()


class FieldForms:
    """How a field is compared: in SQL, of a file `f` with its facts `x`, and in Python, of a track.

    sql: of the value, if it is the same in every context
    few: a SELECT of the ids of the files that `may_have` a value
    """

    _sql = _few = ""  # forms of extras need not call this class's __init__

    def __init__(self, sql: str = "", few: str = "") -> None:
        self._sql, self._few = sql, few

    def value(self, context: QueryContext) -> str:
        """SQL of the value; null if unknown."""
        return self._sql

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
        return FileIds(self._few) if self._few else None

    def matches(self, words: Words, context: QueryContext) -> Clause:
        """The files whose text has these words."""
        return Predicate.contains_words([self.value(context)], words)

    def during(self, condition: During, context: QueryContext) -> Clause:
        """The files whose time, in UTC as `map4.core.base.text.utc_text` writes it, is from `low` to before `high`."""
        return stamped_sql(self.value(context), condition.low, condition.high, context.now)

    @staticmethod
    def named(name: str | None, context: QueryContext) -> FieldForms | None:
        """The forms of a field; None for those of `map4.core.music.track.fields`, and for a field without a value."""
        field = FIELDS.get(name or "")
        if field is None or not (field.sql or field.measured or field.forms):
            return None
        if field.extra and not context.has_tables(field.extra):
            return _WithoutTables(field.kind)
        if field.measured:
            value = field_sql.typed_json_sql("a.core", f".{field.measured}", "REAL")
            return FieldForms(f"(SELECT {value} FROM analyses AS a WHERE a.audio_id = f.audio_id)")
        if field.sql:
            return (TextForms if field.kind in ("text", "path") else FieldForms)(field.sql)
        forms: FieldForms = load(field.forms)
        return forms


class TextForms(FieldForms):
    """The forms of a text, which is sorted in any case."""

    def order_keys(self, context: QueryContext) -> list[str]:
        return [order_sql([self.value(context)])]


class _ExplicitForms(TextForms):
    """Whether the tags mark a track as explicit. A term also matches "unknown", which is no value."""

    def of(self, track: Track) -> str | None:
        advisory = track.value("advisory")
        return advisory and ("yes" if advisory == "explicit" else "no")

    def matches(self, words: Words, context: QueryContext) -> Clause:
        return Predicate.contains_words([f"coalesce({self.value(context)}, 'unknown')"], words)


class WordForms:
    """How a declared value of `is:` is decided; see `FieldForms`.

    files: a SELECT of the ids of the files for which it is true, if it is the same in every context, and its values
    """

    def __init__(self, files: str = "", *values: object) -> None:
        self._true_for = FileIds(files, values)

    def clause(self, context: QueryContext) -> Clause:
        """The files for which it is true."""
        return self._true_for

    def of(self, track: Track) -> bool:
        """The same in Python."""
        raise NotImplementedError


class BlockForms:
    """How a declared block of a track is read."""

    def data(self, owner: int) -> str:
        """SQL of a text with the block of a file `f`, as this person sees it; null without one."""
        raise NotImplementedError

    def read(self, data: str) -> Any:
        """The block of this text: a `Record`, or other values that JSON can hold."""
        raise NotImplementedError


class _WithoutTables(FieldForms, WordForms):
    """The forms in a library that has no tables of the extra."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"CAST(NULL AS {'TEXT' if kind in ('text', 'date') else 'REAL'})")

    def clause(self, context: QueryContext) -> Clause:
        return Predicate("FALSE")


@cache
def declared_blocks() -> Mapping[str, TrackBlock]:
    """The declared blocks of tracks, by name."""
    return {block.name: block for declaration in declarations() for block in declaration.track_blocks}


def word_forms(name: str, context: QueryContext) -> WordForms | None:
    """The forms of a declared value of `is:`; None for all others."""
    word = DECLARED_WORDS.get(name)
    if word is None:
        return None
    if word.extra and not context.has_tables(word.extra):
        return _WithoutTables("is")
    forms: WordForms = load(word.forms)
    return forms


class _FormsInContext(FieldForms):
    """The forms of a value whose SQL depends on the context."""

    def __init__(self, sql_in: Callable[[QueryContext], str]) -> None:
        super().__init__()
        self._sql_in = sql_in

    def value(self, context: QueryContext) -> str:
        return self._sql_in(context)


class _AddedForms(FieldForms):
    """When another program added the file, else when map4 did."""

    def during(self, condition: During, context: QueryContext) -> Clause:
        low, high, now = condition.low, condition.high, context.now
        seen = Predicate.all_of([Predicate("x.date_added IS NULL"), stamped_sql("x.added_at", low, high, now)])
        return Predicate.any_of([Predicate.written("x.date_added", low, high, now), seen])


class _ModifiedForms(FieldForms):
    """When the file was changed, in nanoseconds."""

    def during(self, condition: During, context: QueryContext) -> Clause:
        ends = [(f"x.modified_ns {sign} ?", end) for sign, end in ((">=", condition.low), ("<", condition.high))]
        return Predicate.all_of(
            Predicate(sql, (_nanoseconds(end, context.now),)) for sql, end in ends if end is not None
        )


_MOST_INTEGER = 2**63 - 1  # of SQLite


def _nanoseconds(end: date | timedelta, now: datetime) -> int:
    """The moment in nanoseconds as for files, limited to SQLite's integers."""
    return max(-_MOST_INTEGER, min(_MOST_INTEGER, int(moment_of(end, now).timestamp()) * 1_000_000_000))


EXPLICIT = _ExplicitForms("CASE f.advisory WHEN 'explicit' THEN 'yes' WHEN 'clean' THEN 'no' WHEN 'none' THEN 'no' END")
LOUDNESS = _FormsInContext(lambda context: field_sql.loudness_sql(context.preferences.mono))
TEMPO_CONFIDENCE, KEY_CONFIDENCE = (_FormsInContext(partial(field_sql.confidence_sql, of)) for of in ("tempo", "key"))
ADDED, MODIFIED = _AddedForms("coalesce(x.date_added, x.added_at)"), _ModifiedForms("x.modified_ns")


def value_sql(field: str, context: QueryContext) -> str:
    """The value of a field for comparisons."""
    if (forms := FieldForms.named(field, context)) is not None:
        return forms.value(context)
    return shown_sql(QUERIED[field], field_sql.counting_sql(QUERIED[field].name, context))


def shown_sql(field: Field, value: str) -> str:
    """The current value of a field in the form that queries compare."""
    return f"CASE WHEN {value} IS NOT NULL THEN map4_color({value}) END" if field.kind == "color" else value


def order_keys(field: str, context: QueryContext) -> list[str]:
    """The sort keys of a field, for tracks with a value."""
    if field == RANDOM:
        return [f"map4_shuffle('{seed_of(context.shuffle, context.now)}', coalesce(f.audio_id, f.uid))"]
    if (forms := FieldForms.named(field, context)) is not None:
        return forms.order_keys(context)
    value = value_sql(field, context)
    if field == "key":
        # Around the circle: 2A sorts before 10A.
        return [f"CAST(rtrim({value}, 'AB') AS INTEGER)", value]
    if field in field_sql.NAMES:  # the tag's sort key is in another column
        sources = [text for text in field_sql.known_values_sql(field, context.preferred) if text]
        if (sort_name := SORT_NAMES.get(field)) is None:
            return [order_sql(sources)]
        tag = f"f.{field}"
        texts = [text for each in sources for text in ((f"f.{sort_name}", each) if each == tag else (each,))]
        return [without_article_sql(order_sql(texts), context.preferences.articles)]
    return [value if QUERIED[field].kind in NUMBERS else order_sql([value])]
