"""Stored parts: written with the analysis, read when asked for, and made again when one is old."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from libraries import audio_id, execute, make_library
from made_library import database_of

from map4 import Library
from map4.core.music.analysis.analysis import Analysis
from map4.core.music.analysis.inside import Bars, DetectedCue, Metre, Overview, Phrase, SoundVector, Structure
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.query import field_sql
from map4.core.store.query.field_sql import PART_VERSIONS, outdated_audio, part_place
from map4.core.store.rows.track_rows import StoredBeats
from map4.core.store.tracks import SqlTracks
from map4.errors import LibraryDamagedError
from map4.scan.workers.lanes import inline_lanes

FULL = Analysis(
    duration_s=240.0,
    beats_s=tuple(0.5 * beat for beat in range(480)),
    bars=Bars(
        # A beat is cut in the middle.
        downbeats_s=tuple(0.5 * beat for beat in (*range(1, 200, 4), *range(204, 480, 4))),
        confidence=0.98,
        metre=Metre(beats_per_bar=4, confidence=0.99),
    ),
    structure=Structure(
        phrases=(
            Phrase(start_s=0.5, end_s=16.5, bars=8, group="A", role="intro", energy=0.3, confidence=0.9),
            Phrase(start_s=16.5, end_s=240.0, bars=112, group="B", role=None, energy=0.7, confidence=0.8),
        ),
        confidence=0.85,
    ),
    detected_cues=(DetectedCue(kind="drop", position_s=16.5, reason="bar 9: drums come in", confidence=0.7),),
    overview=Overview(low=bytes(400), mid=bytes([7]) * 400, high=bytes([9]) * 400, energy=bytes([128]) * 200),
    sound=tuple(0.1 * index for index in range(SoundVector.SIZE)),
    fingerprint=bytes(range(256)) * 10,
).as_stored()
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_library(tmp_path / "library.map4")


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    with database_of(path) as database:
        yield database


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "scanned.map4", lanes=inline_lanes) as library:
        yield library


def put_all(store: SqlTracks) -> None:
    for number in range(3):
        store.put_analysis(audio_id(number), FULL, now=NOW)


def test_stored_analysis_is_read_back_and_takes_less_than_8_kb(database: SqliteDatabase) -> None:
    store = SqlTracks(database)
    store.put_analysis(audio_id(1), FULL, now=NOW)
    assert store.analysis(audio_id(1)) == FULL
    SqlTracks(database).put_analysis(audio_id(1), FULL, now=NOW)
    with database.reading() as connection:
        (core,) = connection.execute("SELECT length(core) FROM analyses WHERE audio_id = ?", (audio_id(1),)).fetchone()
        (rest,) = connection.execute(
            "SELECT length(beats) + length(downbeats) + length(overview) + length(fingerprint) + length(data) "
            "FROM analyses JOIN details USING (id) JOIN sounds USING (id) WHERE audio_id = ?",
            (audio_id(1),),
        ).fetchone()
    assert core + rest < 8_000


def test_absent_parts_are_stored_as_absent_and_beats_exactly(database: SqliteDatabase) -> None:
    store = SqlTracks(database)
    silent = Analysis(duration_s=5.0, flags=("silent",)).as_stored()
    for number in range(3):
        store.put_analysis(audio_id(number), silent, now=NOW)
    assert store.analysis(audio_id(1)) == silent
    with database.reading() as connection:
        assert outdated_audio(connection) == set()
    SqlTracks(database).put_analysis(audio_id(0), FULL, now=NOW)
    with database.reading() as connection:
        (core,) = connection.execute("SELECT core FROM analyses WHERE audio_id = ?", (audio_id(0),)).fetchone()
    assert json.loads(core).keys().isdisjoint({"beats_s", "downbeats_s", "overview", "sound", "fingerprint"})
    assert StoredBeats.unpack(StoredBeats.pack((0.0, 0.12346, 10_800.5))) == (0.0, 0.1235, 10_800.5)


def test_an_analysis_without_all_parts_is_outdated(database: SqliteDatabase) -> None:
    store = SqlTracks(database)
    with database.reading() as connection:
        assert outdated_audio(connection) == {audio_id(number) for number in range(3)}
    put_all(store)
    assert not any(known.has_old_parts for known in store.known_files().values())
    assert store.has_analysis(audio_id(2), FULL.version)
    with database.transaction() as connection:
        connection.execute("UPDATE details SET fingerprint_version = NULL WHERE id = 3")
    assert [path for path, known in store.known_files().items() if known.has_old_parts] == ["/music/2.wav"]
    assert not store.has_analysis(audio_id(2), FULL.version)


@pytest.mark.parametrize("name", list(PART_VERSIONS))
def test_part_of_another_version_is_stale(database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    store = SqlTracks(database)
    put_all(store)
    monkeypatch.setitem(field_sql.PART_VERSIONS, name, PART_VERSIONS[name] + 1)
    with database.reading() as connection:
        assert outdated_audio(connection) == {audio_id(number) for number in range(3)}
    found = store.analysis(audio_id(0))
    without = {
        "beats": found.beats_s is None,
        "downbeats": found.bars.downbeats_s is None,
        "overview": found.overview is None,
        "sound": found.sound is None,
        "fingerprint": found.fingerprint is None,
    }
    # A downbeat is one of the beats, and nothing without them.
    assert {part for part, is_gone in without.items() if is_gone} == {name} | ({"downbeats"} & {name, f"down{name}"})


def test_scan_recomputes_outdated_parts(library: Library, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library.scan(music).analysed == 4
    assert library.scan(music).unchanged == 4
    assert library.care.info()["stale_analyses"] == 0
    monkeypatch.setitem(field_sql.PART_VERSIONS, "sound", PART_VERSIONS["sound"] + 1)
    assert library.care.info()["stale_analyses"] == 4
    again = library.scan(music)
    assert (again.analysed, again.unchanged) == (4, 0)
    assert library.scan(music).unchanged == 4


def test_analysis_outdated_in_two_ways_is_counted_once(library: Library, music: Path) -> None:
    library.scan(music)
    with database_of(library) as database, database.transaction() as connection:
        connection.execute("UPDATE analyses SET version = version - 1 WHERE id <= 2")
        connection.execute("UPDATE details SET beats_version = 1 WHERE id BETWEEN 2 AND 3")
    assert library.care.info()["stale_analyses"] == 3


def test_moved_file_with_stale_part_is_redone(library: Library, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.scan(music)
    monkeypatch.setitem(field_sql.PART_VERSIONS, "fingerprint", PART_VERSIONS["fingerprint"] + 1)
    (music / "one.wav").rename(music / "moved.wav")
    assert library.scan(music).analysed == 4


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("beats", b"abc", "beats"),
        ("sound", b"abc", "256 bytes, got 3"),
        ("sound", b"\xff\xff" * 128, "finite"),
        ("fingerprint", b"abc", "16-bit words"),
    ],
)
def test_a_damaged_part_is_found_and_repaired(path: Path, name: str, data: bytes, message: str) -> None:
    with database_of(path) as database:
        put_all(SqlTracks(database))
    table, column, _ = part_place(name)
    execute(path, f"UPDATE {table} SET {column} = x'{data.hex()}' WHERE id = 2")
    (problem,) = Library.care.verify(path).problems
    assert message in problem
    with database_of(path) as database, pytest.raises(LibraryDamagedError, match="can't be read"):
        SqlTracks(database).analysis(audio_id(1))
    assert Library.care.repair(path).salvaged[table] == 2
    assert Library.care.verify(path).is_sound
    with database_of(path) as database, database.reading() as connection:
        assert outdated_audio(connection) == {audio_id(1)}  # the next scan makes it again


def test_an_older_library_gets_its_indexes(path: Path) -> None:
    execute(path, "DROP INDEX details_by_version")
    assert any("details_by_version" in problem for problem in Library.care.verify(path).problems)


@pytest.mark.parametrize(
    "reason",
    [
        *("first beat of the music", "bar 1: the intro begins", "bar 61: drums and bass return after 8 sparser bars"),
        *("bar #: the intro begins", "bar 007: the intro begins", "bar 9: drums come in", "100 %", "", "%d"),
    ],
)
def test_reason_is_stored_word_for_word(database: SqliteDatabase, reason: str) -> None:
    cues = (DetectedCue(kind="drop", position_s=16.5, reason=reason, confidence=0.7),)
    SqlTracks(database).put_analysis(audio_id(0), replace(FULL, detected_cues=cues), now=NOW)
    found = SqlTracks(database).analysis(audio_id(0))
    assert found.detected_cues == cues
