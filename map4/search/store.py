"""Table columns in SQL, of which only the requested are read, and the songs of files."""

from __future__ import annotations

import json
import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from map4.core.base.text import words_of
from map4.core.music.analysis.analysis import DOUBTFUL
from map4.core.music.query.context import QueryContext
from map4.core.music.query.fields import FIELDS
from map4.core.music.query.parser import Query, SortField
from map4.core.music.query.terms import Is, Words
from map4.core.music.track.fields import QUERIED
from map4.core.music.track.sources import Preferred
from map4.core.music.track.track_parts import MARKS
from map4.core.store.database import Connection, Database, StorePart, as_json, scalar
from map4.core.store.library_ref import damaged
from map4.core.store.query.field_sql import (
    FAMILY_SQL,
    confidence_sql,
    genre_sql,
    part_columns,
    second_bpm_sql,
    text_sql,
)
from map4.core.store.query.forms import FieldForms, FileIds, Predicate, WordForms, order_keys, value_sql
from map4.core.store.query.query_sql import condition_of
from map4.core.store.search import TABLES, SqlSearch, tables_of
from map4.search.matching.songs import WANTED_WORDS, Song, song_numbers, work_numbers

_SEEN_FIRST = 2000
"""Values that most tracks have appear in the first rows; all rows are searched only for the rest."""
_RAW: dict[str, Callable[[QueryContext], str]] = {
    "id": lambda context: "coalesce(f.audio_id, f.uid)",
    "file": lambda context: "f.uid",
    "file_name": lambda context: "f.display",
    "path_bytes": lambda context: "f.path",
    "state": lambda context: "x.state",
    "genre": lambda context: genre_sql(context.preferred),
    "has_picture": lambda context: "f.has_picture",
    "user_genre": lambda context: "x.user_genre",
    "named_genre": lambda context: text_sql("genre", context.preferred),
    "label_family": lambda context: FAMILY_SQL,
    "detected": lambda context: "x.detected_cues",
    "overview": lambda context: f"(SELECT {part_columns(('overview',))['overview']} "
                                "FROM analyses AS a WHERE a.audio_id = f.audio_id)",
    "second_bpm": second_bpm_sql,
    "phrase_list": lambda context: "(SELECT json_extract(a.core, '$.structure.phrases') "
                                   "FROM analyses AS a WHERE a.audio_id = f.audio_id)",
}  # fmt: skip


