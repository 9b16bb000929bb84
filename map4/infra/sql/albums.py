"""Folders with their albums, as the checks of albums need them: those that leave no doubt are not even made."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Set
from itertools import chain
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
"""Of so many files the folders are read by themselves; of more all are."""
_OWN = ("year", "track", "album_artist")
_Row = tuple[Any, ...]
_ID, _ALBUM, _ARTIST, _WHOSE, _YEAR, _TRACK, _DISC, _PICTURE = map(itemgetter, (1, 2, 3, 4, 6, 7, 8, 9))
_Found = tuple[AlbumFolder, list[AlbumTrack]]


def albums_in_doubt(connection: Connection, context: QueryContext, among: Set[int] | None) -> list[_Found]:
    """Each folder with the tracks in it that name one album.

    among: only albums that have one of these files
    """
    names = [text_sql(name, context.preferred) for name in ("album", "artist", "album_artist", "title")]
    numbers = [counting_sql(name, context) for name in ("year", "track", "disc_number")]
    sql = (
        f"SELECT f.path, f.id, {', '.join((*names, *numbers))}, f.has_picture, f.tags_version, f.audio_id "
        "FROM files AS f CROSS JOIN facts AS x ON x.file_id = f.id WHERE f.missing_since IS NULL {} ORDER BY f.path"
    )
    if among is None or len(among) > _MOST_INSIDE:
        rows: Iterable[_Row] = connection.execute(sql.format(""))
    else:
        inside = sql.format("AND f.path > ? AND f.path < ?")
        folders = _folders_of(connection, among)
        rows = chain.from_iterable(connection.execute(inside, (one, one[:-1] + b"0")) for one in folders)
    found = []
    for path, is_alone, in_folder in _folders(rows):
        buckets = _by_album(in_folder)
        for bucket in buckets:
            if _is_doubtful(bucket) and (among is None or not among.isdisjoint(map(_ID, bucket))):
                whole, name = file_path(path), os.fsdecode(path.rpartition(b"/")[2])
                is_one = len(buckets) == 1 and len(bucket) == len(in_folder)
                folder = AlbumFolder(whole, is_one_album=is_one, has_folders=not is_alone, is_disc=is_disc_folder(name))
                found.append((folder, bucket))
    return _read(connection, found)


def _folders_of(connection: Connection, file_ids: Iterable[int]) -> list[bytes]:
    """The folders of some files, each with a slash at its end, without those that lie in another one of them."""
    sql = "SELECT path FROM files WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
    paths = connection.execute(sql, (json.dumps([*file_ids]),))
    found: list[bytes] = []
    for folder in sorted({path[: path.rfind(b"/") + 1] for (path,) in paths}):  # with the slash, as paths are sorted
        if not found or not folder.startswith(found[-1]):
            found.append(folder)
    return found


def _folders(rows: Iterable[_Row]) -> Iterator[tuple[bytes, bool, list[_Row]]]:
    """Each folder with the files in it, and whether no other one lies in it; files come by path."""
    above: list[tuple[bytes, list[_Row]]] = []  # each lies in the one before
    around = set[bytes]()
    last: bytes | None = None
    for row in rows:
        folder = row[0].rpartition(b"/")[0]
        if folder != last:
            while above and folder != above[-1][0] and not folder.startswith(above[-1][0] + b"/"):
                yield _closed(above.pop(), around)
            if not above or above[-1][0] != folder:
                if above:
                    around.add(above[-1][0])
                if last is not None and last.startswith(folder + b"/"):  # what lies in it came before its own files
                    around.add(folder)
                above.append((folder, []))
            last = folder
        above[-1][1].append(row)
    while above:
        yield _closed(above.pop(), around)


def _closed(folder: tuple[bytes, list[_Row]], around: set[bytes]) -> tuple[bytes, bool, list[_Row]]:
    path, rows = folder
    is_alone = path not in around
    around.discard(path)
    return path, is_alone, rows


def _by_album(rows: list[_Row]) -> list[list[_Row]]:
    names = {*map(_ALBUM, rows)}
    if len(names) == 1:
        return [rows] if names != {None} else []
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


def _read(connection: Connection, found: list[tuple[AlbumFolder, list[_Row]]]) -> list[_Found]:
    """The same with which values the user set."""
    if not found:
        return []
    names = ", ".join(f"'{name}'" for name in _OWN)
    own: dict[str, set[str]] = {}
    for audio_id, name in connection.execute(f"SELECT audio_id, name FROM user_values WHERE name IN ({names})"):
        own.setdefault(audio_id, set()).add(name)

    def track(row: _Row) -> AlbumTrack:
        path, file_id, album, artist, whose, title, year, number, disc, picture, version, audio_id = row
        has_picture = None if picture is None else bool(picture)
        kept = frozenset(own.get(audio_id or "", ()))
        return AlbumTrack(file_id, file_path(path), audio_id, artist, title, album, whose, year, number, disc,
                          has_picture, version == TAGS_VERSION, kept)  # fmt: skip

    return [(folder, [track(row) for row in rows]) for folder, rows in found]
