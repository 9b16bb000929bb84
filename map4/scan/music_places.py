"""Where files of music may be restored to; journals on sticks and drives are untrusted."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property

from map4.core.audio.jobs import KnownFile
from map4.core.base.paths import is_inside
from map4.core.music.analysis.audio import AudioFormat
from map4.core.store.sql_store import Store
from map4.scan.walk import is_hidden

# As scans compare them: "..mp3" is a file that they find.
_SUFFIXES = tuple(f".{extension}" for extension in AudioFormat.EXTENSIONS)


class MusicPlaces:
    """The places of one library's music.

    has_record: True if map4's own record, beside the library, shows that it moved a file away from a path
    """

    def __init__(self, store: Store, has_record: Callable[[str], bool] = lambda path: False) -> None:
        self._store, self._has_record = store, has_record

    def problem(self, path: str) -> str | None:
        """Return why no file may be restored to a path, or None.

        The library must know audio at the path, or have a record of its move. Other paths need the name of an audio
        file in a folder that the library knows. If the library knows no folder at all, for example after it was
        recreated, any folder that is not hidden is allowed.
        """
        if not os.path.isabs(path) or os.path.normpath(path) != path:
            return "its journal gives no valid path for it"
        if self.is_usual(path) or self._has_record(path) or self._has_audio(path):
            return None
        if not _has_audio_suffix(path):
            unknown = "it has no audio suffix, and this library has no record of it"
            there = os.path.lexists(path)
            return f"{unknown}; 'map4 scan' that file first" if there else f"{unknown}, so map4 does not move it back"
        folder = os.path.dirname(path)
        if folder in self._folders:
            return None
        if not self._roots and not self._folders:
            return "its journal names a hidden folder" if any(map(is_hidden, folder.split(os.sep))) else None
        return "its journal names a folder that this library doesn't know; 'map4 scan' that folder, then undo again"

    def is_usual(self, path: str) -> bool:
        """True of an audio file's name inside a scanned folder, which needs no record."""
        return _has_audio_suffix(path) and any(is_inside(os.path.dirname(path), root) for root in self._roots)

    def _has_audio(self, path: str) -> bool:
        known = self._known([path]).get(path)
        return known is not None and known.audio_id is not None

    @cached_property
    def _known(self) -> Callable[[list[str]], dict[str, KnownFile]]:
        return self._store.tracks.known_finder()

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        return tuple(self._store.tracks.roots())

    @cached_property
    def _folders(self) -> frozenset[str]:
        """The folders of all files: read only if the scanned folders don't decide, as there may be a million files."""
        return frozenset(map(os.path.dirname, self._store.tracks.known_files()))


def _has_audio_suffix(path: str) -> bool:
    return os.path.basename(path).lower().endswith(_SUFFIXES)
