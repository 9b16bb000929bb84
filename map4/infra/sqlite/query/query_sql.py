"""From a query to SQL over `facts`, `files` and the full-text index; values always as parameters."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from map4.domain.analysis.analysis import ANALYSIS_VERSION, DOUBTFUL, ENERGY_LEVELS, MOST_ENERGY_LEVEL
from map4.domain.analysis.audio import LOSSLESS_CODECS
from map4.domain.analysis.inside import DETECTED_CUE_KINDS
from map4.domain.analysis.key import ALL_KEYS
from map4.domain.analysis.plausible import CLIPPED_PER_MINUTE
from map4.domain.analysis.upscaled import is_upscaled
from map4.domain.mixing.harmony import fits
from map4.domain.query.context import QueryContext
from map4.domain.query.fields import TRACK_STATES
from map4.domain.query.parser import Query, Term
from map4.domain.query.terms import Between, Condition, During, InKeys, Is, IsKnown, NearKeys, OneOf, Under, Words
from map4.domain.text import folded, has_words, words_of
from map4.domain.track.colors import color_words
from map4.domain.track.fields import ASKED, Field
from map4.domain.track.fields import NUMBERS as NUMBER_KINDS
from map4.domain.track.sources import DEFAULT_METADATA_PREFERENCE, MetadataSource
from map4.infra.sqlite.query import query_annotations as imported_sql
from map4.infra.sqlite.query.facts import (
    HAS_IMPORTED_NAMES_SQL,
    HAS_OWN_NAMES_SQL,
    NUMBERS,
    TEXTS,
    bound_sql,
    up_to_sql,
)
from map4.infra.sqlite.query.field_sql import (
    NAMES,
    OWN_NAMES,
    confidence_sql,
    counting_sql,
    in_force_sql,
    own_ratings_sql,
)
from map4.infra.sqlite.query.query_annotations import (
    LABEL_FIELDS,
    Sql,
    label_value_sql,
    labelled_sql,
    own_name_sql,
    whole_value_sql,
)

# Fields that the full-text index has; others are looked through one by one.
_INDEXED = (*NAMES, "path")
# What nobody but map4 says.
_COLUMNS = {
    "path": "f.display", "duration": "x.duration_s", "loudness": "x.loudness_lufs", "peak": "x.true_peak_dbtp",
    "plays": "x.play_count", "played": "x.last_played", "cues": "x.cues", "metre": "x.metre", "phrases": "x.phrases",
    "codec": "x.codec", "samplerate": "x.sample_rate_hz", "bits": "x.bits", "channels": "x.channels",
    "bitrate": "x.bit_rate_bps / 1000.0", "added": "coalesce(x.date_added, x.added_at)", "modified": "x.modified_ns",
    "danceability": "x.hamms_danceability", "valence": "x.hamms_valence", "acousticness": "x.hamms_acousticness",
    "instrumentalness": "x.hamms_instrumentalness",
}  # fmt: skip
_MOST_INTEGER = 2**63 - 1  # of SQLite

# Numbers that facts have an index of, and how wide a range may be (its end by its beginning) to be looked up in it.
_INDEXED_NUMBERS = {"bpm": 1.03, "year": 1.001}


def matching_sql(query: Query, context: QueryContext, *, bound: Any = None) -> Sql:
    """The ids of the files that match, in the query's order and within its limits.

    With a `bound` from `first_bound_sql`, each with whether its first sort key is not behind that: up to there
    nothing is left out, and what is behind it may be.
    """
    where, values = where_sql(query, context)
    also = ""
    if bound is not None:
        first = query.sort[0]
        key = _order_keys(first.field, context)[-1]
        also = f", {key} {'>=' if first.descending else '<='} ?"
        where = f"x.file_id IN ({up_to_sql(first.field, first.descending, context.owner)}) AND ({where})"
        values = (bound, bound, *values)
    keys = [_order_sql(order.field, order.descending, context) for order in query.sort]
    # The path at last, so that the order is always the same; NFC and NFD names stand where their bytes put them.
    order = ", ".join([*keys, "f.path"])
    limit = f" LIMIT {query.limit if query.limit is not None else -1} OFFSET {query.offset}"
    # The narrow facts come first: CROSS JOIN keeps this order.
    tables = "facts AS x CROSS JOIN files AS f ON f.id = x.file_id"
    return f"SELECT x.file_id{also} FROM {tables} WHERE {where} ORDER BY {order}{limit}", values


def first_bound_sql(query: Query, context: QueryContext) -> str | None:
    """How far the first `:at` tracks of an order reach by its first key; None where no index has that order."""
    first = query.sort[0] if query.sort else None
    if first is None or first.field not in (*TEXTS, *NUMBERS):
        return None
    value = _sorted_value(first.field, context)
    # By settings, other sources may count first.
    is_indexed = value == _sorted_value(first.field, QueryContext(now=context.now, owner=context.owner))
    return bound_sql(first.field, first.descending, context.owner) if is_indexed else None


def walking_sql(query: Query, context: QueryContext) -> Sql | None:
    """The ids of the files that match with a path behind a first and up to a last one, by path; nothing is sorted.

    The two paths come before the values. None where the query has an order of its own, or what an index knows;
    words that the full-text index knows are for who asks to weigh (`words_match`).
    """
    terms = [term for group in query.groups for term in group]
    has_texts = any(isinstance(term.condition, Words) for term in terms)
    if query.sort or any(_is_narrow(term.condition) for term in terms):
        return None
    if has_texts and words_match(query, context) is None:
        return None
    where, values = where_sql(query, context)
    # The sign keeps SQLite from looking files up by the ids of words, and sorting them.
    tables = "files AS f CROSS JOIN facts AS x ON x.file_id = +f.id"
    return f"SELECT x.file_id FROM {tables} WHERE f.path > ? AND f.path <= ? AND ({where}) ORDER BY f.path", values


def words_match(query: Query, context: QueryContext) -> str | None:
    """What the full-text index is asked for all words of a query; None where it does not know all of them, or there
    are none."""
    if len(query.groups) != 1:
        return None
    texts = [term for term in query.groups[0] if isinstance(term.condition, Words)]
    found = [None if term.negated else _match(term.condition, context) for term in texts]
    return None if None in found else " AND ".join(dict.fromkeys(filter(None, found))) or None


def where_sql(query: Query, context: QueryContext) -> Sql:
    """The condition on `facts AS x` and `files AS f`; limits left out."""
    groups = [_group_sql(group, context) for group in query.groups or ((),)]
    return _joined(groups, " OR ")


def prepare(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the SQL made here calls."""
    connection.create_function("map4_folded", 1, _folded, deterministic=True)
    connection.create_function("map4_says", -1, _says, deterministic=True)
    connection.create_function("map4_color", 1, color_words, deterministic=True)
    connection.create_function("map4_is_upscaled", 5, _is_upscaled, deterministic=True)


