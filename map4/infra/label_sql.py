"""What a query means for labels: SQL over the table `labels`, which most libraries have few rows of, if any."""

from __future__ import annotations

from typing import Any

from map4.domain.labels import UNKNOWN
from map4.domain.text import folded, has_words

Sql = tuple[str, tuple[Any, ...]]

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


def genre_sql() -> str:
    """The genre of the file `f`: of its tag, else of its labels; null where neither knows."""
    label = f"(SELECT {_STYLE} FROM labels AS l WHERE l.audio_id = f.audio_id)"
    return f"coalesce(nullif(trim(f.genre, ' ;'), ''), {label})"


def labelled_sql(field: str, text: str, how: str) -> Sql:
    """Whether labels of the file `x.file_id` say a text: in one of `LABEL_FIELDS`, or in the "genre".

    Parameters
    ----------
    how : "start" and "phrase": the text begins a word, or, of marks alone, is somewhere in it; "whole": all of a value
    """
    column = _GENRE if field == "genre" else _COLUMNS[field]
    if how == "whole":
        condition = (f"instr('; ' || map4_folded({column}) || '; ', ?) > 0", (f"; {folded(text)}; ",))
    elif not has_words(text):
        condition = (f"instr({column}, ?) > 0", (text,))
    elif field == "era":  # "90s" is the 1990s
        condition = (f"instr({column}, ?) > 0", (folded(text),))
    else:
        condition = (f"instr(' ' || map4_folded({column}), ?) > 0", (f" {folded(text)}",))
    sql, values = condition
    # By the labels, not by the files: each is looked at once, and there may be none at all.
    ids = "SELECT lf.id FROM labels AS l JOIN files AS lf ON lf.audio_id = l.audio_id"
    return f"x.file_id IN ({ids} WHERE {sql})", values
