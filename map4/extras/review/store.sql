-- Without an audio id: the library does not have the track. The place orders choices of a second.
CREATE TABLE import_choices (
    id TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    audio_id TEXT,
    chosen_at TEXT NOT NULL,
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
