"""The covers of tracks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from map4.core.audio.tags.pictures import EmbeddedPicture, has_folder_picture
from map4.core.store.sql_store import Store
from map4.library import hookspecs


def cover_of_track(path: str, store: Store, side_px: int | None = None) -> EmbeddedPicture | None:
    """The picture from the file's tags, its folder, or an extra, in this order.

    side_px: scale it down to this size, as JPEG; None returns it unchanged
    """
    picture = EmbeddedPicture.cover_of(path) or next(filter(None, hookspecs.cover(path, store)), None)
    if picture is None or side_px is None:
        return picture
    jpeg = picture.thumbnail(side_px)
    return None if jpeg is None else EmbeddedPicture(media_type="image/jpeg", data=jpeg)


def may_have_covers(folders: Sequence[Any]) -> list[Any]:
    """Return 1 for each file that may have a cover, else None.

    folders: the folder of each file without a picture in its tags; else 1
    """
    has_more = any(hookspecs.has_covers())
    known = {folder: folder == 1 or has_more or has_folder_picture(folder) for folder in set(folders)}
    return [1 if known[folder] else None for folder in folders]
