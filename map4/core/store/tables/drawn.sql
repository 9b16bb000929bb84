CREATE TABLE sound_keys (
    audio_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    keys BLOB NOT NULL
) STRICT;

CREATE INDEX sound_keys_by_version ON sound_keys (version);

CREATE TABLE sound_pairs (
    audio_id TEXT NOT NULL,
    other_id TEXT NOT NULL,
    error_rate REAL NOT NULL,
    alone_s REAL NOT NULL,
    PRIMARY KEY (audio_id, other_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sound_pairs_by_other ON sound_pairs (other_id);

CREATE TABLE mirror (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    token TEXT,
    begun TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

-- Neighbours of an album that were compared; `leave_s` and `enter_s` are known if the sound goes on.
CREATE TABLE segues (
    audio_id TEXT NOT NULL,
    next_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    leave_s REAL,
    enter_s REAL,
    PRIMARY KEY (audio_id, next_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX segues_by_next ON segues (next_id);

CREATE TRIGGER segues_of_gone_audio AFTER DELETE ON analyses BEGIN
    DELETE FROM segues WHERE old.audio_id IN (audio_id, next_id);
END;
