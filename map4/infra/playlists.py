"""What making a playlist takes from the library file: candidates as columns, how alike they sound, and tracks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from map4.app.playlists import PlaylistRequest, make_playlist
from map4.domain.columns import Columns
from map4.domain.genre import GenreTable, shipped_genres
from map4.domain.hamms_pairs import hamms_rows, hamms_similarities
from map4.domain.playlist import Pick, Playlist
from map4.domain.query import Query
from map4.domain.track import Track, display_path
from map4.errors import Map4Error, NothingFoundError
from map4.infra.database import Database
from map4.infra.query_sql import Context
from map4.infra.search import Search
from map4.infra.store import Store
from map4.selection.candidates import Floats


class PlaylistMaker:
    """Makes playlists of one library.

    Parameters
    ----------
    genres : families; None takes those of the package
    """

    def __init__(self, database: Database, store: Store, search: Search, *, genres: GenreTable | None = None) -> None:
        self._database = database
        self._store = store
        self._search = search
        self._genres = genres or shipped_genres()

    def make(
        self, request: PlaylistRequest, *, query: Query, exclude: Query | None, folder: str | None, context: Context
    ) -> Iterator[Pick | Playlist]:
        """Make a list of the tracks that match a query, and of none that match another.

        Parameters
        ----------
        folder : absolute; only tracks in it
        context : of the queries

        Raises
        ------
        NothingFoundError
            If no track is left to choose from.
        """
        columns = self._search.columns(query, context, hamms=True)
        if folder is not None:
            inside = self._search.at_paths([folder]).file_ids
            columns = columns.take(np.flatnonzero(np.isin(columns.file_id, np.array(inside, dtype=np.int64))))
        if exclude is not None:
            excluded = np.array(self._search.file_ids(exclude, context), dtype=np.int64)
            columns = columns.take(np.flatnonzero(~np.isin(columns.file_id, excluded)))
        if not len(columns):
            what = f"nothing matches {query.text!r}" if query.text else "the library holds no track to choose from"
            raise NothingFoundError(f"{what}; 'map4 scan FOLDER' adds tracks, 'map4 search' shows what a query finds")
        yield from make_playlist(
            request, columns, genres=self._genres, load=self._store.tracks_by_id, similarities=similarities
        )


def similarities(tracks: Sequence[Track], columns: Columns) -> Floats | None:
    """How alike each row is to the mean of some tracks: by HAMMS, 0-1; None where none of them has a vector."""
    vectors = [track.analysis.hamms.vector for track in tracks if track.analysis and track.analysis.hamms]
    if not vectors or columns.hamms is None:
        return None
    rows = np.stack([hamms_similarities(wanted, columns.hamms) for wanted in hamms_rows(vectors)])
    known = np.isfinite(rows)
    total = np.where(known, rows, 0.0).sum(axis=0)
    count = known.sum(axis=0)
    mean: Floats = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return mean


def named_tracks(paths: Sequence[str], found: Mapping[str, Track]) -> dict[str, Track]:
    """The tracks of files that were named, by path.

    Raises
    ------
    Map4Error
        If one of them is not there, or can't be analysed.
    """
    for path in paths:
        track = found.get(path)
        if track is None:
            raise NothingFoundError(f"{display_path(path)} is no audio file, nor known to the library")
        if track.analysis is None:
            why = track.failure.message if track.failure else "it was not analysed"
            raise Map4Error(f"{display_path(path)} can't be used for a playlist: {why}")
    return {path: found[path] for path in paths}
