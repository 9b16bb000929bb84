"""SQL for names, comments and genres that few tracks have: set by the user or imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from map4.base.text import folded, has_words, words_of
from map4.music.query.terms import Words
from map4.music.track.credits import CREDITED
from map4.music.track.fields import is_usual
from map4.music.track.labels import UNKNOWN
from map4.music.track.sources import Preferred
from map4.store.query.facts import WITH_CREDIT_NAMES, WITH_IMPORTED_NAMES, WITH_OWN_NAMES
from map4.store.query.field_sql import NAMES, OWN_NAMES, in_force_sql
from map4.store.query.predicates import FileIds, Predicate, any_of, union


def whole_value_sql(column: str, text: str) -> Predicate:
    """A condition that a text equals a whole value in a column; several values are separated by "; "."""
    return Predicate(f"instr('; ' || map4_folded(trim({column})) || '; ', ?) > 0", (f"; {folded(text)}; ",))


def holds_sql(column: str, text: str) -> Predicate:
    return Predicate(f"instr({column}, ?) > 0", (text,))


def contains_words_sql(columns: Sequence[str], words: Words) -> Predicate:
    """A condition that any column contains the words."""
    if words.how == "whole":
        return any_of(whole_value_sql(column, words.text) for column in columns)
    if not has_words(words.text):
        return any_of(holds_sql(column, words.text) for column in columns)
    text = f" {words_of(words.text)}{'' if words.how == 'start' else ' '}"
    return Predicate(f"map4_says(?, {', '.join(columns)})", (text,))


def artists_sql(column: str, words: Words) -> str:
    """An artist; with all its names if whole names are asked for."""
    return f"map4_artists({column})" if words.how == "whole" else column


def own_names(words: Words) -> FileIds:
    """The files with user-set names that contain the words: of a field in `OWN_NAMES`, or of any."""
    return _named(WITH_OWN_NAMES, [f"user_{name}" for name in OWN_NAMES if words.field in (None, name)], words)


def imported_names(words: Words) -> FileIds:
    """Like `own_names`, for imported names with an empty tag: of a field in `NAMES`, or of any."""
    return _named(WITH_IMPORTED_NAMES, [f"imported_{name}" for name in NAMES if words.field in (None, name)], words)


def _named(few: str, columns: Sequence[str], words: Words) -> FileIds:
    columns = [artists_sql(column, words) if column.endswith("_artist") else column for column in columns]
    sql, values = contains_words_sql(columns, words)
    return FileIds(f"{few} AND ({sql})", values)


def credit_columns(preferred: Preferred) -> list[str]:
    """The credits of the file `f` with its facts `x` besides its artist."""
    return [*(in_force_sql(name, preferred) for name in CREDITED), f"map4_guests({in_force_sql('title', preferred)})"]


def named_credits(words: Words, preferred: Preferred) -> tuple[FileIds, FileIds]:
    """Of the files with user-set and with imported names, those whose credits besides the artist contain the words."""
    own, imported = (_credited(few, credit_columns(preferred), words) for few in (WITH_OWN_NAMES, WITH_IMPORTED_NAMES))
    return own, imported


def credit_names(words: Words, preferred: Preferred, field: str | None = None) -> FileIds:
    """The files with imported or looked-up credits that contain the words: of a field, or of any."""
    names = (name for name in CREDITED if field in (None, name))
    return _credited(WITH_CREDIT_NAMES, [in_force_sql(name, preferred) for name in names], words)


def _credited(few: str, columns: Sequence[str], words: Words) -> FileIds:
    sql, values = contains_words_sql(columns, words)
    tables = f"({few}) AS n CROSS JOIN facts AS x ON x.file_id = n.file_id CROSS JOIN files AS f ON f.id = x.file_id"
    return FileIds(f"SELECT x.file_id FROM {tables} WHERE {sql}", values)


def commented(matches: Callable[[str], Predicate]) -> FileIds:
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
    return union(*(FileIds(f"SELECT g.id FROM {tables} ({sql})", values) for tables, (sql, values) in every))


OF_FILES = "LEFT JOIN labels AS l ON l.audio_id = f.audio_id"
"""Joins the labels `l` of the file `f`."""
LABEL_DATA_SQL = "(SELECT data FROM labels AS l WHERE l.audio_id = f.audio_id)"
FAMILY_SQL = "(SELECT l.family FROM labels AS l WHERE l.audio_id = f.audio_id)"
"""The genre family of the file `f`."""
LABELS_BY_SOURCE = "SELECT source, count(*) FROM labels GROUP BY source ORDER BY source"

# The style, which tags usually contain, else the genre.
_STYLE = f"coalesce(l.subgenre, nullif(l.genre, '{UNKNOWN}'))"


def genre_sql(preferred: Preferred) -> str:
    """The genre of the file `f` with its facts `x`, for output: from the user, the tag, an import or the labels."""
    label = f"(SELECT {_STYLE} FROM labels AS l WHERE l.audio_id = f.audio_id)"
    if not is_usual(preferred, "genre"):
        return f"CAST(coalesce(nullif(trim({in_force_sql('genre', preferred)}, ' ;'), ''), {label}) AS TEXT)"
    return f"CAST(coalesce(x.user_genre, nullif(trim(f.genre, ' ;'), ''), x.imported_genre, {label}) AS TEXT)"
