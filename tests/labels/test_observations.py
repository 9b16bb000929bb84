"""Observations are kept as they came; what counts is derived, whatever their order, and goes where the audio goes."""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from libraries import audio_id
from stored import OpenStore, numbers_found, put_imported, put_observations, put_track

from map4.care.store.repair import repair_library
from map4.core.music.track.observations import Observation
from map4.core.store.database import scalar
from map4.core.store.file.validation import content_problems
from map4.core.store.query.facts import facts_are_in_step
from map4.core.store.sql_store import Store
from map4.core.store.sqlite_store import SqliteStore
from map4.labels import SqlObservations


def seen(provider: str, field: str, value: Any, **more: Any) -> Observation:
    usual = {"provider_id": "r", "score": 0.95, "fetched_at": "2026-11-21T18:00:00Z"}
    return Observation(provider=provider, field=field, value=value, **{**usual, **more})


EVERY = [
    seen("musicbrainz", "label", "Warp"), seen("discogs", "label", "WARP Records"), seen("deezer", "label", "Else"),
    seen("musicbrainz", "label", "Old", fetched_at="2026-01-01T00:00:00Z"), seen("deezer", "bpm", 62.0),
    seen("tidal", "bpm", 124.0), seen("tidal", "key", "8A"), seen("musicbrainz", "original_year", 1997),
    seen("musicbrainz", "label", "Other recording", provider_id="x", score=0.9),
    seen("discogs", "catalog_number", "WAP 55"), seen("musicbrainz", "isrc", "GBBPW9700001"),
]  # fmt: skip


def observe_in_disorder(store: Store, seed: int) -> None:
    """A track with all observations, some of them twice, four at a time."""
    chance = random.Random(seed)
    rows = [(audio_id(1), observation) for observation in [*EVERY, *chance.choices(EVERY, k=4)]]
    chance.shuffle(rows)
    put_track(store, 1, bpm=120.0)
    for start in range(0, len(rows), 4):
        put_observations(store.database, rows[start : start + 4])


def test_order_and_repetition_make_no_difference(open_store: OpenStore, tmp_path: Path) -> None:
    results = set()
    for seed in range(6):
        folder = tmp_path / str(seed)
        folder.mkdir()
        with closing(open_store(folder)) as store:
            observe_in_disorder(store, seed)
            [track] = store.tracks.tracks()
            with store.database.reading() as connection:
                kept = scalar(connection, "SELECT count(*) FROM observations")
            results.add((kept, repr(track.provided)))
    # Of one value of one recording the newest stays.
    assert [kept for kept, _ in results] == [len(EVERY) - 1]


def test_observations_rank_between_tags_and_imports(store: Store) -> None:
    put_track(store, 1, artist="Aurora", title="Lights", bpm=120.0)
    put_track(store, 2, artist="Aurora", title="Road", label="Polar", year=2001)
    put_track(store, 3, title="Copper")
    put_imported(store, {3: {"label": "Imported", "artist": "Rao"}})
    for number in (1, 2, 3):
        put_observations(store.database, [(audio_id(number), observation) for observation in EVERY])
    for query, numbers in (
        ("label:warp", [1, 3]), ("label:polar", [2]), ("label:imported", []), ("year:1997 sort:title", [3, 1]),
        ("original-year:1997", [1, 2, 3]), ("catalog:wap isrc:GBBPW", [1, 2, 3]),
        ("bpm:124", [2, 3]),  # measured counts before it
        ("key:8A", [1, 2, 3]), ("missing:released", [1, 2, 3]),
    ):  # fmt: skip
        assert numbers_found(store, query) == numbers, query
    track = next(iter(store.tracks.tracks()))
    assert (track.label(), track.bpm(), track.key_source()) == ("WARP Records", 120.0, "provider")
    assert store.part(SqlObservations).forget(["musicbrainz"], [audio_id(1), audio_id(9)]) == {audio_id(1)}
    assert numbers_found(store, "label:warp") == [1, 3]  # discogs still says so
    assert store.part(SqlObservations).forget([], [audio_id(1)]) == {audio_id(1)}
    assert store.part(SqlObservations).provided(audio_id(1)) is None


@pytest.mark.parametrize("seed", range(6))
def test_facts_are_in_step_for_any_order_of_observations(tmp_path: Path, seed: int) -> None:
    with closing(SqliteStore(str(tmp_path / "library.map4"))) as store:
        observe_in_disorder(store, seed)
        with store.database.reading() as connection:
            assert facts_are_in_step(connection)
            assert list(content_problems(connection)) == []


def test_repair_keeps_readable_observations_and_derives_values(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        put_track(store, 1)
        put_observations(store.database, [(audio_id(1), observation) for observation in EVERY])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE observations SET value = '\"never\"' WHERE field = 'bpm'")
        connection.execute("UPDATE provided SET data = '{}'")
    assert repair_library(str(path), datetime(2026, 11, 21, 18, tzinfo=UTC)).incomplete == ("observations",)
    with closing(SqliteStore(str(path))) as store:
        assert [(track.label(), track.bpm()) for track in store.tracks.tracks()] == [("WARP Records", None)]
