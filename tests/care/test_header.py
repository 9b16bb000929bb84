"""A library whose header is damaged, although all of its tables are sound."""

from pathlib import Path

import pytest
from full_library import rows_of
from libraries import execute, make_library

from map4.care.store.backup import check_backup
from map4.care.store.repair import repair
from map4.care.store.verify import verify_library
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.file.schema import newest_version
from map4.errors import LibraryDamagedError

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
