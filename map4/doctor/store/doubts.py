"""Candidates for findings of the doctor: files, albums and genre texts of a library."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, TypeVar

from map4.core.base.text import words_of
from map4.core.music.album import AlbumPlace
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.track.credits import CREDITED, Credit, credits_of, fitting_list, may_have_guests
from map4.core.music.track.fields import OF_FILE
from map4.core.music.track.tags import TAGS_VERSION
from map4.core.store.database import UNREADABLE_VALUES, Connection
from map4.core.store.library_ref import damaged
from map4.core.store.query.field_sql import counting_sql, named_tag_sql, text_sql
from map4.core.store.query.forms import FileIds
from map4.core.store.rows.track_rows import file_path
from map4.core.store.search import TABLES
from map4.core.store.sql_store import Store
from map4.doctor.checks.album_parts import album_key
from map4.doctor.checks.albums import LEAST_NUMBERED, LEAST_TRACKS, AlbumFolder
from map4.doctor.checks.groups import AlbumTrack, GroupFile
from map4.doctor.checks.spellings import GenreTexts, genre_keys, spelling_key
from map4.doctor.store.suspects import is_real_artist, known_names, suspects
from map4.library import hookspecs

_MOST_INSIDE = 2000  # for up to this many files all folders are read; for more, only those with doubts
_OWN = sorted(OF_FILE)
_ROWS = (
    "SELECT f.id, f.path, {} FROM files AS f CROSS JOIN facts AS x ON x.file_id = f.id WHERE f.missing_since IS NULL"
)
_AMONG = " AND f.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
_UNDER = "FROM files AS f WHERE f.path > ? AND f.path < ? AND f.missing_since IS NULL"
_WAITING = (
    "SELECT g.path, g.audio_id, u.name, u.value FROM gone_files AS g JOIN user_values AS u ON u.audio_id = g.uid "
    "WHERE g.audio_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM files AS f WHERE f.audio_id = g.audio_id "
    f"AND f.missing_since IS NULL AND {named_tag_sql('u.name', 'f')} = CAST(json_extract(u.value, '$') AS TEXT)) "
    "ORDER BY g.path, g.uid, u.name"
)
_SAME_FILE = """
    WITH same AS (
        SELECT inode, mtime_ns, size_bytes FROM files WHERE missing_since IS NULL AND inode <> 0
        GROUP BY inode, mtime_ns, size_bytes HAVING count(*) > 1
    )
    SELECT f.inode, f.mtime_ns, f.size_bytes, f.id, f.path FROM same JOIN files AS f ON f.inode = same.inode
    AND f.mtime_ns = same.mtime_ns AND f.size_bytes = same.size_bytes
    WHERE f.missing_since IS NULL ORDER BY f.inode, f.mtime_ns, f.size_bytes, f.path
"""
_IN_DOUBT = f"""
    WITH tracks (id, folder, album, artist, whose, year, track, disc, picture) AS (
        SELECT f.id, rtrim(f.display, replace(f.display, '/', '')), {{}}
        FROM files AS f CROSS JOIN facts AS x ON x.file_id = f.id WHERE f.missing_since IS NULL
    )
    SELECT min(id) FROM (
        SELECT min(id) AS id, folder FROM tracks WHERE album <> '' GROUP BY folder, map4_folded(album)
        HAVING min(picture) = 0 OR count(DISTINCT coalesce('of ' || whose, 'by ' || artist, '')) > 1
        OR (count(*) >= {LEAST_TRACKS} AND count(DISTINCT year) > 1)
        OR (count(track) >= {LEAST_NUMBERED} AND NOT (
            count(DISTINCT nullif(track, 0)) = count(*) AND max(track) = count(DISTINCT track)))
    ) AS albums GROUP BY folder ORDER BY folder