@lru_cache(maxsize=2**17)  # an artist comes again
def _folded(text: str | None) -> str | None:
    return None if text is None else folded(text)


def _says(words: str, *texts: str | None) -> bool:
    """Whether a text has these words, which are as `words_of` gives them with a blank before, and after whole ones."""
    first = words.split(None, 1)[0]
    for text in texts:
        # Most texts do not even hold the first one, or have the words as they are; both are told quickly.
        plain = "" if text is None else folded(text)
        if first in plain and (words in f" {plain} " or words in f" {words_of(plain)} "):
            return True
    return False


def _is_upscaled(
    codec: str | None, sample_rate_hz: int | None, bit_rate_bps: float | None, cutoff_hz: float | None,
    cutoff_drop_db: float | None,
) -> bool | None:  # fmt: skip
    return is_upscaled(
        codec=codec,
        sample_rate_hz=sample_rate_hz,
        bit_rate_bps=bit_rate_bps,
        cutoff_hz=cutoff_hz,
        cutoff_drop_db=cutoff_drop_db,
    )


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
    return _joined(parts or [("1", ())], " AND ")


def _is_plain(term: Term, context: QueryContext) -> bool:
    words = term.condition
    if not isinstance(words, Words) or term.negated or words.field is not None:
        return False
    return _match(words, context) is not None


