"""The tables of what other programs said: whole, as it was read, and what of it counts for each audio payload."""

from __future__ import annotations

import sqlite3

from map4.infra.facts import add_imported_facts

_STATEMENTS = (
    # One row a file that was imported; importing it again replaces what it said.
    """CREATE TABLE imports (
        id INTEGER PRIMARY KEY,
        format TEXT NOT NULL,
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        version TEXT,
        imported_at TEXT NOT NULL,
        UNIQUE (format, path)
    ) STRICT""",
    # Entries without an audio id wait for their file. The key is the other program's; `offset_s` is what its times are
    # moved by where the file was replaced by another copy of the recording.
    """CREATE TABLE imported_tracks (
        import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        entry TEXT NOT NULL CHECK (json_valid(entry) AND json_type(entry) = 'object'),
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
        audio_id TEXT,
        path BLOB,
        method TEXT,
        offset_s REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (import_id, key)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX imported_tracks_by_audio ON imported_tracks (audio_id)",
    # The data is the one truth; the columns beside it are drawn from it, as those of analyses are. The comment is drawn
    # when it is written: an index on a generated column is never enough for SQLite, it reads the row with its grid too.
    """CREATE TABLE imported (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
        bpm REAL AS (json_extract(data, '$.bpm')) STORED,
        key TEXT AS (json_extract(data, '$.key')) STORED,
        rating REAL AS (json_extract(data, '$.rating')) STORED,
        play_count INTEGER AS (json_extract(data, '$.play_count')) STORED,
        last_played TEXT AS (json_extract(data, '$.last_played')) STORED,
        cues INTEGER AS (nullif(json_array_length(data, '$.cues'), 0)) STORED,
        comment TEXT
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX imported_comments ON imported (comment) WHERE comment IS NOT NULL",
)


def add_imports(connection: sqlite3.Connection) -> None:
    """Migration: what was imported, and facts that know of it."""
    for statement in _STATEMENTS:
        connection.execute(statement)
    add_imported_facts(connection)
