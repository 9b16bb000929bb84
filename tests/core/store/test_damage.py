"""A damaged or altered library: every call says so, and there is a way out; never another error."""

import inspect
import os
import sqlite3
import stat
import warnings
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import damage
import pytest
from damage import (
    COMMANDS,
    HEADS,
    JOB_CALLS,
    NOT_CALLED,
    ROOTS,
    USUAL,
    Findings,
    calls,
    damage_calls,
    damage_commands,
    damage_end,
    damage_heads,
    damage_mirror,
    errors_of,
    outcomes,
    whole_library,
)

from map4 import Library
from map4.core.store.file import schema
from map4.errors import LibraryDamagedError
from map4.scan.workers.lanes import inline_lanes

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i"
WAYS_OUT = ("'map4 library verify'", "'map4 library repair'", "'map4 library restore FILE'")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return whole_library(tmp_path)


def raw(path: Path, *statements: str) -> None:
    """Alter a library past all of its rules."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)


def test_a_sound_library_has_no_errors_in_any_call(path: Path, tmp_path: Path) -> None:
    assert errors_of(path, tmp_path) == {}
    parts = {name: part for name, part in inspect.getmembers(Library, inspect.isclass) if not name.startswith("_")}
    del parts["lists"]  # what `lists` and some calls of it do is tried under names of their own
    public = {name for name in dir(Library) if not name.startswith("_")} - parts.keys()
    for part, cls in parts.items():
        public |= {f"{part}.{name}" for name in dir(cls) if not name.startswith("_") and name != "actor"}
    assert public - calls(path, tmp_path).keys() == NOT_CALLED


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        # SQLite's own message quotes these bytes, which are no UTF-8.
        ("UPDATE sqlite_master SET sql = CAST(x'435245415445ff' AS TEXT) WHERE name = 'roots'", "can't be read"),
        pytest.param(
            "ALTER TABLE files RENAME COLUMN comment TO remark", "the table files is altered", marks=pytest.mark.world
        ),
        pytest.param("DROP VIEW tracks", "the view tracks is missing", marks=pytest.mark.world),
        pytest.param(
            "DROP TRIGGER facts_of_new_file", "the trigger facts_of_new_file is missing", marks=pytest.mark.world
        ),
        ("DROP TABLE facts", "the table facts is missing"),
    ],
)
def test_another_schema_is_damage_that_can_be_repaired(path: Path, tmp_path: Path, statement: str, words: str) -> None:
    whole = tmp_path / "whole.map4"
    whole.write_bytes(path.read_bytes())
    raw(path, statement)
    found = errors_of(path, tmp_path, USUAL)
    assert found.keys() == USUAL
    assert all("is damaged" in message and words in message for message in found.values())
    assert all(way in message for message in found.values() for way in WAYS_OUT)
    assert words in Library.care.verify(path).problems[0]
    restored = tmp_path / "restored.map4"
    restored.write_bytes(path.read_bytes())
    Library.care.restore(whole, restored)
    assert Library.care.verify(restored).is_sound
    Library.care.repair(path)
    assert Library.care.verify(path).is_sound
    with Library.open(path) as library:
        assert library.count("") == damage.TRACKS


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE user_values SET value = '1e400'",
        "UPDATE files SET path = x'2F6100622E776176' WHERE id = 5",
        "UPDATE facts SET imported_genre = x'FF00', duration_s = x'FF00'",
        'UPDATE imported SET data = \'{"cues": [{"position_s": "x", "kind": "cue"}]}\'',
        *(
            pytest.param(statement, marks=pytest.mark.world)
            for statement in (
                "UPDATE facts SET energy = 1e400",
                "UPDATE facts SET user_title = x'FF00' WHERE file_id = 9",
                "UPDATE facts SET added_at = x'FF00'",
                "UPDATE files SET rating = 1e308",
                "UPDATE facts SET sample_rate_hz = 'x'",
                "UPDATE analyses SET core = '{}'",
                "UPDATE playlists SET header = 'true'",
                "UPDATE imports SET path_maps = 'null'",
                "UPDATE files SET added_at = '5'",
            )
        ),
    ],
)
def test_impossible_values_are_damage(path: Path, tmp_path: Path, statement: str) -> None:
    raw(path, statement)
    found = errors_of(path, tmp_path, USUAL)
    assert found
    assert {name: message for name, message in found.items() if "is damaged" not in message} == {}
    assert not Library.care.verify(path).is_sound
    with pytest.raises(LibraryDamagedError, match=r"the backup .* is damaged .*map4 library repair --library"):
        Library.care.restore(path, tmp_path / "other.map4")
    assert not (tmp_path / "other.map4").exists()
    Library.care.repair(path)
    assert Library.care.verify(path).is_sound


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("UPDATE accounts SET role = 'Inf'", {"credentials.all", "credentials.remove", "accounts.export"}),
        ("UPDATE credentials SET kind = 'Inf'", {"credentials.all", "credentials.remove", "accounts.export"}),
        ("UPDATE value_changes SET was = 'Inf', became = 'Inf'", {"values.history"}),
        ("UPDATE files SET codec = 'Inf', payload_bytes = NULL", {"tracks.all", "track"}),
        ("UPDATE user_values SET value = '[]'", {"tracks.table_rows"}),
    ],
)
def test_nonsensical_values_are_reported_as_damage(path: Path, tmp_path: Path, statement: str, names: set[str]) -> None:
    raw(path, statement)
    assert {(name, end) for name, end, _ in outcomes(path, tmp_path, names)} == {(name, "damaged") for name in names}


@pytest.mark.parametrize("value", ["[1]", "7"])
def test_invalid_job_options_are_damage(path: Path, tmp_path: Path, value: str) -> None:
    jobs = Path(f"{path}.jobs")
    raw(jobs, f"UPDATE jobs SET options = '{value}'")
    ends = {name: end for name, end, _ in outcomes(path, tmp_path, JOB_CALLS.keys(), file=jobs)}
    assert (ends["jobs.page"], ends["jobs.get"], ends["jobs.cancel"]) == ("damaged", "damaged", "damaged")
    assert "foreign" not in ends.values()


def test_restored_backup_contains_rows_but_no_triggers(path: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.map4"
    evil.write_bytes(path.read_bytes())
    raw(
        evil,
        "CREATE TRIGGER evil AFTER INSERT ON files BEGIN DELETE FROM user_values; END",
        "CREATE VIEW more AS SELECT * FROM files",
        "CREATE TABLE others (x)",
    )
    assert "the trigger evil is none of map4's" in Library.care.verify(evil).problems[0]
    target = tmp_path / "restored.map4"
    Library.care.restore(evil, target)
    with closing(sqlite3.connect(target)) as connection:
        assert schema.foreign_parts(connection) == []
        assert connection.execute("SELECT count(*) FROM user_values").fetchone() == (5,)
        assert connection.execute("SELECT count(*) FROM playlists").fetchone() == (2,)
    assert Library.care.verify(target).is_sound


def test_views_of_a_damaged_library_are_not_read(path: Path, tmp_path: Path) -> None:
    raw(path, "DROP VIEW tracks", f"CREATE VIEW tracks AS {ENDLESS} FROM n")
    with pytest.raises(LibraryDamagedError, match="the view tracks is altered"):
        Library.care.restore(path, tmp_path / "other.map4")
    raw(path, "DROP TABLE labels", f"CREATE VIEW labels AS {ENDLESS} AS audio_id, i AS data, i AS labelled_at FROM n")
    assert Library.care.repair(path).incomplete == ("labels",)


def test_current_schema_is_recognised_without_checks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "expected_schema", lambda version=None: pytest.fail("SCHEMA_DIGEST is not up to date"))
    Library.open(path).close()


def test_a_damaged_index_of_words_is_rebuilt_by_repair(path: Path) -> None:
    raw(path, "UPDATE files_fts_config SET v = 0")
    assert "invalid fts5 file format" in Library.care.verify(path).problems[0]
    Library.care.repair(path)
    with Library.open(path) as library:
        assert library.count("title 5") == 1


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_only_the_owner_can_read_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "music").mkdir()
        monkeypatch.setattr("map4.core.store.file.database.user_file", lambda kind: str(tmp_path))
        with Library.open(tmp_path / "new" / "library.map4", lanes=inline_lanes) as library:
            library.scan([tmp_path / "music"])
            library.care.backup(tmp_path / "new" / "x.bak")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    finally:
        os.umask(before)
    assert modes.keys() >= {"library.map4", "library.map4.lock", "x.bak"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("column", "value"), [("measured_bpm", -1.0), ("measured_bpm", 1e300), ("hamms_bpm", 0.0), ("hamms_bpm", 1e-300)]
)
def test_impossible_numbers_cause_no_numpy_warning(path: Path, tmp_path: Path, column: str, value: float) -> None:
    raw(path, f"UPDATE facts SET {column} = {value}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # numpy's, which a user would see
        errors_of(path, tmp_path, {"playlist", "similar", "similar by mix", "similar by hamms", "fill"})


@pytest.mark.parametrize(
    ("seed", "count", "names"),
    [(6, 6, USUAL), *(pytest.param(seed, 50, None, marks=pytest.mark.world) for seed in range(1000, 1006))],
)
def test_random_damage_is_reported_or_harmless(seed: int, count: int, names: Collection[str] | None) -> None:
    findings = Findings(keep=None)
    damage_calls(findings, seed=seed, numbers=range(count), names=names)
    assert findings.found == []
    assert findings.counts["opening: damaged"] > count / 3
    assert findings.counts["libraries: not sound"] > count / 3


@pytest.mark.parametrize(
    "shares",
    [
        (0.999, 0.9, 0.5, 0.2, 0.105, 0.001),
        pytest.param([number / 200 for number in range(1, 200)], marks=pytest.mark.world),
    ],
)
def test_repair_keeps_all_that_sqlite_reads_of_a_cut_off_library(shares: Collection[float]) -> None:
    findings = Findings(keep=None)
    damage_end(findings, shares=shares)
    assert findings.found == []
    assert findings.counts["repaired"] > 0.7 * len(shares)


@pytest.mark.parametrize(
    ("tables", "heads"),
    [(["files", "user_values"], ["page size", "page 1"]), pytest.param(ROOTS, HEADS, marks=pytest.mark.world)],
)
def test_repair_keeps_rows_on_whole_pages_without_header_schema_or_root(
    tables: Collection[str], heads: Collection[str]
) -> None:
    findings = Findings(keep=None)
    damage_heads(findings, seed=7, tables=tables, heads=heads)
    assert findings.found == []
    assert findings.counts["repaired"] == 2 * (len(tables) + len(heads))
    assert findings.counts["rows: on whole pages"] > 0.9 * findings.counts["rows"]


@pytest.mark.world
@pytest.mark.parametrize("count", [8, pytest.param(100, marks=pytest.mark.world)])
def test_damaged_mirror_is_detected_and_fails_no_query(count: int) -> None:
    findings = Findings(keep=None)
    damage_mirror(findings, seed=23, numbers=range(count))
    assert findings.found == []
    assert findings.counts["mirrors: read"] > count / 6
    assert findings.counts["mirrors: as good as none"] > count / 4


def test_known_damage_no_longer_breaks_a_call() -> None:
    findings = Findings(keep=None)
    damage_mirror(findings, seed=3103, numbers=range(2845, 2846))  # a tempo of 10^13
    assert findings.found == []
    assert findings.counts["mirrors: read"] == 1


@pytest.mark.world
def test_random_damage_never_ends_a_command_in_a_traceback() -> None:
    findings = Findings(keep=None)
    damage_commands(findings, seed=1, numbers=range(3))
    assert findings.found == []
    assert findings.counts["processes: exit 1"] > 20


@pytest.mark.world
def test_every_command_of_the_damages_works_on_a_sound_library(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = Findings(keep=None)
    monkeypatch.setattr(damage, "damaged", lambda content, chance: content)
    damage_commands(findings, seed=1, numbers=range(1))
    assert findings.found == []
    assert findings.counts["processes: exit 0"] == len(COMMANDS)


def test_backup_of_a_damaged_library_keeps_older_backups(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "map4-2020-01-01.map4").touch()
    raw(path, "PRAGMA ignore_check_constraints = ON", "UPDATE facts SET measured_bpm = -1.0")
    with Library.open(path) as library, pytest.raises(LibraryDamagedError, match="older backups are kept"):
        library.care.backup(folder, keep=1)
    assert [path.name for path in folder.iterdir()] == ["map4-2020-01-01.map4"]
