"""A -wal beside a library that belongs to another state of the file, as after one of both was copied by hand."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from libraries import audio_id, beside, execute, make_library, smash

from map4.care.store.backup import check_backup, restore_library
from map4.care.store.repair import repair_library
from map4.care.store.verify import verify_library
from map4.core.store.file.database import LibraryFile, SqliteDatabase
from map4.errors import LibraryDamagedError, LibraryWriteError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "20260102-030405"
Files = tuple[bytes, bytes]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    return make_library(tmp_path / "library" / "library.map4", files=30)


def set_bpm(path: Path, bpm: int) -> None:
    """Set a tempo as map4 does, in a connection of its own."""
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        connection.execute("UPDATE user_values SET value = ? WHERE audio_id = ?", (str(bpm), audio_id(0)))


def bpm_in(path: Path | str) -> str:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        [(value,)] = connection.execute("SELECT value FROM user_values WHERE audio_id = ?", (audio_id(0),))
        return str(value)


def journal_after(path: Path, *tempi: int) -> bytes:
    """The -wal after these tempi were set, which are in the file itself at the end."""
    with closing(sqlite3.connect(path)) as held:
        held.execute("BEGIN")
        held.execute("SELECT count(*) FROM files").fetchone()
        for bpm in tempi:
            set_bpm(path, bpm)
        journal = Path(f"{path}-wal").read_bytes()
        held.rollback()
    SqliteDatabase(str(path)).close()
    assert not Path(f"{path}-wal").exists()
    return journal


@pytest.fixture
def older(path: Path) -> Files:
    """The content of a library with a tempo of 90, and of the -wal beside it, with 71."""
    journal = journal_after(path, 70, 71)
    set_bpm(path, 90)
    content = path.read_bytes()
    Path(f"{path}-wal").write_bytes(journal)
    return content, journal


def test_older_journals_are_refused_and_a_library_in_use_not_repaired(path: Path, older: Files) -> None:
    for _ in range(2):
        with pytest.raises(LibraryDamagedError, match=r"-wal beside it is older.*map4 library repair"):
            SqliteDatabase(str(path))
        assert verify_library(str(path)).problems == ("the -wal beside it is older, and would hide newer values",)
        with pytest.raises(LibraryDamagedError, match=r"the backup .* older"):
            check_backup(str(path), f"{path}.other")
        assert (path.read_bytes(), Path(f"{path}-wal").read_bytes()) == older
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as held:
        held.execute("SELECT count(*) FROM files").fetchone()
        with pytest.raises(LibraryWriteError, match="in use by another program"):
            repair_library(str(path), NOW, busy_timeout_s=0.1)
    assert (path.read_bytes(), Path(f"{path}-wal").read_bytes()) == older
    assert {*beside(path)} <= {"library.map4-wal", "library.map4-shm"}


def test_repair_leaves_an_older_journal_out_and_keeps_it(path: Path, older: Files) -> None:
    found = repair_library(str(path), NOW)
    assert (found.incomplete, found.problems, bpm_in(path)) == ((), (), "90")
    assert (found.journal_copy, found.copy_without_journal) == (f"{path}.wal-{STAMP}", None)
    assert (Path(found.kept_old_at).read_bytes(), Path(f"{path}.wal-{STAMP}").read_bytes()) == older
    assert verify_library(str(path)).is_sound
    assert [name for name in beside(path) if "repairing" in name or "keeping" in name] == []


def test_restore_over_an_older_journal_keeps_file_and_journal(path: Path, older: Files, tmp_path: Path) -> None:
    backup = make_library(tmp_path / "backup.map4")
    execute(backup, "PRAGMA journal_mode = DELETE")
    kept = restore_library(str(backup), str(path), NOW)
    assert (Path(f"{kept}").read_bytes(), Path(f"{path}.wal-{STAMP}").read_bytes()) == older
    assert bpm_in(path) == "60"
    assert verify_library(str(path)).is_sound


def test_journal_in_use_is_not_older(path: Path, tmp_path: Path) -> None:
    backup = make_library(tmp_path / "backup.map4")
    execute(backup, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(path)) as held:
        held.execute("BEGIN")
        held.execute("SELECT count(*) FROM files").fetchone()
        for bpm in range(70, 76):
            set_bpm(path, bpm)
            assert Path(f"{path}-wal").stat().st_size
            assert not LibraryFile(str(path)).has_older_journal()
        held.rollback()
        held.execute("PRAGMA wal_checkpoint").fetchall()  # in the file, and still in the journal
        assert Path(f"{path}-wal").stat().st_size
        assert not LibraryFile(str(path)).has_older_journal()
        for _ in range(3):  # the change log begins again at a random number
            restore_library(str(backup), str(path), NOW)
            assert Path(f"{path}-wal").stat().st_size
            assert not LibraryFile(str(path)).has_older_journal()
    assert bpm_in(path) == "60"


def test_file_counts_if_the_journal_of_another_library_spoils_it(path: Path, tmp_path: Path) -> None:
    other = make_library(tmp_path / "other.map4", files=200)
    execute(other, "CREATE TABLE x (y)")  # a later schema, so that opening can't know
    execute(other, "DROP TABLE x")
    with closing(sqlite3.connect(other)) as connection:
        with connection:
            connection.execute("UPDATE files SET display = display || 'x'")
        journal = Path(f"{other}-wal").read_bytes()
    set_bpm(path, 90)
    Path(f"{path}-wal").write_bytes(journal)
    assert not verify_library(str(path)).is_sound
    found = repair_library(str(path), NOW)
    assert (found.incomplete, found.salvaged["files"], bpm_in(path)) == ((), 30, "90")
    assert found.journal_copy is not None


def test_journal_of_another_database_is_moved_away_and_not_blamed_on_the_library(path: Path, tmp_path: Path) -> None:
    set_bpm(path, 90)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("PRAGMA journal_mode = WAL")
        with other:
            other.execute("CREATE TABLE t (a)")
            other.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 800)
        journal = (tmp_path / "other.db-wal").read_bytes()
    content = path.read_bytes()
    Path(f"{path}-wal").write_bytes(journal)
    found = verify_library(str(path))
    assert (found.is_sound, found.needs_repair, found.files) == (True, True, 30)
    with pytest.raises(LibraryDamagedError, match=r"-wal is of another database.*map4 library repair"):
        SqliteDatabase(str(path))
    assert (path.read_bytes(), Path(f"{path}-wal").read_bytes()) == (content, journal)
    repaired = repair_library(str(path), NOW)
    assert (repaired.incomplete, repaired.salvaged["files"], bpm_in(path)) == ((), 30, "90")
    assert Path(str(repaired.journal_copy)).read_bytes() == journal
    assert verify_library(str(path)).is_sound


def test_repair_keeps_the_file_without_its_journal_if_it_has_other_rows(path: Path) -> None:
    set_bpm(path, 70)
    shutil.copy(path, f"{path}.before")
    with closing(sqlite3.connect(path)) as held:
        held.execute("SELECT count(*) FROM files").fetchone()
        with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
            connection.execute("DELETE FROM user_values WHERE audio_id > ?", (audio_id(3),))
        set_bpm(path, 90)
        journal = Path(f"{path}-wal").read_bytes()
    shutil.move(f"{path}.before", path)
    smash(path, "details")
    Path(f"{path}-wal").write_bytes(journal)
    found = repair_library(str(path), NOW)
    assert (found.copy_without_journal, bpm_in(path)) == (f"{path}.without-wal-{STAMP}", "90")
    assert bpm_in(f"{path}.without-wal-{STAMP}") == "70"