def _all_words_sql(terms: Sequence[Term], context: QueryContext) -> Sql:
    """Whether a track has all of some words: one list, as SQLite would make each of several that are joined twice."""
    each = _joined([_condition_sql(term.condition, context) for term in terms], " AND ")
    match = " AND ".join(str(_match(term.condition, context)) for term in terms)
    # Of the few that have names besides the tags, one may be in these and another in those.
    named = (
        f"SELECT file_id FROM facts INDEXED BY own_names WHERE {HAS_OWN_NAMES_SQL} UNION ALL "
        f"SELECT file_id FROM facts INDEXED BY imported_names WHERE {HAS_IMPORTED_NAMES_SQL}"
    )
    named = f"SELECT x.file_id FROM facts AS x WHERE x.file_id IN ({named}) AND ({each[0]})"
    found = f"SELECT rowid FROM files_fts WHERE files_fts MATCH ? UNION ALL {named}"
    return f"x.file_id IN ({found})", (match, *each[1])


def _match(condition: Condition, context: QueryContext) -> str | None:
    """What the full-text index is asked for words; None where it does not know whether a tag has them."""
    if not isinstance(condition, Words) or tuple(context.metadata) != DEFAULT_METADATA_PREFERENCE:
        return None
    if condition.field not in (None, *_INDEXED) or condition.how == "whole" or not has_words(condition.text):
        return None
    columns = "" if condition.field is None else f"{{{condition.field}}} : "
    return f"{columns}{_quoted(_bindable(condition.text))}{' *' if condition.how == 'start' else ''}"


def _condition_sql(condition: Condition, context: QueryContext) -> Sql:
    match condition:
        case Words():
            return _words_sql(condition, context)
        case Between(field="energy", ranges=ranges):
            return _joined([_level_sql(low, high) for low, high in ranges], " OR ")
        case Between(field=field, ranges=ranges):
            number = _value_sql(field, context)
            if not _is_narrow(condition):
                number = f"+{number}"  # without the indexes, which would look up more rows than they spare
            return _joined([_between_sql(number, low, high) for low, high in ranges], " OR ")
        case InKeys(keys=keys):
            return _any_of(counting_sql("key", context), [key.camelot for key in keys])
        case NearKeys(keys=keys):
            if context.rule == "off":
                return "1", ()
            near = [key.camelot for key in ALL_KEYS if any(fits(context.rule, a, key) for a in keys)]
            return _any_of(counting_sql("key", context), near)
        case During():
            return _during_sql(condition, context)
        case IsKnown(field=field) if field in DETECTED_CUE_KINDS:
            return "instr(' ' || x.detected_cues || ' ', ?) > 0", (f" {field} ",)
        case IsKnown(field=field):
            return f"{_value_sql(field, context)} IS NOT NULL", ()
        case Is(word=word):
            return _is_sql(word, context)
        case OneOf(field=field, values=values):
            return _any_of(_value_sql(field, context), values)
        case Under(path=path):
            return _under_sql(context.locate(path))


