"""Files that scans skip, in the library."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime

from map4.core.base.paths import display_path
from map4.core.base.records import Moment, Record
from map4.core.base.text import utc_text
from map4.core.store.store_part import StorePart


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
