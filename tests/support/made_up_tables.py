"""A subject with two tables. No other file declares or handles them."""

from collections.abc import Mapping
from typing import Any

from map4.core.store.stored_tables import ExportMember, Newest, PersonPlace, RowCheck, SetValue, StoredTable

MOODS = """CREATE TABLE moods (
        audio_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        mood TEXT NOT NULL,
        set_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, owner)
    ) STRICT, WITHOUT ROWID"""
EXPORTED = "SELECT audio_id, mood FROM moods WHERE owner = ?1 ORDER BY audio_id"
TEMPERS = MOODS.replace("moods", "tempers")


def _read(row: Mapping[str, Any]) -> None:
    if row["mood"] not in ("calm", "wild"):
        raise ValueError(f"{row['mood']} is no mood")


def _mood_row(audio_id: str, mood: str) -> dict[str, str]:
    return {"audio_id": audio_id, "mood": mood}


TABLES = (
    StoredTable(
        "moods",
        (MOODS,),
        people=(PersonPlace("owner", "row erased", "moods"),),
        export=ExportMember("moods", ExportMember.reader(EXPORTED, _mood_row)),
        on_hand_over="copied",
        merge=Newest("set_at", "moods"),
        checks=(RowCheck("audio_id, owner, mood", "the mood of {audio_id}", _read),),
        change="set",
    ),
    StoredTable(
        "tempers",
        (TEMPERS,),
        people=(PersonPlace("owner", "row erased", "tempers"),),
        set_value=SetValue(column="mood", about="value", prefix="temper"),
    ),
)
