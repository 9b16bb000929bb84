"""What repair salvages: libraries with a damaged header, and rows past which other rows are damaged."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from extra_cases import of_extras
from full_library import full_library, rows_of
from libraries import audio_id, execute, make_library
from stored import NOW, numbers_found, put_own, put_play, put_track

from map4.accounts.records import NewCredential
from map4.accounts.store.accounts import SqlAccounts
from map4.care import SqlCare
from map4.care.store.backup import check_backup, restore_library
from map4.care.store.repair import repair, repair_library
from map4.care.store.verify import verify_library
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.file.schema import newest_version
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import LibraryDamagedError
from map4.values.store.values import SqlValues

FLIPPED = {
    "page size": (16, 0), "write version": (18, 1), "read version": (19, 6), "reserved bytes": (20, 3),
    "fixed value": (22, 0), "number of pages": (31, 1), "freelist": (35, 0), "number of free pages": (39, 0),
    "schema format": (47, 4), "largest root": (55, 0), "encoding": (59, 1), "application id": (70, 6),
    "huge version": (60, 0), "negative version": (60, 7), "late version": (62, 1), "next version": (63, 0),
    "other version": (63, 1), "older version": (63, 5),
}  # fmt: skip
"""Bits of fields in the header, by byte and place."""


def flip(path: Path, at: int, bit: int) -> bytes:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)
    return bytes(data)


def rows(path: Path) -> list[object]:
    return [rows_of(str(path))[name] for name in ("files", "analyses", "user_values")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = make_library(tmp_path / "library.map4", files=30)
    execute(path, "PRAGMA journal_mode = DELETE")
    return path


@pytest.mark.parametrize("field", FLIPPED)
def test_flipped_bit_is_reported_unchanged_and_repaired(path: Path, field: str) -> None:
    before = rows(path)
    damaged = flip(path, *FLIPPED[field])
    with pytest.raises(LibraryDamagedError, match="map4 library repair"):
        SqliteDatabase(str(path))
    assert path.read_bytes() == damaged
    assert not verify_library(str(path)).is_sound
    found = repair(str(path))
    assert found is not None
    assert (found.incomplete, found.problems, rows(path)) == ((), (), before)
    assert Path(found.kept_old_at).read_bytes() == damaged
    SqliteDatabase(str(path)).close()


@pytest.mark.parametrize("at", [*range(24, 28), *range(40, 44), *range(48, 52), *range(72, 100)])
def test_fields_that_nothing_depends_on_may_be_damaged(path: Path, at: int) -> None:
    before = rows(path)
    flip(path, at, 1)
    SqliteDatabase(str(path)).close()
    assert verify_library(str(path)).is_sound
    assert rows(path) == before


@pytest.mark.parametrize(("away", "words"), [(-1, r"schema \d+\)\."), (1, "if a newer map4 wrote it")])
def test_backup_with_a_wrong_number_is_reported_as_damaged(path: Path, tmp_path: Path, away: int, words: str) -> None:
    execute(path, f"PRAGMA user_version = {newest_version() + away}")
    with pytest.raises(LibraryDamagedError, match=f"backup .* its tables are .*{words}.*library repair"):
        check_backup(str(path), str(tmp_path / "other.map4"))


# What a repair, and a restore that leaves foreign parts behind, copies row by row is complete.
DERIVED = {"changes", "change_log", "sqlite_sequence", "credentials", "renewed_secrets", "signing_keys"}


def test_repair_recounts_totals_after_lost_rows(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        for number in (1, 2):
            put_track(store, number)
            for hours in range(number + 1):
                put_play(store, audio_id(number), at=NOW - timedelta(hours=hours))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM played_tracks WHERE audio_id = ?", (audio_id(1),))
        connection.execute("DELETE FROM play_counts")
    found = repair_library(str(path), NOW)
    assert (found.salvaged["plays"], found.incomplete) == (3, ("plays",))
    with closing(SqliteStore(str(path))) as store:
        assert (numbers_found(store, "plays:3"), numbers_found(store, "missing:plays")) == ([2], [1])


@pytest.mark.parametrize("how", ["repair", "restore"])
def test_restore_and_repair_keep_all_rows_and_log_no_changes(tmp_path: Path, how: str) -> None:
    """Marks are no new step of values, and what was looked up, or played on a server, still counts."""
    path, backup = tmp_path / "library.map4", tmp_path / "backup.map4"
    with full_library(path) as store:
        put_own(store, 1, genre="Dub")  # type: ignore[arg-type]
        store.part(SqlValues).add_marks({audio_id(1): ["Late"]}, now=NOW)
        for put_rows in of_extras("put_rows"):
            put_rows(store)
        store.part(SqlCare).backup(str(backup), force=False)
    before = rows_of(str(path))
    if how == "restore":
        execute(backup, "CREATE TRIGGER foreign_part AFTER INSERT ON roots BEGIN SELECT 1; END")
        restore_library(str(backup), str(path), NOW)
    else:
        repair_library(str(path), NOW)
    after = rows_of(str(path))
    differ = {table for table in before if after[table] != before[table]}
    assert differ <= (DERIVED if how == "restore" else {"changes", "change_log", "sqlite_sequence"})


def test_value_with_a_duplicate_key_is_reported(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.map4", files=2)
    execute(path, "PRAGMA journal_mode = DELETE")
    first, second = (f"{audio_id(number)}bpm".encode() for number in (0, 1))
    path.write_bytes(path.read_bytes().replace(second, first))
    found = repair_library(str(path), NOW)
    assert found.salvaged["user_values"] == 1
    assert found.unreadable_values_at is not None
    [lost] = json.loads(Path(found.unreadable_values_at).read_text())["rows"]
    assert (lost["row"][:3], lost["problem"]) == ([audio_id(0), "bpm", "61"], "another row has its key")


def test_columns_with_damaged_names_keep_their_values(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.map4")
    before = rows_of(str(path))["user_values"]
    for change in ("name TO NAME", "value TO other"):
        execute(path, f"ALTER TABLE user_values RENAME COLUMN {change}")
    assert repair_library(str(path), NOW).incomplete == ()
    assert rows_of(str(path))["user_values"] == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE files SET display = '/music/q.wav' WHERE id = 1", "the row /music/q.wav of files: its path and"),
        ("UPDATE files SET audio_id = 'a1-x' || substr(audio_id, 5) WHERE id = 1", "is no audio id"),
        ("UPDATE user_values SET set_at = '9026-01-01T00:00:00Z'", "its time 9026-01-01T00:00:00Z is impossible"),
        ("UPDATE accounts SET password = '$argon2id$v=19$m=65536,d=3,p=4$YQ$YQ'", "the account Ann: its password"),
        ("""UPDATE credentials SET scopes = '["read", "aemin"]'""", "aemin is no scope"),
        ("UPDATE credentials SET digest = x'00'", "no digest of a secret; it was dropped"),
        ("UPDATE credentials SET id = 't-12'", "the credential t-12: that is no id of a credential; it was dropped"),
    ],
)
def test_repair_names_doubtful_rows(tmp_path: Path, change: str, words: str) -> None:
    path = make_library(tmp_path / "library.map4", files=3)
    with closing(SqliteDatabase(str(path))) as database:
        accounts = SqlAccounts(database)
        ann = accounts.add("Ann", "user", None, NOW)
        token = NewCredential(account=ann.number, kind="token", name="x", scopes=frozenset({"read"}), digest=bytes(32))
        accounts.issue(token, NOW)
    execute(path, "DROP VIEW tracks")
    sound = tmp_path / "sound.map4"
    sound.write_bytes(path.read_bytes())
    execute(path, change)
    assert repair_library(str(sound), NOW).doubtful == ()
    found = repair_library(str(path), NOW)
    assert all(words in doubt for doubt in found.doubtful)
    assert found.doubtful
    assert ("credentials" in found.incomplete) == ("dropped" in words)
    saved = [Path(at).read_text() for at in [found.unreadable_values_at] if at is not None]
    problems = [doubt["problem"] for text in saved for doubt in json.loads(text)["doubtful"]]
    is_private = bool({"accounts", "credentials"} & {*change.split()})  # what concerns access is written nowhere
    assert problems == ([] if is_private else [*found.doubtful])
