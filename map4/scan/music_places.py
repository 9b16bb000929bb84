"""Where files of music may be restored to; journals on sticks and drives are untrusted."""

from __future__ import annotations

import os
from functools import cached_property

from map4.base.given_paths import is_inside
from map4.formats import suffix_of
from map4.music.analysis.audio import AUDIO_EXTENSIONS
from map4.scan.walk import is_hidden
from map4.store.sql_store import Store


class MusicPlaces:
    """The music folders of one library."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def problem(self, path: str) -> str | None:
        """Return why no file may be restored to a path, or None.

        The path needs the name of an audio file in a folder that the library knows. If the library knows no folder at
        all, for example after it was recreated, any folder that is not hidden is allowed.
        """
        if not os.path.isabs(path) or os.path.normpath(path) != path:
            return "its journal gives no valid path for it"
        if suffix_of(path) not in AUDIO_EXTENSIONS:
            return "its journal gives it a name that no audio file has"
        folder = os.path.dirname(path)
        if any(is_inside(folder, root) for root in self._roots) or folder in self._folders:
            return None
        if not self._roots and not self._folders:
            return "its journal names a hidden folder" if any(map(is_hidden, folder.split(os.sep))) else None
        return "its journal names a folder that this library doesn't know; 'map4 scan' that folder, then undo again"

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        return tuple(self._store.tracks.roots())

    @cached_property
    def _folders(self) -> frozenset[str]:
        """The folders of all files: read only if the scanned folders don't decide, as there may be a million files."""
        return frozenset(map(os.path.dirname, self._store.tracks.known_files()))
