"""Servers of two libraries: one made up, of thirty tracks without files, and one of real sound."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import write_clicks
from libraries import number_files
from made_library import TRACKS, put_tracks
from servers import client_of
from starlette.testclient import TestClient

from map4.library import Library
from map4.plugins import inline_lanes


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of thirty made-up tracks, which lie in no folder."""
    path = tmp_path_factory.mktemp("made") / "made.map4"
    put_tracks(path, range(TRACKS))
    number_files(path)
    return path


@pytest.fixture
def made(made_once: Path, tmp_path: Path) -> Path:
    """The same, for this test alone."""
    return Path(shutil.copy(made_once, tmp_path / "made.map4"))


@pytest.fixture
def client(made: Path) -> Iterator[TestClient]:
    """A client of a server of `made`."""
    with client_of(made) as found:
        yield found


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A library without tracks."""
    Library.open(tmp_path / "bare.map4").close()
    return tmp_path / "bare.map4"


@pytest.fixture(scope="session")
def sound_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `music` and `library.map4`, which knows it: three recordings, one of them twice, and a failure."""
    folder = tmp_path_factory.mktemp("scanned")
    music = folder / "music"
    music.mkdir()
    for name, bpm in (("one.wav", 120), ("two.wav", 100), ("three.wav", 90)):
        write_clicks(music / name, bpm)
    shutil.copy(music / "one.wav", music / "again.wav")
    (music / "empty.wav").write_bytes(b"")
    with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
        library.scan([music], jobs=1)
    number_files(folder / "library.map4")
    return folder


@pytest.fixture
def sound_library(sound_once: Path, tmp_path: Path) -> Path:
    """The library of real sound, for this test alone; its music lies in `scanned_music`."""
    return Path(shutil.copy(sound_once / "library.map4", tmp_path / "scanned.map4"))


@pytest.fixture
def scanned_music(sound_once: Path) -> Path:
    """The folder of real sound."""
    return sound_once / "music"


@pytest.fixture
def listener(sound_library: Path, scanned_music: Path) -> Iterator[TestClient]:
    """A client of a server of `sound_library`."""
    with client_of(sound_library, scanned_music) as found:
        yield found
