"""The demo: written once and whole, in a folder and a library of its own; removed where it is unchanged."""

import hashlib
import io
import json
import os
import re
import shlex
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from command_runs import run_inside
from rich.console import Console

from map4.extras.demo import views
from map4.extras.demo.folder import EMPTY_NAME, TEMPORARY_NAME, TRUTH_NAME, DemoFolder, track_path
from map4.extras.demo.music import render_track
from map4.extras.demo.tracks import SPECS

TITLES = ("Hall 9", "Static Bloom", "Glasshouse")
SHORT = [replace(next(spec for spec in SPECS if spec.title == title), seconds=3.0) for title in TITLES]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "music"
    assert DemoFolder(str(folder)).write(specs=SHORT) == len(_files(folder)) - 1  # without the list of truths
    return folder


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_demo_folder_has_tracks_with_true_values_and_is_written_once(written: Path) -> None:
    before = _files(written)
    assert DemoFolder(str(written)).write(specs=SHORT) == 0
    assert _files(written) == before
    truth = DemoFolder(str(written)).truth
    assert [entry["expect"] for entry in truth] == ["ok"] * 4 + ["failed"] * 2
    assert (truth[0]["bpm"], truth[0]["key"], truth[0]["first_beat_s"]) == (132, "4A", 0.02)
    assert all((written / entry["path"]).exists() for entry in truth)
    assert (written / EMPTY_NAME).stat().st_size == 0
    assert [*written.rglob("cover.jpg")]
    first, again = (render_track(SHORT[0], 8000) for _ in range(2))
    assert np.array_equal(first, again)
    assert hashlib.sha256(first.tobytes()) != hashlib.sha256(render_track(SHORT[2], 8000).tobytes())


