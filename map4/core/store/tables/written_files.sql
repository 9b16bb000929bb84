CREATE TABLE written_files (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL,
    display TEXT NOT NULL,
    format TEXT NOT NULL,
    tracks INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    written_at TEXT NOT NULL,
    seconds REAL NOT NULL,
    asked_by INTEGER NOT NULL,
    asker TEXT NOT NULL
) STRICT;

CREATE INDEX written_files_by_path ON written_files (path);
