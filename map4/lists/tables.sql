-- `uid` is stable when a list is renamed; `name_key` is the name as compared. Owner 0 is everybody.
-- A deleted or replaced list has a `deleted_at` and a unique `name_key`, so that its name is free.
CREATE TABLE playlists (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE DEFAULT ('l-' || lower(hex(randomblob(8)))),
    owner INTEGER NOT NULL DEFAULT 0,
    sharing TEXT NOT NULL DEFAULT 'edit' CHECK (sharing IN ('private', 'read', 'edit')),
    name TEXT NOT NULL CHECK (length(name) > 0),
    name_key TEXT NOT NULL,
    description TEXT,
    header TEXT NOT NULL CHECK (json_valid(header) AND json_type(header) = 'object'),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    UNIQUE (owner, name_key)
) STRICT;

-- Path and tags from when the list was stored, so that a track that left the library still has a name.
CREATE TABLE playlist_tracks (
    playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position > 0),
    path BLOB NOT NULL,
    display TEXT NOT NULL,
    audio_id TEXT,
    artist TEXT,
    title TEXT,
    detail TEXT NOT NULL CHECK (json_valid(detail) AND json_type(detail) = 'object'),
    compatibility REAL AS (json_extract(detail, '$.transition.compatibility')) STORED,
    PRIMARY KEY (playlist_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX playlist_tracks_by_audio ON playlist_tracks (audio_id);

-- When a copy is removed, lists switch to the file that is kept.
CREATE INDEX playlist_tracks_by_path ON playlist_tracks (path);

-- Earlier versions. `content` is packed JSON: header and entries, with the paths and names of that time.
CREATE TABLE list_versions (
    playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    version INTEGER NOT NULL CHECK (version > 0),
    made_at TEXT NOT NULL,
    made_by INTEGER,
    what TEXT NOT NULL,
    tracks INTEGER NOT NULL,
    digest TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (playlist_id, version)
) STRICT, WITHOUT ROWID;
