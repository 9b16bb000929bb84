"""Tables of labels and of looked-up values: what providers answered, results of look-ups, and merged values."""

from __future__ import annotations

import json

from map4.core.store.stored_tables import (
    ExportMember,
    Newest,
    PersonPlace,
    Row,
    RowCheck,
    StoredTable,
    export_count,
    json_reader,
    resolved,
)
from map4.core.store.tables.drawn import mirror_triggers

LABELS = (
    # `data` is the source; the other columns derive from it.
    """CREATE TABLE labels (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data)),
        labelled_at TEXT NOT NULL,
        labelled_by INTEGER NOT NULL DEFAULT 0,
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
LABELS_OF_MIRROR = tuple(mirror_triggers("labels"))
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


def _read_observation(row: Row) -> None:
    resolved("map4.core.music.track.observations:sound_value")(row["field"], json.loads(row["value"]))


TABLES = (
    StoredTable(
        "labels",
        (*LABELS, *LABELS_OF_MIRROR),
        people=(PersonPlace("labelled_by", "number stays", "labels"),),
        export=ExportMember("labels", export_count("labels", "labelled_by")),
        on_hand_over="copied",
        merge=Newest("labelled_at", "labels"),
        checks=(
            RowCheck(
                "audio_id, data",
                "the labels of {audio_id}",
                json_reader("map4.core.music.track.labels:Labels.of_data"),
            ),
        ),
        change="labelled",
    ),
)
OBSERVED = (
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
        recompute="map4.labels.store.annotations:recompute_all",
        checks=(
            RowCheck(
                "audio_id, data",
                "the looked-up values of {audio_id}",
                json_reader("map4.core.music.track.observations:provided_from_data"),
            ),
        ),
        change="looked-up",
    ),
)
