"""Detected cue points, as commands show and write them."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import Run
from libraries import put_imported
from made_library import NOW, database_of
from schemas import validate

from map4.core.music.analysis.inside import Bars, DetectedCue, Metre
from map4.core.music.track.cues import CuePoint
from map4.core.store.tracks import SqlTracks

DETECTED = (
    DetectedCue(kind="mix_in", position_s=0.5, reason="drums alone for 2 bars", confidence=0.81),
    DetectedCue(kind="drop", position_s=4.5, reason="bass and drums after less", confidence=0.42),
)


@pytest.fixture
def cued(inside: Run, scanned: Path, tmp_path: Path) -> Path:
    """A file of the library in which two cue points were detected, and one was imported; in no other there are any."""
    path = scanned / "one.wav"
    with database_of(tmp_path / "library.map4") as database:
        store = SqlTracks(database)
        for track in list(store.tracks(beats=True, sound=True)):
            assert track.analysis is not None
            assert track.audio_id is not None
            store.put_analysis(track.audio_id, replace(track.analysis, grid=None, detected_cues=()), now=NOW)
        track = next(track for track in store.tracks(beats=True, sound=True) if track.path == str(path))
        assert track.audio_id is not None
        downbeats_s = track.analysis.beats_s[1::4]
        bars = Bars(downbeats_s=downbeats_s, confidence=0.9, metre=Metre(beats_per_bar=4, confidence=0.9))
        store.put_analysis(track.audio_id, replace(track.analysis, bars=bars, detected_cues=DETECTED), now=NOW)
        with database.transaction() as connection:
            put_imported(connection, track.audio_id, cues=(CuePoint(position_s=7.0, number=1, name="Vocal"),))
    return path


def test_analyze_shows_cues_and_records_only_on_request(inside: Run, cued: Path) -> None:
    shown = inside("analyze", "--cues", cued, env={"COLUMNS": "80"}).stdout
    rows = [line.split(maxsplit=4) for line in shown.splitlines()[-4:]]
    assert [[*row[:2], row[2]] for row in rows] == [
        ["time", "bar", "cue"], ["0:00.5", "1", "Mix"], ["0:04.5", "3", "Drop"], ["0:07.0", "4", "Vocal"],
    ]  # fmt: skip
    assert "81 %" in shown
    assert "drums alone for 2 bars" in shown
    assert "imported, hot cue B" in shown
    assert "drums alone" not in inside("analyze", cued).stdout
    record = json.loads(inside("analyze", "--cues", "--json", cued).stdout)
    validate(record)
    assert [(cue["kind"], cue["bar"], cue["source"]) for cue in record["cues"]] == [
        ("mix_in", 1, "detected"), ("drop", 3, "detected"), ("cue", 4, "imported"),
    ]  # fmt: skip
    assert "beats_s" not in record
    [line] = inside("analyze", "--cues", "--jsonl", cued).stdout.splitlines()
    assert json.loads(line)["cues"] == record["cues"]
    assert "cues" not in json.loads(inside("analyze", "--json", cued).stdout)


@pytest.mark.world
def test_export_writes_detected_cues_on_demand(inside: Run, cued: Path, tmp_path: Path) -> None:
    def names(*options: str) -> list[str | None]:
        done = inside("export", cued, "-o", tmp_path / "r.xml", *options)
        assert done.returncode == 0, done.stderr
        return [mark.get("Name") for mark in ElementTree.parse(tmp_path / "r.xml").iter("POSITION_MARK")]

    assert names() == ["Vocal"]
    assert names("--with-cues", "detected") == ["Mix in", "Drop"]
    assert names("--with-cues", "all") == ["Mix in", "Drop", "Vocal"]
    assert names("--with-cues", "all", "--cue-kind", "both") == [
        "Mix in", "Mix in", "Drop", "Drop", "Vocal", "Vocal",
    ]  # fmt: skip
    done = inside("export", "-o", tmp_path / "r.xml", "--with-cues", "all")
    assert "2 detected cue points in 1 track" in done.stderr
