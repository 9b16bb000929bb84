-- A file with a lyrics file beside it has a row even without lyrics, so that scans read that file once. Languages
-- are known with any words; the words come last, so that few pages are read for the others.
CREATE TABLE lyrics (
    id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    language TEXT,
    beside TEXT,
    words TEXT NOT NULL
) STRICT;

CREATE INDEX lyrics_by_language ON lyrics (language) WHERE language IS NOT NULL;

CREATE INDEX lyrics_by_file ON lyrics (id, beside) WHERE beside IS NOT NULL;

CREATE VIRTUAL TABLE lyrics_fts USING fts5 (
    words, content = 'lyrics', content_rowid = 'id', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER lyrics_fts_insert AFTER INSERT ON lyrics BEGIN
    INSERT INTO lyrics_fts (rowid, words) SELECT new.id, new.words;
END;

CREATE TRIGGER lyrics_fts_delete AFTER DELETE ON lyrics BEGIN
    INSERT INTO lyrics_fts (lyrics_fts, rowid, words) SELECT 'delete', old.id, old.words;
END;

CREATE TRIGGER lyrics_fts_update AFTER UPDATE ON lyrics WHEN old.words <> new.words BEGIN
    INSERT INTO lyrics_fts (lyrics_fts, rowid, words) SELECT 'delete', old.id, old.words;
    INSERT INTO lyrics_fts (rowid, words) SELECT new.id, new.words;
END;
