"""The cover of a track."""

from __future__ import annotations

from map4.audio.tags.pictures import EmbeddedPicture, cover_of
from map4.base.declarations import hooks
from map4.store.sql_store import Store


def cover_of_track(path: str, store: Store) -> EmbeddedPicture | None:
    """The picture from the file's tags, its folder, or an extra, in this order."""
    picture = cover_of(path)
    if picture is None:
        picture = next(filter(None, (cover(path, store) for cover in hooks("cover"))), None)
    return picture
