"""The songs of a library's files, by the names that count."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from map4.core.music.query.context import QueryContext
from map4.core.music.track.sources import Preferred
from map4.core.store.database import Database
from map4.core.store.query.field_sql import text_sql
from map4.core.store.query.forms import FileIds, WordForms, ids_of
from map4.core.store.search import TABLES
from map4.core.store.store_part import StorePart
from map4.search.matching.songs import Song, song_numbers


def _songs_sql(preferred: Preferred) -> str:
    artist, title, remixer, mix = (text_sql(name, preferred) for name in ("artist", "title", "remixer", "mix"))
    return f"SELECT x.file_id, {artist}, {title}, f.path, coalesce({remixer}, {mix}) {TABLES} WHERE x.state = 'ok'"


def _songs(rows: Iterable[Sequence[Any]]) -> dict[int, Song]:
    return {row[0]: Song.of(row[1], row[2], os.fsdecode(row[3]), row[4]) for row in rows}


class SqlSongs(StorePart):
    """Reads the songs of files."""

    def __init__(self, database: Database, preferred: Callable[[], Preferred]) -> None:
        self._database, self._preferred = database, preferred

    @classmethod
    def of(cls, store: Any) -> Self:
        return cls(store.database, store.preferred)

    def of_files(self, file_ids: Sequence[int]) -> dict[int, Song]:
        """The songs of present, analysed files, by id."""
        sql, values = ids_of(int(file_id) for file_id in file_ids)
        with self._database.asking() as connection:
            return _songs(connection.execute(f"{_songs_sql(self._preferred())} AND x.file_id IN ({sql})", values))


class _VersionForms(WordForms):
    """The tracks whose song another track has, too."""

    def clause(self, context: QueryContext) -> FileIds:
        songs = _songs(context.rows(_songs_sql(context.preferred), ()))
        numbers = song_numbers(songs.values())
        counts = Counter(numbers)
        several = (
            file_id for file_id, number in zip(songs, numbers, strict=True) if counts[number] > 1 and number >= 0
        )
        return ids_of(sorted(several))


VERSION = _VersionForms()
