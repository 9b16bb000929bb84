"""What people made in a library of schema 13 comes along into a present one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import Run
from libraries import execute

from map4 import Library
from map4.domain.lists.tracklist import Tracklist
from map4.errors import LibraryDamagedError, LibraryVersionError
from map4.server.problems import in_words_of_requests

DUMP = Path(__file__).with_name("former_library.sql")
TAKEN = {
    "values": 5, "labels": 3, "look-ups": 1, "observations": 1, "ignored files": 1, "lists": 2, "imports": 1,
}  # fmt: skip


@pytest.fixture
def former(tmp_path: Path) -> Path:
    path = tmp_path / "former.map4"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text())
    return path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A new library of the same audio, in another folder."""
    folder = tmp_path / "music"
    folder.mkdir()
    for name, hz in (("eins", 220), ("zwei", 330)):
        tone = np.round(12000 * np.sin(2 * np.pi * hz * np.arange(8000) / 8000)).astype(np.int16)
        soundfile.write(folder / f"{name}.wav", tone, 8000)
    with Library.open(tmp_path / "library.map4") as library:
        library.scan([folder])
    return tmp_path / "library.map4"


def test_what_people_made_is_taken_over(former: Path, library: Path) -> None:
    before = former.read_bytes()
    restored = Library.care.restore(former, library)
    assert (restored.kept_at, restored.taken) == (None, TAKEN)
    assert former.read_bytes() == before
    with Library.open(library) as found:
        one, two = (next(iter(found.search(f"path:{name}"))) for name in ("eins", "zwei"))
        assert (one.user.bpm, one.user.title, one.user.rating) == (87.0, "Uno", 4.0)
        assert (two.user.genre, two.user.rating, two.labels.subgenre) == ("Dub", 2.0, "Dub")
        assert (one.imported.bpm, one.imported.play_count, one.provided.value("label")) == (123.0, 3, "Warp")
        assert [(each.name, each.tracks, each.present) for each in found.lists.stored(history=None)] == [
            ("Friday", 2, 2), ("Warm up", 2, 1),
        ]  # fmt: skip
        assert [Path(track.path).stem for track in found.lists.read("Friday").tracks()] == ["zwei", "eins"]
        assert [ignored.path for ignored in found.files.ignored()] == ["/music/three.wav"]
        assert [(each.tracks, each.matched) for each in found.imports.history()] == [(2, 1)]
    assert Library.care.verify(library).is_sound


def test_taken_over_twice_it_is_there_once(former: Path, library: Path) -> None:
    Library.care.restore(former, library)
    assert set(Library.care.restore(former, library).taken.values()) == {0}


def test_what_is_there_stays(former: Path, library: Path) -> None:
    with Library.open(library) as present:
        track = next(iter(present.search("path:eins")))
        present.set([track], bpm=90)
        present.lists.save("FRIDAY", Tracklist(tracks=[track]))
    assert Library.care.restore(former, library).taken == TAKEN | {"values": 4}
    with Library.open(library) as present:
        assert next(iter(present.search("path:eins"))).user.bpm == 90
        assert [(each.name, each.tracks) for each in present.lists.stored(history=None)] == [
            ("FRIDAY", 1), ("Friday (2)", 2), ("Warm up", 2),
        ]  # fmt: skip


def test_lists_that_differ_in_name_alone_are_two(former: Path, library: Path) -> None:
    execute(
        former,
        "INSERT INTO playlists (name, description, header, created_at, updated_at) "
        "SELECT 'Saturday', description, header, created_at, updated_at FROM playlists WHERE name = 'Friday'",
    )
    assert Library.care.restore(former, library).taken == TAKEN | {"lists": 3}


def test_a_library_is_made_where_there_is_none(former: Path, tmp_path: Path) -> None:
    assert Library.care.restore(former, tmp_path / "new.map4").taken == TAKEN


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE user_values SET value = '\"fast\"' WHERE name = 'bpm'",
        "DROP TABLE labels",
        "DROP TABLE playlists",
        "ALTER TABLE imported_tracks RENAME COLUMN entry TO other",
    ],
)
def test_of_a_damaged_one_nothing_is_taken(former: Path, library: Path, damage: str) -> None:
    execute(former, damage)
    before = library.read_bytes()
    with pytest.raises(LibraryDamagedError, match=r"former\.map4 is damaged"):
        Library.care.restore(former, library)
    assert library.read_bytes() == before


def test_older_ones_are_refused(former: Path, library: Path) -> None:
    execute(former, "PRAGMA user_version = 12")
    with pytest.raises(LibraryVersionError, match="older map4"):
        Library.care.restore(former, library)


def test_the_command_says_what_was_taken_over(map4: Run, former: Path, library: Path) -> None:
    found = map4("--library", library, "cache", "restore", former)
    assert found.returncode == 0, found.stderr
    assert found.stderr == (
        f"took over from {former}: 5 values, 3 labels, 1 look-up, 1 observation, 1 ignored file, 2 lists, 1 import\n"
    )
    spaced = former.rename(former.with_name("my former.map4"))
    refused = map4("--library", spaced, "search")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"'map4 --library NEW cache restore '{spaced}'' takes over your values" in refused.stderr
    assert in_words_of_requests(refused.stderr, {}) == refused.stderr