def _words_sql(words: Words, context: QueryContext) -> Sql:
    text = _bindable(words.text)
    if _is_reordered(words.field, context):
        return _ordered_words_sql(words, text, context)
    if words.field in LABEL_FIELDS:
        return labelled_sql(words.field, text, words.how)
    if words.field is None:  # a former name finds a track too
        named = [own_name_sql(None, text, words.how, of=of) for of in ("user", "imported")]
        return _joined([_tag_words_sql(words, text), *named], " OR ")
    if words.field in OWN_NAMES:
        said = [_tag_words_sql(words, text)]
        if words.field == "genre":  # of the tag, or of the labels
            said.append(labelled_sql("genre", text, words.how))
        said.append(own_name_sql(words.field, text, words.how, of="imported"))
        own = own_name_sql(words.field, text, words.how)
        others = [(f"({sql}) AND x.user_{words.field} IS NULL", values) for sql, values in said]
        return _joined([*others, own], " OR ")
    if words.field == "album":
        return _joined([_tag_words_sql(words, text), own_name_sql("album", text, words.how, of="imported")], " OR ")
    if words.field == "comment":  # of the tag, or imported: both are the track's, whichever is shown
        imported = imported_sql.commented_sql(lambda column: _contains_sql(column, text, words.how))
        return _joined([_contains_sql("f.comment", text, words.how), imported], " OR ")
    return _tag_words_sql(words, text)


def _is_reordered(field: str | None, context: QueryContext) -> bool:
    """Whether the sources of a text count in another order than that of the facts."""
    names = NAMES if field is None else (ASKED[field].name,) if field in ASKED else ()
    return any(counting_sql(name, context) != in_force_sql(name) for name in names)


def _ordered_words_sql(words: Words, text: str, context: QueryContext) -> Sql:
    """As `_words_sql`, in another order of sources than that of the facts: what is in force is looked through."""
    names = [ASKED[words.field].name] if words.field else NAMES
    columns = [in_force_sql(name, context.metadata) for name in names]
    said = [_contains_sql(column, text, words.how) for column in columns]
    if words.how != "whole" and has_words(text):
        said = [(f"map4_says(?, {', '.join(columns)})", (f" {words_of(text)}{'' if words.how == 'start' else ' '}",))]
    if words.field is None:
        said.append(_tag_words_sql(words, text))
    if words.field == "genre":
        sql, values = labelled_sql("genre", text, words.how)
        said.append((f"({sql}) AND x.user_genre IS NULL", values))
    return _joined(said, " OR ")


def _tag_words_sql(words: Words, text: str) -> Sql:
    fields = _INDEXED if words.field is None else (words.field,)
    if words.field not in (None, *_INDEXED) or not has_words(text):
        return _joined([_contains_sql(_text_sql(field), text, words.how) for field in fields], " OR ")
    columns = "" if words.field is None else f"{{{words.field}}} : "
    match = f"{columns}{_quoted(text)}{' *' if words.how == 'start' else ''}"
    found = "x.file_id IN (SELECT rowid FROM files_fts WHERE files_fts MATCH ?)"
    if words.how != "whole":
        return found, (match,)
    # The index finds who has these words, and of those few the whole value is compared.
    sql, values = _contains_sql(_text_sql(fields[0]), text, "whole")
    return f"{found} AND {sql}", (match, *values)


def _text_sql(field: str) -> str:
    return _shown(ASKED[field], in_force_sql(ASKED[field].name)) if field in ASKED else _COLUMNS[field]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def song_sql(artist: str, title: str, prefer: Sequence[MetadataSource] = DEFAULT_METADATA_PREFERENCE) -> Sql:
    """Which files may have this artist and title, whatever their case: all that have, and perhaps others."""
    # Of the letter that other cases write as two (ß) the index knows nothing.
    terms = [
        f"{{{field}}} : " + _quoted(_bindable(text))
        for field, text in (("artist", artist), ("title", title))
        if has_words(text) and "ss" not in text.casefold()
    ]
    if not terms:
        return "1", ()
    found = "SELECT rowid FROM files_fts WHERE files_fts MATCH ?"
    # The full-text index knows the tags alone; few tracks have names beside them.
    own = f"SELECT file_id FROM facts INDEXED BY own_names WHERE {HAS_OWN_NAMES_SQL}"
    imported = f"SELECT file_id FROM facts INDEXED BY imported_names WHERE {HAS_IMPORTED_NAMES_SQL}"
    others = ""
    if tuple(prefer) != DEFAULT_METADATA_PREFERENCE:
        said = "SELECT audio_id FROM provided UNION ALL SELECT audio_id FROM imported"
        others = f" UNION ALL SELECT id FROM files WHERE audio_id IN ({said})"
    return f"x.file_id IN ({found} UNION ALL {own} UNION ALL {imported}{others})", (" AND ".join(terms),)


