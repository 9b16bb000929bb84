"""Tables of labels and of looked-up values: what providers answered, results of look-ups, and merged values."""

from __future__ import annotations

import json

from map4.core.store import stored_tables
from map4.core.store.tables.drawn import mirror_triggers

SQL = stored_tables.StoredTable.sql_beside(__file__)

LABELS = SQL["labels"]
LABELS_OF_MIRROR = tuple(mirror_triggers("labels"))


def _read_observation(row: stored_tables.Row) -> None:
    stored_tables.resolved("map4.core.music.track.observations:sound_value")(row["field"], json.loads(row["value"]))


_LABELS_READER = stored_tables.json_reader("map4.core.music.track.labels:Labels.of_data")
_PROVIDED_READER = stored_tables.json_reader("map4.core.music.track.observations:Provided.from_data")

TABLES = (
    stored_tables.StoredTable(
        "labels",
        (*LABELS, *LABELS_OF_MIRROR),
        people=(stored_tables.PersonPlace("labelled_by", "number stays", "labels"),),
        export=stored_tables.ExportMember("labels", stored_tables.export_count("labels", "labelled_by")),
        on_hand_over="copied",
        merge=stored_tables.Newest("labelled_at", "labels"),
        checks=(stored_tables.RowCheck("audio_id, data", "the labels of {audio_id}", _LABELS_READER),),
        change="labelled",
    ),
)
_OBSERVED_COLUMNS = "audio_id, provider, provider_id, field, value"
OBSERVED = (
    stored_tables.StoredTable(
        "observations",
        SQL["observations"],
        on_hand_over="shared",
        checks=(
            stored_tables.RowCheck(_OBSERVED_COLUMNS, "a value from {provider} for {audio_id}", _read_observation),
        ),
    ),
    stored_tables.StoredTable("lookups", SQL["lookups"], on_hand_over="shared"),
    stored_tables.StoredTable(
        "provided",
        SQL["provided"],
        salvage="no",
        recompute="map4.labels.store.annotations:recompute_all",
        checks=(stored_tables.RowCheck("audio_id, data", "the looked-up values of {audio_id}", _PROVIDED_READER),),
        change="looked-up",
    ),
)
