"""Candidates for findings of the doctor: files, albums and genre texts of a library."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from typing import Any, TypeVar

from map4.core.base.text import words_of
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query, parse_query
from map4.core.music.track.credits import CREDITED, Credit, credits_of, fitting_list, may_have_guests
from map4.core.store.database import Connection
from map4.core.store.query.field_sql import text_sql
from map4.core.store.query.forms import ids_of
from map4.core.store.rows.track_rows import file_path
from map4.core.store.search import TABLES
from map4.core.store.sql_store import Store
from map4.core.store.unreadable import UNREADABLE_VALUES, damaged
from map4.doctor.checks.albums import AlbumFolder
from map4.doctor.checks.groups import AlbumTrack, GroupFile
from map4.doctor.checks.spellings import GenreTexts, artist_key, genre_keys
from map4.doctor.store.albums import (
    albums_apart,
    folders_of,
    in_folders_in_doubt,
    in_folders_of_few,
    second_names,
    waiting_values,
)
from map4.doctor.store.suspects import is_real_artist, known_names, suspects
from map4.library import hookspecs

_ANY = parse_query("is:any")
_Doubted = TypeVar("_Doubted")


class SqlDoubts:
    """Finds candidates for findings in a library."""

    def __init__(self, store: Store) -> None:
        self._store, self._database, self._search = store, store.database, store.search

    def suspects(self, query: Query, context: QueryContext, checks: Sequence[str]) -> list[tuple[int, int]]:
        """Return ids of matching files that may fail a check, in the query's order.

        Each has one bit per check, the first check the lowest. Candidates of a check in `UNSURE` may pass it.
        """
        if not checks:
            return []
        copies = self._store.part(hookspecs.copies.required()).file_ids() if "copies" in checks else ()
        is_ordered = bool(query.sort or query.limit is not None or query.offset)
        chosen = self._search.file_ids(query, context) if is_ordered else []
        where = ids_of(chosen).as_predicate() if is_ordered else self._search.where(query, context)
        with self._database.asking() as connection:
            suspected = suspects(connection, where, context, checks, copies)
        if is_ordered:
            place = {file_id: number for number, file_id in enumerate(chosen)}
            suspected.sort(key=lambda suspect: place[suspect[0]])
        return suspected

    def albums(self, query: Query, context: QueryContext) -> Iterator[tuple[AlbumFolder, list[AlbumTrack]]]:
        """Each folder with its tracks of one album, if one of them matches; tracks are read lazily.

        By path; for many files, only folders in which a check of albums may find something.
        Missing files are left out.
        """
        return self._each(self._read_by_folder, query, context)

    def _read_by_folder(
        self, connection: Connection, context: QueryContext, among: Set[int] | None
    ) -> Iterator[tuple[AlbumFolder, list[AlbumTrack]]]:
        few = in_folders_of_few(connection, among)
        batches = in_folders_in_doubt(connection, context) if few is None else iter([few])
        for folder, tracks in folders_of(connection, context, batches):
            if among is None or not among.isdisjoint(track.file_id for track in tracks):
                yield folder, tracks

    def albums_apart(self, query: Query, context: QueryContext) -> Iterator[list[AlbumTrack]]:
        """Tracks of albums that are in several folders or spellings, if one of them matches."""
        return self._each(albums_apart, query, context)

    def waiting_values(
        self, query: Query, context: QueryContext
    ) -> Iterator[tuple[str, dict[str, Any], list[AlbumTrack]]]:
        """Each file that left the library, your values of it, and the present files with its audio."""
        return self._each(waiting_values, query, context)

    def second_names(self, query: Query, context: QueryContext) -> Iterator[list[tuple[int, str]]]:
        """Ids and paths of present files that may be one file under several names, by inode, time and size."""
        return self._each(second_names, query, context)

    def _each(self, read: Callable[..., Iterator[_Doubted]], query: Query, context: QueryContext) -> Iterator[_Doubted]:
        among = None if matches_everything(query) else {*self._search.matching(query, context)}
        try:
            with self._database.asking() as connection:
                yield from read(connection, context, among)
        except UNREADABLE_VALUES as error:
            raise damaged(self._database.path, f"albums can't be read: {error}") from error

    def files(self, file_ids: Collection[int]) -> dict[int, GroupFile]:
        """Return the names of files."""
        sql = "SELECT id, path, audio_id, uid FROM files WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
        with self._database.reading() as connection:
            rows = connection.execute(sql, (json.dumps([*file_ids]),))
            return {file_id: GroupFile(file_path(path), *names) for file_id, path, *names in rows}

    def genre_texts(self, query: Query, context: QueryContext) -> GenreTexts:
        """Return the current genre texts of all present tracks, without labels.

        A narrower query limits the check to genres that a matching track has in some spelling.
        """
        genre, own = text_sql("genre", context.preferred), context.preferences.genres
        texts = dict[str, tuple[int, int]]()
        with self._database.asking() as connection:
            # Counted here, as SQLite would sort the texts to group them.
            for text, file_id in connection.execute(f"SELECT {genre}, x.file_id {TABLES} WHERE x.state <> 'missing'"):
                if text:
                    count, first = texts.get(text, (0, file_id))
                    texts[text] = count + 1, min(first, file_id)
            texts = dict(sorted(texts.items()))
            if matches_everything(query):
                return GenreTexts(texts, own)
            where, values = self._search.within_limits(query, context)
            named = connection.execute(f"SELECT DISTINCT {genre} {TABLES} WHERE {where}", values).fetchall()
        return GenreTexts(texts, own, {key for (text,) in named if text for key in genre_keys(text, own)})

    def artists(self) -> dict[str, str]:
        """The artists of tags by their folded words, in their most frequent spelling."""
        sql = "SELECT artist, count(*) FROM files WHERE artist IS NOT NULL GROUP BY artist ORDER BY 2, 1 DESC"
        with self._database.reading() as connection:
            return {words_of(artist): artist for artist, _ in connection.execute(sql)}

    def known_names(self) -> frozenset[str]:
        """The artists of tags with letters that depend on the encoding."""
        with self._database.reading() as connection:
            return known_names(connection)

    def is_real_artist(self, artist: str) -> bool:
        """Whether the library has an artist of a name that programs write for none."""
        with self._database.reading() as connection:
            return is_real_artist(connection, artist)

    def credits(
        self, query: Query, context: QueryContext
    ) -> tuple[Iterator[tuple[tuple[Credit, ...], int, int]], frozenset[str] | None]:
        """Return distinct credits, each with the number of its present tracks and one of them.

        For a narrower query also the keys of the names that a matching track has.
        """
        keys = None
        if not matches_everything(query):
            where, values = self._search.within_limits(query, context)
            keys = frozenset(
                artist_key(one.name) for listed, _, _ in self._credits(where, values, context) for one in listed
            )
        return self._credits("x.state <> 'missing'", (), context), keys

    def _credits(
        self, where: str, values: Sequence[Any], context: QueryContext
    ) -> Iterator[tuple[tuple[Credit, ...], int, int]]:
        artist, title, *others = (text_sql(name, context.preferred) for name in ("artist", "title", *CREDITED))
        title = f"CASE WHEN lower({title}) LIKE '%f%t%' THEN {title} END"
        columns = ("f.artist", "f.artists", "f.artist_ids", artist, title, *others, "x.file_id")
        texts, whole = dict[tuple[str | None, ...], tuple[int, int]](), self._store.preferences.whole_names
        with self._database.asking() as connection:
            for *names, file_id in connection.execute(f"SELECT {', '.join(columns)} {TABLES} WHERE {where}", values):
                named = names[4]
                names[4] = named if named and may_have_guests(named) else None
                count, first = texts.get(key := tuple(names), (0, file_id))
                texts[key] = count + 1, min(first, file_id)
        for (tag, listed, ids, current, of_title, *rest), (count, file_id) in texts.items():
            is_tag = tag == current
            yield (
                credits_of(
                    current,
                    title=of_title,
                    artists=fitting_list(listed, current, is_of_same=is_tag, whole=whole),
                    ids=ids if is_tag else None,
                    whole=whole,
                    **dict(zip(CREDITED, rest, strict=True)),
                ),
                count,
                file_id,
            )


def matches_everything(query: Query) -> bool:
    return query.limit is None and not query.offset and (not query.groups or query == _ANY)
