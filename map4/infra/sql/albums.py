"""Folders with their albums, as the checks of albums need them: those that leave no doubt are not even made."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from operator import itemgetter
from typing import Any

from map4.domain.checks.albums import LEAST_NUMBERED, LEAST_TRACKS, MOST_YEARS, PART_THERE, AlbumFolder
from map4.domain.checks.groups import AlbumTrack
from map4.domain.paths import is_disc_folder
from map4.domain.query.context import QueryContext
from map4.domain.track.tags import TAGS_VERSION
from map4.infra.sql.database import Connection
from map4.infra.sql.query.field_sql import counting_sql, text_sql
from map4.infra.sql.rows.track_rows import file_path

_MOST_INSIDE = 2000
"""Of so many files the folders are read by themselves; of more, those in which something may be wrong."""
_FOLDERS_AT_ONCE = 500
_OWN = ("year", "track", "disc_number", "album_artist")
_ROWS = (
    "SELECT f.id, f.path, {} FROM files AS f CROSS JOIN facts AS x ON x.file_id = f.id WHERE f.missing_since IS NULL"
)
_AMONG = " AND f.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
_UNDER = "FROM files AS f WHERE f.path > ? AND f.path < ? AND f.missing_since IS NULL"
_Row = tuple[Any, ...]
_ID, _ALBUM, _ARTIST, _WHOSE, _YEAR, _TRACK, _DISC, _PICTURE = map(itemgetter, (0, 2, 3, 4, 5, 6, 7, 8))


def albums_in_doubt(
    connection: Connection, context: QueryContext, among: Set[int] | None
) -> Iterator[tuple[AlbumFolder, list[AlbumTrack]]]:
    """Each folder with the tracks in it that name one album, by path.

    Of many files what tells is gone through first, in the order in which they lie in the library: by path it would
    take three times as long. Then the folders alone in which something may be wrong are read.

    among: only albums that have one of these files
    """
    album, artist, whose, title = (
        text_sql(name, context.preferred) for name in ("album", "artist", "album_artist", "title")
    )
    year, track, disc = (counting_sql(name, context) for name in ("year", "track", "disc_number"))
    telling = ", ".join((album, artist, whose, year, track, disc, "f.has_picture"))
    few = _few(connection) if among is None else among
    if few is None or len(few) > _MOST_INSIDE:
        from map4.infra.sql.told_albums import ToldAlbums  # with it comes numpy

        batches = ToldAlbums(connection.execute(f"{_ROWS.format(telling)} ORDER BY f.id")).in_doubt(_FOLDERS_AT_ONCE)
    else:
        batches = iter([_in_folders_of(connection, few)])
    own: dict[str, set[str]] | None = None
    whole = _ROWS.format(f"{telling}, {title}, f.tags_version, f.audio_id") + _AMONG
    for file_ids in batches:
        own = _own_values(connection) if own is None else own
        rows = connection.execute(whole, (json.dumps(file_ids),)).fetchall()
        for path, in_folder in _by_folder(rows):
            buckets = _by_album(in_folder)
            chosen = [
                bucket for bucket in buckets
                if _is_doubtful(bucket) and (among is None or not among.isdisjoint(map(_ID, bucket)))
            ]  # fmt: skip
            has_folders = bool(chosen) and _has_folders(connection, path)
            for bucket in chosen:
                is_one = len(buckets) == 1 and len(bucket) == len(in_folder)
                is_disc = is_disc_folder(os.fsdecode(path.rpartition(b"/")[2]))
                folder = AlbumFolder(file_path(path), is_one_album=is_one, has_folders=has_folders, is_disc=is_disc)
                yield folder, [_track(row, own) for row in bucket]


def _few(connection: Connection) -> list[int] | None:
    """All files of a library that has few of them."""
    sql = "SELECT id FROM files WHERE missing_since IS NULL ORDER BY id LIMIT ?"
    found = [file_id for (file_id,) in connection.execute(sql, (_MOST_INSIDE + 1,))]
    return found if len(found) <= _MOST_INSIDE else None


def _in_folders_of(connection: Connection, file_ids: Iterable[int]) -> list[int]:
    """All files that lie beside some files."""
    sql = "SELECT path FROM files WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
    paths = connection.execute(sql, (json.dumps([*file_ids]),)).fetchall()
    found: list[int] = []
    for folder in {path[: path.rfind(b"/")] for (path,) in paths}:
        rows = connection.execute(f"SELECT f.id, f.path {_UNDER}", _between(folder))
        found += (file_id for file_id, path in rows if path.rfind(b"/") == len(folder))
    return found


def _has_folders(connection: Connection, folder: bytes) -> bool:
    """Whether files lie in other folders in it."""
    paths = connection.execute(f"SELECT f.path {_UNDER} ORDER BY f.path", _between(folder))
    return any(path.rfind(b"/") > len(folder) for (path,) in paths)


def _between(folder: bytes) -> tuple[bytes, bytes]:
    """Between which paths those in a folder lie."""
    return folder + b"/", folder + b"0"


def _by_folder(rows: Iterable[_Row]) -> list[tuple[bytes, list[_Row]]]:
    """Folders with what lies in them itself, by path."""
    found: dict[bytes, list[_Row]] = {}
    for row in sorted(rows, key=itemgetter(1)):
        found.setdefault(row[1][: row[1].rfind(b"/")], []).append(row)
    return sorted(found.items())


def _by_album(rows: list[_Row]) -> list[list[_Row]]:
    names = {*map(_ALBUM, rows)}
    if len(names) == 1:
        return [rows] if any(names) else []
    found: dict[str, list[_Row]] = {}
    for row in rows:
        if row[2]:
            found.setdefault(row[2].casefold(), []).append(row)
    return [*found.values()]


def _is_doubtful(rows: list[_Row]) -> bool:
    """Whether a check may say something; most albums are told here, by what their tracks have in common."""
    if 0 in map(_PICTURE, rows):
        return True
    if len(rows) == 1:
        return False
    whose, years = {*map(_WHOSE, rows)}, {*map(_YEAR, rows)} - {None, 0}
    if len(whose) > 1 or (1 < len(years) <= MOST_YEARS and len(rows) >= LEAST_TRACKS):
        return True
    if None in whose and len({*map(_ARTIST, rows)}) > 1:
        return True
    numbers = [number for number in map(_TRACK, rows) if number]
    if len(numbers) < LEAST_NUMBERED or (len({*numbers}) == len(rows) == max(numbers)):
        return False
    # What few are there of says nothing; on several discs each is looked at by itself.
    return len({*numbers}) >= PART_THERE * (max(numbers) - min(numbers) + 1) or len({*map(_DISC, rows)}) > 1


def _own_values(connection: Connection) -> dict[str, set[str]]:
    """Which of the values that count here the user set, by audio id."""
    names = ", ".join(f"'{name}'" for name in _OWN)
    own: dict[str, set[str]] = {}
    for audio_id, name in connection.execute(f"SELECT audio_id, name FROM user_values WHERE name IN ({names})"):
        own.setdefault(audio_id, set()).add(name)
    return own


def _track(row: _Row, own: Mapping[str, Set[str]]) -> AlbumTrack:
    file_id, path, album, artist, whose, year, number, disc, picture, title, version, audio_id = row
    has_picture = None if picture is None else bool(picture)
    kept = frozenset(own.get(audio_id or "", ()))
    return AlbumTrack(file_id, file_path(path), audio_id, artist, title, album, whose, year, number, disc,
                      has_picture, version == TAGS_VERSION, kept)  # fmt: skip
