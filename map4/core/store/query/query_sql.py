"""Translate a query to SQL over `facts`, `files` and the full-text index; values are always parameters."""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

from map4.core.base.text import folded, has_words, words_of
from map4.core.music.analysis.analysis import ANALYSIS_VERSION, DOUBTFUL
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.inside import DetectedCue
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.analysis.plausible import CLIPPED_PER_MINUTE, LEAST_SECOND, Energy
from map4.core.music.mixing.harmony import fits
from map4.core.music.query import terms
from map4.core.music.query.context import QueryContext
from map4.core.music.query.fields import TRACK_STATES
from map4.core.music.query.parser import Query, Term
from map4.core.music.track.credits import CREDITED
from map4.core.music.track.fields import QUERIED, is_usual
from map4.core.music.track.sources import Preferred
from map4.core.store.query.facts import NUMBERS, WITH_CREDIT_NAMES, WITH_IMPORTED_NAMES, WITH_OWN_NAMES
from map4.core.store.query.field_sql import (
    NAMES,
    OWN_NAMES,
    confidence_sql,
    counting_sql,
    genre_sql,
    in_force_sql,
    rated_sql,
    text_sql,
)
from map4.core.store.query.forms import (
    Clause,
    FieldForms,
    FileIds,
    Predicate,
    order_keys,
    shown_sql,
    value_sql,
    word_forms,
)
from map4.core.store.query.hooks import genre_words

C = TypeVar("C")


@dataclass(frozen=True)
class StoredCondition(Generic[C]):
    """A condition in its context."""

    condition: C
    context: QueryContext

    def clause(self) -> Clause:
        """SQL for the matching tracks."""
        raise NotImplementedError

    def match(self) -> str | None:
        """The full-text search expression; None if the index can't answer."""
        return None


# ---- words ---------------------------------------------------------------------------------------

# Fields in the full-text index; other fields are scanned.
_INDEXED = (*NAMES, "path")
_TAGGED = "SELECT rowid FROM files_fts WHERE files_fts MATCH ?"


