"""One rule for the times of a library: checks and readers agree, and a repair keeps the rows of times it can't read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest
from extra_cases import of_extras
from full_library import full_library, rows_of
from libraries import execute, make_library

from map4.care.store.repair import repair_library
from map4.care.store.verify import verify_library
from map4.core.base.text import stored_moment, utc_text
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.file.validation import bad_rows
from map4.core.store.stored_tables import ExtraTables, StoredTable
from map4.core.store.tracks import SqlTracks
from map4.errors import LibraryDamagedError

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TIME = "2026-11-28T05:10:15Z"
EDITED = [
    TIME[:place] + letter + TIME[place + 1 :] for place, letter in product(range(len(TIME)), "0123456789-+:.tTzZ \0é")
]
BAD = ("2026-11-28T05:10:15z", "2026-02-30T00:00:00Z", "2026-11-28T24:00:00Z", "2026-11-28", "5", "x")


def is_time(text: str) -> bool:
    with suppress(ValueError):
        return bool(stored_moment(text))
    return False


def test_valid_times_are_read_and_columns_with_times_checked(full: Path) -> None:
    assert is_time(utc_text(NOW))
    assert not any(map(is_time, BAD))
    times = [text for text in EDITED if is_time(text)]
    assert 50 < len(times) < len(EDITED) / 2
    with closing(sqlite3.connect(":memory:")) as connection:
        for text in times:
            moment = datetime.fromisoformat(text)
            assert moment.astimezone() != NOW
            assert date.fromisoformat(text[: len("2026-11-28")]) == moment.date()
            assert connection.execute("SELECT julianday(?)", (text,)).fetchone() != (None,)
    with closing(sqlite3.connect(full)) as connection:
        for table in list(ExtraTables.tables_in(connection)):
            checked = {column for check in table.all_checks for column in check.columns.split(", ")}
            for column in table.columns if table.salvage != "no" else ():
                values = {value for (value,) in connection.execute(f"SELECT {column} FROM {table.name}")}
                assert column in checked or not any(map(is_time, values - {None})), (table.name, column)
    assert len([*times_in(full)]) > 15


def test_check_of_files_refuses_exactly_unreadable_rows(tmp_path: Path) -> None:
    sound = {"added_at": TIME, "path": b"/a", "codec": None, "sample_rate_hz": 1, "channels": 1, "payload_bytes": 1}
    formats = product((None, "mp3"), (None, 1), (None, 1), (None, 1))
    cases = [
        *({"added_at": time} for time in (*EDITED, *BAD)),
        *({"path": path} for path in (b"/a", b"/\xff", b"", b"/a\0b")),
        *(dict(zip([*sound][2:], values, strict=True)) for values in formats),
    ]
    names, refused, unreadable = ", ".join(sound), [], []
    with closing(SqliteDatabase(str(make_library(tmp_path / "library.map4", files=1)))) as database:
        for case in cases:
            with database.transaction() as connection:
                row = tuple({**sound, **case}.values())
                connection.execute(f"UPDATE files SET ({names}) = (?, ?, ?, ?, ?, ?)", row)
                refused += [case] * any(bad_rows(connection))
            try:
                list(SqlTracks(database).tracks())
            except LibraryDamagedError:
                unreadable.append(case)
    assert refused == unreadable
    assert 100 < len(refused) < len(cases)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    path = tmp_path / "library.map4"
    with full_library(path) as store:
        for put_rows in of_extras("put_rows"):
            put_rows(store)
        store.tracks.put_roots({"/music": True}, NOW)
    execute(path, "UPDATE playlists SET deleted_at = updated_at")
    execute(path, "UPDATE files SET missing_since = updated_at WHERE id = 1")
    return path


def times_in(path: Path) -> Iterator[tuple[StoredTable, str]]:
    """The columns with times that a repair replaces, of tables with rows."""
    with closing(sqlite3.connect(path)) as connection:
        for table in list(ExtraTables.tables_in(connection)):
            for time in table.times if table.salvage != "no" else ():
                if connection.execute(f"SELECT count({time.name}) FROM {table.name}").fetchone() != (0,):
                    yield table, time.name


@pytest.mark.parametrize("bad", BAD)
def test_repair_keeps_rows_with_unreadable_times(full: Path, bad: str) -> None:
    before, columns, lost = rows_of(str(full)), [*times_in(full)], 0
    with closing(sqlite3.connect(full)) as connection, connection:
        connection.execute("UPDATE files SET mtime_ns = 1700000000000000000")
        for table, column in columns:
            sql = f"UPDATE {table.name} SET {column} = ? WHERE {column} IS NOT NULL"
            lost += connection.execute(sql, (bad,)).rowcount
        assert {row.table for row in bad_rows(connection)} == {table.name for table, _ in columns}
    found = repair_library(str(full), NOW)
    assert (found.lost_times, found.incomplete, found.problems) == (lost, (), ())
    assert verify_library(str(full)).is_sound
    after = rows_of(str(full))
    assert {table.name for table, _ in columns if len(after[table.name]) != len(before[table.name])} == set()
    with closing(sqlite3.connect(full)) as connection:
        times = connection.execute("SELECT DISTINCT added_at, updated_at, missing_since FROM files").fetchall()
        assert times == [("2023-11-14T22:13:20Z", "2023-11-14T22:13:20Z", None)]
        assert connection.execute("SELECT scanned_at FROM roots").fetchall() == [("",)]
        assert connection.execute("SELECT DISTINCT deleted_at FROM playlists WHERE deleted_at NOT NULL").fetchall() == [
            (utc_text(NOW),)
        ]
