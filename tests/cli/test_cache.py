"""`map4 cache`: look, check, salvage, prune, clear, back up and restore, as a real process."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Run

from map4.infra.sqlite.scan_lock import scan_lock

HEX = "0123456789abcdef"


@pytest.fixture
def library(map4: Run, music: Path, tmp_path: Path) -> Path:
    """A scanned library with a value the user set."""
    assert map4("scan", music).returncode == 0
    path = tmp_path / "library.map4"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO user_values (audio_id, name, value, set_at) "
            "SELECT audio_id, 'bpm', '87.5', '2026-01-01T00:00:00Z' FROM files WHERE display LIKE '%one.wav'"
        )
    return path


def info(map4: Run) -> dict[str, object]:
    return json.loads(map4("cache", "info", "--json").stdout)


def test_info_counts(map4: Run, library: Path, music: Path) -> None:
    found = info(map4)
    assert found["library"] == str(library)
    assert found["files"] == {"ok": 4, "failed": 0, "missing": 0, "pending": 0}
    assert (found["analyses"], found["user_values"]) == (4, 1)
    shown = map4("cache", "info")
    assert (shown.returncode, str(music) in shown.stdout, "4 ok" in shown.stdout) == (0, True, True)


def test_without_a_library_reading_commands_exit_4_and_name_scan(map4: Run, tmp_path: Path) -> None:
    for command in ("info", "verify", "prune", "clear"):
        result = map4("cache", command)
        assert (result.returncode, "map4 scan" in result.stderr) == (4, True)
    assert not (tmp_path / "library.map4").exists()


def test_verify_finds_a_sound_library_sound(map4: Run, library: Path) -> None:
    result = map4("cache", "verify")
    assert (result.returncode, result.stdout) == (0, "sound: 4 files, 4 analyses\n")


def test_verify_finds_a_value_that_can_not_be_read(map4: Run, library: Path) -> None:
    with closing(sqlite3.connect(library)) as connection, connection:
        connection.execute("""UPDATE analyses SET core = '{"duration_s": 1}' WHERE id = 1""")
    result = map4("cache", "verify", "--json")
    document = json.loads(result.stdout)
    assert (result.returncode, document["sound"]) == (1, False)
    assert "can't be read" in document["problems"][0]


def damage(library: Path, *, from_page: int, pages: int = 1) -> None:
    with closing(sqlite3.connect(library)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with library.open("r+b") as file:
        file.seek((from_page - 1) * size)
        file.write(b"\xa5" * size * pages)


def page_of(library: Path, name: str) -> int:
    with closing(sqlite3.connect(library)) as connection:
        return int(connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0])


def test_repair_salvages_what_can_be_read_and_keeps_the_old_file(map4: Run, library: Path, music: Path) -> None:
    damage(library, from_page=page_of(library, "parts"))
    assert map4("cache", "verify").returncode == 1
    scan = map4("scan", "--force", music)
    assert (scan.returncode, "cache repair" in scan.stderr) == (1, True)
    assert map4("cache", "repair").returncode == 2  # asks first, and nobody is there to answer
    before = library.read_bytes()
    result = map4("cache", "repair", "--yes")
    assert result.returncode == 0
    assert "files: 4 rows\n" in result.stdout
    assert "user_values: 1 rows\n" in result.stdout
    kept = [path for path in library.parent.iterdir() if ".damaged-" in path.name and path.name[-1].isdigit()]
    assert [path.read_bytes() for path in kept] == [before]
    assert map4("cache", "verify").returncode == 0
    assert (info(map4)["analyses"], info(map4)["user_values"]) == (4, 1)


def test_repair_of_nothing_readable_changes_nothing(map4: Run, tmp_path: Path) -> None:
    library = tmp_path / "library.map4"
    library.write_bytes(b"garbage" * 2000)
    result = map4("cache", "repair", "--yes")
    assert (result.returncode, "cache restore" in result.stderr) == (1, True)
    assert library.read_bytes() == b"garbage" * 2000


def test_prune_drops_what_is_gone_and_keeps_what_the_user_set(map4: Run, library: Path, music: Path) -> None:
    (music / "one.wav").unlink()
    map4("scan", music)
    assert map4("cache", "prune").returncode == 2
    planned = map4("cache", "prune", "--dry-run")
    assert planned.stdout == "would drop 1 missing files and 1 analyses without a file\n"
    assert map4("cache", "prune", "--yes").stdout == "dropped 1 missing files and 1 analyses without a file\n"
    found = info(map4)
    assert (found["files"]["missing"], found["analyses"], found["user_values"]) == (0, 3, 1)  # type: ignore[index]
    assert map4("cache", "prune", "--yes").stdout == "nothing to drop\n"


def test_prune_leaves_an_absent_root_alone(map4: Run, library: Path, music: Path) -> None:
    (music / "one.wav").unlink()
    map4("scan", music)
    shutil.rmtree(music)
    result = map4("cache", "prune", "--yes")
    assert (result.stdout, "absent or empty" in result.stderr) == ("nothing to drop\n", True)
    assert info(map4)["files"]["missing"] == 1  # type: ignore[index]


def test_clear_drops_analyses_only_and_the_next_scan_makes_them_again(map4: Run, library: Path, music: Path) -> None:
    assert map4("cache", "clear", "--yes").stdout == "dropped 4 analyses\n"
    found = info(map4)
    assert (found["files"]["pending"], found["user_values"]) == (4, 1)  # type: ignore[index]
    assert json.loads(map4("scan", "--json", music).stdout)["analysed"] == 4


def test_backup_and_restore(map4: Run, library: Path, music: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.map4"
    assert map4("cache", "backup", backup).returncode == 0
    assert map4("cache", "backup", backup).returncode == 0  # an older backup is replaced
    map4("cache", "clear", "--yes")
    result = map4("cache", "restore", backup, "--yes")
    assert (result.returncode, ".replaced-" in result.stderr) == (0, True)
    assert (info(map4)["analyses"], info(map4)["user_values"]) == (4, 1)
    assert len([path for path in tmp_path.iterdir() if ".replaced-" in path.name and path.name[-1].isdigit()]) == 1


def test_backup_overwrites_nothing_but_backups(map4: Run, library: Path, tmp_path: Path) -> None:
    other = tmp_path / "thesis.doc"
    other.write_text("years of work")
    result = map4("cache", "backup", other)
    assert (result.returncode, "--force" in result.stderr, other.read_text()) == (1, True, "years of work")
    assert map4("cache", "backup", library).returncode == 1
    assert map4("cache", "backup", tmp_path / "no" / "such" / "folder").returncode == 1
    assert map4("cache", "backup", "--force", other).returncode == 0


def test_a_folder_that_is_no_more_can_be_forgotten(map4: Run, library: Path, music: Path) -> None:
    shutil.rmtree(music)
    gone = map4("scan")
    assert (gone.returncode, "none of the folders" in gone.stderr) == (4, True)
    assert map4("cache", "forget", music).stdout.startswith("forgotten; 4 of its files are gone")
    assert map4("cache", "forget", music).returncode == 4
    assert map4("scan").returncode == 2


def test_restore_takes_sound_backups_only(map4: Run, library: Path, tmp_path: Path) -> None:
    before = info(map4)
    broken = tmp_path / "broken.map4"
    broken.write_bytes(b"no backup at all" * 100)
    for source in (broken, tmp_path / "absent.map4"):
        assert map4("cache", "restore", source, "--yes").returncode == 1
    assert info(map4) == before


def test_databases_of_other_programs_are_neither_overwritten_nor_taken_for_a_library(
    map4: Run, library: Path, tmp_path: Path
) -> None:
    other = tmp_path / "otherapp.db"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE notes (text)")
    before = (other.read_bytes(), info(map4))
    for command in (("backup", other), ("restore", other, "--yes"), ("info", "--library", other)):
        result = map4("cache", *command)
        assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert (other.read_bytes(), info(map4)) == before


def test_no_library_is_begun_where_an_interrupted_restore_left_one(map4: Run, library: Path, music: Path) -> None:
    left = Path(f"{library}.replaced-20260101-000000")
    library.rename(left)
    result = map4("scan", music)
    assert (result.returncode, left.name in result.stderr, "cache restore" in result.stderr) == (1, True, True)
    assert not library.exists()
    assert map4("cache", "restore", left, "--yes").returncode == 0
    assert (info(map4)["analyses"], info(map4)["user_values"]) == (4, 1)


def test_repair_says_where_values_are_that_it_could_not_read(map4: Run, library: Path) -> None:
    with closing(sqlite3.connect(library)) as connection, connection:
        connection.execute("""UPDATE user_values SET name = 'key', value = '"H#"'""")
    assert "H#" in map4("cache", "verify").stderr
    result = map4("cache", "repair", "--yes")
    (written,) = library.parent.glob("*.unreadable-values-*.json")
    assert (result.returncode, str(written) in result.stderr) == (0, True)
    assert "user_values: 0 rows (some were lost)\n" in result.stdout
    assert "H#" in written.read_text()


def test_clear_works_while_a_scan_holds_the_lock(map4: Run, library: Path) -> None:
    with scan_lock(str(library), wait=False):
        assert map4("cache", "clear", "--yes").stdout == "dropped 4 analyses\n"