class SqlTableRows(StorePart):
    """Stored values of files, column by column, without creating tracks.

    Names are those of queries. Additional names: `id`, the address; `file`, the file's own id; `file_name`, the path;
    `state`; `has_picture`, of its tags; `marks`, a bit for each of `map4.core.music.track.track_parts.MARKS`;
    `user_genre`; `named_genre`, the genre without labels; `label_family`; `detected`, the kinds of detected cue
    points; `overview`, its bytes; `phrase_list`, its phrases as JSON; `second_bpm`, the second tempo, where
    `Tempo.second` has one.
    """

    def __init__(self, database: Database, search: SqlSearch) -> None:
        super().__init__(database)
        self._search = search

    @classmethod
    def of(cls, store: Any) -> Self:
        return cls(store.database, store.search)

    def values(
        self, file_ids: Sequence[int], names: Sequence[str], context: QueryContext
    ) -> list[tuple[int, *tuple[Any, ...]]]:
        """These values of the known files, in this order, each with its id."""
        sql, values = self._selected(names, context)
        # CROSS JOIN keeps the order of the list.
        chosen = "(SELECT CAST(key AS INTEGER) AS place, CAST(value AS INTEGER) AS id FROM json_each(?)) AS j"
        tables = f"{chosen} CROSS JOIN facts AS x ON x.file_id = j.id JOIN files AS f ON f.id = x.file_id"
        with self._database.asking() as connection:
            rows = connection.execute(
                f"SELECT j.id{''.join(f', {column}' for column in sql)} FROM {tables} ORDER BY j.place",
                (*values, json.dumps([int(file_id) for file_id in file_ids])),
            ).fetchall()
        for at, name in enumerate(names, 1):
            is_number = name in FIELDS and FIELDS[name].kind in ("number", "level", "duration")
            if is_number and {type(row[at]) for row in rows} & {str, bytes}:
                raise damaged(self._database.path, f"{name} of a track is not a number")
        return rows

    def matching(self, query: Query, names: Sequence[str], context: QueryContext) -> Iterator[tuple[Any, ...]]:
        """These values of each matching file, in no particular order and ignoring limits."""
        sql, values = self._selected(names, context)
        selected, (where, wanted) = ", ".join(sql), self._search.where(query, context)
        with self._database.asking() as connection:
            rows = f"SELECT {selected} {tables_of(selected, where)} WHERE {where}"
            yield from connection.execute(rows, (*values, *wanted))

    def known(self, names: Sequence[str], context: QueryContext) -> set[str]:
        """The names of the values that at least one file has."""
        counts = self._known(names, context, f"LIMIT {_SEEN_FIRST}")
        of_all, here = [], self._search.here(context)
        for name in (name for name in names if name not in counts):
            forms = FieldForms.named(name, here)
            if (which := None if forms is None else forms.may_have(here)) is None:
                of_all.append(name)
            else:
                counts |= self._known([name], context, f"WHERE {which.as_predicate().sql}")
        return counts | self._known(of_all, context, "")

    def _known(self, names: Sequence[str], context: QueryContext, of: str) -> set[str]:
        if not names:
            return set()
        sql, values = self._selected(names, context)
        selected = ", ".join(f"{column} AS c{number}" for number, column in enumerate(sql))
        tables = tables_of(selected)
        counts = ", ".join(f"count(c{number})" for number in range(len(names)))
        with self._database.asking() as connection:
            [row] = connection.execute(f"SELECT {counts} FROM (SELECT {selected} {tables} {of}) AS seen", values)
        return {name for name, count in zip(names, row, strict=True) if count}

    def order(self, sort: Sequence[SortField], context: QueryContext) -> array[int]:
        """All files in an order, as `SqlSearch.file_ids` returns matches; by path if the order names no field."""
        # SQLite carries whole rows through a sort; sorting only the values takes a third of the time.
        with self._database.asking() as connection:
            ids = np.fromiter((row[0] for row in connection.execute("SELECT id FROM files ORDER BY path")), np.int64)
            if not len(ids):
                return array("q")
            for sort_field in reversed(sort):
                for key in reversed(order_keys(sort_field.field, self._search.here(context))):
                    places = self._places(connection, key, int(ids.max()) + 1, descending=sort_field.descending)
                    ids = ids[np.argsort(places[ids], kind="stable")]
        return array("q", ids.tobytes())

    def _places(self, connection: Connection, key: str, size: int, *, descending: bool) -> npt.NDArray[np.float64]:
        """A sort number for each file; NaN, which sorts last, for unknown keys."""
        places = np.full(size, np.nan)
        ids, values = array("q"), []
        for file_id, value in connection.execute(f"SELECT x.file_id, {key} {tables_of(key)}"):
            if file_id < size:  # else it was added since the ids were read
                ids.append(file_id)
                values.append(value)
        if not all(value is None or isinstance(value, float) for value in values):
            known = sorted({value for value in values if value is not None})
            place_of: dict[Any, int | None] = {value: place for place, value in enumerate(known)}
            place_of[None] = None
            values = [place_of[value] for value in values]
        keys = np.array(values, dtype=np.float64)
        places[np.array(ids, dtype=np.int64)] = -keys if descending else keys
        return places

    def sorted_as(self, file_id: int, field: str, context: QueryContext) -> str | None:
        """The text that sorts a file by a field; None if unknown."""
        key = order_keys(field, self._search.here(context))[-1]
        with self._database.asking() as connection:
            tables = "facts AS x JOIN files AS f ON f.id = x.file_id"
            row = connection.execute(f"SELECT {key} FROM {tables} WHERE x.file_id = ?", (file_id,)).fetchone()
            return None if row is None else row[0]

    def _selected(self, names: Sequence[str], context: QueryContext) -> tuple[list[str], tuple[Any, ...]]:
        expressions = [_column_sql(name, self._search.here(context)) for name in names]
        return [sql for sql, _ in expressions], tuple(value for _, values in expressions for value in values)


def _column_sql(name: str, context: QueryContext) -> Predicate:
    if name == "marks":
        parts: list[str] = []
        given: list[Any] = []
        for bit, mark in enumerate(MARKS):
            is_doubtful = Predicate(f"{confidence_sql(mark, context)} < {DOUBTFUL}") if bit < 2 else None
            sql, values = is_doubtful or condition_of(Is(word=mark), context).clause().as_predicate()
            parts.append(f"CASE WHEN {sql} THEN {1 << bit} ELSE 0 END")
            given += values
        return Predicate(" | ".join(f"({part})" for part in parts), tuple(given))
    if name in _RAW:
        return Predicate(_RAW[name](context))
    assert name in FIELDS
    if name in QUERIED and QUERIED[name].kind == "text":
        return Predicate(text_sql(QUERIED[name].name, context.preferred))
    return Predicate(value_sql(name, context))


# ---- songs


def wants_versions(query: str | Query) -> bool:
    """True if a query names versions: `is:version`, `is:copy`, or a word such as "remix" in a title or version."""
    groups = Query.parse(query).groups
    return any(_is_of_versions(term.condition) for group in groups for term in group if not term.negated)


def _is_of_versions(condition: object) -> bool:
    if isinstance(condition, Words):
        is_named = not WANTED_WORDS.isdisjoint(words_of(condition.text).split())
        return condition.field in ("mix", "remixer") or (condition.field in (None, "title") and is_named)
    return isinstance(condition, Is) and condition.word in ("version", "copy")


