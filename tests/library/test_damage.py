"""A damaged or altered library: every call says so, and there is a way out; never another error."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from libraries import audio_id, execute, make_library, put_imported

from map4 import Library
from map4.errors import LibraryDamagedError, Map4Error
from map4.infra.sqlite import schema
from map4.infra.workers.lanes import inline_lanes

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i"
WAYS_OUT = ("'map4 cache verify'", "'map4 cache repair'", "'map4 cache restore FILE'")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library in which each of the usual tables has rows."""
    (tmp_path / "there").mkdir()
    path = make_library(tmp_path / "there" / "library.map4", files=5)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        put_imported(connection, audio_id(0), rating=4.0, comment="x")
    (tmp_path / "x.m3u8").write_text("/music/0.wav\n/music/1.wav\n/nowhere.mp3\n")
    with Library.open(path) as library:
        library.import_file(tmp_path / "x.m3u8")
    execute(path, "PRAGMA journal_mode = DELETE")
    return path


def raw(path: Path, *statements: str) -> None:
    """Alter a library past all of its rules."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)


def calls(path: Path, tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    """What reads and writes a library; records are made to JSON, which has no infinity."""
    return {
        "tracks": lambda library: [
            json.dumps(track.to_record(), allow_nan=False) for track in library.tracks(beats=True, sound=True)
        ],
        "search": lambda library: list(library.search("bpm:30..300 sort:bpm")),
        "words": lambda library: list(library.search("music")),
        "columns": lambda library: library.columns(""),
        "stats": lambda library: json.dumps(library.stats("").to_record(), allow_nan=False),
        "doctor": lambda library: [json.dumps(found.to_record(), allow_nan=False) for found in library.doctor()],
        "compare": lambda library: library.compare(["/music/0.wav", "/music/1.wav"]),
        "playlist": lambda library: library.playlist(n=3),
        "imports": lambda library: (library.imports(), library.pending_imports()),
        "lists": lambda library: (library.lists.stored(), library.lists.read("x")),
        "info": lambda library: library.info(),
        "export": lambda library: library.export(tmp_path / "x.csv", force=True),
        "rekordbox": lambda library: library.export(tmp_path / "x.xml", to="rekordbox", force=True),
        "backup": lambda library: library.backup(tmp_path / "x.bak", force=True),
        "scan": lambda library: library.scan([path.parent], dry_run=True),
        "set": lambda library: library.set(list(library.tracks()), bpm=100.0),
        "match": lambda library: library.match_pending_imports(),
        "import": lambda library: library.import_file(tmp_path / "x.m3u8"),
        "clear": lambda library: library.clear(),
    }


def errors_of(path: Path, tmp_path: Path) -> dict[str, str]:
    """What each call says against the library as it is now; what is no error of map4's comes out."""
    content, found = path.read_bytes(), {}
    for name, call in calls(path, tmp_path).items():
        for suffix in ("-wal", "-shm", "-journal"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        path.write_bytes(content)
        try:
            with Library.open(path, lanes=inline_lanes) as library:
                call(library)
        except Map4Error as error:
            found[name] = str(error)
    for suffix in ("-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    path.write_bytes(content)
    return found


def test_a_sound_library_has_no_errors(path: Path, tmp_path: Path) -> None:
    assert errors_of(path, tmp_path) == {}


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        # SQLite's own message quotes these bytes, which are no UTF-8.
        ("UPDATE sqlite_master SET sql = CAST(x'435245415445ff' AS TEXT) WHERE name = 'roots'", "can't be read"),
        ("ALTER TABLE files RENAME COLUMN comment TO remark", "the table files is altered"),
        ("DROP VIEW tracks", "the view tracks is missing"),
        ("DROP TRIGGER facts_of_new_file", "the trigger facts_of_new_file is missing"),
        ("DROP TABLE facts", "the table facts is missing"),
    ],
)
def test_another_schema_is_damage_that_can_be_repaired(path: Path, tmp_path: Path, statement: str, words: str) -> None:
    whole = tmp_path / "whole.map4"
    whole.write_bytes(path.read_bytes())
    raw(path, statement)
    found = errors_of(path, tmp_path)
    assert found.keys() == calls(path, tmp_path).keys()
    assert all("is damaged" in said and words in said for said in found.values())
    assert all(way in said for said in found.values() for way in WAYS_OUT)
    assert words in Library.verify(path).problems[0]
    restored = tmp_path / "restored.map4"
    restored.write_bytes(path.read_bytes())
    Library.restore(whole, restored)
    assert Library.verify(restored).is_sound
    Library.repair(path)
    assert Library.verify(path).is_sound
    with Library.open(path) as library:
        assert library.count("") == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE user_values SET value = '1e400'",
        "UPDATE files SET path = x'2F6100622E776176' WHERE id = 5",
        "UPDATE files SET rating = 1e308",
        "UPDATE facts SET energy = 1e400",
        "UPDATE facts SET sample_rate_hz = 'x'",
        "UPDATE analyses SET core = '{}'",
        'UPDATE imported SET data = \'{"cues": [{"position_s": "x", "kind": "cue"}]}\'',
        "UPDATE playlists SET header = 'true'",
    ],
)
def test_impossible_values_are_damage(path: Path, tmp_path: Path, statement: str) -> None:
    raw(path, statement)
    found = errors_of(path, tmp_path)
    assert found
    assert {name: said for name, said in found.items() if "is damaged" not in said} == {}
    assert not Library.verify(path).is_sound
    with pytest.raises(LibraryDamagedError, match=r"the backup .* is damaged .*map4 cache repair --library"):
        Library.restore(path, tmp_path / "other.map4")
    assert not (tmp_path / "other.map4").exists()
    Library.repair(path)
    assert Library.verify(path).is_sound


