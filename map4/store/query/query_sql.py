"""From a query to SQL over `facts`, `files` and the full-text index; values always as parameters."""

from __future__ import annotations

import json
import math
import os
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from map4.base.text import has_words
from map4.music.analysis.analysis import ANALYSIS_VERSION, DOUBTFUL, ENERGY_LEVELS, MOST_ENERGY_LEVEL
from map4.music.analysis.audio import LOSSLESS_CODECS
from map4.music.analysis.inside import DETECTED_CUE_KINDS
from map4.music.analysis.key import ALL_KEYS
from map4.music.analysis.plausible import CLIPPED_PER_MINUTE
from map4.music.mixing.harmony import fits
from map4.music.query.context import QueryContext
from map4.music.query.fields import TRACK_STATES
from map4.music.query.parser import Query, Term
from map4.music.query.terms import Between, Condition, During, InKeys, Is, IsKnown, NearKeys, OneOf, Under, Words
from map4.music.track.fields import ASKED
from map4.music.track.fields import NUMBERS as NUMBER_KINDS
from map4.music.track.track_parts import STATES
from map4.store.query.facts import (
    HAS_IMPORTED_NAMES_SQL,
    HAS_OWN_NAMES_SQL,
    NUMBERS,
    TEXTS,
    bound_sql,
    order_sql,
    up_to_sql,
)
from map4.store.query.field_sql import (
    NAMES,
    confidence_sql,
    counting_sql,
    own_ratings_sql,
    rated_sql,
    said_sql,
)
from map4.store.query.own_words_sql import OWN_WORDS, known_sql, names_sql
from map4.store.query.plays_sql import PLAY_FIELDS, may_be_heard_sql, played_order_sql
from map4.store.query.query_annotations import (
    IS_IMPORTED_SQL,
    LABEL_FIELDS,
    Sql,
    commented_sql,
    is_labelled_sql,
)
from map4.store.query.times_sql import during_sql
from map4.store.query.words_sql import any_of_sql, joined_sql, value_sql, words_match_sql, words_sql

# Numbers that facts have an index of, and how wide a range may be (its end by its beginning) to be looked up in it.
_INDEXED_NUMBERS = {"bpm": 1.03, "year": 1.001}


AMONG = "x.file_id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
"""Which rows of the facts are of files with one of some ids."""


def matching_sql(query: Query, context: QueryContext, *, bound: Any = None, among: Iterable[int] | None = None) -> Sql:
    """The ids of the files that match, in the query's order and within its limits.

    With a `bound` from `first_bound_sql`, all of the first, each with whether its first sort key is not behind that:
    up to there nothing is left out, and what is behind it may be. With `among`, all that are among some files.
    """
    where, values = where_sql(query, context)
    also = ""
    if bound is not None:
        field, descending = _first_of(query)
        key = order_keys(field, context)[-1] if field else "f.path"
        also = f", {key} {'>=' if descending else '<='} ?"
        where = f"x.file_id IN ({up_to_sql(field, descending, context.owner)}) AND ({where})"
        values = (bound, bound, *values)
    if among is not None:
        where, values = f"{AMONG} AND ({where})", (json.dumps([*among]), *values)
    keys = [_order_sql(order.field, order.descending, context) for order in query.sort]
    # The path at last, so that the order is always the same; NFC and NFD names stand where their bytes put them.
    # The sign keeps Postgres from going through all paths in order, until enough match.
    order = ", ".join([*keys, "+f.path"])
    # With any limit, SQLite keeps what it sorts in a tree, which takes six times as long for a million.
    is_limited = bound is None and among is None and (query.limit is not None or query.offset)
    limit = f" LIMIT {-1 if query.limit is None else query.limit} OFFSET {query.offset}" if is_limited else ""
    # CROSS JOIN keeps this order: the narrow facts first, unless paths tell of all that match.
    tables = "facts AS x CROSS JOIN files AS f ON f.id = x.file_id"
    if query.groups and all(any(isinstance(term.condition, Under) and not term.negated for term in group)
                            for group in query.groups):  # fmt: skip
        tables = "files AS f CROSS JOIN facts AS x ON x.file_id = f.id"
    return f"SELECT x.file_id{also} FROM {tables} WHERE {where} ORDER BY {order}{limit}", values


