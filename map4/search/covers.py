"""The covers of tracks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from map4.audio.tags.pictures import EmbeddedPicture, cover_of, has_folder_picture
from map4.base.declarations import hooks
from map4.store.sql_store import Store


def cover_of_track(path: str, store: Store) -> EmbeddedPicture | None:
    """The picture from the file's tags, its folder, or an extra, in this order."""
    return cover_of(path) or next(filter(None, (cover(path, store) for cover in hooks("cover"))), None)


def may_have_covers(folders: Sequence[Any]) -> list[Any]:
    """Return 1 for each file that may have a cover, else None.

    folders: the folder of each file without a picture in its tags; else 1
    """
    has_more = any(has_covers() for has_covers in hooks("has-covers"))
    known = {folder: folder == 1 or has_more or has_folder_picture(folder) for folder in set(folders)}
    return [1 if known[folder] else None for folder in folders]
