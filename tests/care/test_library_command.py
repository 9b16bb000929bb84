"""`map4 library`: look, check, salvage, prune, back up and restore."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path
from unittest.mock import Mock

import pytest
from conftest import Run
from full_library import rows_of
from libraries import execute
from schemas import validated

from map4 import Library
from map4.cli.session import Session
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.sound.sound_index import SqliteSounds
from map4.core.store.tracks import SqlTracks


@pytest.fixture
def library(scanned: Path, tmp_path: Path) -> Path:
    """A scanned library with a value the user set; its music is shared."""
    return with_own_value(tmp_path / "library.map4")


@pytest.fixture
def own_library(own_scanned: Path, tmp_path: Path) -> Path:
    """The same of music that is this test's own."""
    return with_own_value(tmp_path / "library.map4")


def with_own_value(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO user_values (audio_id, name, value, set_at) "
            "SELECT audio_id, 'bpm', '87.5', '2026-01-01T00:00:00Z' FROM files WHERE display LIKE '%one.wav'"
        )
    return path


def info(inside: Run) -> dict[str, object]:
    return json.loads(inside("library", "info", "--json").stdout)


def test_info_counts_files_and_forget_lists_folders(
    inside: Run, own_library: Path, own_scanned: Path, tmp_path: Path
) -> None:
    found = info(inside)
    assert found["library"] == str(own_library)
    assert found["files"] == {"ok": 4, "failed": 0, "missing": 0, "pending": 0}
    assert (found["analyses"], found["user_values"]) == (4, 1)
    shown = inside("library", "info")
    assert (shown.returncode, str(own_scanned) in shown.stdout, "4 ok" in shown.stdout) == (0, True, True)
    result = inside("library", "forget", tmp_path / "nowhere")
    message = f"map4: {tmp_path / 'nowhere'} is not a scanned folder; there are {own_scanned}\n"
    assert (result.returncode, result.stderr) == (4, message)


def test_verify_reports_soundness_and_restore_a_missing_backup(inside: Run, library: Path, tmp_path: Path) -> None:
    result = inside("library", "verify")
    assert (result.returncode, result.stdout) == (0, "sound: 4 files, 4 analyses\n")
    assert "  clear " not in inside("library", "--help").stdout
    for options in ((), ("--yes",)):
        result = inside("library", "restore", tmp_path / "absent.map4", *options)
        assert (result.returncode, "there is no backup" in result.stderr) == (1, True), result.stderr


def test_verify_checks_a_named_backup(inside: Run, library: Path, tmp_path: Path) -> None:
    backup = tmp_path / "a backup.map4"
    assert inside("library", "backup", backup).returncode == 0
    assert inside("library", "verify", backup).stdout.startswith("sound: ")
    with backup.open("r+b") as file:
        file.truncate(3 * 4096)
    damaged = inside("library", "verify", backup)
    assert (damaged.returncode, f"map4 --library '{backup}' library repair" in damaged.stderr) == (1, True)
    assert inside("library", "verify").returncode == 0
    assert inside("library", "verify", tmp_path / "none.map4").returncode == 4


def test_verify_distinguishes_a_damaged_mirror_from_a_damaged_library(inside: Run, own_library: Path) -> None:
    with closing(SqliteDatabase(str(own_library))) as database:
        assert SqliteSounds(database, mirrored_from=1).build_mirror()
    mirror = own_library.with_name(own_library.name + ".mirror")
    data = mirror.read_bytes()
    mirror.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    result = inside("library", "verify")
    assert (result.returncode, "library repair" in result.stderr, "library restore" in result.stderr) == (
        1,
        True,
        False,
    )
    repaired = inside("library", "repair")
    assert (repaired.returncode, "deleted the damaged mirror" in repaired.stdout, mirror.exists()) == (0, True, False)
    assert inside("library", "verify").returncode == 0


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


