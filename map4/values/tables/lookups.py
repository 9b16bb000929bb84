"""Tables of look-ups: observations of providers, results of look-ups, merged values and preferred sources."""

from __future__ import annotations

import json

from map4.store.stored_tables import (
    EVENTS,
    Row,
    RowCheck,
    StoredTable,
    change_trigger,
    json_reader,
    note_change,
    resolved,
)

OBSERVATIONS = (
    # Stored unchanged; only a newer answer of the same provider for the same recording replaces a row.
    """CREATE TABLE observations (
        audio_id TEXT NOT NULL,
        provider TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        field TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value)),
        score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
        fetched_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, provider, provider_id, field)
    ) STRICT, WITHOUT ROWID""",
)
LOOKUPS = (
    # The result of each look-up, with up to five candidates.
    """CREATE TABLE lookups (
        audio_id TEXT NOT NULL,
        provider TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('accepted', 'review', 'none', 'rejected')),
        candidates TEXT NOT NULL CHECK (json_valid(candidates)),
        looked_up_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, provider)
    ) STRICT, WITHOUT ROWID""",
)
PROVIDED = (
    # Derived from the observations: the merged values.
    """CREATE TABLE provided (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object')
    ) STRICT, WITHOUT ROWID""",
)

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


def _read_observation(row: Row) -> None:
    resolved("map4.music.track.observations:sound_value")(row["field"], json.loads(row["value"]))


TABLES = (
    StoredTable(
        "observations",
        OBSERVATIONS,
        on_hand_over="shared",
        checks=(
            RowCheck(
                "audio_id, provider, provider_id, field, value",
                "a value from {provider} for {audio_id}",
                _read_observation,
            ),
        ),
    ),
    StoredTable("lookups", LOOKUPS, on_hand_over="shared"),
    StoredTable(
        "provided",
        PROVIDED,
        salvage="no",
        recompute="map4.store.rows.effective_values:recompute_all_provided",
        checks=(
            RowCheck(
                "audio_id, data",
                "the looked-up values of {audio_id}",
                json_reader("map4.music.track.observations:provided_from_data", "data"),
            ),
        ),
        change="looked-up",
    ),
    StoredTable("preferred_sources", (PREFERRED_SOURCES, *PREFERRED_NOTES)),
)