"""
"""A file of each folder with an album that a check may doubt; all others have no finding."""
_AT_ONCE = 500
_Row = tuple[Any, ...]
_ALBUM = itemgetter(2)


def folders_of(
    connection: Connection, context: QueryContext, batches: Iterable[Sequence[int]]
) -> Iterator[tuple[AlbumFolder, list[AlbumTrack]]]:
    """Yield the folders of some files, by path within each batch, with the tracks that name one album.

    batches: whole folders
    """
    own: dict[str, set[str]] | None = None
    for file_ids in batches:
        own = _own_values(connection) if own is None else own
        rows = _track_rows(connection, context, file_ids)
        for path, in_folder in _group_by_folder(rows):
            albums = _group_by_album(in_folder)
            has_folders = bool(albums) and _has_folders(connection, path)
            is_disc = AlbumPlace.disc_of(os.fsdecode(path), None) is not None
            for album in albums:
                is_one = len(albums) == 1 and len(album) == len(in_folder)
                folder = AlbumFolder(file_path(path), is_one_album=is_one, has_folders=has_folders, is_disc=is_disc)
                yield folder, [_track(row, own) for row in album]


def _track_rows(connection: Connection, context: QueryContext, file_ids: Iterable[int]) -> list[_Row]:
    columns = f"{album_columns_sql(context)}, {text_sql('title', context.preferred)}, f.tags_version, f.uid"
    return connection.execute(_ROWS.format(columns) + _AMONG, (json.dumps([*file_ids]),)).fetchall()


def albums_apart(connection: Connection, context: QueryContext, among: Set[int] | None) -> Iterator[list[AlbumTrack]]:
    """Yield the tracks whose albums have one key (`album_key`), if these have several folders or spellings."""
    keys, ids = array("q"), array("q")
    first: dict[int, int] = {}
    several = set[int]()
    key_of = lru_cache(maxsize=2**16)(lambda album: hash(album_key(album)))
    for file_id, path, album in connection.execute(_ROWS.format(text_sql("album", context.preferred))):
        if album:
            key = key_of(album)
            keys.append(key)
            ids.append(file_id)
            if first.setdefault(key, place := hash((album, path[: path.rfind(b"/")]))) != place:
                several.add(key)
    apart: dict[int, list[int]] = {}
    for key, file_id in zip(keys, ids, strict=True):
        if key in several:
            apart.setdefault(key, []).append(file_id)
    wanted = [some for some in apart.values() if among is None or not among.isdisjoint(some)]
    own = _own_values(connection) if wanted else {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = _track_rows(connection, context, chain.from_iterable(wanted[start : start + _AT_ONCE]))
        by_key: dict[str, list[AlbumTrack]] = {}
        for row in sorted(rows, key=itemgetter(1)):
            by_key.setdefault(album_key(row[2]), []).append(_track(row, own))
        yield from by_key.values()


def waiting_values(
    connection: Connection, context: QueryContext, among: Set[int] | None
) -> Iterator[tuple[str, dict[str, Any], list[AlbumTrack]]]:
    """Yield files that left the library, the values that the user set for each, and the files with its audio."""
    values: dict[tuple[bytes, str], dict[str, Any]] = {}
    for path, audio_id, name, value in connection.execute(_WAITING):
        values.setdefault((path, audio_id), {})[name] = json.loads(value)
    own = _own_values(connection) if values else {}
    for (path, audio_id), user_values in values.items():
        files = connection.execute("SELECT id FROM files WHERE audio_id = ? AND missing_since IS NULL", (audio_id,))
        ids = {file_id for (file_id,) in files}
        if ids and (among is None or not among.isdisjoint(ids)):
            rows = sorted(_track_rows(connection, context, ids), key=itemgetter(1))
            yield file_path(path), user_values, [_track(row, own) for row in rows]


def second_names(
    connection: Connection, context: QueryContext, among: Set[int] | None
) -> Iterator[list[tuple[int, str]]]:
    """Yield the ids and paths of files with the same inode, time and size."""
    for _, rows in groupby(connection.execute(_SAME_FILE).fetchall(), key=itemgetter(slice(0, 3))):
        files = [(file_id, file_path(path)) for *_, file_id, path in rows]
        if among is None or not among.isdisjoint(file_id for file_id, _ in files):
            yield files


def album_columns_sql(context: QueryContext) -> str:
    """Return the columns that show whether a file's album may have a finding."""
    album, artist, whose = (text_sql(name, context.preferred) for name in ("album", "artist", "album_artist"))
    year, track, disc = (counting_sql(name, context) for name in ("year", "track", "disc_number"))
    return ", ".join((album, artist, whose, year, track, disc, "f.has_picture"))


def in_folders_of_few(connection: Connection, among: Set[int] | None) -> list[int] | None:
    """Return the files of all folders of some files (None: of the library); None if they are many."""
    if among is None:
        sql = "SELECT id FROM files WHERE missing_since IS NULL ORDER BY id LIMIT ?"
        among = {file_id for (file_id,) in connection.execute(sql, (_MOST_INSIDE + 1,))}
    return in_folders_of(connection, among) if len(among) <= _MOST_INSIDE else None


