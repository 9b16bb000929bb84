"""The table of the words of lyrics, which only searches read, and their full-text index."""

from map4.core.store.stored_tables import StoredTable

SQL = StoredTable.sql_beside(__file__)

TABLES = (
    StoredTable("lyrics", SQL["lyrics"], since=102, salvage="rows", orphans="id NOT IN (SELECT id FROM files)"),
    StoredTable("lyrics_fts", SQL["lyrics_fts"], since=102, salvage="no"),
)