def first_bound_sql(query: Query, context: QueryContext) -> str | None:
    """How far the first `:at` tracks of an order reach by its first key; None where no index has that order."""
    field, descending = _first_of(query)
    if field and (field not in (*TEXTS, *NUMBERS) or not _is_usual(field, context)):
        return None
    return bound_sql(field, descending, context.owner)


def _first_of(query: Query) -> tuple[str, bool]:
    """The first field of the order of a query, empty where it is that of the paths themselves; and whether it falls."""
    return (query.sort[0].field, query.sort[0].descending) if query.sort else ("", False)


def _is_usual(field: str, context: QueryContext) -> bool:
    """Whether the sources of a field count in their usual order: by settings, others may count first."""
    usual = QueryContext(now=context.now, owner=context.owner)
    return _sorted_value(field, context) == _sorted_value(field, usual)


def walking_sql(query: Query, context: QueryContext) -> Sql | None:
    """The ids of the files that match with a path behind a first and up to a last one, by path; nothing is sorted.

    The two paths come before the values. None where the query has an order of its own, or what an index knows;
    words that the full-text index knows are for who asks to weigh (`words_match`).
    """
    terms = [term for group in query.groups for term in group]
    if query.sort or any(_is_narrow(term.condition) or _makes_a_list(term.condition) for term in terms):
        return None
    if asks_words(query) and not (len(query.groups) == 1 and all(_is_known(term, context) for term in terms)):
        return None
    where, values = where_sql(query, context)
    # The sign keeps SQLite from looking files up by the ids of words, and sorting them.
    tables = "files AS f CROSS JOIN facts AS x ON x.file_id = +f.id"
    return f"SELECT x.file_id FROM {tables} WHERE f.path > ? AND f.path <= ? AND ({where}) ORDER BY f.path", values


def asks_words(query: Query) -> bool:
    """Whether any words are looked for, of which a list is made."""
    return any(isinstance(term.condition, Words) for group in query.groups for term in group)


def words_match(query: Query, context: QueryContext) -> str | None:
    """What the full-text index is asked for all words of a query that walks (`walking_sql`); None where there are none
    that must be there.
    """
    wanted = [term for group in query.groups for term in group if not term.negated]
    found = [words_match_sql(term.condition, context) for term in wanted]
    return " AND ".join(dict.fromkeys(filter(None, found))) or None


def _is_known(term: Term, context: QueryContext) -> bool:
    """Whether the full-text index knows which tags have some words; of what is none nothing is asked of it."""
    return not isinstance(term.condition, Words) or words_match_sql(term.condition, context) is not None


def where_sql(query: Query, context: QueryContext) -> Sql:
    """The condition on `facts AS x` and `files AS f`; limits left out."""
    groups = [_group_sql(group, context) for group in query.groups or ((),)]
    return joined_sql(groups, " OR ")


def _group_sql(terms: Sequence[Term], context: QueryContext) -> Sql:
    names_state = any(
        isinstance(term.condition, Is) and term.condition.word in TRACK_STATES and not term.negated for term in terms
    )
    parts: list[Sql] = [] if names_state else [("x.state = 'ok'", ())]
    texts = [term for term in terms if isinstance(term.condition, Words)]
    # Marks alone are looked for as they are (the band "!!!"), but between words they are nothing ("A - B").
    with_words = [term for term in texts if isinstance(term.condition, Words) and has_words(term.condition.text)]
    terms = list(dict.fromkeys(terms))
    if plain := [term for term in terms if _is_plain(term, context)]:
        parts.append(_all_words_sql(plain, context))
        terms = [term for term in terms if term not in plain]
    for term in terms:
        condition = term.condition
        if isinstance(condition, Words) and condition.field is None and with_words and term not in with_words:
            continue
        sql, values = _condition_sql(condition, context)
        # The opposite is all that is not so, what is not known included.
        parts.append((f"({sql}) IS NOT TRUE" if term.negated else f"({sql})", values))
    return joined_sql(parts or [("TRUE", ())], " AND ")


