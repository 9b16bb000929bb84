"""What a name stands for: a file, a folder, a playlist as players write them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from map4.errors import UsageError
from map4.infra.named_files import named_files


def make(*paths: Path) -> list[str]:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return [str(path) for path in paths]


def test_a_file_is_itself_whatever_its_suffix_and_whether_it_is_there() -> None:
    assert named_files("/nowhere/notes.txt") == ["/nowhere/notes.txt"]


def test_a_folder_is_its_audio_files_by_path(tmp_path: Path) -> None:
    expected = make(tmp_path / "a.mp3", tmp_path / "b" / "c.flac", tmp_path / "d.wav")
    make(tmp_path / "cover.jpg")
    assert named_files(str(tmp_path)) == expected


@pytest.mark.parametrize("name", ["set.m3u", "set.M3U8"])
def test_a_playlist_is_its_entries_in_order(tmp_path: Path, name: str) -> None:
    folder, elsewhere = tmp_path / "lists", tmp_path / "music"
    expected = make(folder / "zwei.mp3", elsewhere / "Björk – x.flac", folder / "a b#c.wav")
    folder.joinpath(name).write_bytes(
        b"\xef\xbb\xbf#EXTM3U\r\n#EXTINF:123,Artist - Title\r\nzwei.mp3\r\n\r\n"
        + f"../music/Björk – x.flac\r\n{(folder / 'a b#c.wav').as_uri()}\r\ngone.mp3\n".encode()
    )
    assert named_files(str(folder / name)) == [*expected, str(folder / "gone.mp3")]


def test_names_of_windows_are_found(tmp_path: Path) -> None:
    expected = make(tmp_path / "sub" / "x.mp3", tmp_path / "Café.mp3")
    tmp_path.joinpath("old.m3u").write_bytes(b"sub\\x.mp3\r\nCaf\xe9.mp3\r\n")
    assert named_files(str(tmp_path / "old.m3u")) == expected


@pytest.mark.skipif(os.name != "posix", reason="names of bytes")
def test_names_that_are_no_utf8_keep_their_bytes(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.mp3"
    with open(name, "wb"):
        pass
    tmp_path.joinpath("set.m3u").write_bytes(b"caf\xe9.mp3\n")
    assert [os.fsencode(path) for path in named_files(str(tmp_path / "set.m3u"))] == [name]


def test_a_playlist_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match=r"the playlist /nowhere/set\.m3u can't be read: No such file"):
        named_files("/nowhere/set.m3u")