class WordsCondition(StoredCondition[terms.Words]):
    @cached_property
    def words(self) -> terms.Words:
        return replace(self.condition, text=_bindable(self.condition.text))

    def clause(self) -> Clause:
        return Predicate.any_of([self._clause(), FileIds.of(self._below)]) if self._below else self._clause()

    @cached_property
    def _below(self) -> Sequence[int]:
        """The files of genres that are, or are below, a genre of the library's table that the words match."""
        words, own = self.condition, self.context.preferences.genres
        if words.field != "genre" or not has_words(words.text):
            return ()
        wanted = f" {words_of(words.text)}{'' if words.how == 'start' else ' '}"
        meant = own.matching(
            lambda name: folded(name) == folded(words.text) if words.how == "whole" else wanted in f" {words_of(name)} "
        )
        # Python decides on each text once: SQL would call it for each of 100,000 tracks.
        is_below = cache(lambda text: not meant.isdisjoint(own.genres_of(text)))
        sql = (
            f"SELECT x.file_id, {genre_sql(self.context.preferred)} FROM facts AS x JOIN files AS f ON f.id = x.file_id"
        )
        return [file_id for file_id, text in self.context.rows(sql, ()) if is_below(text)] if meant else ()

    def _clause(self) -> Clause:
        words, field = self.words, self.condition.field
        if any(counting_sql(name, self.context) != in_force_sql(name) for name in self._names()):
            return self._current_values_clause()
        if field is None:
            return Predicate.any_of(self.lists())
        if field != "path" and (forms := FieldForms.named(field, self.context)) is not None:  # paths are in the index
            return forms.matches(words, self.context)
        if field in OWN_NAMES:
            tags, own, others = self._tags_clause(), _own_names(self.words), [_imported_names(self.words)]
            if self.condition.field == "genre":  # in the tag, or in the labels
                others += genre_words(self.words)
            if self.condition.field == "artist":
                own_credits, imported = _named_credits(self.words, self.context.preferred)
                others += [_credit_names(self.words, self.context.preferred), imported]
                own = FileIds.union(own, own_credits)
            is_not_set = Predicate(f"x.user_{self.condition.field} IS NULL")
            if isinstance(tags, FileIds):
                # A list of the few matching files; otherwise all facts would be scanned.
                return Predicate.all_of([FileIds.union(own, *others, tags), Predicate.any_of([is_not_set, own])])
            clauses: list[Clause] = [tags, *reversed(others)]
            return Predicate.any_of([*(Predicate.all_of([each, is_not_set]) for each in clauses), own])
        if field in CREDITED and has_words(self.condition.text):
            return FileIds.union(self._tagged(field), _credit_names(words, self.context.preferred, field))
        if field == "comment":  # in the tag, imported or user-set: all belong to the track, whichever is shown
            return _commented(lambda column: _contains_sql(column, words))
        return self._tags_clause()

    def match(self) -> str | None:
        is_known = is_usual(self.context.preferred, *NAMES) and self.condition.field in (None, *_INDEXED)
        is_known = is_known and not self._below
        return self._match() if is_known and self.condition.how != "whole" and has_words(self.condition.text) else None

    def lists(self) -> list[Clause]:
        """The places to search words without a field; former names match too."""
        return [self._tags_clause(), _own_names(self.words), _imported_names(self.words)]

    def _match(self) -> str:
        column = "artist" if self.condition.field in CREDITED else self.condition.field
        columns = "" if column is None else f"{{{column}}} : "
        return f"{columns}{_quoted(folded(self.words.text))}{' *' if self.condition.how == 'start' else ''}"

    def _tags_clause(self) -> Clause:
        words, field = self.words, self.condition.field
        fields = _INDEXED if field is None else (field,)
        if field not in (None, *_INDEXED) or not has_words(words.text):
            texts = {
                name: shown_sql(QUERIED[name], in_force_sql(QUERIED[name].name))
                if name in QUERIED
                else value_sql(name, self.context)
                for name in fields
            }
            texts |= {"artist": _artists_sql(texts["artist"], words)} if "artist" in texts else {}
            return Predicate.any_of(_contains_sql(text, words) for text in texts.values())
        if words.how != "whole":
            return FileIds(_TAGGED, (self._match(),))
        columns = {"path": "display", "artist": "coalesce(g.credits_sorted, g.artist)"}
        return self._tagged(columns.get(fields[0], fields[0]))

    def _tagged(self, column: str) -> FileIds:
        """The files whose tag has the words or the value; the index returns the few rows to compare."""
        sql, values = Predicate.contains_words([column if "(" in column else f"g.{column}"], self.words)
        tables = "files_fts CROSS JOIN files AS g ON g.id = files_fts.rowid"
        return FileIds(f"SELECT g.id FROM {tables} WHERE files_fts MATCH ? AND {sql}", (self._match(), *values))

    def _names(self) -> Sequence[str]:
        field = self.condition.field
        return NAMES if field is None else (QUERIED[field].name,) if field in QUERIED else ()

    def _current_values_clause(self) -> Clause:
        """With another order of sources than in the facts: scan the current values."""
        preferred = self.context.preferred
        columns = [in_force_sql(name, preferred) for name in self._names()]
        if self.condition.field == "artist":
            columns = [_artists_sql(columns[0], self.words), *_credit_columns(preferred)]
        clauses: list[Clause] = [Predicate.contains_words(columns, self.words)]
        if self.condition.field is None:
            clauses.append(self._tags_clause())
        if self.condition.field == "genre":
            is_not_set = Predicate("x.user_genre IS NULL")
            clauses += [Predicate.all_of([labelled, is_not_set]) for labelled in genre_words(self.words)]
        return Predicate.any_of(clauses)


def _have_all(words: list[WordsCondition]) -> FileIds:
    """The tracks that have all words, as a single list, because SQLite would otherwise build a list per word.

    words: without a field, in the full-text index
    """
    # The few files with names from other sources may have some words there and others in the tags. The LIMIT makes
    # SQLite evaluate them first: without any, no list of words is built.
    has_each = Predicate.all_of(
        Predicate.any_of(names.as_predicate("n.file_id") for names in each.lists()) for each in words
    )
    others = (
        f"SELECT n.file_id FROM ({WITH_OWN_NAMES} UNION ALL {WITH_IMPORTED_NAMES} LIMIT -1) AS n WHERE {has_each.sql}"
    )
    match = " AND ".join(str(each.match()) for each in words)
    return FileIds.union(FileIds(others, has_each.values), FileIds(_TAGGED, (match,)))


def song_sql(artist: str, title: str, preferred: Preferred = ()) -> Predicate:
    """Files that may have this artist and title, in any case: all that have them, and possibly others."""
    matches = [
        f"{{{field}}} : " + _quoted(folded(_bindable(text)))
        for field, text in (("artist", artist), ("title", title))
        if has_words(text)
    ]
    if not matches:
        return Predicate("TRUE")
    # The full-text index has only the tags; few tracks have other names.
    lists = [FileIds(_TAGGED, (" AND ".join(matches),)), FileIds(WITH_OWN_NAMES), FileIds(WITH_IMPORTED_NAMES)]
    if not is_usual(preferred, "artist", "title"):
        audio_ids = "SELECT audio_id FROM provided UNION ALL SELECT audio_id FROM imported"
        lists.append(FileIds(f"SELECT id FROM files WHERE audio_id IN ({audio_ids})"))
    return FileIds.union(*lists).as_predicate()


