-- One row per imported file; importing it again replaces its data. The path maps, pairs of folders that have
-- another name here, are stored so that the next import of the file needs no --path-map.
CREATE TABLE imports (
    id INTEGER PRIMARY KEY,
    format TEXT NOT NULL,
    path BLOB NOT NULL,
    display TEXT NOT NULL,
    version TEXT,
    imported_at TEXT NOT NULL,
    imported_by INTEGER NOT NULL DEFAULT 0,
    path_maps TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(path_maps)),
    UNIQUE (format, path)
) STRICT;

-- Entries without an audio id wait for their file. The key is the other program's; `offset_s` is added to its
-- times if the file was replaced by another copy of the recording.
CREATE TABLE imported_tracks (
    import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    entry TEXT NOT NULL CHECK (json_valid(entry) AND json_type(entry) = 'object'),
    data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
    audio_id TEXT,
    path BLOB,
    method TEXT,
    offset_s REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (import_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX imported_tracks_by_audio ON imported_tracks (audio_id);

CREATE TRIGGER imported_tracks_of_moved_file AFTER UPDATE OF path ON files WHEN old.path <> new.path BEGIN UPDATE imported_tracks SET path = new.path WHERE audio_id = old.audio_id AND path = old.path; END;

-- A row for each audio, and for each file that an entry names, under its `uid`, with the values of the file (title,
-- album, comment …). `data` is the source; the other columns derive from it. `comment` is stored when written:
-- SQLite can't answer from an index on a generated column without reading the row with its grid.
CREATE TABLE imported (
    audio_id TEXT PRIMARY KEY,
    data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
    bpm REAL AS (json_extract(data, '$.bpm')) STORED,
    key TEXT AS (json_extract(data, '$.key')) STORED,
    rating REAL AS (json_extract(data, '$.rating')) STORED,
    play_count INTEGER AS (json_extract(data, '$.play_count')) STORED,
    last_played TEXT AS (json_extract(data, '$.last_played')) STORED,
    cues INTEGER AS (nullif(json_array_length(data, '$.cues'), 0)) STORED,
    comment TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX imported_comments ON imported (comment) WHERE comment IS NOT NULL;

CREATE TRIGGER imported_of_changed_file AFTER UPDATE OF audio_id ON files WHEN new.audio_id IS NOT NULL AND coalesce(old.audio_id, '') <> new.audio_id BEGIN DELETE FROM imported WHERE audio_id = new.uid AND NOT EXISTS (SELECT 1 FROM imported_tracks AS t WHERE t.audio_id = new.audio_id AND t.path = new.path); END;
