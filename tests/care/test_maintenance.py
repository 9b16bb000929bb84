"""Care of the library: nothing of anybody else's is overwritten, and there is never a moment without a library."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from unittest.mock import Mock

import pytest
from lanes import sampled
from libraries import (
    audio_id,
    beside,
    counts,
    execute,
    journal_left_by,
    make_foreign,
    make_library,
    put_file,
    put_user_value,
    smash,
)
from stored import put_own, put_track

from map4.care.records import Pruned, Verification
from map4.care.store import backup as backup_module
from map4.care.store import repair as repair_module
from map4.care.store.backup import restore_library
from map4.care.store.contents import SqliteCare
from map4.care.store.repair import Repair, repair_library
from map4.care.store.verify import verify_library
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.store.file import connection as connection_module
from map4.core.store.file import schema
from map4.core.store.file.database import LibraryFile, SqliteDatabase, SqliteLocks
from map4.core.store.sqlite_store import SqliteStore
from map4.core.store.stored_tables import StoredTable
from map4.core.store.tracks import SqlTracks
from map4.errors import LibraryDamagedError, LibraryVersionError, LibraryWriteError, Map4Error
from map4.values.store.values import SqlValues

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "20260102-030405"
WHOLE = {"files": 3, "analyses": 3, "details": 3, "user_values": 3}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    return make_library(tmp_path / "library" / "library.map4")


@pytest.fixture
def saved(path: Path, tmp_path: Path) -> Path:
    """A backup of the library with its three files, after which one more came."""
    target = tmp_path / "saved.bak"
    backup(path, target)
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        put_file(connection, "/music/later.wav")
    return target


def backup(path: Path, target: Path, *, force: bool = False) -> int:
    with closing(SqliteDatabase(str(path))) as database:
        return SqliteCare(database).backup(str(target), force=force)


def restore(source: Path, path: Path, **limits: float) -> str | None:
    return restore_library(str(source), str(path), NOW, **limits)


def verify(path: Path) -> Verification:
    return verify_library(str(path))


def repair(path: Path, **limits: float) -> Repair:
    return repair_library(str(path), NOW, **limits)


def tracks(path: Path) -> int:
    with closing(SqliteDatabase(str(path))) as database:
        return len(list(SqlTracks(database).tracks(beats=True)))


@pytest.fixture
def watched(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """After each step that names, moves or removes a file, as if killed there: is there a library?"""
    steps: list[str] = []
    for name in ("link", "replace", "unlink"):

        def step(*arguments: str, call: object = getattr(os, name), name: str = name) -> None:
            call(*arguments)  # type: ignore[operator]
            steps.append(name)
            assert path.exists()

        monkeypatch.setattr(os, name, step)
    yield steps
    monkeypatch.undo()


# ---- backup --------------------------------------------------------------------------------------


@pytest.mark.parametrize("application_id", [0, 42])
def test_backup_over_a_foreign_database_is_refused(path: Path, tmp_path: Path, application_id: int) -> None:
    other = make_foreign(tmp_path / "notes.db", application_id)
    before = other.read_bytes()
    with pytest.raises(LibraryWriteError, match="--force"):
        backup(path, other)
    assert (other.read_bytes(), sorted(p.name for p in tmp_path.iterdir())) == (before, ["library", "notes.db"])


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_backup_overwrites_no_library_in_use(path: Path, tmp_path: Path, mode: str) -> None:
    other = make_library(tmp_path / "other.map4")
    execute(other, f"PRAGMA journal_mode = {mode}")
    if_scanned = {"wal": "other", "delete": "other.map4.lock"}  # a journal tells nothing on a network drive
    (tmp_path / if_scanned[mode]).touch()
    with pytest.raises(LibraryWriteError, match="--force"):
        backup(path, other)


def test_backup_replaces_an_older_backup_only_with_its_tables(path: Path, saved: Path) -> None:
    assert counts(saved)["files"] == 3
    assert backup(path, saved) == saved.stat().st_size
    assert counts(saved)["files"] == 4
    execute(saved, "DROP TABLE user_values")
    with pytest.raises(LibraryWriteError, match="--force"):
        backup(path, saved)


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
@pytest.mark.parametrize("force", [False, True])
def test_backup_refuses_a_target_with_a_journal(path: Path, saved: Path, suffix: str, force: bool) -> None:
    Path(f"{saved}{suffix}").write_bytes(journal_left_by(path, "DELETE FROM user_values"))
    with pytest.raises(LibraryWriteError, match=f"saved.bak{suffix}"):
        backup(path, saved, force=force)
    Path(f"{saved}{suffix}").unlink()
    assert counts(saved) == WHOLE


def test_leftover_of_an_earlier_backup_is_left_unchanged(path: Path, tmp_path: Path) -> None:
    junk = tmp_path / "b.bak.partial"
    junk.write_bytes(b"junk" * 5000)
    backup(path, tmp_path / "b.bak")
    assert (counts(tmp_path / "b.bak"), junk.read_bytes()) == (WHOLE, b"junk" * 5000)


def test_errors_of_a_backup_name_the_target(path: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target, words in ((tmp_path / "folder", "is a folder"), (tmp_path / "no" / "such", "no/such")):
        with pytest.raises(LibraryWriteError, match=words):
            backup(path, target, force=True)
    with pytest.raises(LibraryWriteError, match="another name"):
        backup(path, path)
    os.link(path, tmp_path / "same")
    with pytest.raises(LibraryWriteError, match="another name"):
        backup(path, tmp_path / "same", force=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "library", "same"]


def test_failed_backup_keeps_the_older_one(path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(LibraryWriteError, match=r"saved\.bak can't be written: No space"):
        backup(path, saved)
    assert counts(saved) == WHOLE
    assert [p.name for p in saved.parent.iterdir() if "partial" in p.name] == []


# ---- restore -------------------------------------------------------------------------------------


def test_restore_keeps_the_replaced_library(path: Path, saved: Path, watched: list[str]) -> None:
    kept = restore(saved, path)
    assert kept == f"{path}.replaced-{STAMP}"
    assert watched
    assert (counts(path)["files"], counts(Path(kept))["files"]) == (3, 4)
    assert verify(path).is_sound
    assert beside(path) == [Path(kept).name]


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_open_library_sees_the_restored(path: Path, saved: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnDisk, "is_on_network", lambda file: mode == "delete")
    with closing(SqliteDatabase(str(path))) as running:
        restore(saved, path)
        with running.reading() as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == (mode,)
            assert connection.execute("SELECT count(*) FROM files").fetchone() == (3,)
        with running.transaction() as connection:
            put_file(connection, "/music/result.wav")
    assert counts(path)["files"] == 4
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT 1 FROM files WHERE display = '/music/result.wav'").fetchone() == (1,)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_write_during_restore_is_kept(path: Path, saved: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnDisk, "is_on_network", lambda file: mode == "delete")
    real = connection_module.copy_before

    def and_a_write(connection: sqlite3.Connection, file: str, name: str) -> str:
        monkeypatch.setattr(connection_module, "copy_before", real)
        kept = real(connection, file, name)
        with closing(SqliteDatabase(file)) as other, other.transaction() as writing:
            put_file(writing, "/music/between.wav")
        return kept

    monkeypatch.setattr(connection_module, "copy_before", and_a_write)
    kept = restore(saved, path)
    assert (counts(path)["files"], counts(Path(str(kept)))["files"]) == (3, 5)
    assert beside(path) == [Path(str(kept)).name]


def test_write_at_the_end_of_restore_is_kept(path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = backup_module.require_unchanged

    def and_then_a_write(watcher: sqlite3.Connection, before: int) -> None:
        real(watcher, before)
        monkeypatch.setattr(backup_module, "require_unchanged", real)
        with closing(SqliteDatabase(str(path))) as other, other.transaction() as writing:
            put_file(writing, "/music/last.wav")

    monkeypatch.setattr(backup_module, "require_unchanged", and_then_a_write)
    kept = restore(saved, path)
    assert (counts(path)["files"], counts(Path(str(kept)))["files"]) == (3, 5)


def test_restore_gives_up_on_a_busy_library(path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = iter(range(1000))
    monkeypatch.setattr(backup_module, "data_version", lambda connection: next(versions))
    with pytest.raises(LibraryWriteError, match="keep writing"):
        restore(saved, path)
    assert (counts(path)["files"], beside(path)) == (4, [])


def test_restore_leaves_a_long_locked_library_unchanged(path: Path, saved: Path) -> None:
    locked = pytest.raises(LibraryWriteError, match="locked")
    with closing(SqliteDatabase(str(path))) as other, other.transaction(), locked:
        restore(saved, path, busy_timeout_s=0.2)
    assert (counts(path)["files"], beside(path)) == (4, [])


def test_a_backup_is_restored_where_there_is_no_library(path: Path, saved: Path) -> None:
    left = Path(f"{path}.restoring-0a1b2c3d")
    left.write_bytes(b"of a restore that was killed")
    Path(f"{path}-wal").write_bytes(journal_left_by(path, "DELETE FROM files"))
    path.unlink()
    assert restore(saved, path) is None
    assert (counts(path), verify(path).is_sound) == (WHOLE, True)
    assert beside(path) == [f"library.map4.replaced-{STAMP}-wal"]


def test_restore_replaces_an_unreadable_library(path: Path, saved: Path, watched: list[str]) -> None:
    journal = journal_left_by(path, "DELETE FROM user_values")
    Path(f"{path}-journal").write_bytes(b"not even a journal")
    path.write_bytes(b"garbage" * 3000)
    Path(f"{path}-wal").write_bytes(journal[:20])
    kept = Path(str(restore(saved, path)))
    assert watched
    assert (counts(path), verify(path).is_sound) == (WHOLE, True)
    assert kept.read_bytes() == b"garbage" * 3000
    assert Path(f"{kept}-wal").read_bytes() == journal[:20]


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_damaged_library_in_use_is_kept(path: Path, saved: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnDisk, "is_on_network", lambda file: mode == "delete")
    SqliteDatabase(str(path)).close()
    smash(path, "details")
    with closing(SqliteDatabase(str(path))) as other, other.reading() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM files").fetchone()
        for replace in (lambda: restore(saved, path, busy_timeout_s=0.1), lambda: repair(path, busy_timeout_s=0.1)):
            with pytest.raises(LibraryWriteError, match="in use by another program"):
                replace()
    assert [name for name in beside(path) if "damaged" in name or "replaced" in name or "repairing" in name] == []


def test_only_sound_libraries_of_map4_are_restored(path: Path, saved: Path, tmp_path: Path) -> None:
    foreign = make_foreign(tmp_path / "notes.db")
    newer = tmp_path / "newer"
    for name in (newer, tmp_path / "tables", tmp_path / "damaged"):
        shutil.copy(saved, name)
    execute(newer, "CREATE TABLE of_a_later_version (x)")
    execute(newer, "PRAGMA user_version = 999")
    execute(tmp_path / "tables", "DROP TABLE user_values")
    smash(tmp_path / "damaged", "analyses")
    for source, kind, words in (
        (foreign, LibraryVersionError, "no backup of map4"),
        (newer, LibraryVersionError, "newer map4"),
        (tmp_path / "tables", LibraryDamagedError, "the table user_values is missing"),
        (tmp_path / "damaged", LibraryDamagedError, "damaged"),
        (tmp_path / "absent", LibraryWriteError, "no backup"),
        (path, LibraryWriteError, "the library itself"),
    ):
        with pytest.raises(kind, match=words):
            restore(source, path)
    assert (counts(path)["files"], beside(path)) == (4, [])


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.01, 0.5, 0.9])
def test_truncated_backup_is_reported_as_damaged(path: Path, saved: Path, tmp_path: Path, kept: float) -> None:
    data, cut = saved.read_bytes(), tmp_path / "cut.bak"
    cut.write_bytes(data[: max(30, int(kept * len(data)))])
    with pytest.raises(LibraryDamagedError) as caught:
        restore(cut, path)
    assert str(caught.value).startswith(f"the backup {cut} is damaged (")
    assert "library restore FILE" not in str(caught.value)
    assert (counts(path)["files"], beside(path)) == (4, [])


def test_restore_refuses_to_replace_a_database_of_another_program(saved: Path, tmp_path: Path) -> None:
    foreign = make_foreign(tmp_path / "notes.db")
    before = foreign.read_bytes()
    with pytest.raises(LibraryVersionError, match="another program"):
        restore(saved, foreign)
    assert foreign.read_bytes() == before


def test_restore_and_repair_keep_a_link_to_the_library(path: Path, saved: Path, tmp_path: Path) -> None:
    link = tmp_path / "music.map4"
    link.symlink_to(path)
    assert restore(saved, link) == f"{path}.replaced-{STAMP}"
    smash(path, "details")
    assert repair(link).kept_old_at == f"{path}.damaged-{STAMP}"
    assert link.is_symlink()
    assert counts(link)["files"] == 3


def test_interrupted_check_ends_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Event()

    def endless(connection: sqlite3.Connection) -> Iterator[str]:
        connection.create_function("begin", 0, begun.set)
        counted = "WITH RECURSIVE n(x) AS (SELECT begin() IS NULL UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
        yield str(connection.execute(counted).fetchall())

    def interrupted(*_: object) -> Iterator[str]:
        assert begun.wait(60)
        raise KeyboardInterrupt

    monkeypatch.setattr("map4.care.store.verify.reference_problems", endless)
    monkeypatch.setattr("map4.care.store.verify._problems_of_rows", interrupted)
    with pytest.raises(KeyboardInterrupt):
        verify(path)


# ---- repair --------------------------------------------------------------------------------------

# All indexes are lost in the same way. A virtual table has no page of its own.
PAGES = [
    name
    for (kind, name), sql in sorted(schema.expected_schema().items())
    if kind in ("table", "index") and not (sql or "").startswith("CREATE VIRTUAL")
]


@pytest.mark.parametrize("name", sampled(PAGES, every=4))
def test_repair_salvages_all_other_rows_when_any_page_is_lost(path: Path, name: str, watched: list[str]) -> None:
    smash(path, name)
    assert not verify(path).is_sound
    before = path.read_bytes()
    found = repair(path)
    assert watched
    assert Path(found.kept_old_at).read_bytes() == before
    assert verify(path).is_sound
    lost = {name} | ({"details"} if name == "analyses" else set())
    assert {t: n for t, n in counts(path).items() if t not in lost} == {t: 3 for t in WHOLE if t not in lost}
    # What counts of imports is drawn from their entries again.
    assert set(found.incomplete) == lost & {table.name for table in StoredTable.of_core() if table.salvage != "no"} - {
        "imported"
    }
    assert beside(path) == [f"library.map4.damaged-{STAMP}"]
    assert tracks(path) == counts(path)["files"]


def leaf_pages(path: Path, table: str) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        try:
            rows = connection.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,))
            return [page for (page,) in rows]
        except sqlite3.OperationalError:
            pytest.skip("this SQLite has no dbstat, which tells where the pages are")


def test_damage_in_the_middle_loses_few_rows(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.map4", files=300)
    pages = {name: leaf_pages(path, name) for name in ("files", "user_values")}
    with path.open("r+b") as file:
        for leaves in pages.values():
            file.seek((leaves[len(leaves) // 2] - 1) * 4096)
            file.write(b"\xff" * 4096)
    assert repair(path).incomplete == ("files", "user_values")
    found = counts(path)
    assert 300 - found["files"] < 40  # what fits a page
    assert 300 - found["user_values"] < 90
    assert verify(path).is_sound


def test_repair_drops_unreadable_computed_values(path: Path) -> None:
    execute(path, """UPDATE analyses SET core = '{"duration_s": 1}' WHERE id = 1""")
    execute(path, "UPDATE details SET beats = x'000000' WHERE id = 2")
    execute(path, "UPDATE files SET error_kind = 'odd', error_message = '' WHERE id = 2")
    assert len(verify(path).problems) == 3
    found = repair(path)
    there = {table: count for table, count in found.salvaged.items() if count}
    assert there == {"files": 2, "analyses": 2, "details": 1, "user_values": 3, "value_steps": 1, "value_changes": 3}
    assert found.incomplete == ("files", "analyses", "details")
    assert (verify(path).is_sound, tracks(path)) == (True, 2)


def test_unreadable_values_of_the_user_are_written_to_a_file(path: Path) -> None:
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        put_user_value(connection, audio_id(0), "key", '"H#"')
    found = repair(path)
    assert found.unreadable_values_at == f"{path}.unreadable-values-{STAMP}.json"
    document = json.loads(Path(found.unreadable_values_at).read_text(encoding="utf-8"))
    assert [(row["row"][:3], "H#" in row["problem"]) for row in document["rows"]] == [
        ([audio_id(0), "key", '"H#"'], True)
    ]
    assert (found.salvaged["user_values"], verify(path).is_sound) == (3, True)


def test_repair_writes_impossible_rows_to_a_file_and_keeps_values(path: Path) -> None:
    execute(path, "DROP TABLE user_values")
    execute(path, "CREATE TABLE user_values (audio_id, name, value, set_at)")
    execute(path, f"INSERT INTO user_values VALUES ('{audio_id(0)}', 'bpm', '87', NULL)")
    execute(path, f"INSERT INTO user_values VALUES ('{audio_id(1)}', 'bpm', '88', 'today')")
    execute(path, "INSERT INTO user_values VALUES (x'ff00', 'size', 'large', 'today')")
    found = repair(path)
    assert (found.salvaged["user_values"], found.incomplete, found.lost_times) == (2, ("user_values",), 3)
    document = json.loads(Path(str(found.unreadable_values_at)).read_text(encoding="utf-8"))
    assert [row["row"] for row in document["rows"]] == [["ff00", "size", "large", "today"]]
    assert verify(path).is_sound


def put_imports(path: Path) -> None:
    """One import of two entries with ratings, and what counts of them."""
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        connection.execute(
            "INSERT INTO imports (id, format, path, display, imported_at) "
            "VALUES (7, 'rekordbox', x'2f78', '/x', '2026-01-01T00:00:00Z')"
        )
        for number in range(2):
            entry = (7, str(number), '{"location":"/x.mp3","paths":["/x.mp3"]}', audio_id(number))
            connection.execute(
                "INSERT INTO imported_tracks (import_id, key, entry, audio_id, data) "
                "VALUES (?, ?, ?, ?, '{\"rating\":4.0}')",
                entry,
            )
            connection.execute("INSERT INTO imported (audio_id, data) VALUES (?, '{\"rating\":4.0}')", entry[3:])


@pytest.mark.parametrize(
    ("sql", "imports", "entries", "rated", "incomplete"),
    [
        ("DELETE FROM imported", 1, 2, 2, ()),
        ("UPDATE imported SET data = '{\"stars\":1}'", 1, 2, 2, ()),
        ("DELETE FROM imports", 1, 2, 2, ("imports",)),
        ("UPDATE imported_tracks SET data = '{\"stars\":1}' WHERE key = '0'", 1, 1, 2, ("imported_tracks",)),
        ("UPDATE imported_tracks SET entry = '{\"stars\":1}' WHERE key = '0'", 1, 1, 2, ("imported_tracks",)),
    ],
)
def test_imported_values_are_in_force_after_a_repair(
    path: Path, sql: str, imports: int, entries: int, rated: int, incomplete: tuple[str, ...]
) -> None:
    put_imports(path)
    assert verify(path).is_sound
    execute(path, sql)
    found = repair(path)
    tables = ("imports", "imported_tracks", "imported")
    assert [found.salvaged[table] for table in tables] == [imports, entries, rated]
    assert found.incomplete == incomplete
    assert verify(path).is_sound
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM facts WHERE rating = 4.0").fetchone() == (rated,)


@pytest.mark.parametrize("header", [0, 100])
@pytest.mark.parametrize("filling", [b"\xff", b"\0", b"text"])
def test_completely_unreadable_library_is_left_unchanged(path: Path, header: int, filling: bytes) -> None:
    before = path.read_bytes()[:header] + filling * 100_000
    path.write_bytes(before)
    assert not verify(path).is_sound
    with pytest.raises(LibraryDamagedError, match="left as it is"):
        repair(path)
    assert path.read_bytes() == before
    assert [name for name in beside(path) if "repairing" in name] == []


def test_repair_upgrades_an_older_library(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smash(path, "details")

    def step(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE files ADD COLUMN added INTEGER NOT NULL DEFAULT 7")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    repair(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM files WHERE added = 7").fetchone() == (3,)
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.newest_version(),)


def test_repair_adds_no_step_to_the_history(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        put_track(store, 1)
        put_own(store, 1, rating=4.0, year=1999, mark="peak")
        before = store.part(SqlValues).steps(limit=9)
    assert repair(path).incomplete == ()
    with closing(SqliteStore(str(path))) as store:
        assert store.part(SqlValues).steps(limit=9) == before


def test_repair_refuses_foreign_and_newer_files(path: Path, tmp_path: Path) -> None:
    newer = make_library(tmp_path / "newer.map4")
    execute(newer, "CREATE TABLE of_a_later_version (x)")
    execute(newer, "PRAGMA user_version = 999")
    foreign = make_foreign(tmp_path / "notes.db")
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("text " * 1000)
    for other, kind in (
        (newer, LibraryVersionError),
        (foreign, LibraryVersionError),
        (tmp_path / "empty", Map4Error),
        (tmp_path / "text", LibraryDamagedError),
    ):
        before = other.read_bytes()
        with pytest.raises(kind):
            repair(other)
        assert other.read_bytes() == before
    assert [name for name in beside(newer) if "repairing" in name or "damaged" in name] == []


def test_failed_repair_leaves_no_files(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        put_user_value(connection, audio_id(0), "key", '"H#"')
    before = path.read_bytes()

    monkeypatch.setattr(repair_module, "replace_library", Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(LibraryWriteError, match="No space"):
        repair(path)
    assert path.read_bytes() == before
    assert [name for name in beside(path) if not name.endswith(("-shm", "-wal"))] == []


def test_repair_copies_the_old_file_where_links_are_unsupported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", Mock(side_effect=OSError(1, "Operation not permitted")))
    smash(path, "details")
    before = path.read_bytes()
    Path(f"{path}.damaged-{STAMP}").write_bytes(b"an earlier one")
    kept = repair(path).kept_old_at
    assert kept == f"{path}.damaged-{STAMP}-2"
    assert Path(kept).read_bytes() == before
    assert verify(path).is_sound


KILLED_AT = """
import os, sys
from datetime import UTC, datetime
from map4.care.store.repair import repair_library
calls = 0
def killing(call):
    def step(*arguments):
        global calls
        calls += 1
        if calls == int(sys.argv[2]):
            os._exit(9)
        return call(*arguments)
    return step
