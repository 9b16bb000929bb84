"""The demo folder is written once, whole, and nowhere else."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.world
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))
demo = import_module("demo")
demo_compare = import_module("demo_compare")
demo_folder = import_module("demo_folder")
demo_music = import_module("demo_music")
demo_sound = import_module("demo_sound")
demo_styles = import_module("demo_styles")

SPECS = demo_music.SPECS


def spec_of(title, **changes):
    return replace(next(spec for spec in SPECS if spec.title == title), **changes)


# ---- the folder ----------------------------------------------------------------------------------

SHORT = (
    spec_of("Hall 9", seconds=8.0),
    spec_of("Static Bloom", seconds=8.0),
    spec_of("Glasshouse", seconds=6.0),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("demo") / "music")
    count = demo_folder.write_demo(folder, specs=SHORT, say=lambda line: None)
    return folder, count


def all_files(folder):
    return {os.path.join(root, name) for root, _, names in os.walk(folder) for name in names}


def test_folder_holds_tracks_and_oddities(written):
    folder, count = written
    truth = demo_folder.read_truth(folder)
    assert count == len(all_files(folder)) - 1  # the truth file itself
    assert [entry["expect"] for entry in truth] == ["ok"] * 4 + ["failed"] * 2
    assert truth[0]["bpm"] == 132
    assert truth[0]["key"] == "4A"
    assert truth[0]["first_beat_s"] == 0.02
    assert all(os.path.exists(os.path.join(folder, entry["path"])) for entry in truth)
    assert os.path.getsize(os.path.join(folder, demo_folder.EMPTY_NAME)) == 0
    assert any(path.endswith("cover.jpg") for path in all_files(folder))


def test_second_write_does_nothing(written):
    folder, _ = written
    before = {path: os.stat(path).st_mtime_ns for path in all_files(folder)}
    said = []
    assert demo_folder.write_demo(folder, specs=SHORT, say=said.append) == 0
    assert {path: os.stat(path).st_mtime_ns for path in all_files(folder)} == before
    assert said == [f"{folder}: complete, nothing to do"]


def test_stopped_write_goes_on_with_what_is_missing(tmp_path):
    folder = str(tmp_path / "music")
    specs = SHORT[:2]
    shown = []

    def stop_at_the_second(line):
        shown.append(line)
        if len(shown) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo_folder.write_demo(folder, specs=specs, say=stop_at_the_second)
    first = os.path.join(folder, demo_folder.track_path(specs[0]))
    made_ns = os.stat(first).st_mtime_ns
    Path(folder, demo_folder.TEMPORARY_NAME + ".flac").write_bytes(b"half")
    assert demo_folder.write_demo(folder, specs=specs, say=lambda line: None) > 0
    assert os.stat(first).st_mtime_ns == made_ns
    assert not [path for path in all_files(folder) if demo_folder.TEMPORARY_NAME in path]
    assert json.loads(Path(folder, demo_folder.TRUTH_NAME).read_text())["complete"] is True


def test_other_specs_replace_the_old_demo_and_spare_what_is_not_its_own(tmp_path):
    folder = str(tmp_path / "music")
    demo_folder.write_demo(folder, specs=SHORT[:1], say=lambda line: None)
    own = Path(folder, "my own.txt")
    own.write_text("mine")
    demo_folder.write_demo(folder, specs=SHORT[2:], say=lambda line: None)
    assert own.read_text() == "mine"
    assert not os.path.exists(os.path.join(folder, demo_folder.track_path(SHORT[0])))
    assert os.path.exists(os.path.join(folder, demo_folder.track_path(SHORT[2])))


def test_old_truth_that_points_outside_deletes_nothing(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    outside = tmp_path / "precious.txt"
    outside.write_text("keep")
    truth = {"schema": "map4-demo/1", "fingerprint": "old", "files": [{"path": "../precious.txt"}]}
    (folder / demo_folder.TRUTH_NAME).write_text(json.dumps(truth))
    demo_folder.write_demo(str(folder), specs=(), say=lambda line: None)
    assert outside.read_text() == "keep"


def test_foreign_folder_is_refused_and_left_alone(tmp_path, capsys):
    (tmp_path / "song.mp3").write_bytes(b"mine")
    assert demo.main(["write", str(tmp_path)]) == 1
    assert "holds files that are not the demo's" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["song.mp3"]


# ---- the comparison ------------------------------------------------------------------------------


class FakeTrack:
    def __init__(self, path, record):
        self.path, self.record = path, {"path": path, "state": "ok", "error": None, **record}

    def to_record(self):
        return self.record


def values(bpm, key, tags=None):
    return {
        "tempo": {"bpm": bpm, "confidence": 0.91, "source": "measured", "sources": {"measured": bpm}},
        "key": {"camelot": key, "confidence": 0.7, "source": "measured", "sources": {"measured": key}},
        "energy": {"value": 0.71, "level": 7},
        "loudness": {"integrated_lufs": -9.52},
        "tags": tags or {},
    }


FAILED = {"state": "failed", "error": {"kind": "corrupt", "message": "no audio"}, "tempo": None, "key": None}


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A function that makes `Library.open(...).tracks.all()` give these tracks, and returns the library's path."""
    import map4

    path = tmp_path / "library"
    path.touch()

    def with_tracks(*tracks):
        class FakeLibrary:
            @classmethod
            def open(cls, path):
                return cls()

            def __enter__(self):
                return self

            def __exit__(self, *exception):
                return None

            @property
            def tracks(self):
                return SimpleNamespace(all=lambda: iter(tracks))

        monkeypatch.setattr(map4, "Library", FakeLibrary, raising=False)
        return str(path)

    return with_tracks


