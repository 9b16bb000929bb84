"""What queries ask of labels, imported values and names that the user set: SQL over what few tracks have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from map4.domain.labels import UNKNOWN
from map4.domain.sources import DEFAULT_METADATA_PREFERENCE, MetadataSource, Source
from map4.domain.text import folded, has_words, words_of
from map4.infra.sqlite.facts import HAS_IMPORTED_NAMES_SQL, HAS_OWN_NAMES_SQL, IMPORTED_NAMES, OWN_NAMES
from map4.infra.sqlite.sort_indexes import own_ratings_sql

Sql = tuple[str, tuple[Any, ...]]

COMMENT_SQL = "coalesce((SELECT i.comment FROM imported AS i WHERE i.audio_id = f.audio_id), f.comment)"
"""The comment in force of a file `f`."""

IS_IMPORTED_SQL = (
    "coalesce(x.imported_bpm, x.imported_key, x.play_count, x.last_played, x.cues) IS NOT NULL "
    "OR EXISTS (SELECT 1 FROM imported AS i WHERE i.audio_id = f.audio_id)"
)
"""Whether anything was imported for a file `f` with its facts `x`, which know it of most."""

PLAYED_ORDER_SQL = "coalesce(x.last_played, CASE WHEN x.play_count = 0 THEN '' END)"
"""By when tracks were last played: what is known never to have been stands before all that was."""


def whole_value_sql(column: str, text: str) -> Sql:
    """Whether a text is the whole of a value in a column; several values in it are parted by "; "."""
    return f"instr('; ' || map4_folded(trim({column})) || '; ', ?) > 0", (f"; {folded(text)}; ",)


def in_force_sql(name: str, prefer: Sequence[Source]) -> str:
    """The "bpm", or the "key" in Camelot notation, in force: what the user set, else the first of the sources."""
    return f"coalesce({', '.join(f'x.{source}_{name}' for source in ('user', *prefer))})"


def confidence_sql(value: str, prefer: Sequence[Source]) -> str:
    """How sure the "tempo" or "key" in force is; null where it was not measured."""
    name, before = "bpm" if value == "tempo" else "key", ("user", *prefer[: prefer.index("measured")])
    others = " AND ".join(f"x.{source}_{name} IS NULL" for source in before)
    return f"CASE WHEN {others} THEN x.{value}_confidence END"


def rating_sql(owner: int) -> str:
    """The rating in force for somebody, of a file with its facts `x`: their own, else what the facts know."""
    # Few have one of their own: these are found once, and only of them the rating is looked up.
    rated = own_ratings_sql(owner, "o.id")
    own = f"{own_ratings_sql(owner, 'r.rating')} AND o.id = x.file_id"
    return f"CASE WHEN x.file_id IN ({rated}) THEN ({own}) ELSE x.rating END"


def name_sql(name: str, prefer: Sequence[MetadataSource] = DEFAULT_METADATA_PREFERENCE) -> str:
    """A name or number in force of the file `f` with its facts `x`: what the user set, else the first of the sources.

    The facts know it by the default order; by another one each source is read, which no index helps.
    """
    own = f"x.user_{name}, " if name in OWN_NAMES else _OWN_YEAR if name == "year" else ""
    if tuple(prefer) == DEFAULT_METADATA_PREFERENCE:
        return f"x.{name}" if name in IN_FORCE else f"coalesce({own}f.{name}, x.imported_{name})"
    provided = f"p.data ->> '$.in_force.{'track' if name == 'track_number' else name}'"
    sources = {
        "tag": IN_FORCE.get(name, f"f.{name}"),
        "provider": f"(SELECT {provided} FROM provided AS p WHERE p.audio_id = f.audio_id)",
        "imported": f"(SELECT i.data ->> '$.{name}' FROM imported AS i WHERE i.audio_id = f.audio_id)",
    }
    return f"coalesce({own}{', '.join(sources[one] for one in prefer)}, NULL)"


def read_name_sql(name: str, prefer: Sequence[MetadataSource]) -> str:
    """The same of a text, to be read: bytes in its place, as in a damaged library, are told as damage."""
    return f"CAST({name_sql(name, prefer)} AS TEXT)"


IN_FORCE = {"year": "f.year", "track_number": "f.track", "remixer": "NULL",
            "catalog_number": "f.catalog_number", "isrc": "f.isrc"}  # fmt: skip
"""What the facts have in force, and where the tag of it stands."""
_OWN_YEAR = "(SELECT u.value ->> '$' FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'year'), "


def own_name_sql(field: str | None, text: str, how: str, *, of: str = "user") -> Sql:
    """Whether names that the user set for the file `x.file_id` say a text, or that were imported where no tag is.

    Parameters
    ----------
    field : one of `OWN_NAMES`, or of `IMPORTED_NAMES` without the label; None for any of them
    of : "user" or "imported"
    how : "start" (the last word may go on), "phrase" (these words) or "whole" (all of a value)
    """
    known = OWN_NAMES if of == "user" else tuple(name for name in IMPORTED_NAMES if name != "label")
    columns = [f"{of}_{name}" for name in known if field in (None, name)]
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
    """Of which files the imported comment matches; read once, not for each file.

    Parameters
    ----------
    matches : the condition on a column of texts
    """
    condition, values = matches("i.comment")
    # The index holds the comments alone; in the table lie grids between two of them.
    noted = "imported AS i INDEXED BY imported_comments JOIN files AS g ON g.audio_id = i.audio_id"
    return f"x.file_id IN (SELECT g.id FROM {noted} WHERE i.comment IS NOT NULL AND {condition})", values


def played_sql(low: date | timedelta | None, high: date | timedelta | None, now: datetime) -> Sql:
    """When a track was last played, from `low` to before `high`; see `written_sql`.

    An open beginning takes those known never to have been played too, but not those of which it is not known.
    """
    known, values = written_sql("x.last_played", low, high, now)
    if low is None:
        known = f"({known}) OR (x.last_played IS NULL AND x.play_count = 0)"
    return known, values


def written_sql(column: str, low: date | timedelta | None, high: date | timedelta | None, now: datetime) -> Sql:
    """Whether a moment that a program wrote lies from `low` to before `high`.

    Parameters
    ----------
    low, high : a day, or so long ago; None is an open end
    now : with a time zone

    Notes
    -----
    Programs write the day, or the time of their own clock, without its zone: compared is local time, as text. A day
    alone counts as its beginning, and so many whole days ago as the beginning of that day.
    """
    parts: list[str] = []
    values: list[str] = []
    for sign, end in ((">=", low), ("<", high)):
        if end is not None:
            parts.append(f"{column} {sign} ?")
            values.append(_as_written(end, now))
    return " AND ".join(parts), tuple(values)


def _as_written(end: date | timedelta, now: datetime) -> str:
    """A moment as the library has it. A day's beginning is the day alone, so that what has no time is not before it."""
    if not isinstance(end, timedelta):
        return end.isoformat()
    moment = (now - end).astimezone()
    if end % timedelta(days=1) == timedelta(0):
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


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


def genre_sql(prefer: Sequence[MetadataSource]) -> str:
    """The genre of the file `f` with its facts `x`, to be read: what the user set, of its tag, imported, of labels."""
    label = f"(SELECT {_STYLE} FROM labels AS l WHERE l.audio_id = f.audio_id)"
    if tuple(prefer) != DEFAULT_METADATA_PREFERENCE:
        return f"CAST(coalesce(nullif(trim({name_sql('genre', prefer)}, ' ;'), ''), {label}) AS TEXT)"
    return f"CAST(coalesce(x.user_genre, nullif(trim(f.genre, ' ;'), ''), x.imported_genre, {label}) AS TEXT)"


def labelled_sql(field: str, text: str, how: str) -> Sql:
    """Whether labels of the file `x.file_id` say a text: in one of `LABEL_FIELDS`, or in the "genre".

    Parameters
    ----------
    how : "start" and "phrase": the text begins a word, or, of marks alone, is somewhere in it; "whole": all of a value
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
    # By the labels, not by the files: each is looked at once, and there may be none at all.
    ids = "SELECT lf.id FROM labels AS l CROSS JOIN files AS lf ON lf.audio_id = l.audio_id"
    return f"x.file_id IN ({ids} WHERE {sql})", values
