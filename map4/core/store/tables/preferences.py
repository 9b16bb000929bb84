"""The tables of preferences: the first source of each field, and what decides values and orders."""

from __future__ import annotations

from map4.core.store.stored_tables import EVENTS, RowCheck, StoredTable, change_trigger, note_change, resolved

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

# The preferences that decide values and orders, for all users (`Preferences`).
PREFERENCES = """CREATE TABLE preferences (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL CHECK (json_valid(value))
    ) STRICT, WITHOUT ROWID"""
# The first values are those that were in force before.
PREFERENCE_NOTES = tuple(
    change_trigger(f"{event.lower()}_preferences", f"{event} ON preferences", note_change("values", "'many'", "''"))
    for event in ("UPDATE", "DELETE")
)

TABLES = (
    StoredTable("preferred_sources", (PREFERRED_SOURCES, *PREFERRED_NOTES)),
    StoredTable(
        "preferences",
        (PREFERENCES, *PREFERENCE_NOTES),
        since=108,
        checks=(
            RowCheck(
                "name, value",
                "the preference {name}",
                lambda row: resolved("map4.core.store.preferred_sources:read_preference")(row["name"], row["value"]),
            ),
        ),
    ),
)
