-- A file with a lyrics file beside it has a row even without lyrics, so that scans read that file once. Languages
-- are known with any words; the words come last, so that few pages are read for the others.
CREATE TABLE lyrics (
    id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    language TEXT,
    beside TEXT,
    words TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE lyrics_fts USING fts5 (
    words, content = 'lyrics', content_rowid = 'id', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
