"""Words, and other values of tracks, in SQL: what queries compare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from map4.base.text import folded, has_words, words_of
from map4.errors import UsageError
from map4.music.query.context import QueryContext
from map4.music.query.terms import Condition, Words
from map4.music.track.fields import ASKED, Field, is_usual
from map4.music.track.sources import Preferred
from map4.store.query.facts import HAS_IMPORTED_NAMES_SQL, HAS_OWN_NAMES_SQL
from map4.store.query.field_sql import NAMES, OWN_NAMES, confidence_sql, counting_sql, in_force_sql
from map4.store.query.own_words_sql import OWN_WORDS, named_sql, names_sql
from map4.store.query.plays_sql import PLAY_FIELDS
from map4.store.query.query_annotations import (
    LABEL_FIELDS,
    Sql,
    commented_sql,
    label_value_sql,
    labelled_sql,
    own_name_sql,
    whole_value_sql,
)

# Fields that the full-text index has; others are looked through one by one.
_INDEXED = (*NAMES, "path")

_LIST = re.compile(r"x\.file_id IN \((SELECT (?:(?:rowid|g\.id) FROM files_fts|lf\.id|file_id) .*)\)", re.DOTALL)
# What nobody but map4 says.
COLUMNS = {
    "path": "f.display", "duration": "x.duration_s", "loudness": "x.loudness_lufs", "peak": "x.true_peak_dbtp",
    "cues": "x.cues", "metre": "x.metre", "phrases": "x.phrases",
    "codec": "x.codec", "samplerate": "x.sample_rate_hz", "bits": "x.bits", "channels": "x.channels",
    "bitrate": "x.bit_rate_bps / 1000.0", "added": "coalesce(x.date_added, x.added_at)", "modified": "x.modified_ns",
    "danceability": "x.hamms_danceability", "valence": "x.hamms_valence", "acousticness": "x.hamms_acousticness",
    "instrumentalness": "x.hamms_instrumentalness",
}  # fmt: skip


def value_sql(field: str, context: QueryContext) -> str:
    """The value of a field by which queries compare and sort."""
    if field in ASKED:
        return _shown(ASKED[field], counting_sql(ASKED[field].name, context))
    if field in ("tempo-confidence", "key-confidence"):
        return confidence_sql(field.removesuffix("-confidence"), context)
    if field in PLAY_FIELDS:
        return PLAY_FIELDS[field](context.owner)
    if field in OWN_WORDS:
        return names_sql(field, context.owner)
    return label_value_sql(field) if field in LABEL_FIELDS else COLUMNS[field]


def _shown(field: Field, value: str) -> str:
    """What counts of a field as queries compare it."""
    return f"CASE WHEN {value} IS NOT NULL THEN map4_color({value}) END" if field.kind == "color" else value


def words_sql(words: Words, context: QueryContext) -> Sql:
    """Which files have some words."""
    text = bindable(words.text)
    if _is_reordered(words.field, context):
        return _ordered_words_sql(words, text, context)
    if words.field in OWN_WORDS:
        if words.field != "mark" and (live := context.live_alone(words.field, text, words.how)):
            raise UsageError(
                f"'{live}' is a live list, which {words.field}: can't look into; write the query that it asks, which "
                "'map4 playlist show' tells"
            )
        return named_sql(words.field, context.owner, text, words.how)
    if words.field in LABEL_FIELDS:
        return labelled_sql(words.field, text, words.how)
    if words.field is None:  # a former name finds a track too
        named = [own_name_sql(None, text, words.how, of=of) for of in ("user", "imported")]
        return joined_sql([_tag_words_sql(words, text), *named], " OR ")
    if words.field in OWN_NAMES:
        said = [_tag_words_sql(words, text)]
        if words.field == "genre":  # of the tag, or of the labels
            said.append(labelled_sql("genre", text, words.how))
        said.append(own_name_sql(words.field, text, words.how, of="imported"))
        own = own_name_sql(words.field, text, words.how)
        if all(_LIST.fullmatch(sql) for sql, _ in said):
            # One list, of which there are few: else all facts would be looked through.
            every, values = joined_lists([own, *reversed(said)])
            return f"{every} AND (x.user_{words.field} IS NULL OR {own[0]})", (*values, *own[1])
        others = [(f"({sql}) AND x.user_{words.field} IS NULL", values) for sql, values in said]
        return joined_sql([*others, own], " OR ")
    if words.field == "comment":  # of the tag, imported or your own: all are the track's, whichever is shown
        return commented_sql(lambda column: _contains_sql(column, text, words.how))
    return _tag_words_sql(words, text)


def _is_reordered(field: str | None, context: QueryContext) -> bool:
    """Whether the sources of a text count in another order than that of the facts."""
    names = NAMES if field is None else (ASKED[field].name,) if field in ASKED else ()
    return any(counting_sql(name, context) != in_force_sql(name) for name in names)


def _ordered_words_sql(words: Words, text: str, context: QueryContext) -> Sql:
    """As `words_sql`, in another order of sources than that of the facts: what counts is looked through."""
    names = [ASKED[words.field].name] if words.field else NAMES
    columns = [in_force_sql(name, context.preferred) for name in names]
    said = [_contains_sql(column, text, words.how) for column in columns]
    if words.how != "whole" and has_words(text):
        said = [(f"map4_says(?, {', '.join(columns)})", (f" {words_of(text)}{'' if words.how == 'start' else ' '}",))]
    if words.field is None:
        said.append(_tag_words_sql(words, text))
    if words.field == "genre":
        sql, values = labelled_sql("genre", text, words.how)
        said.append((f"({sql}) AND x.user_genre IS NULL", values))
    return joined_sql(said, " OR ")


def _tag_words_sql(words: Words, text: str) -> Sql:
    fields = _INDEXED if words.field is None else (words.field,)
    if words.field not in (None, *_INDEXED) or not has_words(text):
        return joined_sql([_contains_sql(_text_sql(field), text, words.how) for field in fields], " OR ")
    columns = "" if words.field is None else f"{{{words.field}}} : "
    match = f"{columns}{_quoted(text)}{' *' if words.how == 'start' else ''}"
    if words.how != "whole":
        return "x.file_id IN (SELECT rowid FROM files_fts WHERE files_fts MATCH ?)", (match,)
    # The index finds who has these words, and of those few the whole value is compared.
    sql, values = whole_value_sql("g.display" if fields[0] == "path" else f"g.{fields[0]}", text)
    said = "files_fts CROSS JOIN files AS g ON g.id = files_fts.rowid"
    return f"x.file_id IN (SELECT g.id FROM {said} WHERE files_fts MATCH ? AND {sql})", (match, *values)


def words_match_sql(condition: Condition, context: QueryContext) -> str | None:
    """What the full-text index is asked for words; None where it does not know whether a tag has them."""
    if not isinstance(condition, Words) or not is_usual(context.preferred, *NAMES):
        return None
    if condition.field not in (None, *_INDEXED) or condition.how == "whole" or not has_words(condition.text):
        return None
    columns = "" if condition.field is None else f"{{{condition.field}}} : "
    return f"{columns}{_quoted(bindable(condition.text))}{' *' if condition.how == 'start' else ''}"


def song_sql(artist: str, title: str, preferred: Preferred = ()) -> Sql:
    """Which files may have this artist and title, whatever their case: all that have, and perhaps others."""
    # Of the letter that other cases write as two (ß) the index knows nothing.
    terms = [
        f"{{{field}}} : " + _quoted(bindable(text))
        for field, text in (("artist", artist), ("title", title))
        if has_words(text) and "ss" not in text.casefold()
    ]
    if not terms:
        return "TRUE", ()
    found = "SELECT rowid FROM files_fts WHERE files_fts MATCH ?"
    # The full-text index knows the tags alone; few tracks have names beside them.
    own = f"SELECT file_id FROM facts INDEXED BY own_names WHERE {HAS_OWN_NAMES_SQL}"
    imported = f"SELECT file_id FROM facts INDEXED BY imported_names WHERE {HAS_IMPORTED_NAMES_SQL}"
    others = ""
    if not is_usual(preferred, "artist", "title"):
        said = "SELECT audio_id FROM provided UNION ALL SELECT audio_id FROM imported"
        others = f" UNION ALL SELECT id FROM files WHERE audio_id IN ({said})"
    return f"x.file_id IN ({found} UNION ALL {own} UNION ALL {imported}{others})", (" AND ".join(terms),)


def _text_sql(field: str) -> str:
    return _shown(ASKED[field], in_force_sql(ASKED[field].name)) if field in ASKED else COLUMNS[field]


def _contains_sql(column: str, text: str, how: str) -> Sql:
    if how == "whole":
        return whole_value_sql(column, text)
    if not has_words(text):
        return f"instr({column}, ?) > 0", (text,)
    # Most files have no comment, and a call of Python is spared for each of them.
    return f"{column} IS NOT NULL AND instr(map4_folded({column}), ?) > 0", (folded(text),)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def joined_lists(lists: Sequence[Sql]) -> Sql:
    """Which files are in any of some lists."""
    ids = " UNION ALL ".join(str(_LIST.sub(r"\1", sql)) for sql, _ in lists)
    return f"x.file_id IN ({ids})", tuple(value for _, values in lists for value in values)


def any_of_sql(value: str, choices: Iterable[str]) -> Sql:
    chosen = tuple(bindable(choice) for choice in choices)
    return f"{value} IN ({', '.join('?' * len(chosen))})", chosen


def joined_sql(parts: Sequence[Sql], by: str) -> Sql:
    return by.join(f"({sql})" for sql, _ in parts), tuple(value for _, values in parts for value in values)


def bindable(text: str) -> str:
    """Text that SQLite takes: what is no Unicode and NUL, at which FTS5 would stop reading, are replaced."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
