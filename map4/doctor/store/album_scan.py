"""Scans all albums of a library at once for possible findings, and caches the result."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.doctor.checks.albums import LEAST_NUMBERED, LEAST_TRACKS, MOST_YEARS, PART_THERE, album_doubts
from map4.doctor.checks.groups import ALBUM_CHECKS
from map4.doctor.store.albums import album_columns_sql, album_rows, folders_of, in_folders_of
from map4.music.query.context import QueryContext
from map4.music.track.tags import TAGS_VERSION
from map4.store.database import Connection, Cursor
from map4.store.row_cache import Changed, Rows

_ROWS_AT_ONCE = 8192
_FOLDERS_AT_ONCE = 500
_FIELDS = [("file_id", np.int64), ("first", np.int64), ("has_finding", np.bool_)]
_MANY = 32_000
"""Larger than all years and track numbers; larger values are clipped to it."""
_PARTS = 8
_Row = tuple[Any, ...]
_Mask = npt.NDArray[np.bool_]
_Numbers = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class AlbumsInDoubt:
    """Files in folders whose album may have a finding, as cached rows.

    Ordered by the first file of their folder (`first`), then by id; `has_finding`: a check has a finding.
    """

    context: QueryContext
    name = "albums"

    @property
    def version(self) -> str:
        return f"{album_columns_sql(self.context)} {TAGS_VERSION}"

    def batches(self, rows: Rows) -> Iterator[list[int]]:
        """Return files of folders with a finding, in batches of 500 folders in doubt."""
        folder = np.cumsum(np.diff(rows["first"], prepend=-1) != 0) - 1
        ids, batch = rows["file_id"][rows["has_finding"]], folder[rows["has_finding"]] // _FOLDERS_AT_ONCE
        return (some.tolist() for some in np.split(ids, np.flatnonzero(np.diff(batch)) + 1) if len(some))

    def compute(self, connection: Connection) -> Rows:
        return self._computed(connection, None)

    def update(self, connection: Connection, rows: Rows, changed: Changed) -> Rows | None:
        if changed.has_moved:  # its previous folder is unknown
            return None
        beside = in_folders_of(connection, changed.file_ids)
        unchanged = rows[~np.isin(rows["file_id"], np.array([*beside, *changed.file_ids], dtype=np.int64))]
        joined = np.concatenate([unchanged, self._computed(connection, beside)])
        return joined[np.lexsort((joined["file_id"], joined["first"]))]

    def _computed(self, connection: Connection, among: Sequence[int] | None) -> Rows:
        rows = AlbumScan(album_rows(connection, self.context, among)).in_doubt()
        starts = np.flatnonzero(np.diff(rows["first"], prepend=-1))[_FOLDERS_AT_ONCE::_FOLDERS_AT_ONCE]
        batches = (some.tolist() for some in np.split(rows["file_id"], starts))
        suspects = [
            track.file_id
            for folder, tracks in folders_of(connection, self.context, batches)
            if next(album_doubts(folder, tracks, ALBUM_CHECKS), None) is not None
            for track in tracks
        ]
        folders = np.unique(rows["first"][np.isin(rows["file_id"], np.array(suspects, dtype=np.int64))])
        rows["has_finding"] = np.isin(rows["first"], folders)
        return rows


class AlbumScan:
    """The data of many files, 38 bytes each, that shows whether an album may have a finding.

    folder, album: hashes of the path, and of path and album name; `album` is 0 without a name
    by: a hash of the album's artist, or else of the track's
    """

    def __init__(self, rows: Cursor) -> None:
        columns = [array(kind) for kind in "qqqqhhhh"]
        for some in iter(lambda: rows.fetchmany(_ROWS_AT_ONCE), []):
            for column, values in zip(columns, self._of(some), strict=True):
                column.frombytes(values.tobytes())  # grows in place
        self._columns = [np.frombuffer(column, dtype=column.typecode) for column in columns]

    @staticmethod
    def _of(rows: Sequence[_Row]) -> list[npt.NDArray[Any]]:
        ids, paths, names, artists, whose, *numbers = zip(*rows, strict=True)
        folders = [path[: path.rfind(b"/")] for path in paths]
        albums = [hash((folder, name.casefold())) if name else 0 for folder, name in zip(folders, names, strict=True)]
        # An album artist and a track artist of the same name hash differently.
        by = [~hash(artist) if of is None else hash(of) for artist, of in zip(artists, whose, strict=True)]
        hashes = (np.array(of, dtype=np.int64) for of in (ids, [*map(hash, folders)], albums, by))
        return [*hashes, *(_known(values) for values in numbers)]

    def in_doubt(self) -> Rows:
        """Return the files of the folders that a check may doubt, ordered by their folder's first file."""
        ids, every, *_ = self._columns
        doubtful = [np.zeros(0, dtype=np.intp)]
        for part in range(_PARTS):  # sorting all at once would need twice their memory
            rows = np.flatnonzero(every % _PARTS == part)
            doubtful.append(
                rows[np.isin(every[rows], _doubtful_folders(*(column[rows] for column in self._columns[1:])))]
            )
        rows = np.sort(np.concatenate(doubtful))
        _, first, number = np.unique(every[rows], return_index=True, return_inverse=True)
        in_doubt = np.zeros(len(rows), dtype=_FIELDS)
        in_doubt["file_id"], in_doubt["first"] = ids[rows], ids[rows][first[number]]
        return in_doubt[np.argsort(in_doubt["first"], kind="stable")]


