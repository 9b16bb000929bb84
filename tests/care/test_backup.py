"""Backups: as a download, dated ones, and those that can't be made."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from asgi import ask
from hypothesis import given
from hypothesis import strategies as st
from servers import client_of

from map4.care import routes as backup
from map4.care.records import BackupOptions, dated_backup, superseded
from map4.core.store.file import connection
from map4.errors import LibraryWriteError, UsageError
from map4.library import Library

ADDRESS = "/api/v1/backup"
DAYS = st.integers(0, 20_000).map(lambda day: dated_backup(date(1990, 1, 1) + timedelta(days=day)))


def test_backup_can_be_restored_and_leaves_no_temporary_files(made: Path, tmp_path: Path) -> None:
    with client_of(made) as client:
        before = {path.name for path in made.parent.iterdir()}
        answer = client.get(ADDRESS)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith('attachment; filename="map4-')
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert {path.name for path in made.parent.iterdir()} == before
    copy, other = tmp_path / "copy.map4", tmp_path / "other.map4"
    copy.write_bytes(answer.content)
    Library.care.restore(copy, other)
    with Library.open(made) as library, Library.open(other) as restored:
        assert restored.count() == library.count() > 0
        assert [entry.action for entry in library.accounts.audit().entries] == ["library-copied"]


def test_temporary_copy_is_removed_when_the_client_disconnects(made: Path) -> None:
    with client_of(made) as client:
        answer = client.portal.call(partial(ask, client.app, "GET", ADDRESS, stays=False))
    assert (answer.status, list(made.parent.glob("*.sending-*"))) == (200, [])


@pytest.mark.parametrize("name", ["newdir/", "a/b/"])
def test_backup_to_a_missing_folder_creates_no_file(made: Path, tmp_path: Path, name: str) -> None:
    with Library.open(made) as library, pytest.raises(UsageError, match=r"there is no folder .*; make it first"):
        library.care.backup(f"{tmp_path}/{name}")
    assert not (tmp_path / name.rstrip("/")).exists()


def test_a_full_disk_is_reported_for_the_backup(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = f"no space left in {tmp_path} for a copy of the library; nothing of it is kept"
    with Library.open(made) as library:
        monkeypatch.setattr(connection, "is_full", lambda error, path: True)
        monkeypatch.setattr(connection, "scalar", lambda copy, sql: copy.execute("no SQL"))
        with pytest.raises(LibraryWriteError, match=message):
            library.care.backup(tmp_path / "b.map4")
        monkeypatch.undo()
    assert not list(tmp_path.glob("b.map4*"))


@given(st.sets(DAYS, max_size=12), DAYS, st.integers(1, 9))
def test_the_newest_backups_are_kept_including_the_one_just_made(there: set[str], made: str, keep: int) -> None:
    gone = superseded([*there, made, "library.map4", "map4-2026-01-01.map4.txt"], made, keep)
    left = sorted((there | {made}) - set(gone))
    assert made in left
    assert len(left) == min(keep, len(there | {made}))
    assert set(gone) <= there
    assert [name for name in left if name != made] == sorted(there - {made})[len(there - {made}) - (len(left) - 1) :]


def test_keeping_no_backup_and_a_second_at_once_are_refused(made: Path) -> None:
    with pytest.raises(UsageError, match="must be at least 1"):
        BackupOptions(folder="/backups", keep=0)
    with client_of(made) as client:
        with backup._making:
            answer = client.get(ADDRESS)
        assert (answer.status_code, "try again" in answer.json()["detail"]) == (503, True)
        assert client.get(ADDRESS).status_code == 200