_STORED = "SELECT x.file_id, s.song FROM facts AS x LEFT JOIN songs AS s ON s.file_id = x.file_id WHERE"
_AT_ONCE = 500  # a batch blocks other writers for 20 ms
Rows = Callable[[str, Sequence[Any]], Iterable[Any]]


def _song_texts(rows: Rows, where: str, values: Sequence[Any], preferred: Preferred) -> dict[int, str]:
    """The songs of files as they are stored, by id: made of the names that count where no scan has stored one."""
    texts = dict(rows(f"{_STORED} {where}", values))
    if None in texts.values():
        artist, title, remixer, mix = (text_sql(name, preferred) for name in ("artist", "title", "remixer", "mix"))
        works = "CAST(f.work AS TEXT), coalesce(CAST(f.movement_number AS TEXT), CAST(f.movement AS TEXT))"
        named = f"SELECT x.file_id, f.path, {artist}, {title}, coalesce({remixer}, {mix}), {works} {TABLES}"
        sql, new = FileIds.of(file_id for file_id, text in texts.items() if text is None)
        for file_id, path, artist, title, *others in rows(f"{named} WHERE x.file_id IN ({sql})", new):
            song = Song.of(artist, title, os.fsdecode(path), *others)
            of_work = [song.work] if song.work else []
            texts[file_id] = as_json([song.key, song.is_common, song.year, sorted(song.remixer), song.rank, *of_work])
    return {file_id: text for file_id, text in texts.items() if text}  # others have just been removed


def _read(text: str) -> Song:
    try:
        key, is_common, year, remixer, rank, *work = json.loads(text)
    except ValueError:  # damaged
        return Song("", False, "", frozenset(), 0)
    return Song(key, is_common, year, frozenset(remixer), rank, *work)


class SqlSongs(StorePart):
    """The songs of files. Only scans store them; triggers remove those of files with other names."""

    def __init__(self, database: Database, preferred: Callable[[], Preferred]) -> None:
        self._database, self._preferred = database, preferred

    @classmethod
    def of(cls, store: Any) -> Self:
        return cls(store.database, store.preferred)

    def of_files(self, file_ids: Iterable[int]) -> dict[int, Song]:
        """The songs of files, by id."""
        sql, values = FileIds.of(int(file_id) for file_id in file_ids)
        with self._database.asking() as connection:
            texts = _song_texts(connection.execute, f"x.file_id IN ({sql})", values, self._preferred())
        return {file_id: _read(text) for file_id, text in texts.items()}

    def with_audio(self, file_ids: Sequence[int]) -> dict[int, tuple[str, Song, float | None]]:
        """Audio id, song and length of files, by id."""
        songs, (sql, values) = self.of_files(file_ids), FileIds.of(int(file_id) for file_id in file_ids)
        with self._database.asking() as connection:
            rows = connection.execute(
                f"SELECT x.file_id, f.audio_id, x.duration_s {TABLES} WHERE x.file_id IN ({sql})", values
            )
            return {row[0]: (row[1], songs[row[0]], row[2]) for row in rows if row[0] in songs}

    def store_new(self) -> None:
        """Store the songs of all files without one, in batches of some hundreds."""
        with self._database.reading() as connection:
            if scalar(connection, "SELECT (SELECT count(*) FROM facts) = (SELECT count(*) FROM songs)"):
                return
            lacking = [row[0] for row in connection.execute(f"{_STORED} s.song IS NULL")]
        for start in range(0, len(lacking), _AT_ONCE):
            sql, values = FileIds.of(lacking[start : start + _AT_ONCE])
            with self._database.transaction() as connection:
                texts = _song_texts(connection.execute, f"x.file_id IN ({sql})", values, self._preferred())
                connection.executemany("INSERT INTO songs VALUES (?, ?) ON CONFLICT DO NOTHING", texts.items())


class _VersionForms(WordForms):
    """The tracks whose song another track has, too."""

    def clause(self, context: QueryContext) -> FileIds:
        texts = _song_texts(context.rows, "x.state = 'ok'", (), context.preferred)
        beginnings = Counter(text.partition('",')[0] for text in texts.values())  # their keys
        songs = {
            row: _read(text)
            for row, text in texts.items()
            if beginnings[text.partition('",')[0]] > 1 or text.endswith('"]')  # it has a work
        }
        known = [
            (row, -1 if song.is_common else number, work)
            for (row, song), number, work in zip(
                songs.items(), song_numbers(songs.values()), work_numbers(songs.values()), strict=True
            )
        ]
        # By title only if the work of either is unknown.
        titles = Counter(title for _, title, _ in known if title >= 0)
        bare = Counter(title for _, title, work in known if title >= 0 > work)
        works = Counter(work for _, _, work in known if work >= 0)
        return FileIds.of(
            sorted(
                row
                for row, title, work in known
                if works[work] > 1 or (bare[title] > 0 if work >= 0 else titles[title] > 1)
            )
        )


VERSION = _VersionForms()
