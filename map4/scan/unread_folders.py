"""Folders that scans could not read, reported once, and Matroska files that they looked into."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

from map4.core.base.paths import is_inside
from map4.core.base.regular_files import read_regular
from map4.core.base.unfinished import remove, unfinished
from map4.core.store.place import LibraryRef

_MOST_BYTES = 50_000_000


class UnreadFolders:
    """The unreadable folders of one library, in a file beside it; without the file, each is reported again.
    An entry with `STAMPED` is a Matroska file with its stamp, and 1 if it has more than sound.
    """

    def __init__(self, place: LibraryRef) -> None:
        self._path = None if place.is_in_memory else f"{place.beside}.unread-folders"

    def known(self) -> frozenset[str]:
        """Return the folders that earlier scans reported."""
        with contextlib.suppress(OSError):
            if self._path is not None and os.path.exists(self._path):
                return frozenset(map(os.fsdecode, read_regular(self._path, most_bytes=_MOST_BYTES).split(b"\0")))
        return frozenset()

    def note(self, before: frozenset[str], unread: Iterable[str], scanned: Iterable[str]) -> None:
        """Remember the unreadable folders of a scan, and those before that it did not visit."""
        scanned = tuple(scanned)
        folders = {*unread, *(path for path in before if not any(is_inside(path, root) for root in scanned))}
        if self._path is None or folders == before:
            return
        with contextlib.suppress(OSError):
            if not folders:
                remove(self._path)
                return
            with unfinished(self._path, "new") as new:
                with open(new, "wb") as file:
                    file.write(b"\0".join(map(os.fsencode, sorted(folders))))
                os.replace(new, self._path)
