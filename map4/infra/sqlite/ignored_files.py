"""Files that scans leave out because the user asked so, by path."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from map4.domain.track import display_path, path_fields
from map4.infra.sqlite.database import Database, utc_text


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredFile:
    """A file that scans leave out, and since when."""

    path: str
    ignored_at: str

    def to_record(self) -> dict[str, Any]:
        """One of the `files` of a `map4/ignored-files/1` document."""
        return {**path_fields(self.path), "ignored_at": self.ignored_at}


class IgnoredFiles:
    """Those of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[IgnoredFile]:
        """Every one, by path."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT path, ignored_at FROM ignored_files ORDER BY path")
            return [IgnoredFile(path=os.fsdecode(path), ignored_at=at) for path, at in rows]

    def forget_files(self, file_ids: Iterable[int], *, ignore: bool, now: datetime) -> int:
        """Drop files from the library, and leave them out from now on where that is asked; gives how many there were.

        Analyses stay until `map4 cache prune`, and with them what the user set.
        """
        ids = [(file_id,) for file_id in file_ids]
        with self._database.transaction() as connection:
            if ignore:
                connection.executemany(
                    "INSERT OR REPLACE INTO ignored_files SELECT path, display, ? FROM files WHERE id = ?",
                    [(utc_text(now), file_id) for (file_id,) in ids],
                )
            return sum(connection.execute("DELETE FROM files WHERE id = ?", one).rowcount for one in ids)

    def heed_again(self, paths: Iterable[str]) -> list[str]:
        """Let scans find these files again, named as they are or as they are shown; gives those that were ignored."""
        found: list[str] = []
        with self._database.transaction() as connection:
            for path in paths:
                rows = connection.execute(
                    "DELETE FROM ignored_files WHERE path = ? OR display = ? RETURNING path",
                    (os.fsencode(path), display_path(path)),
                ).fetchall()
                found += [os.fsdecode(one) for (one,) in rows]
        return found


def heed(connection: sqlite3.Connection, path: bytes) -> None:
    """Ignore a file no longer: it was taken in because somebody named it."""
    connection.execute("DELETE FROM ignored_files WHERE path = ?", (path,))
