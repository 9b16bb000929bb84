"""Where the documentation is tried out: a small stand-in for the demo folder, and a library made by hand."""

import contextlib
import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import write_clicks
from libraries import put_imported

from map4.core.audio.jobs import Identified, Stamp
from map4.core.music.analysis.analysis import Analysis, Hamms, KeyEstimate, Tempo, TempoCandidate
from map4.core.music.analysis.audio import AudioFormat, Identity
from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.tags import Tags
from map4.core.music.track.track_parts import Failure
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks

VELVET = "Electronic/Nadia Vellum/Basement Weather/01 Velvet Undertow.flac"
HALL = "Electronic/Konrad Eisen/Furnace Notes/01 Hall 9.mp3"
MORE_TRACKS = 7
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small stand-in for the demo folder, and `map4` as a command."""
    demo = tmp_path / "demo-music"
    for name, bpm in ((VELVET, 122.0), (HALL, 132.0)):
        (demo / name).parent.mkdir(parents=True)
        write_clicks(demo / name, bpm, seconds=4.0)
    # What sounds alike can only be told among some tracks.
    for number in range(MORE_TRACKS):
        write_clicks(demo / f"{number}.wav", 90.0 + 5.0 * number, seconds=4.0)
    (demo / "Incoming").mkdir()
    (demo / "Incoming" / "empty.flac").touch()
    (demo / "Incoming" / "Broken Download.mp3").write_bytes(b"<html>504 Gateway Time-out</html>" * 9)
    as_command(tmp_path, monkeypatch)
    return tmp_path


def as_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "bin").mkdir()
    command = folder / "bin" / "map4"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m map4 "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MAP4_LIBRARY", str(folder / "library.map4"))


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, capture_output=True, encoding="utf-8",
        errors="replace", timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A library with a row for every question that the documentation asks."""
    path = tmp_path / "sample.map4"
    with contextlib.closing(SqliteDatabase(str(path))) as database:
        store = SqlTracks(database)
        put(store, "Café/one.mp3", 1, Tags(artist="Inês Caldeira", title="Tarde", bpm=124.0), bpm=123.9, key="8A")
        put(store, "Café/two.mp3", 1, Tags(artist="Inês Caldeira", title="Tarde (copy)"), bpm=123.9, key="8A")
        put(store, "three.mp3", 2, Tags(artist="DJ Hammerzeh", title="Alles Rot", bpm=110.0), bpm=150.0, key="7A")
        failure = Failure(kind="corrupt", message="is empty")
        with database.transaction() as connection:
            cue = CuePoint(position_s=30.5, name="Break")
            put_imported(connection, f"a1-{1:032x}", bpm=124.0, play_count=3, last_played="2026-01-02", cues=(cue,))
        store.put_file("/music/empty.flac", Stamp(0, 1, 1), None, now=NOW, failure=failure)
    return path


def put(store: SqlTracks, name: str, number: int, tags: Tags, *, bpm: float, key: str) -> None:
    audio = AudioFormat(codec="mp3", sample_rate_hz=44100, channels=2, bits=None, payload_bytes=1000)
    identity = Identity(audio_id=f"a1-{number:032x}", format=audio)
    stamp = Stamp(1000, 1, 1)
    analysis = Analysis(
        duration_s=200.0,
        tempo=Tempo(bpm=bpm, confidence=0.9, alternatives=(TempoCandidate(bpm=bpm / 2, confidence=0.1),)),
        key=KeyEstimate(key=Key.parse(key), confidence=0.8),
        energy=0.5,
        hamms=Hamms(vector=(0.5,) * 12, confidence=0.9),
    )
    identified = Identified(stamp=stamp, identity=identity, tags=tags)
    store.put_file(f"/music/{name}", stamp, identified, now=NOW, analysis=analysis)
