"""The plug-in of beets fills its fields from map4's library."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, write_clicks

from map4 import Library

pytestmark = pytest.mark.world
SHOWN = "$bpm $initial_key $rg_track_gain $danceability"


@pytest.fixture(scope="module")
def beets(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with beets 2 from the package index."""
    folder = tmp_path_factory.mktemp("beets")
    command = [Path(sys.executable).parent / "uv", "pip", "install", "--quiet", "--target", folder, "beets>=2,<3"]
    if subprocess.run(command, check=False).returncode:
        pytest.skip("needs a package index that has beets")
    return str(folder)


def test_beets_gets_values_of_imported_moved_and_chosen_tracks(tmp_path: Path, beets: str) -> None:
    library, config = tmp_path / "library.map4", tmp_path / "config.yaml"
    settings = {"directory": tmp_path / "sorted", "library": tmp_path / "beets.db", "plugins": "beets_map4",
                "pluginpath": REPOSITORY / "examples", "map4": {"library": str(library)}}  # fmt: skip
    config.write_text("\n".join(f"{name}: {value}" for name, value in settings.items()))
    music = tmp_path / "music"
    music.mkdir()
    write_clicks(music / "one.wav", seconds=20.0)

    def beet(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "beets", *words], env={**os.environ, "BEETSDIR": str(tmp_path), "PYTHONPATH": beets},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

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
