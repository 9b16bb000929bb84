"""`map4 unmix`: the table, the documents, and how it ends."""

import os
import shutil
from itertools import chain
from pathlib import Path
from unittest.mock import Mock

import pytest
import soundfile as sf
from conftest import Run
from extras.unmix import recorded_sets as sets
from schemas import validated
from signals import RATE_HZ, silence

from map4.extras.unmix.records import Unmixed, unmixed_of

pytestmark = pytest.mark.world


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    sets.make_library(folder)
    return folder


@pytest.fixture
def folder(made_once: Path, tmp_path: Path) -> Path:
    shutil.copy(made_once / "sets.map4", tmp_path / "library.map4")
    shutil.copy(made_once / "set.flac", tmp_path / "set.flac")
    return tmp_path


def test_output_has_a_strip_a_row_per_passage_and_a_count(inside: Run, folder: Path) -> None:
    done = inside("unmix", str(folder / "set.flac"), env={"COLUMNS": "120"})
    assert done.returncode == 0, done.stderr
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[0].startswith("1━━")
    assert lines[1].lstrip().startswith("2━━")
    head = next(line for line in lines if "its part" in line)
    first, second, unknown = lines[lines.index(head) + 1 :][:3]
    assert first.split()[:4] == ["1", "0:00", "0:42", "song-1.flac"]
    assert "+6.0 % follows" in first
    assert "~" in first
    assert "song-2.flac" in second
    assert "kept" not in second
    assert "unknown" in unknown
    assert lines[-1].startswith("2 tracks in 1:34; 4 compared; 0:2")


def test_truncated_and_unreadable_recordings_are_reported(inside: Run, folder: Path) -> None:
    sound, rate_hz = sf.read(folder / "set.flac")
    sf.write(folder / "set.wav", sound, rate_hz)
    os.truncate(folder / "set.wav", int(0.8 * (folder / "set.wav").stat().st_size))
    done = inside("unmix", str(folder / "set.wav"))
    assert "; the recording is truncated: it ends before the length it states" in " ".join(done.stdout.split())
    document = validated(inside("unmix", "--json", str(folder / "set.wav")).stdout, "unmix")
    assert unmixed_of(document).flags == ("truncated",)
    (folder / "text.mp3").write_text("no sound " * 100)
    done = inside("unmix", str(folder / "text.mp3"), str(folder / "set.flac"))
    assert done.returncode == 3
    assert "song-1.flac" in done.stdout
    assert "text.mp3" in done.stderr
    assert "Traceback" not in done.stderr


def test_silence_or_unknown_music_ends_with_4(inside: Run, folder: Path) -> None:
    sf.write(folder / "silence.wav", silence(30.0), RATE_HZ)
    done = inside("unmix", str(folder / "silence.wav"))
    assert done.returncode == 4
    assert done.stdout == ""
    assert "no track detected" in done.stderr
    done = inside("unmix", "--from", "filename:song-4", str(folder / "set.flac"))
    assert (done.returncode, "unknown" in done.stdout) == (4, True)
    assert "no track detected in any recording" in done.stderr


def test_json_has_a_document_for_each_recording_of_valid_options(inside: Run, folder: Path) -> None:
    done = inside("unmix")
    assert done.returncode == 2
    assert "Name the recording: map4 unmix set.mp3" in done.stderr
    done = inside("unmix", "--from", "bpm:299..", str(folder / "set.flac"))
    assert done.returncode == 4
    assert "no track of the library matches the query" in done.stderr
    document = validated(inside("unmix", "--json", str(folder / "set.flac")).stdout, "unmix")
    assert [track["track"] and Path(track["track"]["path"]).name for track in document["tracks"]] == [
        "song-1.flac", "song-2.flac", None,
    ]  # fmt: skip
    assert document["tracks"][0]["mix"]["kind"] == "fade"
    assert document["tracks"][0]["track"]["audio_id"].startswith("a")
    assert document["failure"] is None


def test_folder_selects_all_its_recordings(inside: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sets").mkdir()
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        (folder / "sets" / name).write_bytes(b"ID3")
    recorded = chain([Unmixed(path="a.mp3", duration_s=60.0)], map(Mock(side_effect=KeyboardInterrupt), [0]))
    monkeypatch.setattr("map4.extras.unmix.commands.unmix.unmix_events", Mock(return_value=recorded))
    assert "stopped; 1 of 3 recordings done; nothing" in inside("unmix", str(folder / "sets")).stderr
    refused = inside("unmix", str(folder / "sets"), "-o", str(folder / "set.cue"))
    assert (refused.returncode, "take only one recording" in " ".join(refused.stderr.split())) == (2, True)