def _contains_sql(column: str, text: str, how: str) -> Sql:
    if how == "whole":
        return whole_value_sql(column, text)
    if not has_words(text):
        return f"instr({column}, ?) > 0", (text,)
    # Most files have no comment, and a call of Python is spared for each of them.
    return f"{column} IS NOT NULL AND instr(map4_folded({column}), ?) > 0", (folded(text),)


def _is_narrow(condition: Condition) -> bool:
    """Whether an index finds the few tracks that match."""
    if not isinstance(condition, Between) or condition.field not in _INDEXED_NUMBERS:
        return False
    return all(low and high and high / low <= _INDEXED_NUMBERS[condition.field] for low, high in condition.ranges)


def _level_sql(low: float | None, high: float | None) -> Sql:
    """Whether the energy is of these levels."""
    least = ENERGY_LEVELS[int(low) - 1] if low else 0.0
    most = ENERGY_LEVELS[int(high)] if high and high < MOST_ENERGY_LEVEL else math.inf
    return "+x.energy >= ? AND +x.energy < ?", (least, most)


def _between_sql(number: str, low: float | None, high: float | None) -> Sql:
    ends = [(f"{number} >= ?", low), (f"{number} <= ?", high)]
    return _joined([(sql, (end,)) for sql, end in ends if end is not None], " AND ")


def _during_sql(during: During, context: QueryContext) -> Sql:
    if during.field == "played":
        return imported_sql.played_sql(during.low, during.high, context.now)
    if during.field == "added":  # by the clock of the program that says it, else by map4's
        said = imported_sql.written_sql("x.date_added", during.low, during.high, context.now)
        seen = _joined([("x.date_added IS NULL", ()), _stamped_sql("x.added_at", during, context)], " AND ")
        return _joined([said, seen], " OR ")
    return _stamped_sql(_COLUMNS[during.field], during, context)


def _stamped_sql(column: str, during: During, context: QueryContext) -> Sql:
    """Whether what map4 noted by UTC lies in a time."""
    parts: list[Sql] = []
    for sign, end in ((">=", during.low), ("<", during.high)):
        if end is not None:
            moment = _moment(end, context.now)
            value: Any = moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
            if during.field == "modified":
                value = max(-_MOST_INTEGER, min(_MOST_INTEGER, int(moment.timestamp()) * 1_000_000_000))
            parts.append((f"{column} {sign} ?", (value,)))
    return _joined(parts, " AND ")


def _moment(end: date | timedelta, now: datetime) -> datetime:
    if isinstance(end, timedelta):
        return (now - end).astimezone(UTC)
    try:
        # A day begins when it does where the user lives.
        return datetime(end.year, end.month, end.day).astimezone(UTC)
    except (OverflowError, ValueError, OSError):  # the first and last days that there are, beyond what a clock can say
        return datetime(end.year, end.month, end.day, tzinfo=UTC)


