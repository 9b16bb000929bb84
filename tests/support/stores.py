"""Parts of a store over a database that a test has open, for what is SQLite's own."""

from __future__ import annotations

from typing import Any

from map4.infra.sqlite.file.database import Database
from map4.infra.sqlite.search import SqliteSearch
from map4.infra.sqlite.sound.alike_recordings import AlikeRecordings
from map4.infra.sqlite.sound.copies import SqliteCopies
from map4.infra.sqlite.tracks import SqliteTracks


def search_of(database: Database, **options: Any) -> SqliteSearch:
    """Search in it; `window`: how many paths are gone through at a time."""
    copies = SqliteCopies(database, AlikeRecordings(database))
    return SqliteSearch(database, SqliteTracks(database), lambda: copies, **options)
