"""The table of voices, and the fields of queries that read it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from map4.core.base.files.undo import UndoStep
from map4.core.base.paths import display_path
from map4.core.base.records import read
from map4.core.base.text import utc_text
from map4.core.music.track.track import Track
from map4.core.store.database import StorePart
from map4.core.store.query.forms import BlockForms, FieldForms, WordForms
from map4.core.store.sql_store import Store
from map4.core.store.stored_tables import ExtraTables, Newest, StoredTable
from map4.extras.voice.records import Vocals

VOICE_VERSION = 2  # raised when spans of the same audio change
MOST_PERCENT = 2.0  # an instrumental has less, as the model errs now and then

# A person's row beside the detected one hides it. Without data, the file could not be read.
_VOICES = """CREATE TABLE voices (
    audio_id TEXT NOT NULL,
    by_hand INTEGER NOT NULL CHECK (by_hand IN (0, 1)),
    version INTEGER NOT NULL,
    data TEXT CHECK (data IS NULL OR json_valid(data)),
    percent REAL AS (json_extract(data, '$.percent')) STORED,
    intro_s REAL AS (json_extract(data, '$.intro_s')) STORED,
    outro_s REAL AS (json_extract(data, '$.outro_s')) STORED,
    found_at TEXT NOT NULL,
    PRIMARY KEY (audio_id, by_hand)
) STRICT, WITHOUT ROWID"""
TABLES = (
    StoredTable(
        "voices",
        (_VOICES,),
        on_hand_over="copied",
        shift="map4.extras.voice.store:at_times_of_copy",
        merge=Newest("found_at", "voices"),
        change="voice",
    ),
)
_PUT = (
    "INSERT INTO voices (audio_id, by_hand, version, data, found_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (audio_id, by_hand) DO UPDATE SET (version, data, found_at) = "
    "(excluded.version, excluded.data, excluded.found_at)"
)
_BY_HAND = (
    "SELECT f.path, v.found_at FROM voices AS v JOIN files AS f ON f.id = (SELECT MIN(o.id) FROM files AS o "
    "WHERE o.audio_id = v.audio_id) WHERE v.by_hand = 1 ORDER BY v.found_at DESC, v.audio_id"
)
_CURRENT = "FROM voices AS v WHERE v.audio_id = f.audio_id AND v.data IS NOT NULL ORDER BY v.by_hand DESC LIMIT 1"
"""The row in force of the file `f`."""


class SqlVoices(StorePart):
    """The known voices of recordings."""

    def states(self) -> dict[str, bool]:
        """The recordings that this version has listened to, and whether their file could be read."""
        with self._database.reading() as connection:
            if not ExtraTables.exist(connection, "voice"):
                return {}
            sql = "SELECT audio_id, data IS NOT NULL FROM voices WHERE by_hand = 0 AND version = ?"
            return {audio_id: bool(is_read) for audio_id, is_read in connection.execute(sql, (VOICE_VERSION,))}

    def by_hand(self) -> list[tuple[str, str]]:
        """A file of each recording whose voices a person set, and when, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_BY_HAND).fetchall() if ExtraTables.exist(connection, "voice") else ()
            return [(os.fsdecode(path), at) for path, at in rows]

    def put(self, audio_id: str, voice: Vocals | None) -> None:
        """Store the spans of a recording; None after a failure."""
        ExtraTables.make(self._database, "voice")
        data = None if voice is None else json.dumps(voice.to_record(), separators=(",", ":"))
        by_hand = int(voice is not None and voice.source == "user")
        with self._database.transaction() as connection:
            connection.execute(_PUT, (audio_id, by_hand, VOICE_VERSION, data, utc_text(datetime.now(UTC))))

    def unset(self, audio_ids: Collection[str]) -> None:
        """Remove what a person set."""
        ExtraTables.make(self._database, "voice")
        with self._database.transaction() as connection:
            sql = "DELETE FROM voices WHERE by_hand = 1 AND audio_id IN (SELECT value FROM json_each(?))"
            connection.execute(sql, (json.dumps(sorted(audio_ids)),))


def at_times_of_copy(row: Mapping[str, Any], offset_s: float, duration_s: float) -> dict[str, str]:
    """The voices of a recording at their times in another copy."""
    voice = None if row["data"] is None else read(Vocals, json.loads(row["data"]))
    if voice is None or not voice.spans:
        return {}
    moved = ((span, round(span.start_s + offset_s, 3), round(span.end_s + offset_s, 3)) for span in voice.spans)
    spans = tuple(replace(span, start_s=max(0.0, start_s), end_s=end_s) for span, start_s, end_s in moved if end_s > 0)
    return {"data": json.dumps(Vocals.of(spans, duration_s, voice.source).to_record(), separators=(",", ":"))}


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """Voices that a person set, newest first."""
    for path, at in store.part(SqlVoices).by_hand():
        what = f"voices of {display_path(path.rpartition('/')[2])}"
        yield UndoStep(kind="voice", at=at, what=what, command=("set", path, "voice=auto"))


class VoiceForms(FieldForms):
    """The forms of a number of the row in force."""

    def __init__(self, column: str) -> None:
        few = "SELECT o.id FROM voices AS v JOIN files AS o ON o.audio_id = v.audio_id"
        super().__init__(f"(SELECT v.{column} {_CURRENT})", few)
        self.column = column

    def of(self, track: Track) -> float | None:
        voice: Vocals | None = track.block("voice")
        return None if voice is None else getattr(voice, self.column)


class InstrumentalForms(WordForms):
    """An unknown track is no instrumental."""

    def __init__(self) -> None:
        percent = f"(SELECT v.percent {_CURRENT})"
        sql = f"SELECT f.id FROM voices AS w JOIN files AS f ON f.audio_id = w.audio_id WHERE {percent} < ?"
        super().__init__(sql, MOST_PERCENT)

    def of(self, track: Track) -> bool:
        percent = PERCENT.of(track)
        return percent is not None and percent < MOST_PERCENT


class VoiceBlock(BlockForms):
    """`extras.voice` of a track."""

    def data(self, owner: int) -> str:
        return f"(SELECT v.data {_CURRENT})"

    def read(self, data: str) -> Vocals:
        return read(Vocals, json.loads(data))


PERCENT, INTRO, OUTRO = VoiceForms("percent"), VoiceForms("intro_s"), VoiceForms("outro_s")
INSTRUMENTAL, BLOCK = InstrumentalForms(), VoiceBlock()