def _is_sql(word: str, context: QueryContext) -> Sql:
    if word in ("ok", "failed", "missing", "pending"):
        return "x.state = ?", (word,)
    if word in ("silent", "damaged", "truncated"):
        return "instr(x.flags, ?) > 0", (f'"{word}"',)
    if word == "lossless":
        return _any_of("x.codec", LOSSLESS_CODECS)
    if word == "copy":
        return "x.file_id IN (SELECT value FROM json_each(?))", (json.dumps(sorted(context.copies())),)
    if word == "stale":
        return "x.analysis_version <> ?", (ANALYSIS_VERSION,)
    if word == "doubtful":
        return " OR ".join(f"{confidence_sql(what, context)} < ?" for what in ("tempo", "key")), (DOUBTFUL, DOUBTFUL)
    return {
        "any": "1",
        "upscaled": "map4_is_upscaled(x.codec, x.sample_rate_hz, x.bit_rate_bps, x.cutoff_hz, x.cutoff_drop_db)",
        "imported": imported_sql.IS_IMPORTED_SQL,
        "set": "EXISTS (SELECT 1 FROM user_values AS u WHERE u.audio_id = f.audio_id) "
        f"OR x.file_id IN ({own_ratings_sql(context.owner, 'o.id')})",
        "clipped": f"x.clipped_per_minute >= {CLIPPED_PER_MINUTE}",
    }[word], ()


def _under_sql(path: str) -> Sql:
    parts: list[Sql] = []
    for name in unicode_forms(path):
        try:
            parts.append(inside_sql(name))
        except UnicodeEncodeError:  # half a character, which no name on a disk can hold
            return "0", ()
    return _joined(parts, " OR ")


def unicode_forms(name: str) -> list[str]:
    """A name in each form that a disk may keep it in: as it is, composed (NFC) and decomposed (NFD)."""
    return list(dict.fromkeys((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))))


def inside_sql(path: str) -> Sql:
    """Whether the file `f` is the one of this path, or in the folder of this path."""
    inside = os.fsencode(os.path.join(path, ""))
    after = inside[:-1] + bytes([inside[-1] + 1])  # the first bytes after all that begin with the folder's
    return "f.path = ? OR (f.path >= ? AND f.path < ?)", (os.fsencode(path), inside, after)


def _value_sql(field: str, context: QueryContext) -> str:
    if field in ASKED:
        return _shown(ASKED[field], counting_sql(ASKED[field].name, context))
    if field in ("tempo-confidence", "key-confidence"):
        return confidence_sql(field.removesuffix("-confidence"), context)
    return label_value_sql(field) if field in LABEL_FIELDS else _COLUMNS[field]


def _shown(field: Field, value: str) -> str:
    """What counts of a field as queries compare it."""
    return f"map4_color({value})" if field.kind == "color" else value


def _order_sql(field: str, descending: bool, context: QueryContext) -> str:
    direction = " DESC" if descending else ""
    keys = ", ".join(f"{key}{direction}" for key in _order_keys(field, context))
    return f"{_sorted_value(field, context)} IS NULL, {keys}"


def _sorted_value(field: str, context: QueryContext) -> str:
    return imported_sql.PLAYED_ORDER_SQL if field == "played" else _value_sql(field, context)


def _order_keys(field: str, context: QueryContext) -> list[str]:
    """What tracks that have a value are sorted by."""
    value = _sorted_value(field, context)
    if field == "key":
        # Around the circle: 2A stands before 10A.
        return [f"CAST({value} AS INTEGER)", value]
    if field in LABEL_FIELDS or field == "path" or (field in ASKED and ASKED[field].kind not in NUMBER_KINDS):
        # A call of Python is spared for each plain text.
        return [f"CASE WHEN {value} GLOB '*[^ -~]*' THEN map4_folded({value}) ELSE lower({value}) END"]
    return [value]


def _any_of(value: str, choices: Iterable[str]) -> Sql:
    chosen = tuple(_bindable(choice) for choice in choices)
    return f"{value} IN ({', '.join('?' * len(chosen))})", chosen


def _joined(parts: Sequence[Sql], by: str) -> Sql:
    return by.join(f"({sql})" for sql, _ in parts), tuple(value for _, values in parts for value in values)


def _bindable(text: str) -> str:
    """Text that SQLite takes: what is no Unicode and NUL, at which FTS5 would stop reading, are replaced."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
