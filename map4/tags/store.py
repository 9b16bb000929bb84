"""The levels of the albums of files."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from map4.core.music.album import AlbumLevel, TrackLevel, album_of
from map4.core.music.track.track import Track
from map4.core.store.database import StorePart
from map4.core.store.query.field_sql import loudness_sql, text_sql

if TYPE_CHECKING:
    from map4.core.store.sql_store import Store

_MOST_FOLDERS = 64
_ROWS = """
    SELECT f.path, {album}, {loudness}, x.true_peak_dbtp, x.duration_s
    FROM files AS f JOIN facts AS x ON x.file_id = f.id
    WHERE f.path > ? AND f.path < ? AND x.state = 'ok' AND x.loudness_lufs IS NOT NULL
"""


class AlbumLevels(StorePart):
    """Levels of the albums of a library, computed from the analyses of all their tracks.

    As a part of a store, they are computed again after any process has written to the library.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store.database, actor=store.actor)
        self._store = store
        self._seen: tuple[int, int] | None = None
        self._of_folder = lru_cache(_MOST_FOLDERS)(self._read)

    @classmethod
    def of(cls, store: Any) -> AlbumLevels:
        return cls(store)

    def current(self) -> AlbumLevels:
        """Forget the levels if the library has changed."""
        if (state := self._database.state()) != self._seen:
            self._of_folder.cache_clear()
            self._seen = state
        return self

    def on(self, track: Track) -> Track:
        """Return a track with the level of its album; as it is if it names no album."""
        album = _album(track.path, track.album())
        return track if album is None else replace(track, album_level=self._of_folder(album[0]).get(album))

    def _read(self, folder: str) -> dict[tuple[str, str], AlbumLevel | None]:
        loudness = loudness_sql(self._store.preferences.mono)
        sql = _ROWS.format(album=text_sql("album", self._store.preferred()), loudness=loudness)
        first = os.fsencode(os.path.join(folder, ""))
        tracks: dict[tuple[str, str], list[TrackLevel]] = {}
        with self._database.reading() as connection:
            for path, name, lufs, peak, duration_s in connection.execute(sql, (first, first[:-1] + b"0")):
                album = _album(os.fsdecode(path), name)
                if album is not None and album[0] == folder:
                    level = TrackLevel(loudness_lufs=lufs, peak_dbtp=peak, duration_s=duration_s)
                    tracks.setdefault(album, []).append(level)
        return {album: AlbumLevel.of(levels) for album, levels in tracks.items()}


def _album(path: str, name: str | None) -> tuple[str, str] | None:
    return album_of(os.path.dirname(path), name) if name else None
