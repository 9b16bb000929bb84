"""Who writes many rows lets others write in between."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from map4.store.file.database import SqliteDatabase
from map4.store.tracks import SLICE, SqlTracks


def test_many_files_that_go_and_return_are_written_in_slices(tmp_path: Path) -> None:
    paths = [f"/m/{number}.mp3" for number in range(2 * SLICE + 1)]
    said: list[str] = []
    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as database:
        database.connection.set_trace_callback(said.append)
        store = SqlTracks(database)
        store.mark_missing(paths, now=datetime(2026, 1, 1, tzinfo=UTC))
        store.mark_present(paths)
        store.mark_present([])
    assert [line for line in said if line.startswith(("BEGIN", "COMMIT"))] == ["BEGIN IMMEDIATE", "COMMIT"] * 6
    assert sum(line.startswith("UPDATE files") for line in said) == 2 * len(paths)