def test_repair_salvages_rows_and_keeps_the_old_file(inside: Run, own_library: Path, own_scanned: Path) -> None:
    damage(own_library, from_page=page_of(own_library, "details"))
    assert inside("library", "verify").returncode == 1
    scan = inside("scan", "--force", own_scanned)
    assert (scan.returncode, "library repair" in scan.stderr) == (1, True)
    assert inside("library", "repair").returncode == 2  # asks first, and nobody is there to answer
    before = own_library.read_bytes()
    result = inside("library", "repair", "--yes")
    assert (result.returncode, "rows (some may be lost)\n" in result.stdout) == (1, True), result.stdout
    assert "files: 4 rows\n" in result.stdout
    assert "user_values: 1 row\n" in result.stdout
    kept = [path for path in own_library.parent.iterdir() if ".damaged-" in path.name and path.name[-1].isdigit()]
    assert [path.read_bytes() for path in kept] == [before]
    assert inside("library", "verify").returncode == 0
    assert (info(inside)["analyses"], info(inside)["user_values"]) == (4, 1)


def test_repair_prints_doubtful_rows(inside: Run, own_library: Path, own_scanned: Path) -> None:
    with closing(sqlite3.connect(own_library, isolation_level=None)) as connection:
        connection.execute("DROP VIEW tracks")
        connection.execute("UPDATE user_values SET audio_id = 'q' || substr(audio_id, 2)")
    result = inside("library", "repair", "--yes")
    assert (result.returncode, "doubtful: the row q1-" in result.stderr) == (1, True), result.stderr
    assert "and doubtful rows were saved to" in result.stderr


