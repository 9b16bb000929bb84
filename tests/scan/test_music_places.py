"""Where files may be restored to: what the library knows, or has a record of, and else only audio files' names."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from quarantines import NOW, copy_of, put_roots, scanned, write_sound

from map4.core.audio.jobs import Stamp
from map4.core.music.track.track_parts import Failure
from map4.core.store.sqlite_store import SqliteStore
from map4.scan import MusicPlaces

NO_RECORD = "it has no audio suffix, and this library has no record of it"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A scanned folder, and files that were scanned by name."""
    song = write_sound(tmp_path / "music" / "song.wav")
    scanned(tmp_path / "library.map4", *(copy_of(song, song.with_name(name)) for name in ("song2", "song.bak")))
    put_roots(tmp_path / "library.map4", tmp_path / "music")
    return tmp_path / "music"


@pytest.fixture
def store(tmp_path: Path, music: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(str(tmp_path / "library.map4"))) as store:
        yield store


@pytest.mark.parametrize("name", ["new.MP3", "..mp3", "sub/...mp3", "song2", "song.bak"])
def test_audio_names_and_known_files_may_be_restored(store: SqliteStore, music: Path, name: str) -> None:
    assert MusicPlaces(store).problem(str(music / name)) is None


@pytest.mark.parametrize("name", ["song3", "other.bak", ".bashrc", ".ssh/authorized_keys", "mp3", "x.mp3.desktop"])
def test_other_names_may_not_be_restored_without_a_record(store: SqliteStore, music: Path, name: str) -> None:
    path = str(music / name)
    assert MusicPlaces(store).problem(path) == f"{NO_RECORD}, so map4 does not move it back"
    assert MusicPlaces(store, {path}.__contains__).problem(path) is None


def test_scanned_file_without_audio_may_not_be_restored(store: SqliteStore, music: Path) -> None:
    file = music / ".bashrc"
    file.write_text("alias m=map4\n")
    failure = Failure(kind="unsupported", message="is no audio file")
    store.tracks.put_file(str(file), Stamp.of(file.stat()), None, now=NOW, failure=failure)
    assert str(file) in store.tracks.known_files()
    assert MusicPlaces(store).problem(str(file)) == f"{NO_RECORD}; 'map4 scan' that file first"


def test_outside_folders_need_a_record_of_a_valid_path(store: SqliteStore, music: Path, tmp_path: Path) -> None:
    for path in ("song2", f"{music}/../home/x.wav", f"{music}//x.wav"):
        assert MusicPlaces(store, lambda path: True).problem(path) == "its journal gives no valid path for it"
    path = str(tmp_path / "elsewhere" / "x.wav")
    assert "a folder that this library doesn't know" in (MusicPlaces(store).problem(path) or "")
    assert MusicPlaces(store, {path}.__contains__).problem(path) is None
