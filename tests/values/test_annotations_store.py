"""Labels in the library: the user's data, which survives all care, and which queries find."""

from pathlib import Path

import pytest
from libraries import audio_id, execute, make_library
from made_library import put_labels

from map4.core.music.track.labels import Labels
from map4.library import Library

OF_CLAUDE = Labels(
    genre="Electronic", family="Electronic", subgenre="Deep House", mood="dark", era="1990s",
    tags=("vocal", "peak time"), confidence=0.9, source="claude", model="m", notes="a dub",
)  # fmt: skip
OF_TAG = Labels(genre="Jazz", family="Jazz", subgenre="Trad", confidence=0.7, source="tag")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library of three files, two of them labelled."""
    path = make_library(tmp_path / "library.map4")
    with Library.open(path) as library:
        put_labels(library, {audio_id(0): OF_CLAUDE, audio_id(1): OF_TAG})
    return path


def test_labels_count_as_genres_without_a_tag(path: Path) -> None:
    unknown = Labels(genre="Unknown", confidence=0.0, source="keywords")
    with Library.open(path) as library:
        put_labels(library, {audio_id(2): unknown})
        assert library.stats().genres == {"Deep House": 1, "Trad": 1}
        execute(path, "UPDATE files SET genre = 'Dub; House' WHERE audio_id = ?", (audio_id(0),))
        execute(path, "UPDATE files SET genre = ' ; ' WHERE audio_id = ?", (audio_id(1),))
        found = library.stats()
    assert found.genres == {"Dub": 1, "House": 1, "Trad": 1}
    assert found.to_record()["coverage"]["genre"] == 2


def test_unreadable_labels_are_reported_and_dropped_by_repair(path: Path) -> None:
    execute(path, "UPDATE labels SET data = '{\"genre\": 3}' WHERE audio_id = ?", (audio_id(0),))
    found = Library.care.verify(path)
    assert not found.is_sound
    assert "the labels of a1-00000000000000000000000000000000 can't be read" in found.problems[0]
    assert Library.care.repair(path).salvaged["labels"] == 1
    with Library.open(path) as library:
        assert [track.labels for track in library.tracks.all()] == [None, OF_TAG, None]


def test_care_of_the_library_keeps_labels(path: Path, tmp_path: Path) -> None:
    with Library.open(path) as library:
        library.care.clear()
        execute(path, "UPDATE files SET missing_since = '2026-01-01T00:00:00Z'")
        assert library.care.prune().missing_files == 3
        assert library.care.info()["labels"] == {"claude": 1, "tag": 1}
        library.care.backup(tmp_path / "backup.map4")
    Library.care.restore(tmp_path / "backup.map4", path)
    with Library.open(path) as library:
        assert library.care.info()["labels"] == {"claude": 1, "tag": 1}