def test_repair_reports_remaining_damage(inside: Run, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(library, "UPDATE files SET added_at = '2026-02-30T00:00:00Z'")

    monkeypatch.setattr(SqlTracks, "tracks", Mock(side_effect=ValueError("nobody expected this")))
    result = inside("library", "repair", "--yes")
    assert (result.returncode, "files: 4 rows\n" in result.stdout) == (1, True)
    for message in ("of this repair: 4", "nobody expected this", f"{library} is still damaged"):
        assert message in result.stderr
    monkeypatch.undo()
    assert inside("library", "verify").returncode == 0


def test_damaged_backup_is_reported_and_replaces_no_other(inside: Run, library: Path, tmp_path: Path) -> None:
    older, folder = tmp_path / "older.map4", tmp_path / "backups"
    folder.mkdir()
    assert inside("library", "backup", older).returncode == 0
    before = older.read_bytes()
    execute(library, "UPDATE files SET added_at = '2026-11-28T05:10:15z' WHERE id = 1")
    for target, message in (
        (older, "No backup was made"),
        (tmp_path / "new.map4", f"{tmp_path / 'new.map4'} holds the damage too"),
        (f"{folder} --keep 7", "No backup was made"),
    ):
        result = inside("library", "backup", *str(target).split())
        assert result.returncode == 1
        assert "'2026-11-28T05:10:15z' is not a time" in result.stderr
        assert message in result.stderr
    assert (older.read_bytes(), [*folder.iterdir()]) == (before, [])
    assert not Library.care.verify(tmp_path / "new.map4").is_sound


def test_a_sound_library_is_not_repaired(inside: Run, own_library: Path) -> None:
    def copies_beside() -> list[str]:
        return sorted(path.name for path in own_library.parent.iterdir() if path.name.startswith("library.map4."))

    before = own_library.read_bytes(), copies_beside()
    for arguments in ((), ("--yes",)):  # there is nothing to ask about either
        result = inside("library", "repair", *arguments)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == f"nothing to repair: {own_library} is sound\n"
    assert (own_library.read_bytes(), copies_beside()) == before
    assert Library.care.repair(own_library) is None


def test_prune_drops_missing_files_but_no_user_value(inside: Run, own_library: Path, own_scanned: Path) -> None:
    (own_scanned / "one.wav").unlink()
    inside("scan", own_scanned)
    assert inside("library", "prune").returncode == 2
    planned = inside("library", "prune", "--dry-run")
    assert planned.stdout == "would drop 1 missing file and 1 analysis without a file\n"
    document = validated(inside("library", "prune", "--dry-run", "--json").stdout, "cache-prune")
    assert (document["dry_run"], document["missing_files"], document["orphaned_analyses"]) == (True, 1, 1)
    assert inside("library", "prune", "--yes").stdout == "dropped 1 missing file and 1 analysis without a file\n"
    found = info(inside)
    assert (found["files"]["missing"], found["analyses"], found["user_values"]) == (0, 3, 1)  # type: ignore[index]
    for option in ("--yes", "--dry-run"):
        assert inside("library", "prune", option).stdout == "nothing to drop\n"
    document = validated(inside("library", "prune", "--yes", "--json").stdout, "cache-prune")
    assert (document["dry_run"], document["missing_files"]) == (False, 0)


def test_prune_skips_an_absent_root(inside: Run, own_library: Path, own_scanned: Path) -> None:
    (own_scanned / "one.wav").unlink()
    inside("scan", own_scanned)
    shutil.rmtree(own_scanned)
    result = inside("library", "prune", "--yes")
    assert (result.stdout, "absent or empty" in result.stderr) == ("nothing to drop\n", True)
    assert info(inside)["files"]["missing"] == 1  # type: ignore[index]


@pytest.mark.parametrize("command", [("library", "prune", "--analyses"), ("cache", "clear")])
def test_only_analyses_are_dropped(
    inside: Run, own_library: Path, own_scanned: Path, command: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[str] = []
    with monkeypatch.context() as answering:
        answering.setattr(Session, "confirm", lambda session, question, refusal: questions.append(question))
        assert inside(*command).returncode == 4
    assert questions == ["Drop 4 analyses? The next scan makes them again; values you set stay."]
    assert info(inside)["analyses"] == 4
    kept = own_library.with_name(f"{own_library.name}.mirror-suspects")
    kept.write_bytes(b"")
    assert inside(*command, "--yes").stdout == "dropped 4 analyses\n"
    assert not kept.exists()
    found = info(inside)
    assert (found["files"]["pending"], found["user_values"]) == (4, 1)  # type: ignore[index]
    assert json.loads(inside("scan", "--json", own_scanned).stdout)["analysed"] == 4


@pytest.mark.usefixtures("library")
def test_prune_deletes_one_kind_at_a_time(inside: Run) -> None:
    for options in (("--analyses", "--lookups"), ("--analyses", "--answers"), ("--lookups", "--dry-run"),
                    ("--analyses", "--json"), ("--analyses", "--dry-run")):  # fmt: skip
        refused = inside("library", "prune", "--yes", *options)
        assert (refused.returncode, refused.stdout) == (2, ""), options
    assert info(inside)["analyses"] == 4


def test_folder_backups_are_dated(inside: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "map4-2020-01-01.map4").touch()
    record = validated(inside("library", "backup", folder, "--json").stdout, "backup")
    assert Path(record["path"]).stat().st_size == record["bytes"]
    result = inside("library", "backup", folder, "--keep", "1")
    assert result.stderr.startswith(f"{record['path']}: ")
    assert result.stderr.endswith("; 1 older one deleted\n")
    assert [path.name for path in folder.iterdir()] == [Path(record["path"]).name]
    assert inside("library", "backup").returncode == 2
    assert inside("library", "backup", tmp_path / "one.map4", "--keep", "2").returncode == 2
    monkeypatch.setenv("MAP4_BACKUP_FOLDER", str(folder))
    assert inside("library", "backup").stderr.startswith(f"{record['path']}: ")


def test_backup_overwrites_only_backups(inside: Run, library: Path, tmp_path: Path) -> None:
    other = tmp_path / "thesis.doc"
    other.write_text("years of work")
    result = inside("library", "backup", other)
    assert (result.returncode, "--force" in result.stderr, other.read_text()) == (1, True, "years of work")
    assert inside("library", "backup", "--force", other).returncode == 0


def test_removed_folder_can_be_forgotten(inside: Run, own_library: Path, own_scanned: Path) -> None:
    (own_scanned / "one.wav").unlink()
    inside("scan")
    shutil.rmtree(own_scanned)
    gone = inside("scan")
    assert (gone.returncode, "none of the scanned folders" in gone.stderr) == (4, True)
    assert inside("library", "forget", own_scanned).stdout.startswith("forgotten; its files that are now missing: 3 (")
    assert inside("library", "prune", "--dry-run").stdout.startswith("would drop 4 missing files")
    again = inside("library", "forget", own_scanned)
    assert (again.returncode, again.stderr) == (4, f"map4: {own_scanned} is not a scanned folder\n")
    assert inside("scan").returncode == 2


def test_repair_names_the_file_of_unreadable_values(inside: Run, library: Path) -> None:
    execute(library, """UPDATE user_values SET name = 'key', value = '"H#"'""")
    assert "H#" in inside("library", "verify").stderr
    result = inside("library", "repair", "--yes")
    (written,) = library.parent.glob("*.unreadable-values-*.json")
    assert (result.returncode, str(written) in result.stderr) == (1, True)
    assert "is sound again, but not all of its data could be read" in result.stderr
    assert "user_values: 0 rows (some may be lost)\n" in result.stdout
    assert "H#" in written.read_text()


def test_file_can_be_forgotten_ignored_and_unignored(inside: Run, music: Path) -> None:
    inside("scan", music)
    refused = inside("library", "forget", "one")
    assert (refused.returncode, "needs confirmation; add --yes" in refused.stderr) == (2, True)
    assert inside("library", "forget", "--ignore", music / "one.wav").stdout.startswith("forgotten and ignored")
    assert inside("library", "forget", "--list").stdout == f"{music / 'one.wav'}\n"
    record = validated(inside("library", "forget", "--list", "--json").stdout, "ignored-files")
    assert [file["path"] for file in record["files"]] == [str(music / "one.wav")]
    assert inside("library", "forget", "--undo", music / "one.wav").returncode == 0
    assert inside("library", "forget", "--list", "--json").stdout.count("path") == 0
    assert inside("library", "forget", "--ignore", music).returncode == 2
    assert inside("library", "forget", music / "nothing.wav").returncode == 4
    for wrong in ((), ("--list", music / "two.wav"), (music / "two.wav", "--json"), ("--undo", "x", "--ignore")):
        assert inside("library", "forget", *wrong).returncode == 2


@pytest.mark.world
def test_shards_are_merged_into_one_library(map4: Run, music: Path, tmp_path: Path) -> None:
    parts = [tmp_path / f"part-{number}.map4" for number in (1, 2)]
    for number, part in enumerate(parts, start=1):
        map4("--library", part, "scan", "--shard", f"{number}/2", music)
    into = ("--library", tmp_path / "all.map4")
    planned = validated(map4(*into, "library", "merge", "-n", "--json", *parts).stdout, "cache-merge")
    assert (planned["merged"]["files"], (tmp_path / "all.map4").exists()) == ({"new": 4, "newer": 0}, False)
    done = map4(*into, "library", "merge", *parts)
    assert (done.returncode, "files          4 new\n" in done.stdout) == (0, True)
    assert json.loads(map4(*into, "scan", "--json", music).stdout)["unchanged"] == 4
    assert map4(*into, "library", "merge", *parts).stdout == "nothing new\n"
    map4("--library", parts[0], "set", "--query", "path:wav", "bpm=99", "--yes")
    map4(*into, "set", "--query", "path:wav", "bpm=101", "--yes")
    result = map4(*into, "library", "merge", parts[0])
    assert "the newer counts:\n  bpm of " in result.stdout
    assert map4(*into, "library", "merge", tmp_path / "none.map4").returncode == 1


def test_clock_set_back_keeps_all(inside: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = iter([24, 20, 20, 20])

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime(2026, 11, next(days), tzinfo=tz)

    monkeypatch.setattr("map4.care.store.contents.datetime", Clock)
    monkeypatch.setattr("map4.care.store.backup.datetime", Clock)
    saved = tmp_path / "saved"
    saved.mkdir()
    for day in (24, 20):
        result = json.loads(inside("library", "backup", saved, "--keep", "2", "--json").stdout)
        assert result["path"] == str(saved / f"map4-2026-11-{day}.map4")
        assert result["dropped"] == []
    for kept in ("replaced-20261120-000000", "replaced-20261120-000000-2"):
        result = inside("library", "restore", saved / "map4-2026-11-20.map4", "--yes")
        assert (result.returncode, f"{library.name}.{kept}" in result.stderr) == (0, True), result.stderr
        assert Library.care.verify(f"{library}.{kept}").is_sound


def test_repair_of_a_library_without_a_header_loses_nothing(inside: Run, library: Path) -> None:
    execute(library, "PRAGMA journal_mode = DELETE")
    before = rows_of(str(library))["user_values"]
    library.write_bytes(bytes(100) + library.read_bytes()[100:])
    assert "'map4 library repair' salvages what can be read" in inside("library", "verify").stderr
    result = inside("library", "repair", "--yes")
    assert (result.returncode, "may be lost" in result.stdout) == (0, False), result.stderr
    assert (inside("library", "verify").returncode, rows_of(str(library))["user_values"]) == (0, before)
