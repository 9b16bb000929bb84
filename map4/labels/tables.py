"""The table of labels."""

from __future__ import annotations

from map4.store.stored_tables import (
    ExportMember,
    Newest,
    PersonPlace,
    RowCheck,
    StoredTable,
    export_count,
    json_reader,
)
from map4.store.tables.drawn import mirror_triggers

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
                json_reader("map4.music.track.labels:labels_from_data", "data"),
            ),
        ),
        change="labelled",
    ),
)
