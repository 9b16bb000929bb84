"""Where files of music may be put back to: journals lie on sticks and drives, and may come from anybody."""

from __future__ import annotations

import os
from functools import cached_property

from map4.domain.analysis.audio import AUDIO_EXTENSIONS
from map4.ports.store.store import Store


class MusicPlaces:
    """The places of music of one library."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def problem(self, path: str) -> str | None:
        """Why no file may be put there, or None.

        It must have the name of music, and lie in a folder that the library knows; where the library knows no folder at
        all, as when it was made anew, in none that is hidden.
        """
        if not os.path.isabs(path) or os.path.normpath(path) != path:
            return "its journal names no place for it"
        if os.path.splitext(path)[1].lower().lstrip(".") not in AUDIO_EXTENSIONS:
            return "its journal gives it a name that no music has"
        folder = os.path.dirname(path)
        roots, folders = self._folders
        if not folders:
            return "its journal names a hidden folder" if f"{os.sep}." in folder else None
        if folder in folders or any(folder == root or folder.startswith(os.path.join(root, "")) for root in roots):
            return None
        return "its journal names a folder of which this library knows nothing; 'map4 scan' it, then undo again"

    @cached_property
    def _folders(self) -> tuple[tuple[str, ...], frozenset[str]]:
        """Scanned folders; and these with the folders of all files."""
        roots = tuple(self._store.tracks.roots())
        return roots, frozenset((*roots, *(os.path.dirname(path) for path in self._store.tracks.known_files())))
