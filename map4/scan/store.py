"""Files that scans skip, and the query for segues that scans detect, in the library."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from datetime import datetime

from map4.core.base.paths import display_path, is_inside
from map4.core.base.records import Moment, Record
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import utc_text
from map4.core.base.unfinished import SafeFile
from map4.core.music.album import SEGUE_VERSION
from map4.core.music.query.context import QueryContext
from map4.core.store.query.forms import Clause, Predicate, WordForms
from map4.core.store.store_part import LibraryRef, StorePart


class IgnoredFile(Record):
    """A file that scans leave out, and since when."""

    path: str
    ignored_at: Moment


class IgnoredFileList(Record, kind="ignored-files"):
    """The files that scans leave out, as 'map4 library forget --list --json' gives them."""

    files: tuple[IgnoredFile, ...]


class SqlIgnoredFiles(StorePart):
    """Files that scans leave out at the user's request, by path."""

    is_shared = True

    def all(self) -> list[IgnoredFile]:
        """All ignored files, by path."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT path, ignored_at FROM ignored_files ORDER BY path")
            return [IgnoredFile(path=os.fsdecode(path), ignored_at=at) for path, at in rows]

    def forget(self, paths: Iterable[str], *, ignore: bool, now: datetime) -> int:
        """Delete files from the library, and ignore them in future scans if `ignore`. Returns how many there were.

        Their analyses, and the user's values, stay until `map4 library prune`.
        """
        names = [(os.fsencode(path),) for path in paths]
        with self._database.transaction() as connection:
            if ignore:
                connection.executemany(
                    "INSERT INTO ignored_files SELECT path, display, ? FROM files WHERE path = ? ON CONFLICT (path) "
                    "DO UPDATE SET (display, ignored_at) = (excluded.display, excluded.ignored_at)",
                    [(utc_text(now), name) for (name,) in names],
                )
            return sum(connection.execute("DELETE FROM files WHERE path = ?", name).rowcount for name in names)

    def unignore(self, paths: Iterable[str]) -> list[str]:
        """Stop ignoring these files, given by path or as shown. Returns those that were ignored."""
        restored: list[str] = []
        with self._database.transaction() as connection:
            for path in paths:
                rows = connection.execute(
                    "DELETE FROM ignored_files WHERE path = ? OR display = ? RETURNING path",
                    (os.fsencode(path), display_path(path)),
                ).fetchall()
                restored += [os.fsdecode(path) for (path,) in rows]
        return restored


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
                return frozenset(map(os.fsdecode, OnDisk(self._path).read(most_bytes=_MOST_BYTES).split(b"\0")))
        return frozenset()

    def note(self, before: frozenset[str], unread: Iterable[str], scanned: Iterable[str]) -> None:
        """Remember the unreadable folders of a scan, and those before that it did not visit."""
        scanned = tuple(scanned)
        folders = {*unread, *(path for path in before if not any(is_inside(path, root) for root in scanned))}
        if self._path is None or folders == before:
            return
        with contextlib.suppress(OSError):
            if not folders:
                SafeFile(self._path).remove()
                return
            with SafeFile(self._path).unfinished("new") as new:
                with open(new, "wb") as file:
                    file.write(b"\0".join(map(os.fsencode, sorted(folders))))
                os.replace(new, self._path)


class _SegueForms(WordForms):
    """`is:segue`: neighbours that a scan compared."""

    def clause(self, context: QueryContext) -> Clause:
        sides = ("audio_id", "next_id")
        found = (f"SELECT {side} FROM segues WHERE version = {SEGUE_VERSION} AND leave_s IS NOT NULL" for side in sides)
        return Predicate(f"f.audio_id IN ({' UNION ALL '.join(found)})")


SEGUE = _SegueForms()
