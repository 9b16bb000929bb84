"""The files that map4 wrote, so that one changed since is known as the user's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from map4.domain.paths import display_path, path_fields
from map4.infra.files.output import Fingerprint
from map4.infra.sqlite.database import Database, utc_text

_KEPT_BY_PATH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file that map4 wrote: a list, an export, or a report of a check.

    Parameters
    ----------
    path : absolute, links followed
    format : its name
    written_at : UTC, ISO 8601
    """

    path: str
    format: str
    tracks: int
    size_bytes: int
    written_at: str

    def to_record(self) -> dict[str, Any]:
        """One of the `exports` of a history: JSON values only."""
        return {
            **path_fields(self.path),
            "format": self.format,
            "tracks": self.tracks,
            "size_bytes": self.size_bytes,
            "written_at": self.written_at,
        }


class WrittenFiles:
    """Remembers what map4 wrote where."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_written(self, path: str, fingerprint: Fingerprint) -> bool:
        """Whether map4 wrote exactly this to `path`."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT 1 FROM written_files WHERE path = ? AND size_bytes = ? AND digest = ?",
                (os.fsencode(path), fingerprint.size_bytes, fingerprint.digest),
            ).fetchone()
        return found is not None

    def is_audio(self, path: str) -> bool:
        """Whether the library knows a file of music there."""
        with self._database.reading() as connection:
            return connection.execute("SELECT 1 FROM files WHERE path = ?", (os.fsencode(path),)).fetchone() is not None

    def note(self, path: str, fingerprint: Fingerprint, *, format_name: str, tracks: int, now: datetime) -> None:
        """Remember a file that is about to get its name; a library that can't be written remembers nothing."""
        if self._database.is_read_only:
            return
        name, when = os.fsencode(path), utc_text(now)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO written_files (path, display, format, tracks, size_bytes, digest, written_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (name, display_path(path), format_name, tracks, fingerprint.size_bytes, fingerprint.digest, when),
            )
            connection.execute(
                "DELETE FROM written_files WHERE path = ? AND id NOT IN "
                "(SELECT id FROM written_files WHERE path = ? ORDER BY id DESC LIMIT ?)",
                (name, name, _KEPT_BY_PATH),
            )

    def all(self) -> list[WrittenFile]:
        """The files that map4 wrote, the last one first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT path, format, tracks, size_bytes, written_at FROM written_files ORDER BY id DESC"
            )
            return [
                WrittenFile(path=os.fsdecode(path), format=format_name, tracks=tracks, size_bytes=size, written_at=when)
                for path, format_name, tracks, size, when in rows
            ]
