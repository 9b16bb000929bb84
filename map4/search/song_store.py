"""The songs of a library's files, by the names that count."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Self

from map4.core.base.text import words_of
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.query.terms import Is, Words
from map4.core.music.track.sources import Preferred
from map4.core.store.database import Database
from map4.core.store.query.field_sql import text_sql
from map4.core.store.query.forms import FileIds, WordForms, ids_of
from map4.core.store.search import TABLES
from map4.core.store.store_part import StorePart
from map4.search.matching.songs import WANTED_WORDS, Song, song_numbers


def wants_versions(query: Query) -> bool:
    """True if a query names versions: `is:version`, `is:copy`, or a word such as "remix" in a title or version."""
    return any(_is_of_versions(term.condition) for group in query.groups for term in group if not term.negated)


def _is_of_versions(condition: object) -> bool:
    if isinstance(condition, Words):
        is_named = not WANTED_WORDS.isdisjoint(words_of(condition.text).split())
        return condition.field in ("mix", "remixer") or (condition.field in (None, "title") and is_named)
    return isinstance(condition, Is) and condition.word in ("version", "copy")


def _songs_sql(preferred: Preferred) -> str:
    artist, title, remixer, mix = (text_sql(name, preferred) for name in ("artist", "title", "remixer", "mix"))
    others = f"coalesce({remixer}, {mix}), f.audio_id, x.duration_s"
    return f"SELECT x.file_id, {artist}, {title}, f.path, {others} {TABLES} WHERE"


def _song(row: Sequence[Any]) -> Song:
    return Song.of(row[1], row[2], os.fsdecode(row[3]), row[4])


class SqlSongs(StorePart):
    """Reads the songs of files."""

    def __init__(self, database: Database, preferred: Callable[[], Preferred]) -> None:
        self._database, self._preferred = database, preferred

    @classmethod
    def of(cls, store: Any) -> Self:
        return cls(store.database, store.preferred)

    def of_files(self, file_ids: Sequence[int]) -> dict[int, Song]:
        """The songs of files, by id."""
        return {file_id: song for file_id, (_, song, _) in self.with_audio(file_ids).items()}

    def with_audio(self, file_ids: Sequence[int]) -> dict[int, tuple[str, Song, float | None]]:
        """Audio id, song and length of files, by id."""
        sql, values = ids_of(int(file_id) for file_id in file_ids)
        with self._database.asking() as connection:
            rows = connection.execute(f"{_songs_sql(self._preferred())} x.file_id IN ({sql})", values)
            return {row[0]: (row[5], _song(row), row[6]) for row in rows}


class _VersionForms(WordForms):
    """The tracks whose song another track has, too."""

    def clause(self, context: QueryContext) -> FileIds:
        songs = {row[0]: _song(row) for row in context.rows(f"{_songs_sql(context.preferred)} x.state = 'ok'", ())}
        numbers = song_numbers(songs.values())
        counts = Counter(n for n, song in zip(numbers, songs.values(), strict=True) if n >= 0 and not song.is_common)
        return ids_of(sorted(row for row, number in zip(songs, numbers, strict=True) if counts[number] > 1))


VERSION = _VersionForms()
