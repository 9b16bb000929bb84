"""Files that scans leave out because the user asked so, by path."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from map4.domain.track.track import display_path
from map4.infra.sqlite.file.database import Database, utc_text
from map4.ports.store.files import IgnoredFile, IgnoredFiles


class SqliteIgnoredFiles(IgnoredFiles):
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[IgnoredFile]:
        with self._database.reading() as connection:
            rows = connection.execute("SELECT path, ignored_at FROM ignored_files ORDER BY path")
            return [IgnoredFile(path=os.fsdecode(path), ignored_at=at) for path, at in rows]

    def forget(self, paths: Iterable[str], *, ignore: bool, now: datetime) -> int:
        names = [(os.fsencode(path),) for path in paths]
        with self._database.transaction() as connection:
            if ignore:
                connection.executemany(
                    "INSERT OR REPLACE INTO ignored_files SELECT path, display, ? FROM files WHERE path = ?",
                    [(utc_text(now), name) for (name,) in names],
                )
            return sum(connection.execute("DELETE FROM files WHERE path = ?", name).rowcount for name in names)

    def unignore(self, paths: Iterable[str]) -> list[str]:
        found: list[str] = []
        with self._database.transaction() as connection:
            for path in paths:
                rows = connection.execute(
                    "DELETE FROM ignored_files WHERE path = ? OR display = ? RETURNING path",
                    (os.fsencode(path), display_path(path)),
                ).fetchall()
                found += [os.fsdecode(one) for (one,) in rows]
        return found


def unignore(connection: sqlite3.Connection, path: bytes) -> None:
    """Ignore a file no longer: it was taken in because somebody named it."""
    connection.execute("DELETE FROM ignored_files WHERE path = ?", (path,))
