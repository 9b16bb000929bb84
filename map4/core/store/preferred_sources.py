"""The first source of each field, and the preferences of a library."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from map4.core.base.text import utc_text
from map4.core.music.query.context import OF_LIBRARY, Preferences
from map4.core.music.track.fields import can_go_first
from map4.core.music.track.genre import GenreNames
from map4.core.music.track.sources import MetadataSource, Preferred
from map4.core.store.store_part import StorePart, readable


class SqlPreferredSources(StorePart):
    """The first source of each field with several sources, and kept preferences, for all users of this library."""

    is_shared = True

    def all(self) -> Preferred:
        """The chosen sources, by field."""
        rows = self._database.rows("SELECT field, source FROM preferred_sources ORDER BY field")
        # Fields from a later map4 that this version does not know are skipped.
        return tuple((field, source) for field, source in rows if source in can_go_first(field))

    def put(self, field: str, first: MetadataSource | None) -> None:
        """Choose the source of a field; None restores the usual order."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM preferred_sources WHERE field = ?", (field,))
            connection.execute("DELETE FROM songs")
            if first is not None:
                connection.execute("INSERT INTO preferred_sources VALUES (?, ?)", (field, first))

    def stored(self) -> dict[str, Any]:
        """The stored fields of `Preferences`, by name; none before the first `keep`."""
        rows = self._database.rows("SELECT name, value FROM preferences")
        with readable(self._database.path, "a preference"):
            return {name: read_preference(name, value) for name, value in rows if name in (*OF_LIBRARY, "genres")}

    def keep(self, preferences: Preferences, names: Iterable[str], *, replaces: bool) -> None:
        """Store fields of `OF_LIBRARY`. replaces: overwrite existing rows"""
        otherwise = "UPDATE SET value = excluded.value WHERE preferences.value <> excluded.value"
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO preferences (name, value) VALUES (?, ?) ON CONFLICT (name) DO "
                f"{otherwise if replaces else 'NOTHING'}",
                [(name, json.dumps(getattr(preferences, name))) for name in names],
            )

    def put_genres(self, genres: GenreNames, now: datetime | None) -> None:
        """Store the table of genres. now: the time of a change that can be undone; None removes the undo"""
        with self._database.transaction() as connection:
            # Only updates are noted, for those who follow changes.
            connection.execute("INSERT INTO preferences VALUES ('genres', '{}') ON CONFLICT (name) DO NOTHING")
            connection.execute("DELETE FROM preferences WHERE name = 'genres_before'")
            if now is not None:
                [text] = connection.execute("SELECT value FROM preferences WHERE name = 'genres'").fetchone()
                before = json.dumps([utc_text(now), json.loads(text)])
                connection.execute("INSERT INTO preferences VALUES ('genres_before', ?)", (before,))
            text = json.dumps({"spellings": dict(genres.spellings), "parents": dict(genres.parents)})
            connection.execute("UPDATE preferences SET value = ? WHERE name = 'genres'", (text,))

    def genres_before(self) -> tuple[str, GenreNames] | None:
        """When the table of genres was changed last, and the table before; None if there is no undo."""
        row = self._database.row("SELECT value FROM preferences WHERE name = 'genres_before'")
        with readable(self._database.path, "a preference"):
            before: tuple[str, GenreNames] | None = row and read_preference("genres_before", row[0])
            return before


@lru_cache(maxsize=8)
def _read_genres(text: str) -> GenreNames:
    return GenreNames(**json.loads(text))


def read_preference(name: str, text: str) -> Any:
    """Read a stored preference; raises one of `UNREADABLE` if it is damaged."""
    if name == "genres":
        return _read_genres(text)
    value = json.loads(text)
    if name == "genres_before":
        return value[0], GenreNames(**value[1])
    given: dict[str, Any] = {
        name: value if name in ("mono", "pitch_percent", "has_key_lock") else tuple(map(str.strip, value))
    }
    return getattr(Preferences(**given), name)
