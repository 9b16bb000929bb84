"""What music players browse: artists, albums, covers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.paths import PathLike
    from map4.domain.catalogue import Catalogue
    from map4.infra.audio.tags.pictures import EmbeddedPicture


class CatalogueMethods(OpenLibrary):
    """What music players browse: artists, albums, covers."""

    def catalogue(self) -> Catalogue:
        """Artists, albums and genres of all tracks that are there and analysed."""
        from map4.domain.catalogue import Catalogue, CatalogueRow
        from map4.domain.query.parser import parse_query

        columns = self._store.search.columns(parse_query(""), self._context(), texts=("artist", "album", "genre"))
        places = self._store.addresses.places()
        names = ("file_id", "artist", "album", "genre", "year", "duration_s")
        files = zip(*(getattr(columns, name).tolist() for name in names), strict=True)
        rows = [
            CatalogueRow(
                file_id=file_id,
                path=places[file_id][0],
                artist=artist,
                album=album,
                genre=genre,
                year=None if math.isnan(year) else int(year),
                duration_s=None if math.isnan(duration_s) else duration_s,
                added_at=places[file_id][1],
            )
            for file_id, artist, album, genre, year, duration_s in files
            if file_id in places  # else it was met a moment ago
        ]
        return Catalogue(sorted(rows, key=lambda row: row.path))

    def cover(self, path: PathLike) -> EmbeddedPicture | None:
        """The picture of a file: that of its tags, else of its folder, else a thumbnail that `map4 lookup` got."""
        from map4.app.lookups.covers import cover_of_track
        from map4.app.paths import absolute_path

        return cover_of_track(absolute_path(path), self._store)
