"""Tables of a library's sound, kept until it changes; the sample of HAMMS vectors."""

import json
from contextlib import closing
from pathlib import Path

from libraries import WHEN, audio_id, put_file

from map4.core.music.analysis.analysis import ANALYSIS_VERSION, Analysis, Hamms
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.sound.sound_index import hamms_sample


def put(database: SqliteDatabase, number: int, value: float | None, *, hamms: int = Hamms.VERSION,
        analysis: int = ANALYSIS_VERSION, **row: object) -> None:  # fmt: skip
    found = None if value is None else Hamms(vector=(*(value,) * 11, None), confidence=0.9, version=hamms)
    core = json.dumps(Analysis(duration_s=10.0, hamms=found).to_core())
    with database.transaction() as connection:
        put_file(connection, f"/music/{number}.wav", audio_id=audio_id(number), **row)
        connection.execute(
            "INSERT INTO analyses (audio_id, version, analysed_at, core) VALUES (?, ?, ?, ?)",
            (audio_id(number), analysis, WHEN, core),
        )


def test_hamms_sample_has_only_present_and_current_analyses(tmp_path: Path) -> None:
    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as database:
        assert hamms_sample(database, 10) == []
        put(database, 9, 0.9)
        put(database, 1, 0.1)
        put(database, 5, 0.5)
        put(database, 2, None)
        put(database, 3, 0.3, hamms=Hamms.VERSION - 1)
        put(database, 4, 0.4, analysis=ANALYSIS_VERSION + 1)
        put(database, 6, 0.6, missing_since=WHEN)
        assert hamms_sample(database, 10) == [[value] * 11 + [None] for value in (0.1, 0.5, 0.9)]
        assert [vector[0] for vector in hamms_sample(database, 2)] == [0.1, 0.5]
