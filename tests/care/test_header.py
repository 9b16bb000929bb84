"""A library whose header is damaged, although all of its tables are sound."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from libraries import audio_id, execute, make_library

from map4.care.store.backup import check_backup
from map4.care.store.repair import repair
from map4.care.store.verify import verify_library
from map4.errors import LibraryDamagedError, LibraryVersionError
from map4.store.file import schema
from map4.store.file.database import SqliteDatabase

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


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {name: [*connection.execute(f"SELECT * FROM {name}")] for name in ("files", "analyses", "user_values")}


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


@pytest.mark.parametrize("bit", range(8))
@pytest.mark.parametrize("version", [100, 102, 104])
def test_older_library_with_a_wrong_number_keeps_its_rows(tmp_path: Path, version: int, bit: int) -> None:
    path = tmp_path / "library.map4"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[: version - schema.FIRST_VERSION + 1])
        connection.execute(
            "INSERT INTO files (path, display, size_bytes, mtime_ns, ctime_ns, inode, added_at, updated_at, audio_id) "
            "VALUES (x'2f61', '/a', 1, 2, 3, 4, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', ?)",
            (audio_id(0),),
        )
        connection.execute('INSERT INTO imported (audio_id, data) VALUES (?, \'{"title": "A"}\')', (audio_id(0),))
        connection.execute(f"PRAGMA user_version = {version ^ 1 << bit}")
    try:
        SqliteDatabase(str(path)).close()  # the number of another version with the same tables
    except LibraryDamagedError:
        assert repair(str(path)) is not None
    with closing(sqlite3.connect(path)) as connection:
        [(path_of_file, uid)] = connection.execute("SELECT path, uid FROM files")
        imported = connection.execute("SELECT audio_id, data FROM imported WHERE data LIKE '%title%'").fetchall()
    assert (path_of_file, imported) == (b"/a", [(uid, '{"title":"A"}')])  # as since schema 105
    assert verify_library(str(path)).is_sound


def test_backup_with_a_wrong_number_is_reported_as_damaged(path: Path, tmp_path: Path) -> None:
    flip(path, 63, 0)
    with pytest.raises(LibraryDamagedError, match=r"backup .* schema 107.*if a newer map4 wrote it.*library repair"):
        check_backup(str(path), str(tmp_path / "other.map4"))


def test_number_of_a_newer_library_with_damaged_tables_is_believed(path: Path) -> None:
    execute(path, "CREATE TABLE of_a_later_version (x)")
    flip(path, 63, 0)
    before = path.read_bytes()
    with pytest.raises(LibraryVersionError, match="newer map4"):
        repair(str(path))
    assert path.read_bytes() == before
