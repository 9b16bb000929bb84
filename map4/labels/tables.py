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

SQL = StoredTable.sql_beside(__file__)

LABELS = SQL["labels"]
LABELS_OF_MIRROR = tuple(mirror_triggers("labels"))


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
                "audio_id, data", "the labels of {audio_id}", json_reader("map4.core.music.track.labels:Labels.of_data")
            ),
        ),
        change="labelled",
    ),
)
OBSERVED = (
    StoredTable(
        "observations",
        SQL["observations"],
        on_hand_over="shared",
        checks=(
            RowCheck(
                "audio_id, provider, provider_id, field, value",
                "a value from {provider} for {audio_id}",
                _read_observation,
            ),
        ),
    ),
    StoredTable("lookups", SQL["lookups"], on_hand_over="shared"),
    StoredTable(
        "provided",
        SQL["provided"],
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
