"""The first source of each field in a library."""

from __future__ import annotations

from map4.music.track.fields import can_go_first
from map4.music.track.sources import MetadataSource, Preferred
from map4.store.store_part import StorePart


class SqlPreferredSources(StorePart):
    """The first source of each field with several sources, for all users of this library."""

    is_shared = True

    def all(self) -> Preferred:
        """The chosen sources, by field."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT field, source FROM preferred_sources ORDER BY field").fetchall()
        # Fields from a later map4 that this version does not know are skipped.
        return tuple((field, source) for field, source in rows if source in can_go_first(field))

    def put(self, field: str, first: MetadataSource | None) -> None:
        """Choose the source of a field; None restores the usual order."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM preferred_sources WHERE field = ?", (field,))
            if first is not None:
                connection.execute("INSERT INTO preferred_sources VALUES (?, ?)", (field, first))