def _is_plain(term: Term, context: QueryContext) -> bool:
    words = term.condition
    if not isinstance(words, Words) or term.negated or words.field is not None:
        return False
    return words_match_sql(words, context) is not None


def _all_words_sql(terms: Sequence[Term], context: QueryContext) -> Sql:
    """Whether a track has all of some words: one list, as SQLite would make each of several that are joined twice."""
    each = joined_sql([_condition_sql(term.condition, context) for term in terms], " AND ")
    match = " AND ".join(str(words_match_sql(term.condition, context)) for term in terms)
    # Of the few that have names besides the tags, one may be in these and another in those.
    named = (
        f"SELECT file_id FROM facts INDEXED BY own_names WHERE {HAS_OWN_NAMES_SQL} UNION ALL "
        f"SELECT file_id FROM facts INDEXED BY imported_names WHERE {HAS_IMPORTED_NAMES_SQL}"
    )
    # With a limit of its own they are found first: where there are none, no list of words is made for them.
    named = f"SELECT n.file_id FROM ({named} LIMIT -1) AS n WHERE {each[0].replace('x.file_id', 'n.file_id')}"
    found = f"{named} UNION ALL SELECT rowid FROM files_fts WHERE files_fts MATCH ?"
    return f"x.file_id IN ({found})", (*each[1], match)


def _condition_sql(condition: Condition, context: QueryContext) -> Sql:
    match condition:
        case Words():
            return words_sql(condition, context)
        case Between(field="energy", ranges=ranges):
            return joined_sql([_level_sql(low, high) for low, high in ranges], " OR ")
        case Between(field=field, ranges=ranges):
            number = value_sql(field, context)
            if not _is_narrow(condition):
                number = f"+{number}"  # without the indexes, which would look up more rows than they spare
            return joined_sql([_between_sql(number, low, high) for low, high in ranges], " OR ")
        case InKeys(keys=keys):
            return any_of_sql(counting_sql("key", context), [key.camelot for key in keys])
        case NearKeys(keys=keys):
            if context.rule == "off":
                return "TRUE", ()
            near = [key.camelot for key in ALL_KEYS if any(fits(context.rule, a, key) for a in keys)]
            return any_of_sql(counting_sql("key", context), near)
        case During():
            return during_sql(condition, context)
        case IsKnown(field=field) if field in DETECTED_CUE_KINDS:
            return "instr(' ' || x.detected_cues || ' ', ?) > 0", (f" {field} ",)
        case IsKnown(field=field) if field in OWN_WORDS:
            return known_sql(field, context.owner), ()
        case IsKnown(field="rating"):
            return f"x.file_id IN ({rated_sql(context.owner)})", ()
        case IsKnown(field="comment"):
            return commented_sql(lambda column: (f"{column} IS NOT NULL", ()))
        case IsKnown(field=field) if field in LABEL_FIELDS:
            return is_labelled_sql(field), ()
        case IsKnown(field=field) if field in PLAY_FIELDS:
            may_be = may_be_heard_sql(field, context.owner)
            return f"x.file_id IN ({may_be}) AND {value_sql(field, context)} IS NOT NULL", ()
        case IsKnown(field=field):
            return f"{value_sql(field, context)} IS NOT NULL", ()
        case Is(word=word):
            return is_sql(word, context)
        case OneOf(field=field, values=values):
            return any_of_sql(value_sql(field, context), values)
        case Under(path=path):
            return _under_sql(context.locate(path))


LISTED = ("rating", "comment", *LABEL_FIELDS, *OWN_WORDS)
"""Fields of which a list says where they are known."""


def known_list_sql(field: str, context: QueryContext) -> str:
    """The files of which one of `LISTED` is known."""
    return _condition_sql(IsKnown(field=field), context)[0].removeprefix("x.file_id IN (").removesuffix(")")


def _is_narrow(condition: Condition) -> bool:
    """Whether an index finds the few tracks that match."""
    if not isinstance(condition, Between) or condition.field not in _INDEXED_NUMBERS:
        return False
    return all(low and high and high / low <= _INDEXED_NUMBERS[condition.field] for low, high in condition.ranges)


