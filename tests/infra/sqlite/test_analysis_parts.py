"""Stored parts: written with the analysis, read when asked for, and made again when one is old."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from libraries import audio_id, execute, make_library

from map4 import Library
from map4.domain.analysis import Analysis
from map4.domain.analysis_json import as_stored
from map4.domain.inside import Bars, DetectedCue, Metre, Overview, Phrase, Structure
from map4.domain.sound import SOUND_SIZE
from map4.errors import LibraryDamagedError
from map4.infra.sqlite import analysis_parts as parts
from map4.infra.sqlite.analysis_parts import (
    PART_VERSIONS,
    check_part,
    decode_beats,
    encode_beats,
    outdated_audio,
    shorten_beats,
)
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.tracks import TrackStore
from map4.infra.workers.lanes import inline_lanes

FULL = as_stored(
    Analysis(
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
        sound=tuple(0.1 * index for index in range(SOUND_SIZE)),
        fingerprint=bytes(range(256)) * 10,
    )
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_library(tmp_path / "library.map4")


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(Database(str(path))) as database:
        yield database


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "scanned.map4", lanes=inline_lanes) as library:
        yield library


def put_all(store: TrackStore) -> None:
    for number in range(3):
        store.put_analysis(audio_id(number), FULL, now=NOW)


def test_what_is_stored_comes_back_equal(database: Database) -> None:
    store = TrackStore(database)
    store.put_analysis(audio_id(1), FULL, now=NOW)
    assert store.analysis(audio_id(1)) == FULL


def test_a_normal_track_takes_less_than_12_kb(database: Database) -> None:
    TrackStore(database).put_analysis(audio_id(1), FULL, now=NOW)
    with database.reading() as connection:
        (core,) = connection.execute("SELECT length(core) FROM analyses WHERE audio_id = ?", (audio_id(1),)).fetchone()
        (rest,) = connection.execute(
            "SELECT sum(length(data)) FROM parts WHERE audio_id = ?", (audio_id(1),)
        ).fetchone()
    assert core + rest < 12_000


def test_only_what_is_asked_for_is_loaded(database: Database) -> None:
    store = TrackStore(database)
    store.put_analysis(audio_id(0), FULL, now=NOW)
    bare, with_beats, with_sound = (
        store.track("/music/0.wav", **which) for which in ({}, {"beats": True}, {"sound": True})
    )
    assert (bare.analysis.beats_s, bare.analysis.sound, bare.analysis.fingerprint) == ((), None, None)
    assert (with_beats.analysis.beats_s, with_beats.analysis.sound) == (FULL.beats_s, None)
    assert (with_sound.analysis.beats_s, with_sound.analysis.sound) == ((), FULL.sound)
    assert with_sound.analysis.fingerprint == FULL.fingerprint


def test_parts_that_there_are_none_of_are_stored_as_such(database: Database) -> None:
    store = TrackStore(database)
    silent = as_stored(Analysis(duration_s=5.0, flags=("silent",)))
    for number in range(3):
        store.put_analysis(audio_id(number), silent, now=NOW)
    assert store.analysis(audio_id(1)) == silent
    with database.reading() as connection:
        assert outdated_audio(connection) == set()


def test_an_analysis_without_all_parts_is_outdated(database: Database) -> None:
    store = TrackStore(database)
    with database.reading() as connection:
        assert outdated_audio(connection) == {audio_id(number) for number in range(3)}
    put_all(store)
    assert not any(known.has_old_parts for known in store.known_files().values())
    assert store.has_analysis(audio_id(2), FULL.version)
    with database.transaction() as connection:
        connection.execute("DELETE FROM parts WHERE audio_id = ? AND name = 'fingerprint'", (audio_id(2),))
    assert [path for path, known in store.known_files().items() if known.has_old_parts] == ["/music/2.wav"]
    assert not store.has_analysis(audio_id(2), FULL.version)


@pytest.mark.parametrize("name", list(PART_VERSIONS))
def test_a_part_of_another_version_is_outdated_and_not_read(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    store = TrackStore(database)
    put_all(store)
    monkeypatch.setitem(parts.PART_VERSIONS, name, PART_VERSIONS[name] + 1)
    with database.reading() as connection:
        assert outdated_audio(connection) == {audio_id(number) for number in range(3)}
    found = store.analysis(audio_id(0))
    without = {
        "beats": found.beats_s == (),
        "downbeats": found.bars.downbeats_s == (),
        "overview": found.overview is None,
        "sound": found.sound is None,
        "fingerprint": found.fingerprint is None,
    }
    # A downbeat is one of the beats, and nothing without them.
    assert {part for part, is_gone in without.items() if is_gone} == {name} | ({"downbeats"} & {name, f"down{name}"})


def test_a_scan_makes_old_parts_again(library: Library, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library.scan(music).analysed == 4
    assert library.scan(music).unchanged == 4
    assert library.info()["stale_analyses"] == 0
    monkeypatch.setitem(parts.PART_VERSIONS, "sound", PART_VERSIONS["sound"] + 1)
    assert library.info()["stale_analyses"] == 4
    again = library.scan(music)
    assert (again.analysed, again.unchanged) == (4, 0)
    assert library.scan(music).unchanged == 4


def test_a_moved_file_with_an_old_part_is_analysed_again(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.scan(music)
    monkeypatch.setitem(parts.PART_VERSIONS, "fingerprint", PART_VERSIONS["fingerprint"] + 1)
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
    with closing(Database(str(path))) as database:
        put_all(TrackStore(database))
    execute(path, f"UPDATE parts SET data = x'{data.hex()}' WHERE name = '{name}' AND audio_id = '{audio_id(1)}'")
    (problem,) = Library.verify(path).problems
    assert message in problem
    with closing(Database(str(path))) as database, pytest.raises(LibraryDamagedError, match="can't be read"):
        TrackStore(database).analysis(audio_id(1))
    assert Library.repair(path).salvaged["parts"] == 3 * len(PART_VERSIONS) - 1
    assert Library.verify(path).is_sound
    with closing(Database(str(path))) as database, database.reading() as connection:
        assert outdated_audio(connection) == {audio_id(1)}  # the next scan makes it again


def test_an_older_library_gets_its_indexes(path: Path) -> None:
    execute(path, "DROP INDEX sound_vectors")
    assert any("sound_vectors" in problem for problem in Library.verify(path).problems)


def test_parts_of_a_later_map4_are_left_alone() -> None:
    check_part("lyrics", b"la la")


def test_beats_survive_to_a_tenth_of_a_millisecond() -> None:
    assert decode_beats(encode_beats((0.0, 0.12346, 10_800.5))) == (0.0, 0.1235, 10_800.5)
    assert decode_beats(None) == ()


def test_beats_of_an_older_library_are_written_shorter(database: Database) -> None:
    """They were 32-bit ticks from time zero; what is damaged is left for the next scan."""
    store = TrackStore(database)
    for number in (0, 1):
        store.put_analysis(audio_id(number), FULL, now=NOW)
    ticks = struct.pack("<3i", 2_500, 7_500, 108_005_000)
    with database.transaction() as connection:
        for number, data in enumerate((ticks, ticks[:-1])):
            connection.execute(
                "UPDATE parts SET version = 1, data = ? WHERE audio_id = ? AND name = 'beats'", (data, audio_id(number))
            )
        shorten_beats(connection)
        assert outdated_audio(connection) & {audio_id(0), audio_id(1)} == {audio_id(1)}
    found = store.analysis(audio_id(0))
    assert found is not None
    assert found.beats_s == (0.25, 0.75, 10_800.5)


def test_the_core_holds_no_part(database: Database) -> None:
    TrackStore(database).put_analysis(audio_id(0), FULL, now=NOW)
    with database.reading() as connection:
        (core,) = connection.execute("SELECT core FROM analyses WHERE audio_id = ?", (audio_id(0),)).fetchone()
    assert json.loads(core).keys().isdisjoint({"beats_s", "downbeats_s", "overview", "sound", "fingerprint"})
