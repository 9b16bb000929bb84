"""Paths in the library that follow a renamed file."""

from __future__ import annotations

import os
from datetime import datetime

from map4.core.audio.jobs import Stamp
from map4.core.base.paths import display_path
from map4.core.base.text import utc_text
from map4.core.store.database import StorePart
from map4.core.store.rows.track_rows import place_values


class SqlRenames(StorePart):
    """Moves files within a library: their rows keep values, analysis and history."""

    def move(self, path: str, to: str, stamp: Stamp, *, now: datetime, is_unsure: bool = False) -> bool:
        """Give a file and its places in lists its new path, in one transaction; False if the library lacks it.

        Imported entries follow by a trigger, and so do events. A missing file that had the new path is forgotten, as by
        a scan; and a scan no longer skips this path.

        is_unsure: the library may have the file at its new path; what it has at the old path is then another, missing
            file, which stays
        """
        old, new = os.fsencode(path), os.fsencode(to)
        values = {
            **place_values(to), **stamp.columns(), "missing_since": None, "updated_at": utc_text(now),
        }  # fmt: skip
        with self._database.transaction() as connection:
            if is_unsure and connection.execute("SELECT 1 FROM files WHERE path = ?", (new,)).fetchone():
                return False
            row = connection.execute("SELECT id FROM files WHERE path = ?", (old,)).fetchone()
            if row is None:
                return False
            connection.execute("DELETE FROM files WHERE path = ? AND id <> ?", (new, row[0]))
            connection.execute("DELETE FROM ignored_files WHERE path = ?", (new,))
            sets = ", ".join(f"{column} = ?" for column in values)
            connection.execute(f"UPDATE files SET {sets} WHERE id = ?", (*values.values(), row[0]))
            connection.execute(
                "UPDATE playlist_tracks SET path = ?, display = ? WHERE path = ?", (new, display_path(to), old)
            )
        return True