def compared(folder, library):
    console = import_module("rich.console").Console(file=io.StringIO(), width=80, highlight=False)
    demo_compare.compare_folder(folder, library, console=console)
    return console.file.getvalue().splitlines()


def test_demo_is_compared_with_its_truth(written, library):
    folder, _ = written
    paths = [os.path.join(folder, entry["path"]) for entry in demo_folder.read_truth(folder)]
    tracks = [
        FakeTrack(paths[0], values(66.0, "4A")),
        FakeTrack(paths[1], values(128.01, "12B") | {"tempo": {"bpm": 128.01, "confidence": 0.999}}),
        FakeTrack(paths[2], values(None, "8B") | {"tempo": None}),
        FakeTrack(paths[3], FAILED),
        FakeTrack(paths[4], FAILED),
    ]
    lines = compared(folder, library(*tracks))
    assert max(map(len, lines)) <= 80
    assert lines == [line.rstrip() for line in lines]
    row = {name: next(line for line in lines if line.startswith(name)) for name in ("01 Hall", "Pandora", "02 Gla")}
    assert re.search(r"132\.0 +66\.0 ½ 0\.91 +4A +4A ✓ 7 +-9\.5", row["01 Hall"])
    assert re.search(r"128\.0 +128\.0 ✓ 0\.99 12A 12B ½", row["Pandora"])
    assert re.search(r"178\.0 +– ✗ +– +3A +8B ✗", row["02 Gla"])
    assert any("corrupt ✗" in line for line in lines)
    assert any("Broken" in line and "corrupt ✓" in line for line in lines)
    assert any("empty" in line and "not scanned ✗" in line for line in lines)
    assert lines[-1] == "1 of 4 tempi right (1 ½), 1 of 4 keys right (1 ½), 1 of 2 failures as expected"


def test_folder_that_was_not_scanned_is_an_error_that_says_how(tmp_path, library, capsys):
    assert demo.main(["compare", str(tmp_path), "--library", library()]) == 1
    assert re.search(r"holds nothing of .*; run: map4 --library .* scan", capsys.readouterr().err)
    assert demo.main(["compare", str(tmp_path), "--library", str(tmp_path / "none")]) == 1
    assert "there is no library" in capsys.readouterr().err