for name in ("link", "replace", "unlink"):
    setattr(os, name, killing(getattr(os, name)))
repair_library(sys.argv[1], datetime.now(UTC))
"""


@pytest.mark.world
@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_repair_killed_at_any_step_leaves_a_library_that_can_be_repaired(path: Path, step: int) -> None:
    smash(path, "details")
    assert subprocess.run([sys.executable, "-c", KILLED_AT, path, str(step)], check=False).returncode == 9
    assert path.exists()
    repair(path)
    assert verify(path).is_sound
    assert counts(path)["user_values"] == 3
    assert [name for name in beside(path) if "repairing" in name] == []


def test_repair_in_a_read_only_folder_fails(path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LibraryFile, "is_writable", lambda file: False)
    for put_new in (lambda: restore(saved, path), lambda: repair(path)):
        with pytest.raises(LibraryWriteError, match="read-only"):
            put_new()
    assert counts(path)["files"] == 4


def test_huge_ids_do_not_slow_down_a_repair(path: Path) -> None:
    execute(path, f"UPDATE files SET id = {2**60} WHERE id = 3")
    smash(path, "sqlite_autoindex_files_1", "details")
    assert repair(path).salvaged["files"] == 3
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT id FROM files ORDER BY id").fetchall() == [(1,), (2,), (2**60,)]


# ---- verify --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("INSERT INTO user_values SELECT audio_id, 'key', '\"H#\"', '', 0 FROM files WHERE id = 1", "H#"),
        ("UPDATE user_values SET value = '-5'", "not a tempo"),
        ("UPDATE user_values SET value = '[1]'", "can't be read"),
        ("DROP VIEW tracks", "the view tracks is missing"),
        ("DROP TRIGGER files_fts_update", "the trigger files_fts_update is missing"),
        ("DROP INDEX files_by_audio", "the index files_by_audio is missing"),
        ("DROP TABLE user_values", "the table user_values is missing"),
        ("DELETE FROM analyses WHERE id = 1", "belongs to no row"),
        ("UPDATE files SET codec = 'mp3', channels = NULL WHERE id = 1", "a codec and no"),
        ("""UPDATE analyses SET core = '{"duration_s": 1}' WHERE id = 1""", "is missing"),
        (
            "INSERT INTO imported (audio_id, data) VALUES ('a', '{\"stars\":1}')",
            "what was imported for a can't be read",
        ),
        ("INSERT INTO files_fts (rowid, artist) VALUES (1, 'somebody else')", "malformed"),
        ("UPDATE files SET display = CAST(x'ff41' AS TEXT) WHERE id = 1", "decode"),
    ],
)
def test_verify_finds_damage_that_commands_would_fail_on(path: Path, sql: str, problem: str) -> None:
    assert verify(path).is_sound
    execute(path, sql)
    found = verify(path)
    assert problem in found.problems[0]
    for told_elsewhere in ("Nothing was changed", "is damaged"):
        assert told_elsewhere not in found.problems[0]
    repair(path)
    assert verify(path).is_sound


def test_verifying_reads_all_tracks_and_changes_nothing(
    path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()
    assert verify(saved).is_sound
    assert saved.read_bytes() == before
    backup(path, saved)  # over a backup; a library in use would be refused
    monkeypatch.setattr(SqlTracks, "tracks", Mock(side_effect=ValueError("nobody expected this")))
    assert "nobody expected this" in verify(path).problems[0]


# ---- prune and clear -----------------------------------------------------------------------------


@pytest.fixture
def music(path: Path, tmp_path: Path) -> Path:
    """Two roots, one inside the other, each with a file that is gone, and one file that came back."""
    folder = tmp_path / "music"
    (folder / "usb").mkdir(parents=True)
    (folder / "usb" / "there.wav").touch()
    (folder / "back.wav").touch()
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        for root in (folder, folder / "usb"):
            connection.execute("INSERT INTO roots VALUES (?, ?, 1, '')", (os.fsencode(root), str(root)))
        for name in ("gone.wav", "usb/gone.wav", "back.wav", "back.wav/not a folder"):
            put_file(connection, str(folder / name), missing_since="2026-01-01T00:00:00Z")
    return folder


def prune(path: Path, *, dry_run: bool = False) -> Pruned:
    with closing(SqliteDatabase(str(path))) as database:
        return SqliteCare(database).prune(dry_run=dry_run)


def missing(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT display FROM files WHERE missing_since IS NOT NULL ORDER BY id")
        return [name.partition("/music/")[2] for (name,) in rows]


def test_prune_drops_missing_files_and_reports_no_unused_root(path: Path, music: Path, tmp_path: Path) -> None:
    assert prune(path, dry_run=True) == replace(prune(path), dry_run=True)
    assert missing(path) == ["back.wav"]
    assert prune(path).missing_files == 0
    execute(path, "INSERT INTO roots VALUES (?, 'empty', 1, '')", (os.fsencode(tmp_path / "empty"),))
    assert prune(path).skipped_roots == ()


def test_prune_skips_files_of_an_empty_nested_root(path: Path, music: Path) -> None:
    (music / "usb" / "there.wav").unlink()
    assert prune(path).skipped_roots == (str(music / "usb"),)
    assert missing(path) == ["usb/gone.wav", "back.wav"]


def test_prune_keeps_files_it_cannot_access(path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "lstat", Mock(side_effect=PermissionError(13, "Permission denied")))
    assert prune(path).missing_files == 0


def test_clear_works_while_a_scan_runs(path: Path) -> None:
    with SqliteLocks(str(path)).scan(wait=False), closing(SqliteDatabase(str(path))) as scanning:
        with closing(SqliteDatabase(str(path))) as database:
            assert SqliteCare(database).clear() == 3
        with scanning.transaction() as connection:
            put_file(connection, "/music/new.wav")
    assert counts(path) == {"files": 4, "analyses": 0, "details": 0, "user_values": 3}


def test_size_of_a_library_includes_its_journals(path: Path) -> None:
    with closing(SqliteDatabase(str(path))) as database:
        with database.transaction() as connection:
            put_file(connection, "/music/new.wav")
        sizes = [os.path.getsize(name) for name in SafeFile(str(path)).files()]
        assert len(sizes) == 3
        assert SqliteCare(database).info()["size_bytes"] == sum(sizes)
