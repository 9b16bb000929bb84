"""Files that the library knows under another name: hard links, and ways through links."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import write_clicks

from map4 import Library
from map4.plugins import inline_lanes
from map4.search import TrackMatcher, WantedTrack

NAMES = ("a-hard.wav", "z.wav", "c-link.wav", "linked/c.wav", "../elsewhere/c.wav")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("names")
    (folder / "music").mkdir()
    (folder / "elsewhere").mkdir()
    write_clicks(folder / "elsewhere" / "c.wav", 100, seconds=4.0)
    write_clicks(folder / "music" / "z.wav", 120, seconds=4.0)
    (folder / "music" / "c-link.wav").symlink_to(folder / "elsewhere" / "c.wav")
    (folder / "music" / "linked").symlink_to(folder / "elsewhere")
    os.link(folder / "music" / "z.wav", folder / "music" / "a-hard.wav")
    return folder / "music"


@pytest.fixture(scope="module")
def library(music: Path) -> Iterator[Library]:
    with Library.open(Library.IN_MEMORY, lanes=inline_lanes) as library:
        library.scan([music])
        assert library.count("is:any") == 2
        yield library


@pytest.mark.parametrize("name", NAMES)
def test_all_names_of_a_file_are_its_track(library: Library, music: Path, name: str) -> None:
    path = os.path.normpath(music / name)
    known = "a-hard.wav" if name in ("a-hard.wav", "z.wav") else "c-link.wav"
    [there], unknown = library.tracks.at([path])
    assert (os.path.basename(there.path), unknown) == (known, [])
    assert library.track(path) == there
    assert [found.path for found in library.search(f'path:"{path}"')] == [there.path]
    match = TrackMatcher(library._store.tracks.known_names()).match(WantedTrack(paths=(path,)))
    assert match is not None
    assert (match.path, match.method, match.certainty) == (there.path, "path", 1.0)
    assert [change.track.path for change in library.set(path, rating=3, dry_run=True)] == [there.path]


def test_second_names_of_a_file_are_stored_once(library: Library, music: Path) -> None:
    names = [os.path.normpath(music / name) for name in NAMES]
    assert [os.path.basename(track.path) for track in library.analyze(names)] == ["a-hard.wav", "c-link.wav"]
    library.scan(names, keep_roots=False)
    assert library.count("is:any") == 2
    with Library.open(Library.IN_MEMORY, lanes=inline_lanes) as library:
        library.analyze([music / "z.wav", music / "a-hard.wav"])
        assert library.count("is:any") == 1


def test_file_at_a_reused_path_is_not_matched(tmp_path: Path) -> None:
    write_clicks(tmp_path / "a.wav", 120, seconds=4.0)
    with Library.open(Library.IN_MEMORY, lanes=inline_lanes) as library:
        library.scan([tmp_path / "a.wav"])
        (tmp_path / "a.wav").rename(tmp_path / "b.wav")
        os.link(tmp_path / "b.wav", tmp_path / "c.wav")
        write_clicks(tmp_path / "a.wav", 90, seconds=4.0)
        assert library.tracks.at([tmp_path / "c.wav"]) == ([], [str(tmp_path / "c.wav")])