def _doubtful_folders(
    folder: npt.NDArray[np.int64], album: npt.NDArray[np.int64], by: npt.NDArray[np.int64], year: _Numbers,
    track: _Numbers, disc: _Numbers, picture: _Numbers,
) -> npt.NDArray[np.int64]:  # fmt: skip
    """Return the folders that may have a finding; all others have none."""
    order = np.lexsort((track, album))
    begins = _begins(album[order])
    starts = np.flatnonzero(begins)
    if not len(starts):
        return folder[:0]

    def differ(values: npt.NDArray[Any]) -> _Mask:
        """Return whether an album has several values."""
        ordered = values[order]
        mask: _Mask = np.minimum.reduceat(ordered, starts) < np.maximum.reduceat(ordered, starts)
        return mask

    years = _years(album, year)
    has_years = (years > 1) & (years <= MOST_YEARS) & (np.diff(np.append(starts, len(order))) >= LEAST_TRACKS)
    lacks_picture = np.minimum.reduceat(np.abs(picture[order]), starts) == 0
    doubtful = lacks_picture | has_years | differ(by) | _has_gaps(track[order], begins, starts, differ(disc))
    firsts = order[starts]
    return np.unique(folder[firsts[doubtful & (album[firsts] != 0)]])


def _has_gaps(track: _Numbers, begins: _Mask, starts: npt.NDArray[np.intp], has_discs: _Mask) -> _Mask:
    """Return whether an album's numbers, which are sorted, are many and not each there once."""
    has_number = track > 0
    numbered = np.add.reduceat(has_number, starts, dtype=np.int32)
    different = np.add.reduceat(has_number & (begins | _begins(track)), starts, dtype=np.int32)
    most = np.maximum.reduceat(track, starts)
    least = np.minimum.reduceat(np.where(has_number, track, _MANY), starts)
    is_whole = (different == np.diff(np.append(starts, len(track)))) & (most == different)
    are_many = (different >= PART_THERE * (most.astype(np.int32) - least + 1)) | has_discs
    mask: _Mask = (numbered >= LEAST_NUMBERED) & ~is_whole & are_many
    return mask


def _years(album: npt.NDArray[np.int64], year: _Numbers) -> npt.NDArray[np.int32]:
    """Return the number of years of each album."""
    order = np.lexsort((year, album))
    begins, ordered = _begins(album[order]), year[order]
    is_another = (ordered > 0) & (begins | _begins(ordered))
    counts: npt.NDArray[np.int32] = np.add.reduceat(is_another, np.flatnonzero(begins), dtype=np.int32)
    return counts


def _begins(ordered: npt.NDArray[Any]) -> _Mask:
    """Return where a value differs from the previous one."""
    mask = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=mask[1:])
    return mask


def _known(values: Sequence[int | None]) -> npt.NDArray[np.int16]:
    """Return whole numbers, -1 for unknown."""
    numbers = np.array(values, dtype=np.float64)
    return np.nan_to_num(np.clip(numbers, 0, _MANY - 1), nan=-1.0).astype(np.int16)
