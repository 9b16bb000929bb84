"""Observations are kept as they came; what counts is derived, whatever their order, and goes where the audio goes."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from libraries import audio_id, put_imported, put_track
from stored import put_observations

from map4.music.track.observations import Observation
from map4.store.file.database import SqliteDatabase
from map4.store.file.validation import content_problems
from map4.store.observations import SqlObservations
from map4.store.query.facts import facts_are_in_step
from map4.store.upkeep.repair import repair_library

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "library.map4"
    with closing(SqliteDatabase(str(found))) as database, database.transaction() as connection:
        put_track(connection, 1, artist="Aurora", title="Lights", bpm=120.0)
        put_track(connection, 2, artist="Aurora", title="Road", label="Polar", year=2001)
        put_track(connection, 3, title="Copper")
        put_imported(connection, audio_id(3), label="Imported", artist="Rao")
    return found


def said(provider: str, field: str, value: Any, **more: Any) -> Observation:
    usual = {"provider_id": "r", "score": 0.95, "fetched_at": "2026-11-21T18:00:00Z"}
    return Observation(provider=provider, field=field, value=value, **{**usual, **more})


EVERY = [
    said("musicbrainz", "label", "Warp"), said("discogs", "label", "WARP Records"), said("deezer", "label", "Else"),
    said("musicbrainz", "label", "Old", fetched_at="2026-01-01T00:00:00Z"), said("deezer", "bpm", 62.0),
    said("tidal", "bpm", 124.0), said("tidal", "key", "8A"), said("musicbrainz", "original_year", 1997),
    said("musicbrainz", "label", "Other recording", provider_id="x", score=0.9),
    said("discogs", "catalog_number", "WAP 55"), said("musicbrainz", "isrc", "GBBPW9700001"),
]  # fmt: skip


def test_order_and_repetition_make_no_difference(path: Path, tmp_path: Path) -> None:
    results = set()
    for seed in range(6):
        copy = tmp_path / f"{seed}.map4"
        copy.write_bytes(path.read_bytes())
        chance = random.Random(seed)
        rows = [(audio_id(1), one) for one in [*EVERY, *chance.choices(EVERY, k=4)]]
        chance.shuffle(rows)
        with closing(SqliteDatabase(str(copy))) as database:
            store = SqlObservations(database)
            for start in range(0, len(rows), 4):
                put_observations(database, rows[start : start + 4])
            results.add(json.dumps(store.provided(audio_id(1)).to_data()))
            with database.reading() as connection:
                kept = connection.execute("SELECT count(*) FROM observations").fetchone()[0]
                assert facts_are_in_step(connection)
                assert list(content_problems(connection)) == []
            assert kept == len(EVERY) - 1  # of one value of one recording the newest stays
    assert len(results) == 1


def test_a_repair_keeps_what_can_be_read_and_derives_the_rest(path: Path) -> None:
    with closing(SqliteDatabase(str(path))) as database:
        put_observations(database, [(audio_id(1), one) for one in EVERY])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE observations SET value = '\"never\"' WHERE field = 'bpm'")
        connection.execute("UPDATE provided SET data = '{}'")
    assert repair_library(str(path), NOW).incomplete == ("observations",)
    with closing(SqliteDatabase(str(path))) as database:
        found = SqlObservations(database).provided(audio_id(1))
        assert (found.value("label"), found.value("bpm")) == ("WARP Records", None)
