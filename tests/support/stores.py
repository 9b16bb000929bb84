"""Parts of a store over a database that a test has open, for what is SQLite's own."""

from map4.core.store.file.database import SqliteDatabase
from map4.core.store.search import SqlSearch
from map4.core.store.tracks import SqlTracks
from map4.duplicates.store.copies import AlikeRecordings, SqlCopies


def search_of(database: SqliteDatabase) -> SqlSearch:
    """Search in it."""
    copies = SqlCopies(database, AlikeRecordings(database))
    return SqlSearch(database, SqlTracks(database), copies.file_ids)
