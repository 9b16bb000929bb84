"""The table of notes that music players keep for a person."""

from __future__ import annotations

from map4.store.stored_tables import ExportMember, Newest, PersonPlace, StoredTable

# What music players keep for a person: places in tracks, the queue, stars of albums and artists.
PLAYER_NOTES = """CREATE TABLE player_notes (
        owner INTEGER NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        at TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value) AND json_type(value) = 'object'),
        PRIMARY KEY (owner, kind, subject)
    ) STRICT, WITHOUT ROWID"""

TABLES = (
    StoredTable(
        "player_notes",
        (PLAYER_NOTES,),
        people=(PersonPlace("owner", "row erased", "player_notes"),),
        export=ExportMember("player_notes", "map4.plays.store.player_notes:exported_notes"),
        merge=Newest("at", "player_notes"),
    ),
)
