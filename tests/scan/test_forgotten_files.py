"""Files that are taken out of the library, and files that scans leave out."""

from pathlib import Path

import pytest

from map4.errors import NothingFoundError
from map4.library import Library
from map4.plugins import inline_lanes


@pytest.fixture
def library(tmp_path: Path, music: Path) -> Library:
    opened = Library.open(tmp_path / "library.map4", lanes=inline_lanes)
    opened.scan([music], jobs=1)
    return opened


def test_forgotten_file_is_rescanned_with_its_own_values(library: Library, music: Path) -> None:
    file = music / "one.wav"
    track = library.track(file)
    library.set([track], rating=4)
    library.lists.save("Friday", library.lists.in_order("Friday", [track]))
    assert library.files.forget(file) == 1
    assert library.track(file) is None
    assert file.exists()
    [entry] = library.lists.read("Friday").entries
    assert (entry.status, entry.track and entry.track.audio_id) == ("gone", track.audio_id)
    summary = library.scan([music], jobs=1)
    assert (summary.analysed, summary.found) == (0, 4)
    again = library.track(file)
    assert again.rating() == 4
    assert library.lists.read("Friday").is_whole


def test_a_file_that_is_analysed_by_name_is_ignored_no_more(library: Library, music: Path) -> None:
    file = music / "one.wav"
    library.files.forget(file, ignore=True)
    library.analyze(file, store=False)
    assert library.files.ignored()
    library.analyze(file)
    assert library.files.ignored() == []


def test_an_ignored_file_is_left_out_until_that_is_undone(library: Library, music: Path) -> None:
    with pytest.raises(NothingFoundError, match="library forget --list"):
        library.files.unignore(music / "one.wav")
    file = music / "one.wav"
    library.files.forget(file, ignore=True)
    assert [file.path for file in library.files.ignored()] == [str(file)]
    assert library.scan([music], jobs=1).found == 3
    events = list(library.scan_events([file], jobs=1, keep_roots=False))
    assert any("is ignored" in getattr(event, "message", "") for event in events)
    assert library.track(file) is None
    assert library.files.unignore(file) == [str(file)]
    assert library.scan([music], jobs=1).found == 4
    assert library.track(file) is not None
