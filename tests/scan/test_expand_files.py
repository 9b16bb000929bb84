"""What a name stands for: a file, a folder, a playlist as players write them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from list_libraries import put_songs, song

from map4.errors import UsageError
from map4.library import Library
from map4.scan.track_resolver import expand_files as opened_names

Named = Callable[[str], list[str]]


@pytest.fixture
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("library")
    known = [song("/music/Ann/Sky.mp3", "Ann", "Sky", 122.0, "8A", 0.5)]
    with Library.open(put_songs(folder / "library.map4", known)) as library:
        yield library


@pytest.fixture
def expand_files(library: Library) -> Callable[[str], list[str]]:
    return lambda path: opened_names(path, library.lists.read)


def make(*paths: Path) -> list[str]:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return [str(path) for path in paths]


def test_folders_are_their_audio_files_and_other_names_kept_or_refused(expand_files: Named, tmp_path: Path) -> None:
    assert expand_files("/nowhere/notes.txt") == ["/nowhere/notes.txt"]
    expected = make(tmp_path / "a.mp3", tmp_path / "b" / "c.flac", tmp_path / "d.wav")
    make(tmp_path / "cover.jpg")
    assert expand_files(str(tmp_path)) == expected
    tmp_path.joinpath("set.xspf").write_text("<playlist")
    with pytest.raises(UsageError, match=r"set\.xspf"):
        expand_files(str(tmp_path / "set.xspf"))


def test_a_playlist_is_its_entries_in_order(expand_files: Named, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "lists", tmp_path / "music"
    expected = make(folder / "zwei.mp3", elsewhere / "Björk – x.flac", folder / "a b#c.wav")
    folder.joinpath("set.M3U8").write_bytes(
        b"\xef\xbb\xbf#EXTM3U\r\n#EXTINF:123,Artist - Title\r\nzwei.mp3\r\n\r\n"
        + f"../music/Björk – x.flac\r\n{(folder / 'a b#c.wav').as_uri()}\r\ngone.mp3\n".encode()
    )
    assert expand_files(str(folder / "set.M3U8")) == [*expected, str(folder / "gone.mp3")]


def test_playlist_of_any_format_is_expanded(expand_files: Named, tmp_path: Path) -> None:
    (there,) = make(tmp_path / "there.mp3")
    tmp_path.joinpath("set.pls").write_text(
        f"[playlist]\nFile1={there}\nFile2=http://radio.example/x\nFile3=E:\\Ann\\Sky.mp3\nTitle3=Ann - Sky\n"
        "Length3=240\nFile4=/nowhere.mp3\nNumberOfEntries=4\n"
    )
    assert expand_files(str(tmp_path / "set.pls")) == [there, "/music/Ann/Sky.mp3", "/nowhere.mp3"]
