"""Shared by the tests of commands: the command in this process, and a library that was scanned once."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from command_runs import run_inside
from conftest import Run, write_clicks
from list_libraries import FRIDAY, GOOD, HOUSE, put_songs

from map4 import Library
from map4.scan.workers.lanes import inline_lanes


@pytest.fixture
def inside(tmp_path: Path) -> Run:
    """Run the whole command in this process, on a library of this test's own; `map4` starts a process for it."""

    def run(*arguments: str | Path, **settings: Any) -> CompletedProcess[str]:
        typed = settings.pop("input", None) or settings.pop("stdin", b"")
        return run_inside(*arguments, library=tmp_path / "library.map4", stdin=typed, **settings)

    return run


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An open library without tracks; many files have one of their own."""
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as library:
        yield library


@pytest.fixture(scope="session")
def scanned_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with music and the library of it: four files long enough to have a tempo. Nothing here may change."""
    folder = tmp_path_factory.mktemp("scanned")
    (folder / "music" / "sub").mkdir(parents=True)
    for name, bpm in (("one.wav", 120), ("two.wav", 100), ("three.wav", 90), ("sub/four.wav", 140)):
        write_clicks(folder / "music" / name, bpm, seconds=8.0)
    with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
        library.scan([folder / "music"])
    return folder


@pytest.fixture
def scanned(scanned_once: Path, tmp_path: Path) -> Path:
    """A folder of music that the library of this test knows. The files are shared: a test may only read them."""
    shutil.copyfile(scanned_once / "library.map4", tmp_path / "library.map4")
    return scanned_once / "music"


@pytest.fixture(scope="session")
def analyses_once(scanned_once: Path) -> Path:
    """A library that has the analyses of this music and none of its files, so a scan of a copy analyses nothing."""
    path = scanned_once / "analyses.map4"
    shutil.copyfile(scanned_once / "library.map4", path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript("DELETE FROM files; DELETE FROM roots")
    return path


@pytest.fixture
def own_scanned(scanned_once: Path, analyses_once: Path, tmp_path: Path) -> Path:
    """A folder of the same music for this test alone, and known to its library."""
    music = tmp_path / "own music"
    shutil.copytree(scanned_once / "music", music)
    shutil.copyfile(analyses_once, tmp_path / "library.map4")
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as library:
        library.scan([music])
    return music


@pytest.fixture
def friday(tmp_path: Path) -> Path:
    """A list in need of help, beside a library."""
    put_songs(tmp_path / "library.map4", HOUSE)
    path = tmp_path / "friday.m3u8"
    path.write_text(FRIDAY)
    return path


@pytest.fixture
def good(friday: Path, tmp_path: Path) -> Path:
    """A list that passes, beside the same library."""
    path = tmp_path / "good.m3u8"
    path.write_text("\n".join(f"/music/{name}.mp3" for name in GOOD))
    return path
