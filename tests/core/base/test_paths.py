"""Paths as callers give them, by the names that the library has."""

import os
from pathlib import Path

import pytest

from map4.core.base.given_paths import known_names
from map4.core.base.paths import file_stem


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


def test_file_names_keep_letters_of_every_script() -> None:
    cases = {"e\u0301/a?": "é_a_", "เพลงที่รัก": "เพลงที่รัก", "हिन्दी": "हिन्दी", "…": "_", " ": "none"}
    assert {text: file_stem(text, "none") for text in cases} == cases
    assert [file_stem(text, "") for text in ("LPT1 ", "console")] == ["LPT1_", "console"]
