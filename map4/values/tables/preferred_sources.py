"""The table of preferred sources."""

from __future__ import annotations

from map4.store.stored_tables import EVENTS, StoredTable, change_trigger, note_change

# The first source of a field, for all users; like settings, without its author.
PREFERRED_SOURCES = """CREATE TABLE preferred_sources (
        field TEXT PRIMARY KEY,
        source TEXT NOT NULL CHECK (source IN ('tag', 'provider', 'imported'))
    ) STRICT, WITHOUT ROWID"""
# Values of any track may change.
PREFERRED_NOTES = tuple(
    change_trigger(f"{event.lower()}_preferred", f"{event} ON preferred_sources", note_change("values", "'many'", "''"))
    for event, _ in EVENTS
)

TABLES = (StoredTable("preferred_sources", (PREFERRED_SOURCES, *PREFERRED_NOTES)),)
