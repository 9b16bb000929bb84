"""The table of names, and what reads and writes it: `library.decades`."""

from __future__ import annotations

from typing import Any

from map4.core.base.actor import needs
from map4.core.store.stored_tables import ExtraTables, StoredTable
from map4.plugins import LibraryPart

_NAMES = "CREATE TABLE decade_names (decade INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"
_COUNTS = "SELECT year / 10 * 10, count(*) FROM facts WHERE year IS NOT NULL GROUP BY 1 ORDER BY 1"
_SET = "INSERT INTO decade_names VALUES (?, ?) ON CONFLICT (decade) DO UPDATE SET name = excluded.name"
TABLES = (StoredTable("decade_names", (_NAMES,)),)


@needs("read")
class Decades(LibraryPart):
    """Decades of the library."""

    def all(self) -> list[dict[str, Any]]:
        """The decades with tracks, oldest first: `decade`, `tracks`, `name`."""
        with self._store.database.reading() as connection:
            is_named = ExtraTables.exist(connection, "decades")  # the first name creates the table
            names = dict(connection.execute("SELECT decade, name FROM decade_names")) if is_named else {}
            rows = connection.execute(_COUNTS)
            return [{"decade": decade, "tracks": tracks, "name": names.get(decade)} for decade, tracks in rows]

    @needs("correct")
    def name(self, decade: int, name: str) -> None:
        """Name a decade, such as 1990, for everybody."""
        ExtraTables.make(self._store.database, "decades")
        with self._store.database.transaction() as connection:
            connection.execute(_SET, (decade, name))