def test_a_stopped_run_continues_with_the_missing_files(tmp_path: Path) -> None:
    def stop_at_the_second(done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    demo = DemoFolder(str(tmp_path / "music"))
    with pytest.raises(KeyboardInterrupt):
        demo.write(specs=SHORT[:2], on_file=stop_at_the_second)
    first = Path(demo.folder, track_path(SHORT[0]))
    made_ns = first.stat().st_mtime_ns
    Path(demo.folder, TEMPORARY_NAME + ".flac").write_bytes(b"half")
    again = DemoFolder(demo.folder)
    assert again.write(specs=SHORT[:2]) > 0
    assert first.stat().st_mtime_ns == made_ns
    assert not [*Path(demo.folder).glob(f"{TEMPORARY_NAME}*")]
    assert again.remove() == []


def test_another_version_replaces_unchanged_files_only(tmp_path: Path) -> None:
    folder = tmp_path / "music"
    DemoFolder(str(folder)).write(specs=SHORT[:1])
    (folder / "my own.txt").write_text("mine")
    DemoFolder(str(folder)).write(specs=SHORT[2:])
    assert (folder / "my own.txt").read_text() == "mine"
    assert not (folder / track_path(SHORT[0])).exists()
    assert (folder / track_path(SHORT[2])).exists()


def test_removal_keeps_changed_and_foreign_files(tmp_path: Path) -> None:
    demo = DemoFolder(str(tmp_path / "music"))
    demo.write(specs=SHORT[2:])
    changed, foreign = Path(demo.folder, track_path(SHORT[2])), Path(demo.folder, "Incoming", "mine.txt")
    whole = changed.read_bytes()
    changed.write_bytes(whole + b"tag")
    foreign.write_text("mine")
    assert DemoFolder(demo.folder).remove() == [str(changed)]
    assert {path.name for path in _files(tmp_path)} == {changed.name, "mine.txt", TRUTH_NAME}
    changed.write_bytes(whole)
    foreign.unlink()
    assert DemoFolder(demo.folder).remove() == []
    assert [*tmp_path.iterdir()] == []


def test_list_of_true_values_with_outside_paths_deletes_nothing(tmp_path: Path) -> None:
    outside = tmp_path / "precious.txt"
    outside.write_text("keep")
    folder = tmp_path / "music"
    folder.mkdir()
    entry = {"path": "../precious.txt", "sha256": hashlib.sha256(b"keep").hexdigest()}
    (folder / TRUTH_NAME).write_text(json.dumps({"schema": "map4-demo/2", "files": [entry]}))
    DemoFolder(str(folder)).remove()
    assert outside.read_text() == "keep"


@pytest.mark.parametrize("words", [("demo",), ("demo", "--remove")])
def test_a_foreign_folder_is_refused_and_left_unchanged(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"mine")
    result = run_inside(*words, tmp_path, library=tmp_path / "none")
    assert result.returncode == 1
    assert "was not written by the demo" in result.stderr
    assert os.listdir(tmp_path) == ["song.mp3"]


# ---- comparing -----------------------------------------------------------------------------------


def _values(bpm: float | None, key: str, confidence: float = 0.91) -> dict[str, Any]:
    tempo = None if bpm is None else SimpleNamespace(bpm=bpm, confidence=confidence)
    analysis = SimpleNamespace(tempo=tempo, key=SimpleNamespace(key=SimpleNamespace(camelot=key)), energy=0.7,
                               loudness=SimpleNamespace(integrated_lufs=-9.52))  # fmt: skip
    return {"state": "ok", "failure": None, "analysis": analysis, "tags": SimpleNamespace(bpm=None, key=None)}


def test_measured_values_are_shown_beside_true_values(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"state": "failed", "failure": SimpleNamespace(kind="corrupt"), "analysis": None}
    records = (_values(66.0, "4A"), _values(128.01, "12B", 0.999), _values(None, "8B"), failed, failed)
    truth = DemoFolder(str(written)).truth
    tracks = [SimpleNamespace(path=str(written / entry["path"]), **record)
              for entry, record in zip(truth, records, strict=False)]  # fmt: skip
    library = SimpleNamespace(tracks=SimpleNamespace(all=lambda: iter(tracks)))
    found = views._found_in(str(written), library)  # type: ignore[arg-type]
    monkeypatch.setattr(views, "_found_in", lambda folder, opened: found)
    console = Console(file=io.StringIO(), width=80, highlight=False)
    views.compare_with_truth(console, DemoFolder(str(written)))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    row = {name: next(line for line in lines if line.startswith(name)) for name in ("01 Hall", "Pandora", "02 Gla")}
    assert re.search(r"132\.0 +66\.0 ½ 0\.91 +4A +4A ✓ 7 +-9\.5", row["01 Hall"])
    assert re.search(r"128\.0 +128\.0 ✓ 0\.99 12A 12B ½", row["Pandora"])
    assert re.search(r"178\.0 +– ✗ +– +3A +8B ✗", row["02 Gla"])
    assert any("corrupt ✗" in line for line in lines)
    assert any("Broken" in line and "corrupt ✓" in line for line in lines)
    assert any("empty" in line and "not scanned ✗" in line for line in lines)
    assert lines[-1] == "1 of 4 tempi right (1 ½), 1 of 4 keys right (1 ½), 1 of 2 failures as expected"


@pytest.mark.world
def test_demo_has_its_own_library_and_its_suggested_commands_work(tmp_path: Path) -> None:
    mine = tmp_path / "mine.map4"

    def done(*words: str, **env: str) -> CompletedProcess[str]:
        result = run_inside(*words, library=mine, cwd=tmp_path, env=env)
        assert result.returncode == 0, result.stderr
        return result

    shown = done("demo", MAP4_USER="ann")
    assert "42 of 42 tempi right (0 ½), 42 of 42 keys right (0 ½), failures as expected" in shown.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["demo-music"]
    search, playlist, _ = re.findall(r"^next: \S+ (--library .*)$", shown.stderr, re.MULTILINE)
    assert done(*shlex.split(search)).stdout.count("\n") > 2
    assert "quality" in done(*shlex.split(playlist)).stderr
    done("demo", "--remove")
    assert [*tmp_path.iterdir()] == []
