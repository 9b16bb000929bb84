"""The tables of preferences: the first source of each field, and what decides values and orders."""

from __future__ import annotations

from map4.core.store.stored_tables import EVENTS, RowCheck, StoredTable, change_trigger, note_change, resolved

SQL = StoredTable.sql_beside(__file__)

# Values of any track may change.
PREFERRED_NOTES = tuple(
    change_trigger(f"{event.lower()}_preferred", f"{event} ON preferred_sources", note_change("values", "'many'", "''"))
    for event, _ in EVENTS
)

# The first values are those that were in force before.
PREFERENCE_NOTES = tuple(
    change_trigger(f"{event.lower()}_preferences", f"{event} ON preferences", note_change("values", "'many'", "''"))
    for event in ("UPDATE", "DELETE")
)

TABLES = (
    StoredTable("preferred_sources", (*SQL["preferred_sources"], *PREFERRED_NOTES)),
    StoredTable(
        "preferences",
        (*SQL["preferences"], *PREFERENCE_NOTES),
        since=108,
        checks=(
            RowCheck(
                "name, value",
                "the preference {name}",
                lambda row: resolved("map4.core.store.sql_store:read_preference")(row["name"], row["value"]),
            ),
        ),
    ),
)
