-- A heard track by number: its audio, which outlives its file, or its names if the audio is unknown. `names` is a
-- digest of the names, empty if the audio was known from the start; the audio is added when the library has it.
CREATE TABLE played_tracks (
    id INTEGER PRIMARY KEY,
    audio_id TEXT,
    names TEXT NOT NULL DEFAULT '',
    artist TEXT,
    title TEXT,
    album TEXT,
    CHECK (audio_id IS NOT NULL OR names != '')
) STRICT;

CREATE INDEX played_tracks_by_audio ON played_tracks (audio_id, names);

CREATE UNIQUE INDEX played_tracks_by_names ON played_tracks (names) WHERE names != '';

-- Two reports of the same second are the same play. Whole seconds since 1970: with millions of rows each byte is a
-- megabyte. The key serves the common query: an account's plays by time.
CREATE TABLE plays (
    owner INTEGER NOT NULL,
    at INTEGER NOT NULL CHECK (at BETWEEN -62135596800 AND 253402300799),
    track INTEGER NOT NULL,
    source INTEGER NOT NULL,
    skipped INTEGER NOT NULL CHECK (skipped IN (0, 1)),
    heard_s INTEGER,
    length_s INTEGER,
    PRIMARY KEY (owner, at, track)
) STRICT, WITHOUT ROWID;

-- Derived from the plays, so that queries on all tracks need not read them. `elsewhere` counts plays that
-- connected servers report, in addition to the stored plays.
CREATE TABLE play_counts (
    owner INTEGER NOT NULL,
    track INTEGER NOT NULL,
    plays INTEGER NOT NULL,
    in_programs INTEGER NOT NULL,
    skips INTEGER NOT NULL,
    last_at INTEGER,
    elsewhere INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (owner, track)
) STRICT, WITHOUT ROWID;

-- Imports, and recorded sets with the list made of them (its uid), so that their plays can be taken back.
CREATE TABLE play_steps (
    id INTEGER PRIMARY KEY,
    owner INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('import', 'set')),
    path BLOB NOT NULL,
    began_at TEXT,
    done_at TEXT NOT NULL,
    list TEXT
) STRICT;

-- The steps that reported a play that a step added; step 0: a player reported it, too. A play without rows was added by
-- a player, or before schema 110.
CREATE TABLE play_reports (
    owner INTEGER NOT NULL,
    at INTEGER NOT NULL,
    track INTEGER NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (owner, at, track, step)
) STRICT, WITHOUT ROWID;

-- Notes of music players by account: positions in tracks, the queue, stars of albums and artists.
CREATE TABLE player_notes (
    owner INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TEXT NOT NULL,
    value TEXT NOT NULL CHECK (json_valid(value) AND json_type(value) = 'object'),
    PRIMARY KEY (owner, kind, subject)
) STRICT, WITHOUT ROWID;
