"""The table `labels`: what tracks were labelled with, keyed by audio, so that it survives moves and re-analysis."""

from __future__ import annotations

import sqlite3

_STATEMENTS = (
    # The data is the one truth; the columns beside it are drawn from it, as those of analyses are.
    """CREATE TABLE labels (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data)),
        labelled_at TEXT NOT NULL,
        genre TEXT AS (json_extract(data, '$.genre')) STORED,
        family TEXT AS (json_extract(data, '$.family')) STORED,
        subgenre TEXT AS (json_extract(data, '$.subgenre')) STORED,
        mood TEXT AS (json_extract(data, '$.mood')) STORED,
        era TEXT AS (json_extract(data, '$.era')) STORED,
        confidence REAL AS (json_extract(data, '$.confidence')) STORED,
        source TEXT AS (json_extract(data, '$.source')) STORED,
        model TEXT AS (json_extract(data, '$.model')) STORED
    ) STRICT, WITHOUT ROWID""",
)


def add_labels(connection: sqlite3.Connection) -> None:
    """Migration: the table `labels`."""
    for statement in _STATEMENTS:
        connection.execute(statement)
