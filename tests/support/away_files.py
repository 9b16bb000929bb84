"""A file of a library that is away, and a copy that represents it."""

from contextlib import closing
from pathlib import Path

from made_library import NOW

from map4.core.store.sqlite_store import SqliteStore
from map4.imports.store.imports import SqlSubstitutes, Substitute
from map4.lists.store.playlists import SqlPlaylists


def leave(library: Path, own: str, copy: str, *, offset_s: float = 0.0) -> None:
    """A file goes, and a scan finds that another file has a copy of its recording."""
    with closing(SqliteStore(str(library))) as store:
        away, there = (store.tracks.track(path).audio_id for path in (own, copy))
        store.tracks.mark_missing([own], now=NOW)
        store.part(SqlSubstitutes).put({away: Substitute(there, offset_s)})


def stored_ids(library: Path, name: str) -> list[str]:
    """The audio ids that a list has, whatever is there."""
    with closing(SqliteStore(str(library))) as store:
        return [str(track.as_listed.audio_id) for track in store.part(SqlPlaylists).get(name).tracks]
