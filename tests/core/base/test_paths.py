"""Paths as callers give them, addresses of libraries, and paths of other machines."""

import os
from pathlib import Path
from urllib.request import pathname2url, url2pathname

import pytest
from hypothesis import given
from listed import PATHS

from map4.core.base.path_maps import Location, PathMap, PathMaps
from map4.core.base.paths import file_stem, is_database, known_names, shown_address, shown_argument
from map4.errors import UsageError


def test_folder_spelled_in_another_case_is_the_scanned_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, named = tmp_path / "Music", tmp_path / "music"
    for folder in (root, named):
        folder.mkdir()
    roots = {str(root): True}
    # Two folders, where the disk tells them apart.
    assert known_names([named / "a.flac"], roots) == [str(named / "a.flac")]
    monkeypatch.setattr(os, "listdir", lambda folder: ["Music"])  # which exFAT lists once
    assert known_names([named / "a.flac"], roots) == [str(root / "a.flac")]
    assert known_names([named], roots) == [str(root)]
    # A name that leads nowhere stays what it is.
    assert known_names([tmp_path / "MUSIC"], roots) == [str(tmp_path / "MUSIC")]


def test_new_folders_differing_only_in_case_are_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on exFAT, which has each name in every case, and lists it in one."""
    music = tmp_path / "Music"
    for folder in (music / "Sub", tmp_path / "music" / "sub", tmp_path / "music" / "Sub", music / "sub"):
        folder.mkdir(parents=True)
    asked = [tmp_path / "music" / "sub", music, tmp_path / "music", music / "Sub", music / "none"]
    assert known_names(asked, ()) == [str(path) for path in asked]
    listed = {tmp_path: ["Music", "other"], music: ["Sub"], tmp_path / "music": ["Sub"]}
    monkeypatch.setattr(os, "listdir", lambda folder: listed.get(Path(folder), [Path(folder).name]))
    assert known_names(asked, ()) == [str(music / "Sub"), str(music), str(music / "none")]


def test_names_keep_their_letters_and_maps_apply_to_both_forms() -> None:
    cases = {"e\u0301/a?": "é_a_", "เพลงที่รัก": "เพลงที่รัก", "हिन्दी": "हिन्दी", "…": "_", " ": "none"}
    assert {text: file_stem(text, "none") for text in cases} == cases
    assert [file_stem(text, "") for text in ("LPT1 ", "console")] == ["LPT1_", "console"]
    for source in ["/Users/é", "/Users/e\u0301", "D:/é", "D:/e\u0301"]:
        for letter in ["é", "e\u0301", "e"]:
            path = source.replace("e\u0301", "é").replace("é", letter) + "/a.mp3"
            assert PathMap.parse(f"{source}=/music").apply(path) == (None if letter == "e" else "/music/a.mp3")
    cases = ["", "/music", "music=/other", "/music=", "=/music", "/music=other", "C:x=/y"]
    for text in cases:
        with pytest.raises(UsageError, match="write absolute paths"):
            PathMap.parse(text)


def test_shown_address_has_no_password_and_paths_are_no_addresses() -> None:
    cases = [
        (
            "postgresql://me:geheim@db.example.org:5433/music?sslmode=require",
            "postgresql://me@db.example.org:5433/music",
        ),
        ("postgres://me@db/music", "postgresql://me@db/music"),
        ("postgresql://[::1]:5432/music", "postgresql://[::1]:5432/music"),
        ("postgresql:///music?password=geheim", "postgresql:///music"),
        ("postgresql://me:ge@heim@db/music", "postgresql://***"),
        ("postgresql://me:ge/heim@db/music", "postgresql://***"),
        ("postgresql://me:ge?heim@db/music", "postgresql://***"),
        ("postgresql://me:geheim/music", "postgresql://***"),
        ("postgresql:///music?password=ge@heim", "postgresql://***"),
        ("postgresql://me:geheim@[db", "postgresql://***"),
        ("postgresql://geheim?@db/music", "postgresql://***"),
    ]
    for address, shown in cases:
        assert is_database(address)
        assert shown_address(address) == shown
        assert "geheim" not in shown
    cases = ["/music/library.map4", "postgres", "postgresql:/music", b"postgresql://", None]
    for path in cases:
        assert not is_database(path)


@pytest.mark.parametrize("option", ["", "--library="])
def test_shown_argument_has_no_password(option: str) -> None:
    assert shown_argument(f"{option}postgresql://me:geheim@db/music") == f"{option}postgresql://me@db/music"
    assert shown_argument(f"{option}postgresql:///music?PassWord=geheim") == f"{option}postgresql:///music"
    plain = f"{option}postgresql://me@/music?host=/run/postgresql"
    assert shown_argument(plain) == plain
    assert shown_argument(f"{option}/music/a=b.map4") == f"{option}/music/a=b.map4"


def test_paths_in_a_mapped_folder_are_translated_inward_and_outward() -> None:
    cases = [
        ("/music=D:/Music", "/music/a/b.mp3", "D:/Music/a/b.mp3"),
        ("/music=D:\\Music", "/music/a/b.mp3", "D:\\Music\\a\\b.mp3"),
        ("/music/=D:\\", "/music/a/b.mp3", "D:\\a\\b.mp3"),
        ("/music=\\\\nas\\m", "/music/a.mp3", "\\\\nas\\m\\a.mp3"),
        ("D:/Music=/music", "d:\\MUSIC\\a\\b.mp3", "/music/a/b.mp3"),
        ("D:\\=/", "D:\\a.mp3", "/a.mp3"),
        ("/=/mnt", "/a.mp3", "/mnt/a.mp3"),
        ("/a=/b=c", "/a/x", "/b=c/x"),
        ("/music=/other", "/music", "/other"),
        ("/music=/other", "/musical/a.mp3", None),
        ("/music=/other", "/Music/a.mp3", None),
        ("D:/Music=/music", "E:/Music/a.mp3", None),
    ]
    assert [(mapping, path, PathMap.parse(mapping).apply(path)) for mapping, path, _ in cases] == cases
    cases = [
        ("/m/a/b.mp3", "/m", (), "a/b.mp3"),
        ("/m/a/b.mp3", "/m/lists", (), "../a/b.mp3"),
        ("/m/a/b.mp3", "/m/lists", ("/m=D:/M",), "../a/b.mp3"),
        ("/m/a/b.mp3", "/m/lists", ("/m=D:\\M",), "..\\a\\b.mp3"),
        ("/m/a/b.mp3", "/lists", ("/m=D:/M",), "D:/M/a/b.mp3"),
        ("/m/a/b.mp3", "/lists", ("/m=D:/M", "/lists=E:/L"), "D:/M/a/b.mp3"),
        ("/m/a/b.mp3", None, ("/x=/y", "/m=/n", "/n=/o"), "/n/a/b.mp3"),
        ("/m/#a.mp3", "/m", (), "./#a.mp3"),
        ("/m/file:a", "/m", (), "./file:a"),
    ]
    for path, relative_to, maps, expected in cases:
        places = PathMaps(maps=tuple(map(PathMap.parse, maps)), relative_to=relative_to)
        assert places.outward(path) == expected


def test_locations_are_mapped_to_all_possible_paths() -> None:
    cases = [
        ("a.mp3", (), ["/l/a.mp3"]),
        ("../a.mp3", (), ["/a.mp3"]),
        (" a.mp3 ", (), ["/l/ a.mp3 ", "/l/a.mp3"]),
        ("sub\\a.mp3", (), ["/l/sub\\a.mp3", "/l/sub/a.mp3"]),
        ("a%20b.mp3", (), ["/l/a%20b.mp3", "/l/a b.mp3"]),
        ("file:///m/a%20b.mp3", (), ["/m/a b.mp3"]),
        ("file://localhost/m/a.mp3", (), ["/m/a.mp3"]),
        ("file:///m/a#1?.mp3", (), ["/m/a#1?.mp3"]),
        ("file:///D:/M/a.mp3", ("D:/M=/m",), ["/m/a.mp3", "D:/M/a.mp3"]),
        ("file://localhost/D%3A/M/a.mp3", ("D:/M=/m",), ["/m/a.mp3", "D:/M/a.mp3", "/D:/M/a.mp3"]),
        ("file://D:\\M\\a.mp3", ("D:/M=/m",), ["/m/a.mp3", "D:/M/a.mp3"]),
        ("file://nas/m/a.mp3", (), ["\\\\nas\\m\\a.mp3"]),
        ("/old/../old/a.mp3", ("/old=/new",), ["/new/a.mp3", "/old/a.mp3"]),
        ("file://[broken/a.mp3", (), ["/l/file:/[broken/a.mp3"]),
    ]
    found = [
        (location, maps, list(PathMaps(maps=tuple(map(PathMap.parse, maps))).inward(location, "/l")))
        for location, maps, _ in cases
    ]
    assert found == cases


@given(path=PATHS)
def test_file_urls_agree_with_the_standard_library(path: str) -> None:
    url = Location.file_url(path)
    assert url.isascii()
    assert not Location.is_url(url)
    assert Location.path_of_url(url) == path
    # Its own quoting can't say bytes that are no UTF-8.
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    assert url2pathname(Location.file_url(shown)[len("file://") :]) == shown
    assert Location.path_of_url("file://" + pathname2url(shown)) == shown


def test_windows_paths_and_colons_differ_from_url_schemes() -> None:
    assert Location.file_url("D:\\M\\a b.mp3") == "file:///D:/M/a%20b.mp3"
    assert Location.file_url("\\\\nas\\m\\a.mp3") == "file://nas/m/a.mp3"
    assert Location.path_of_url("file:///D:/M/a%20b.mp3") == "D:/M/a b.mp3"
    assert Location.path_of_url("/no/url") is None
    assert [Location.is_windows_path(path) for path in ("D:", "D:/", "D:x", "\\\\nas", "/D:/", "\\x")] == [
        True, True, False, True, False, False,
    ]  # fmt: skip
    assert Location.relative_url("a:b/c d.mp3") == "./a:b/c%20d.mp3"
    assert Location.relative_url("a\\b") == "a%5Cb"
    assert [Location.is_url(text) for text in ("C://a", "http://a", "FILE:///a", "smb+x://a", "/a://b")] == [
        False, True, False, True, False,
    ]  # fmt: skip