def test_a_backup_gives_its_rows_and_nothing_that_runs(path: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.map4"
    evil.write_bytes(path.read_bytes())
    raw(
        evil,
        "CREATE TRIGGER evil AFTER INSERT ON files BEGIN DELETE FROM user_values; END",
        "CREATE VIEW more AS SELECT * FROM files",
        "CREATE TABLE others (x)",
    )
    assert "the trigger evil is none of map4's" in Library.verify(evil).problems[0]
    target = tmp_path / "restored.map4"
    Library.restore(evil, target)
    with closing(sqlite3.connect(target)) as connection:
        assert schema.foreign_parts(connection) == []
        assert connection.execute("SELECT count(*) FROM user_values").fetchone() == (5,)
        assert connection.execute("SELECT count(*) FROM playlists").fetchone() == (1,)
    assert Library.verify(target).is_sound


def test_a_backup_with_another_view_is_refused(path: Path, tmp_path: Path) -> None:
    raw(path, "DROP VIEW tracks", f"CREATE VIEW tracks AS {ENDLESS} FROM n")
    with pytest.raises(LibraryDamagedError, match="the view tracks is altered"):
        Library.restore(path, tmp_path / "other.map4")


def test_a_view_in_the_place_of_a_table_is_not_read_by_repair(path: Path) -> None:
    raw(path, "DROP TABLE labels", f"CREATE VIEW labels AS {ENDLESS} AS audio_id, i AS data, i AS labelled_at FROM n")
    assert Library.repair(path).incomplete == ("labels",)


def test_the_schema_of_this_version_is_known_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "expected_schema", lambda version=None: pytest.fail("SCHEMA_DIGEST is not up to date"))
    Library.open(path).close()


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_a_library_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "music").mkdir()
        with Library.open(tmp_path / "new" / "library.map4", lanes=inline_lanes) as library:
            library.scan([tmp_path / "music"])
            library.backup(tmp_path / "new" / "x.bak")
            modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "new").iterdir()}
    finally:
        os.umask(before)
    assert modes.keys() >= {"library.map4", "library.map4.lock", "x.bak"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def damages(content: bytes, chance: random.Random) -> Iterator[bytes]:
    """Endless: some bits, a page, or the end."""
    while True:
        data = bytearray(content)
        for _ in range(chance.choice([1, 5, 50])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        yield bytes(data)
        page = chance.randrange(len(content) // 4096) * 4096
        yield content[:page] + chance.choice([bytes(4096), chance.randbytes(4096)]) + content[page + 4096 :]
        yield content[: chance.randrange(len(content))]
        first = bytearray(content)  # where the schema stands
        first[chance.randrange(16384)] ^= 1 << chance.randrange(8)
        yield bytes(first)


@pytest.mark.parametrize("count", [12, pytest.param(1000, marks=pytest.mark.slow)])
def test_random_damage_is_told_as_such_or_does_no_harm(path: Path, tmp_path: Path, count: int) -> None:
    content = path.read_bytes()
    for _, damaged in zip(range(count), damages(content, random.Random(count)), strict=False):
        path.write_bytes(damaged)
        found = errors_of(path, tmp_path)
        is_sound = _is_sound(path)
        assert not (is_sound and found), found
        for file in (path, tmp_path / "restored.map4"):
            try:
                Library.repair(file) if file == path else Library.restore(path, file)
            except Map4Error:
                continue
            assert Library.verify(file).is_sound
        for left in (*path.parent.iterdir(), *tmp_path.glob("restored.map4*")):
            left.unlink()


def _is_sound(path: Path) -> bool:
    try:
        return Library.verify(path).is_sound
    except Map4Error:
        return False
