"""Paths as callers give them, by the names that the library has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from map4.app.paths import known_name


def test_a_folder_in_another_case_is_the_one_that_was_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, named = tmp_path / "Music", tmp_path / "music"
    for folder in (root, named):
        folder.mkdir()
    roots = {str(root): True}
    # Two folders, where the disk tells them apart.
    assert known_name(named / "a.flac", roots) == str(named / "a.flac")
    monkeypatch.setattr(os, "listdir", lambda folder: ["Music"])  # which exFAT lists once
    assert known_name(named / "a.flac", roots) == str(root / "a.flac")
    assert known_name(named, roots) == str(root)
    # A name that leads nowhere stays what it is.
    assert known_name(tmp_path / "MUSIC", roots) == str(tmp_path / "MUSIC")
