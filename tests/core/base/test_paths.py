"""Paths as callers give them, by the names that the library has."""

import os
from pathlib import Path

import pytest

from map4.core.base.paths import file_stem, is_database, known_names, shown_address, shown_argument


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


def test_shown_address_has_no_password() -> None:
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


def test_paths_are_no_database_addresses() -> None:
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