def _makes_a_list(condition: Condition) -> bool:
    """Whether a list of what was heard, set, marked or listed is made, which walks would make for each page."""
    if isinstance(condition, Is):
        return condition.word == "set"
    return isinstance(condition, Between | During | IsKnown) and condition.field in (*PLAY_FIELDS, *OWN_WORDS)


def _level_sql(low: float | None, high: float | None) -> Sql:
    least = ENERGY_LEVELS[int(low) - 1] if low else 0.0
    most = ENERGY_LEVELS[int(high)] if high and high < MOST_ENERGY_LEVEL else math.inf
    return "+x.energy >= ? AND +x.energy < ?", (least, most)


def _between_sql(number: str, low: float | None, high: float | None) -> Sql:
    ends = [(f"{number} >= ?", low), (f"{number} <= ?", high)]
    return joined_sql([(sql, (end,)) for sql, end in ends if end is not None], " AND ")


def is_sql(word: str, context: QueryContext) -> Sql:
    if word in STATES:
        return "x.state = ?", (word,)
    if word in ("silent", "damaged", "truncated"):
        return "instr(x.flags, ?) > 0", (f'"{word}"',)
    if word == "lossless":
        return any_of_sql("x.codec", LOSSLESS_CODECS)
    if word == "copy":
        return "x.file_id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))", (json.dumps(sorted(context.copies())),)
    if word == "stale":
        return "x.analysis_version <> ?", (ANALYSIS_VERSION,)
    if word == "doubtful":
        return " OR ".join(f"{confidence_sql(what, context)} < ?" for what in ("tempo", "key")), (DOUBTFUL, DOUBTFUL)
    return {
        "any": "TRUE",
        "upscaled": "map4_is_upscaled(x.codec, x.sample_rate_hz, x.bit_rate_bps, x.cutoff_hz, x.cutoff_drop_db)",
        "imported": IS_IMPORTED_SQL,
        "set": "x.file_id IN (SELECT o.id FROM user_values AS u JOIN files AS o ON o.audio_id = u.audio_id "
        f"UNION ALL {own_ratings_sql(context.owner, 'o.id')})",
        "clipped": f"x.clipped_per_minute >= {CLIPPED_PER_MINUTE}",
    }[word], ()


def _under_sql(path: str) -> Sql:
    parts: list[Sql] = []
    for name in unicode_forms(path):
        try:
            parts.append(inside_sql(name))
        except UnicodeEncodeError:  # half a character, which no name on a disk can hold
            return "FALSE", ()
    return joined_sql(parts, " OR ")


def unicode_forms(name: str) -> list[str]:
    """A name in each form that a disk may keep it in: as it is, composed (NFC) and decomposed (NFD)."""
    return list(dict.fromkeys((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))))


def inside_sql(path: str) -> Sql:
    """Whether the file `f` is the one of this path, or in the folder of this path."""
    inside = os.fsencode(os.path.join(path, ""))
    after = inside[:-1] + bytes([inside[-1] + 1])  # the first bytes after all that begin with the folder's
    return "f.path = ? OR (f.path >= ? AND f.path < ?)", (os.fsencode(path), inside, after)


def _order_sql(field: str, descending: bool, context: QueryContext) -> str:
    direction = " DESC" if descending else ""
    # The sign keeps SQLite from going through an index of that order, and looking up each track in it.
    sign = "+" if field in NUMBERS else ""
    return ", ".join(f"{sign}{key}{direction} NULLS LAST" for key in order_keys(field, context))


def _sorted_value(field: str, context: QueryContext) -> str:
    return played_order_sql(context.owner) if field == "played" else value_sql(field, context)


def order_keys(field: str, context: QueryContext) -> list[str]:
    """What tracks that have a value are sorted by."""
    value = _sorted_value(field, context)
    if field == "key":
        # Around the circle: 2A stands before 10A.
        return [f"CAST(rtrim({value}, 'AB') AS INTEGER)", value]
    if field in OWN_WORDS:
        return [names_sql(field, context.owner, folded=True)]
    if field in NAMES:  # how the tag is sorted stands beside it
        return [order_sql(filter(None, said_sql(field, context.preferred)))]
    if field in (*LABEL_FIELDS, "path") or (field in ASKED and ASKED[field].kind not in NUMBER_KINDS):
        return [order_sql([value])]
    return [value]