def in_folders_in_doubt(connection: Connection, context: QueryContext) -> Iterator[list[int]]:
    """Yield the files of all folders with a doubtful album, some folders at once."""
    first = [file_id for (file_id,) in connection.execute(_IN_DOUBT.format(album_columns_sql(context)))]
    for start in range(0, len(first), _AT_ONCE):
        yield in_folders_of(connection, first[start : start + _AT_ONCE])


def in_folders_of(connection: Connection, file_ids: Iterable[int]) -> list[int]:
    """Return all files in the folders of some files."""
    sql = "SELECT path FROM files WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
    paths = connection.execute(sql, (json.dumps([*file_ids]),)).fetchall()
    ids: list[int] = []
    for folder in {path[: path.rfind(b"/")] for (path,) in paths}:
        rows = connection.execute(f"SELECT f.id, f.path {_UNDER}", _path_bounds(folder))
        ids += (file_id for file_id, path in rows if path.rfind(b"/") == len(folder))
    return ids


def _has_folders(connection: Connection, folder: bytes) -> bool:
    """Return whether sub-folders contain files."""
    # The index shows whether there are any; only then is it read which of them are missing.
    for tables in ("FROM files AS f WHERE f.path > ? AND f.path < ?", _UNDER):
        paths = connection.execute(f"SELECT f.path {tables} ORDER BY f.path", _path_bounds(folder))
        if not any(path.rfind(b"/") > len(folder) for (path,) in paths):
            return False
    return True


def _path_bounds(folder: bytes) -> tuple[bytes, bytes]:
    """Return the bounds of the paths in a folder."""
    return folder + b"/", folder + b"0"


def _group_by_folder(rows: Iterable[_Row]) -> list[tuple[bytes, list[_Row]]]:
    """Group rows by their direct folder, sorted by path."""
    folders: dict[bytes, list[_Row]] = {}
    for row in sorted(rows, key=itemgetter(1)):
        folders.setdefault(row[1][: row[1].rfind(b"/")], []).append(row)
    return sorted(folders.items())


def _group_by_album(rows: list[_Row]) -> list[list[_Row]]:
    names = {*map(_ALBUM, rows)}
    if len(names) == 1:
        return [rows] if any(names) else []
    albums: dict[str, list[_Row]] = {}
    for row in rows:
        if row[2]:
            albums.setdefault(row[2].casefold(), []).append(row)
    return [*albums.values()]


def _own_values(connection: Connection) -> dict[str, set[str]]:
    """Return which of these values the user set, by file."""
    names = ", ".join(f"'{name}'" for name in _OWN)
    own: dict[str, set[str]] = {}
    for uid, name in connection.execute(f"SELECT audio_id, name FROM user_values WHERE name IN ({names})"):
        own.setdefault(uid, set()).add(name)
    return own


def _track(row: _Row, own: Mapping[str, Set[str]]) -> AlbumTrack:
    file_id, path, album, artist, whose, year, number, disc, picture, title, version, uid = row
    has_picture = None if picture is None else bool(picture)
    own_fields = frozenset(own.get(uid, ()))
    return AlbumTrack(file_id, file_path(path), artist, title, album, whose, year, number, disc,
                      has_picture, version == TAGS_VERSION, own_fields)  # fmt: skip


_ANY = Query.parse("is:any")
_Doubted = TypeVar("_Doubted")


class SqlDoubts:
    """Finds candidates for findings in a library."""

    def __init__(self, store: Store) -> None:
        self._store, self._database, self._search = store, store.database, store.search

    def suspects(self, query: str | Query, context: QueryContext, checks: Sequence[str]) -> list[tuple[int, int]]:
        """Return ids of matching files that may fail a check, in the query's order.

        Each has one bit per check, the first check the lowest. Candidates of a check in `UNSURE` may pass it.
        """
        if not checks:
            return []
        copies = self._store.part(hookspecs.copies.required()).file_ids() if "copies" in checks else ()
        query = Query.parse(query)
        is_ordered = bool(query.sort or query.limit is not None or query.offset)
        chosen = self._search.file_ids(query, context) if is_ordered else []
        where = FileIds.of(chosen).as_predicate() if is_ordered else self._search.where(query, context)
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
                spelling_key(one.name) for listed, _, _ in self._credits(where, values, context) for one in listed
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
