CREATE TABLE roots (
    path BLOB PRIMARY KEY,
    display TEXT NOT NULL,
    is_recursive INTEGER NOT NULL,
    scanned_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Files that scans skip at the user's request.
CREATE TABLE ignored_files (
    path BLOB NOT NULL PRIMARY KEY,
    display TEXT NOT NULL,
    ignored_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Audio that no present file has, and a copy of its recording that represents it meanwhile. Derived: a scan finds
-- the pairs. `offset_s` is how much later positions are in the copy.
CREATE TABLE substitutes (
    audio_id TEXT PRIMARY KEY,
    copy_audio_id TEXT NOT NULL CHECK (copy_audio_id LIKE 'a%-%' AND copy_audio_id <> audio_id),
    offset_s REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX substitutes_by_copy ON substitutes (copy_audio_id);

CREATE VIRTUAL TABLE files_fts USING fts5 (
    artist, title, album, genre, path,
    content = 'files_text', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
