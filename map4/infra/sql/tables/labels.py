"""The table of labels: what somebody, or a model, says of how a track sounds."""

from __future__ import annotations

from map4.infra.sql.stored_tables import Check, Newest, PersonPlace, StoredTable, Told, count_of, of_json
from map4.infra.sql.tables.drawn import of_mirror

LABELS = (
    # The data is the one truth; the columns beside it are drawn from it, as those of analyses are.
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
LABELS_OF_MIRROR = tuple(of_mirror("labels"))

TABLES = (
    StoredTable(
        "labels",
        (*LABELS, *LABELS_OF_MIRROR),
        people=(PersonPlace("labelled_by", "number stays", "labels"),),
        told=Told("labels", count_of("labels", "labelled_by")),
        of_audio="given",
        merge=Newest("labelled_at", "labels"),
        checks=(
            Check(
                "audio_id, data",
                "the labels of {audio_id}",
                of_json("map4.domain.track.labels:labels_from_data", "data"),
            ),
        ),
        raises="labelled",
    ),
)
