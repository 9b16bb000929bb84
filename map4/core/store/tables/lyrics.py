"""The table of the words of lyrics, which only searches read, and their full-text index."""

from map4.core.store.stored_tables import StoredTable

SQL = StoredTable.sql_beside(__file__)

LYRICS = (
    SQL["lyrics"],
    "CREATE INDEX lyrics_by_language ON lyrics (language) WHERE language IS NOT NULL",
    "CREATE INDEX lyrics_by_file ON lyrics (id, beside) WHERE beside IS NOT NULL",
)
WORDS = (
    SQL["lyrics_fts"],
    """CREATE TRIGGER lyrics_fts_insert AFTER INSERT ON lyrics BEGIN
        INSERT INTO lyrics_fts (rowid, words) SELECT new.id, new.words;
    END""",
    """CREATE TRIGGER lyrics_fts_delete AFTER DELETE ON lyrics BEGIN
        INSERT INTO lyrics_fts (lyrics_fts, rowid, words) SELECT 'delete', old.id, old.words;
    END""",
    """CREATE TRIGGER lyrics_fts_update AFTER UPDATE ON lyrics WHEN old.words <> new.words BEGIN
        INSERT INTO lyrics_fts (lyrics_fts, rowid, words) SELECT 'delete', old.id, old.words;
        INSERT INTO lyrics_fts (rowid, words) SELECT new.id, new.words;
    END""",
)
TABLES = (
    StoredTable("lyrics", LYRICS, since=102, salvage="rows", orphans="id NOT IN (SELECT id FROM files)"),
    StoredTable("lyrics_fts", WORDS, since=102, salvage="no"),
)
