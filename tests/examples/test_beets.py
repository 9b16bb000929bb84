"""The plug-in of beets fills its fields from map4's library."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import mutagen
import pytest
from audio_files import NEEDS_FFMPEG, make, noise
from conftest import REPOSITORY, write_clicks

from map4 import Library

pytestmark = pytest.mark.world
GAINS = ("rg_track_gain", "rg_album_gain", "r128_track_gain", "r128_album_gain")
SHOWN = "$bpm $initial_key $rg_track_gain $danceability"


@pytest.fixture(scope="module")
def beets(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with beets 2 from the package index."""
    folder = tmp_path_factory.mktemp("beets")
    command = [Path(sys.executable).parent / "uv", "pip", "install", "--quiet", "--target", folder, "beets>=2,<3"]
    if subprocess.run(command, check=False).returncode:
        pytest.skip("needs a package index that has beets")
    return str(folder)


@pytest.fixture
def beet(tmp_path: Path, beets: str) -> Callable[..., str]:
    """Runs beets with the plug-in, and with its own calculation of gains."""
    settings = {"directory": tmp_path / "sorted", "library": tmp_path / "beets.db", "plugins": "beets_map4 replaygain",
                "replaygain": {"backend": "ffmpeg", "auto": False}, "pluginpath": REPOSITORY / "examples",
                "map4": {"library": str(tmp_path / "library.map4")}}  # fmt: skip
    (tmp_path / "config.yaml").write_text("\n".join(f"{name}: {value}" for name, value in settings.items()))
    (tmp_path / "music").mkdir()

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "beets", *words], env={**os.environ, "BEETSDIR": str(tmp_path), "PYTHONPATH": beets},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_beets_gets_values_of_imported_moved_and_chosen_tracks(tmp_path: Path, beet: Callable[..., str]) -> None:
    library, config, music = tmp_path / "library.map4", tmp_path / "config.yaml", tmp_path / "music"
    write_clicks(music / "one.wav", seconds=20.0)

    def shown() -> list[str]:
        return beet("ls", "-f", SHOWN).split()

    beet("import", "--quiet", "--noautotag", str(music))
    with Library.open(library) as opened:
        [track] = opened.search()
        analysis = track.analysis
    assert Path(track.path).is_relative_to(tmp_path / "sorted")
    assert analysis is not None
    assert analysis.hamms is not None
    numbers = (-18.0 - (analysis.loudness.integrated_lufs or 0.0), analysis.hamms.vector[3] or 0.0)
    values = ["120", "Am", *(f"{number:.1f}" for number in numbers)]
    assert shown() == values

    beet("modify", "--yes", "artist=Other", "bpm=60", "initial_key=C")  # moves it, too
    beet("map4")
    assert shown() == ["60", "C", *values[2:]]
    beet("map4", "--force", "artist:other")
    assert shown() == values
    with Library.open(library) as opened:
        [moved] = opened.search()
        assert moved.path != track.path
        assert moved.analysis == analysis  # it was not analysed again
    config.write_text(config.read_text().replace("library.map4", "sorted"))
    assert "map4: " in beet("map4", code=1)


def _gains(tmp_path: Path) -> dict[str, tuple[list[float | None], dict[str, float]]]:
    """The gains of each file: the fields of beets in dB, and the numbers in its tags."""
    with closing(sqlite3.connect(tmp_path / "beets.db")) as connection:
        rows = connection.execute(f"SELECT path, {', '.join(GAINS)} FROM items").fetchall()
    gains = {}
    for path, *fields in rows:
        file = tmp_path / "sorted" / os.fsdecode(path)
        command = ["ffprobe", "-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "json", file]
        shown = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        tags = {
            name.lower(): text
            for part in (shown["format"], *shown["streams"])
            for name, text in part.get("tags", {}).items()
        }
        numbers = {name: float(text.split()[0]) for name, text in tags.items() if name.endswith("_gain")}
        gains[file.name] = (fields, numbers)
    return gains


@NEEDS_FFMPEG
def test_gains_in_beets_and_in_files_equal_the_gains_that_beets_calculates(
    tmp_path: Path, beet: Callable[..., str]
) -> None:
    for kind in ("opus", "flac", "mp3", "m4a"):
        (folder := tmp_path / "music" / kind).mkdir()
        for number, level in enumerate((1.0, 0.3), start=1):
            file = mutagen.File(make(folder / f"{number}.{kind}", level * noise(5.0)), easy=True)  # type: ignore[attr-defined]
            for name, text in {"title": f"{kind} {number}", "album": kind, "albumartist": "A", "artist": "A"}.items():
                file[name] = text
            file.save()
    beet("import", "--quiet", "--noautotag", str(tmp_path / "music"))
    ours = _gains(tmp_path)
    beet("replaygain", "--force", "--write")
    theirs = _gains(tmp_path)
    assert len(ours) == len(theirs) == 8
    for name, (fields, tags) in theirs.items():
        own_fields, own_tags = ours[name]
        of_kind = slice(2, 4) if name.endswith(".opus") else slice(0, 2)
        assert own_fields[of_kind] == pytest.approx(fields[of_kind], abs=0.2), name  # dB
        known = {tag: number for tag, number in tags.items() if tag in own_tags}
        assert len(known) == 2
        assert own_tags == pytest.approx(known, abs=0.2 * (256 if name.endswith(".opus") else 1)), name
