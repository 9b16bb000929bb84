"""What queries ask of labels, imported values and names that the user set: SQL over what few tracks have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from map4.base.text import folded, has_words, words_of
from map4.music.track.fields import is_usual
from map4.music.track.labels import UNKNOWN
from map4.music.track.sources import Preferred
from map4.store.query.facts import HAS_IMPORTED_NAMES_SQL, HAS_OWN_NAMES_SQL
from map4.store.query.field_sql import NAMES, OWN_NAMES, in_force_sql

Sql = tuple[str, tuple[Any, ...]]

_OF_IMPORTS = ("imported_bpm", "imported_key", "play_count", "last_played", "cues")
IS_IMPORTED_SQL = (
    f"{' OR '.join(f'x.{name} IS NOT NULL' for name in _OF_IMPORTS)} "
    "OR EXISTS (SELECT 1 FROM imported AS i WHERE i.audio_id = f.audio_id)"
)
"""Whether anything was imported for a file `f` with its facts `x`, which know it of most."""


def whole_value_sql(column: str, text: str) -> Sql:
    """Whether a text is the whole of a value in a column; several values in it are parted by "; "."""
    return f"instr('; ' || map4_folded(trim({column})) || '; ', ?) > 0", (f"; {folded(text)}; ",)


def own_name_sql(field: str | None, text: str, how: str, *, of: str = "user") -> Sql:
    """Whether names that the user set for the file `x.file_id` say a text, or that were imported where no tag is.

    field: one of `OWN_NAMES`, or of `NAMES`; None for any of them
    of: "user" or "imported"
    how: "start" (the last word may go on), "phrase" (these words) or "whole" (all of a value)
    """
    columns = [f"{of}_{name}" for name in (OWN_NAMES if of == "user" else NAMES) if field in (None, name)]
    if how == "whole":
        conditions = [whole_value_sql(column, text) for column in columns]
    elif has_words(text):
        words = f" {words_of(text)}{'' if how == 'start' else ' '}"
        conditions = [(f"map4_says(?, {', '.join(columns)})", (words,))]
    else:
        conditions = [(f"instr({column}, ?) > 0", (text,)) for column in columns]
    either = " OR ".join(sql for sql, _ in conditions)
    # Of the index alone, which is short.
    index, has_any = ("own_names", HAS_OWN_NAMES_SQL) if of == "user" else ("imported_names", HAS_IMPORTED_NAMES_SQL)
    ids = f"SELECT file_id FROM facts INDEXED BY {index} WHERE {has_any} AND ({either})"
    return f"x.file_id IN ({ids})", tuple(value for _, values in conditions for value in values)


def commented_sql(matches: Callable[[str], Sql]) -> Sql:
    """Of which files the comment of the tag, an imported one or that of the user matches: one list, read once.

    matches: the condition on a column of texts
    """
    # The index holds the comments alone; in the table lie grids between two of them.
    noted = "imported AS i INDEXED BY imported_comments JOIN files AS g ON g.audio_id = i.audio_id"
    set_here = "user_values AS u JOIN files AS g ON g.audio_id = u.audio_id"
    every = (
        ("files AS g WHERE", matches("g.comment")),
        (f"{noted} WHERE i.comment IS NOT NULL AND", matches("i.comment")),
        (f"{set_here} WHERE u.name = 'comment' AND", matches("json_extract(u.value, '$')")),
    )
    ids = " UNION ALL ".join(f"SELECT g.id FROM {tables} ({condition})" for tables, (condition, _) in every)
    return f"x.file_id IN ({ids})", tuple(value for _, (_, values) in every for value in values)


OF_FILES = "LEFT JOIN labels AS l ON l.audio_id = f.audio_id"
"""Joins the labels `l` of the file `f`."""
LABEL_DATA_SQL = "(SELECT data FROM labels AS l WHERE l.audio_id = f.audio_id)"
LABELLED_AUDIO = "SELECT audio_id FROM labels"
LABELS_BY_SOURCE = "SELECT source, count(*) FROM labels GROUP BY source ORDER BY source"

_TAGS = "(SELECT group_concat(t.value, '; ') FROM json_each(l.data, '$.tags') AS t)"
_COLUMNS = {"mood": "l.mood", "subgenre": "l.subgenre", "era": "l.era", "tag": _TAGS}
# The style, which is the word that tags use, or else the genre it belongs to.
_STYLE = f"coalesce(l.subgenre, nullif(l.genre, '{UNKNOWN}'))"
LABEL_FIELDS = tuple(_COLUMNS)
"""Fields of a query that labels alone know."""
# A family, a genre and its style: "Electronic; Deep House".
_GENRE = f"CASE WHEN l.genre <> '{UNKNOWN}' THEN l.genre || coalesce('; ' || l.subgenre, '') END"


def label_value_sql(field: str) -> str:
    """The value of a label of the file `f`, one of `LABEL_FIELDS` or "family"; null where there is none."""
    return f"(SELECT {_COLUMNS.get(field, 'l.family')} FROM labels AS l WHERE l.audio_id = f.audio_id)"


LABELLED_SQL = "SELECT lf.id FROM labels AS l CROSS JOIN files AS lf ON lf.audio_id = l.audio_id"
"""The files that have labels. By the labels, not by the files: each is looked at once, and there may be none at all."""


def is_labelled_sql(field: str) -> str:
    """The files of which labels say one of `LABEL_FIELDS`."""
    return f"x.file_id IN ({LABELLED_SQL} WHERE {_COLUMNS[field]} IS NOT NULL)"


def genre_sql(preferred: Preferred) -> str:
    """The genre of the file `f` with its facts `x`, to be read: what the user set, of its tag, imported, of labels."""
    label = f"(SELECT {_STYLE} FROM labels AS l WHERE l.audio_id = f.audio_id)"
    if not is_usual(preferred, "genre"):
        return f"CAST(coalesce(nullif(trim({in_force_sql('genre', preferred)}, ' ;'), ''), {label}) AS TEXT)"
    return f"CAST(coalesce(x.user_genre, nullif(trim(f.genre, ' ;'), ''), x.imported_genre, {label}) AS TEXT)"


def labelled_sql(field: str, text: str, how: str) -> Sql:
    """Whether labels of the file `x.file_id` say a text: in one of `LABEL_FIELDS`, or in the "genre".

    how: "start" and "phrase": the text begins a word, or, of marks alone, is somewhere in it; "whole": all of a value
    """
    column = _GENRE if field == "genre" else _COLUMNS[field]
    if how == "whole":
        condition = whole_value_sql(column, text)
    elif not has_words(text):
        condition = (f"instr({column}, ?) > 0", (text,))
    elif field == "era":  # "90s" is the 1990s
        condition = (f"instr({column}, ?) > 0", (folded(text),))
    else:
        condition = (f"instr(' ' || map4_folded({column}), ?) > 0", (f" {folded(text)}",))
    sql, values = condition
    return f"x.file_id IN ({LABELLED_SQL} WHERE {sql})", values
