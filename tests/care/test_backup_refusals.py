"""Backups that can't be made: the message names the backup, and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from map4.errors import LibraryWriteError, UsageError
from map4.library import Library
from map4.store.file import connection


@pytest.mark.parametrize("name", ["newdir/", "a/b/"])
def test_a_folder_that_is_not_there_gets_no_file_of_its_name(made: Path, tmp_path: Path, name: str) -> None:
    with Library.open(made) as library, pytest.raises(UsageError, match=r"there is no folder .*; make it first"):
        library.care.backup(f"{tmp_path}/{name}")
    assert not (tmp_path / name.rstrip("/")).exists()


def test_a_full_disk_is_reported_for_the_backup(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"no space left in {tmp_path} for a copy of the library; nothing of it is kept"
    with Library.open(made) as library:
        monkeypatch.setattr(connection, "is_full", lambda error, path: True)
        monkeypatch.setattr(connection, "scalar", lambda copy, sql: copy.execute("no SQL"))
        with pytest.raises(LibraryWriteError, match=said):
            library.care.backup(tmp_path / "b.map4")
        monkeypatch.undo()
    assert not list(tmp_path.glob("b.map4*"))