def _contains_sql(column: str, words: terms.Words) -> Predicate:
    if words.how == "whole":
        return Predicate.whole_value(column, words.text)
    if not has_words(words.text):
        return Predicate.holds(column, words.text)
    # Most files have no comment; this avoids a call to Python for each.
    return Predicate(f"{column} IS NOT NULL AND instr(map4_folded({column}), ?) > 0", (folded(words.text),))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _bindable(text: str) -> str:
    """Text that SQLite accepts: invalid Unicode and NUL, at which FTS5 stops reading, are replaced."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


# ---- values --------------------------------------------------------------------------------------

# Numbers with an index in the facts, and the widest range (end / beginning) for which to use it.
_INDEXED_NUMBERS = {"bpm": 1.03, "year": 1.001}


class BetweenCondition(StoredCondition[terms.Between]):
    def clause(self) -> Clause:
        if self.condition.field == "energy":
            return Predicate.any_of(_level_sql(low, high) for low, high in self.condition.ranges)
        number = value_sql(self.condition.field, self.context)
        if not self._is_narrow():
            number = f"+{number}"  # without the indexes, which would look up too many rows
        return Predicate.any_of(_range_sql(number, low, high) for low, high in self.condition.ranges)

    def _is_narrow(self) -> bool:
        """True if an index selects the few matching tracks."""
        widest = _INDEXED_NUMBERS.get(self.condition.field)
        return widest is not None and all(low and high and high / low <= widest for low, high in self.condition.ranges)


def _level_sql(low: float | None, high: float | None) -> Predicate:
    least = Energy.LEVELS[int(low) - 1] if low else 0.0
    most = Energy.LEVELS[int(high)] if high and high < Energy.MOST_LEVEL else math.inf
    return Predicate("+x.energy >= ? AND +x.energy < ?", (least, most))


def _range_sql(number: str, low: float | None, high: float | None) -> Predicate:
    ends = [(f"{number} >= ?", low), (f"{number} <= ?", high)]
    return Predicate.all_of(Predicate(sql, (end,)) for sql, end in ends if end is not None)


class KeysCondition(StoredCondition[terms.InKeys | terms.NearKeys]):
    def clause(self) -> Clause:
        keys, rule = self.condition.keys, self.context.preferences.harmonic
        if isinstance(self.condition, terms.NearKeys):
            if rule == "off":
                return Predicate("TRUE")
            keys = tuple(key for key in ALL_KEYS if any(fits(rule, other, key) for other in self.condition.keys))
        return _is_any(counting_sql("key", self.context), [key.camelot for key in keys])


class OneOfCondition(StoredCondition[terms.OneOf]):
    def clause(self) -> Clause:
        return _is_any(value_sql(self.condition.field, self.context), self.condition.values)


def _is_any(value: str, choices: Iterable[str]) -> Predicate:
    chosen = tuple(_bindable(choice) for choice in choices)
    return Predicate(f"{value} IN ({', '.join('?' * len(chosen))})", chosen)


class IsKnownCondition(StoredCondition[terms.IsKnown]):
    """A list if few files have the value."""

    def clause(self) -> Clause:
        field = self.condition.field
        if field in DetectedCue.KINDS:
            return Predicate.holds("' ' || x.detected_cues || ' '", f" {field} ")
        if (forms := FieldForms.named(field, self.context)) is not None:
            return forms.with_value(self.context)
        if field == "rating":
            return FileIds(rated_sql(self.context.owner))
        if field == "comment":
            return _commented(lambda column: Predicate(f"{column} IS NOT NULL"))
        return Predicate(f"{value_sql(field, self.context)} IS NOT NULL")


class IsCondition(StoredCondition[terms.Is]):
    def clause(self) -> Clause:
        word, context = self.condition.word, self.context
        if (forms := word_forms(word, context)) is not None:
            return forms.clause(context)
        if word in ("ok", "failed", "missing", "pending"):
            return Predicate("x.state = ?", (word,))
        if word in ("silent", "damaged", "truncated"):
            return Predicate.holds("x.flags", f'"{word}"')
        if word == "lossless":
            return _is_any("x.codec", AudioFormat.LOSSLESS_CODECS)
        if word == "copy":
            return FileIds.of(sorted(context.copies()))
        if word == "stale":
            return Predicate("x.analysis_version <> ?", (ANALYSIS_VERSION,))
        if word == "doubtful":
            second = f"{confidence_sql('other_tempo', context)} >= {LEAST_SECOND}"
            unsure = (f"{confidence_sql(what, context)} < {DOUBTFUL}" for what in ("tempo", "key"))
            return Predicate.any_of(Predicate(sql) for sql in (*unsure, second))
        return Predicate({
            "any": "TRUE",
            "upscaled": "map4_is_upscaled(x.codec, x.sample_rate_hz, x.bit_rate_bps, x.cutoff_hz, x.cutoff_drop_db)",
            "clipped": f"x.clipped_per_minute >= {CLIPPED_PER_MINUTE}",
        }[word])  # fmt: skip


class DuringCondition(StoredCondition[terms.During]):
    def clause(self) -> Clause:
        forms = FieldForms.named(self.condition.field, self.context)
        assert forms is not None, self.condition.field
        return forms.during(self.condition, self.context)


class NowCondition(StoredCondition[terms.Now]):
    def clause(self) -> Clause:
        return Predicate("TRUE" if self.condition.includes(self.context.now) else "FALSE")


# ---- places --------------------------------------------------------------------------------------


class UnderCondition(StoredCondition[terms.Under]):
    def clause(self) -> Clause:
        try:
            path = self.context.locate(self.condition.path)
            # A folder may be reached through a link beside it.
            names = dict.fromkeys((*unicode_forms(path), *unicode_forms(os.path.realpath(path))))
            return Predicate.any_of([Predicate.inside(name) for name in names])
        except UnicodeEncodeError:  # a lone surrogate, which no name on a disk contains
            return Predicate("FALSE")


def unicode_forms(name: str) -> list[str]:
    """A name in each form that a disk may use: unchanged, composed (NFC) and decomposed (NFD)."""
    return list(dict.fromkeys((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))))


KINDS: dict[type[terms.Condition], type[StoredCondition[Any]]] = {
    terms.Words: WordsCondition, terms.Between: BetweenCondition, terms.InKeys: KeysCondition,
    terms.NearKeys: KeysCondition, terms.During: DuringCondition, terms.IsKnown: IsKnownCondition,
    terms.Is: IsCondition, terms.OneOf: OneOfCondition, terms.Under: UnderCondition, terms.Now: NowCondition,
}  # fmt: skip


def condition_of(condition: terms.Condition, context: QueryContext) -> StoredCondition[Any]:
    return KINDS[type(condition)](condition, context)


def _artists_sql(column: str, words: terms.Words) -> str:
    """An artist; with all its names if whole names are asked for."""
    return f"map4_artists({column})" if words.how == "whole" else column


def _own_names(words: terms.Words) -> FileIds:
    """The files with user-set names that contain the words: of a field in `OWN_NAMES`, or of any."""
    return _named(WITH_OWN_NAMES, [f"user_{name}" for name in OWN_NAMES if words.field in (None, name)], words)


def _imported_names(words: terms.Words) -> FileIds:
    """Like `_own_names`, for imported names with an empty tag: of a field in `NAMES`, or of any."""
    return _named(WITH_IMPORTED_NAMES, [f"imported_{name}" for name in NAMES if words.field in (None, name)], words)


def _named(few: str, columns: Sequence[str], words: terms.Words) -> FileIds:
    columns = [_artists_sql(column, words) if column.endswith("_artist") else column for column in columns]
    sql, values = Predicate.contains_words(columns, words)
    return FileIds(f"{few} AND ({sql})", values)


def _credit_columns(preferred: Preferred) -> list[str]:
    """The credits of the file `f` with its facts `x` besides its artist."""
    return [*(in_force_sql(name, preferred) for name in CREDITED), f"map4_guests({in_force_sql('title', preferred)})"]


def _named_credits(words: terms.Words, preferred: Preferred) -> tuple[FileIds, FileIds]:
    """The files with user-set, and with imported names, whose credits other than the artist contain the words."""
    own, imported = (_credited(few, _credit_columns(preferred), words) for few in (WITH_OWN_NAMES, WITH_IMPORTED_NAMES))
    return own, imported


def _credit_names(words: terms.Words, preferred: Preferred, field: str | None = None) -> FileIds:
    """The files with imported or looked-up credits that contain the words: of a field, or of any."""
    names = (name for name in CREDITED if field in (None, name))
    return _credited(WITH_CREDIT_NAMES, [in_force_sql(name, preferred) for name in names], words)


def _credited(few: str, columns: Sequence[str], words: terms.Words) -> FileIds:
    sql, values = Predicate.contains_words(columns, words)
    tables = f"({few}) AS n CROSS JOIN facts AS x ON x.file_id = n.file_id CROSS JOIN files AS f ON f.id = x.file_id"
    return FileIds(f"SELECT x.file_id FROM {tables} WHERE {sql}", values)


def _commented(matches: Callable[[str], Predicate]) -> FileIds:
    """The files whose comment (tag, imported or set by the user) matches: one list, read once.

    matches: the condition on a text column
    """
    # The index has only the comments; in the table, large grids separate them.
    noted = "imported AS i INDEXED BY imported_comments JOIN files AS g ON g.uid = i.audio_id"
    set_here = "user_values AS u JOIN files AS g ON g.uid = u.audio_id"
    every = (
        ("files AS g WHERE", matches("g.comment")),
        (f"{noted} WHERE i.comment IS NOT NULL AND", matches("i.comment")),
        (f"{set_here} WHERE u.name = 'comment' AND", matches("json_extract(u.value, '$')")),
    )
    return FileIds.union(*(FileIds(f"SELECT g.id FROM {tables} ({sql})", values) for tables, (sql, values) in every))


Group = dict[Term, StoredCondition[Any]]
"""Terms that must all match, without duplicates."""


@dataclass(frozen=True)
class QueryPlan:
    """The SQL for a query; `among` narrows the files."""

    query: Query
    context: QueryContext
    among: FileIds | None = None

    @cached_property
    def _groups(self) -> list[Group]:
        return [{term: condition_of(term.condition, self.context) for term in group} for group in self.query.groups]

    @cached_property
    def where(self) -> Predicate:
        """The condition on `facts AS x` and `files AS f`; limits left out."""
        matches = Predicate.any_of(_group_sql(group) for group in self._groups or [{}])
        return matches if self.among is None else Predicate.all_of([self.among, matches])

    # ---- sorted ----------------------------------------------------------------------------------

    def ids(self) -> Predicate:
        """SELECT of the matching ids, in the query's order and within its limits."""
        # With a limit, SQLite sorts in a tree, which takes six times as long for a million rows.
        limit, offset = self.query.limit, self.query.offset
        is_limited = limit is not None or offset
        return self._ids(self.where, f" LIMIT {-1 if limit is None else limit} OFFSET {offset}" if is_limited else "")

    def ids_with_artists(self) -> Predicate:
        """SELECT of all matching ids in order, each with its artist, work, album, disc and number there."""
        artist, work, album = (text_sql(name, self.context.preferred) for name in ("artist", "work", "album"))
        disc, track = (in_force_sql(name, self.context.preferred) for name in ("disc_number", "track"))
        of_work = f", {work}, coalesce({album}, {artist}), {disc}, coalesce({track}, f.movement_number)"
        return self._ids(self.where, column=f", {artist}{of_work if self.context.preferences.whole_works else ''}")

    def _ids(self, where: Predicate, limit: str = "", *, column: str = "") -> Predicate:
        # CROSS JOIN keeps this order: the narrow facts first, unless folder conditions select all matches.
        tables = "facts AS x CROSS JOIN files AS f ON f.id = x.file_id"
        if self.query.groups and all(any(isinstance(term.condition, terms.Under) and not term.negated for term in group)
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
        isinstance(term.condition, terms.Is) and term.condition.word in TRACK_STATES and not term.negated
        for term in group
    )
    # Missing, failed and pending files appear only if the query names a state.
    parts: list[Clause] = [] if names_state else [Predicate("x.state = 'ok'")]
    words = {term: each for term, each in group.items() if isinstance(each, WordsCondition)}
    of_no_field = {term: each for term, each in words.items() if each.condition.field is None}
    together = {term: each for term, each in of_no_field.items() if not term.negated and each.match() is not None}
    if together:
        parts.append(_have_all([*together.values()]))
    # A word of only punctuation is matched literally (the band "!!!"), but between other words it is ignored ("A - B").
    with_words = {term for term, each in words.items() if has_words(each.condition.text)}
    left_out = of_no_field.keys() - with_words if with_words else set()
    for term, each in group.items():
        if term not in left_out and term not in together:
            parts.append(Predicate.none_of(each.clause()) if term.negated else each.clause())
    return Predicate.all_of(parts or [Predicate("TRUE")])


def _order_sql(field: str, descending: bool, context: QueryContext) -> str:
    direction = " DESC" if descending else ""
    # The sign keeps SQLite from scanning an index of that order and looking up each track in it.
    sign = "+" if field in NUMBERS else ""
    return ", ".join(f"{sign}{key}{direction} NULLS LAST" for key in order_keys(field, context))
