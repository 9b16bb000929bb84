"""The first source of each field, and the preferences of a library."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from map4.music.query.context import OF_LIBRARY, Preferences
from map4.music.track.fields import can_go_first
from map4.music.track.sources import MetadataSource, Preferred
from map4.store.store_part import StorePart
from map4.store.unreadable import readable


class SqlPreferredSources(StorePart):
    """The first source of each field with several sources, and kept preferences, for all users of this library."""

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

    def stored(self) -> dict[str, Any]:
        """The stored fields of `Preferences`, by name; none before the first `keep`."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT name, value FROM preferences").fetchall()
        with readable(self._database.path, "a preference"):
            return {name: read_preference(name, value) for name, value in rows if name in OF_LIBRARY}

    def keep(self, preferences: Preferences, names: Iterable[str], *, replaces: bool) -> None:
        """Store fields of `OF_LIBRARY`. replaces: overwrite existing rows"""
        otherwise = "UPDATE SET value = excluded.value WHERE preferences.value <> excluded.value"
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO preferences (name, value) VALUES (?, ?) ON CONFLICT (name) DO "
                f"{otherwise if replaces else 'NOTHING'}",
                [(name, json.dumps(getattr(preferences, name))) for name in names],
            )


def read_preference(name: str, text: str) -> Any:
    """Read a stored preference; raises one of `UNREADABLE` if it is damaged."""
    value = json.loads(text)
    given: dict[str, Any] = {name: value if name == "mono" else tuple(map(str.strip, value))}
    return getattr(Preferences(**given), name)
