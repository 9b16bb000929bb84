CREATE TABLE user_values (
    audio_id TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name IN (
        'bpm', 'key', 'artist', 'title', 'album', 'genre', 'year', 'energy', 'comment', 'label', 'cues', 'grid',
        'album_artist', 'track', 'disc_number'
    )),
    value TEXT NOT NULL CHECK (json_valid(value)),
    set_at TEXT NOT NULL,
    set_by INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (audio_id, name),
    CHECK ((substr(audio_id, 1, 2) = 'f-') = (name IN ({of_file})))
) STRICT, WITHOUT ROWID;

-- Files that left the library, or were overwritten by other music, with values that people set or imported for them.
-- `names` is what the tags said; a scan gives the values to the file that they fit.
CREATE TABLE gone_files (
    uid TEXT PRIMARY KEY,
    path BLOB NOT NULL,
    audio_id TEXT,
    names TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX gone_files_by_audio ON gone_files (audio_id, path);

-- Ratings are personal; for everybody, tags and other programs' values count.
CREATE TABLE ratings (
    audio_id TEXT NOT NULL,
    owner INTEGER NOT NULL,
    rating REAL NOT NULL CHECK (rating BETWEEN 0 AND 5),
    set_at TEXT NOT NULL,
    PRIMARY KEY (audio_id, owner)
) STRICT, WITHOUT ROWID;

CREATE INDEX ratings_by_owner ON ratings (owner, rating);

-- An empty query is all tracks; a removed range is null. `before` has range, time and place in the order for undo.
CREATE TABLE tempo_ranges (
    query TEXT PRIMARY KEY,
    range TEXT,
    set_at TEXT NOT NULL,
    place INTEGER NOT NULL,
    before TEXT CHECK (before IS NULL OR json_valid(before))
) STRICT, WITHOUT ROWID;

-- Values also move with audio when copies are quarantined; such a step is undone there.
CREATE TABLE value_steps (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    by INTEGER NOT NULL,
    kind TEXT NOT NULL DEFAULT 'moved' CHECK (kind IN ('set', 'undo', 'moved')),
    undoes INTEGER,
    undone_by INTEGER
) STRICT;

-- JSON as in `user_values`; null is none. Only the owner of a rating sees its previous values.
CREATE TABLE value_changes (
    step INTEGER NOT NULL,
    audio_id TEXT NOT NULL,
    name TEXT NOT NULL,
    owner INTEGER NOT NULL,
    was TEXT CHECK (was IS NULL OR json_valid(was)),
    became TEXT CHECK (became IS NULL OR json_valid(became)),
    PRIMARY KEY (step, audio_id, name, owner)
) STRICT, WITHOUT ROWID;

CREATE INDEX value_changes_by_audio ON value_changes (audio_id, name, owner);

-- Shared values outlive the account that set them, with its number.
CREATE TRIGGER value_changes_delete_accounts AFTER DELETE ON accounts BEGIN
    DELETE FROM ratings WHERE owner = old.id;
    DELETE FROM value_changes WHERE owner = old.id;
END;
