"""Databases of programs that may be running: read as of one moment, and left exactly as they were."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest
from mixxx_libraries import connected, make_library, put_track

from map4.formats.importer import DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.mixxx.reader import read_mixxx
from map4.formats.sqlite_copy import DatabaseCopy, beside, text_of
from map4.formats.values import count_of, number_of

Seen = dict[str, tuple[int, bytes]]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "mixxx"
    folder.mkdir()
    path = make_library(folder / "mixxxdb.sqlite")
    put_track(path, title="One")
    return path


def titles(path: Path) -> list[str | None]:
    return [item.entry.title for item in read_mixxx(str(path), ReadNotes()) if isinstance(item, DjTrack)]


def folder_of(path: Path) -> Seen:
    return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.parent.iterdir()}


@pytest.fixture
def writer(library: Path) -> Iterator[sqlite3.Connection]:
    """Mixxx at work, with next to no cache, so that a change reaches the file before it is finished."""
    with closing(connected(library)) as connection:
        connection.isolation_level = None
        connection.execute("PRAGMA cache_size = 1")
        yield connection


def test_library_is_read_with_its_wal_and_left_unchanged(library: Path, writer: sqlite3.Connection) -> None:
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("INSERT INTO library (title) VALUES ('Two')")
    before = folder_of(library)
    assert set(before) == {"mixxxdb.sqlite", "mixxxdb.sqlite-wal", "mixxxdb.sqlite-shm"}
    assert Importer.of(str(library)).name == "mixxx"
    assert titles(library) == ["One", "Two"]
    assert folder_of(library) == before


def test_library_behind_a_link_is_read_with_its_wal(library: Path, writer: sqlite3.Connection, tmp_path: Path) -> None:
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("INSERT INTO library (title) VALUES ('Two')")
    link = tmp_path / "link.sqlite"
    link.symlink_to(library)
    assert titles(link) == ["One", "Two"]


def test_reading_a_mixxx_library_holds_no_lock(library: Path, writer: sqlite3.Connection) -> None:
    found = read_mixxx(str(library), ReadNotes())
    next(found)
    writer.execute("PRAGMA busy_timeout = 0")
    writer.execute("INSERT INTO library (title) VALUES ('Two')")
    assert list(found) == []
    assert titles(library) == ["One", "Two"]


def test_uncommitted_change_is_not_read(library: Path, writer: sqlite3.Connection) -> None:
    writer.execute("BEGIN EXCLUSIVE")
    writer.execute("UPDATE library SET title = 'Changed'")
    writer.executemany("INSERT INTO library (title, comment) VALUES (?, ?)", [("New", "x" * 900)] * 400)
    before = folder_of(library)
    assert "mixxxdb.sqlite-journal" in before
    assert len(before["mixxxdb.sqlite"][1]) > 200_000  # half of the change is in the file
    assert titles(library) == ["One"]
    assert folder_of(library) == before
    writer.execute("COMMIT")
    assert len(titles(library)) == 401


def test_copies_made_while_mixxx_writes_are_consistent(library: Path, writer: sqlite3.Connection) -> None:
    writer.execute("CREATE TABLE pairs (a, b)")
    writer.executemany("INSERT INTO pairs VALUES (0, 0)", [()] * 500)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.wait(0.03):
            number += 1
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("UPDATE pairs SET a = ?", (number,))
            writer.execute("UPDATE pairs SET b = ?", (number,))
            writer.execute("COMMIT")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(5):
            with DatabaseCopy.temporary(str(library)) as copy, closing(sqlite3.connect(copy)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert len(connection.execute("SELECT DISTINCT a, b FROM pairs").fetchall()) == 1
                assert connection.execute("SELECT count(*) FROM pairs WHERE a != b").fetchone() == (0,)
    finally:
        stop.set()
        thread.join()


def test_file_that_keeps_changing_is_reported(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(*_: object) -> None:
        os.utime(library, ns=(0, os.stat(library).st_mtime_ns + 1))

    monkeypatch.setattr(shutil, "copyfileobj", changed)
    with (
        pytest.raises(ImportReadError, match="keeps writing to it; close that program"),
        DatabaseCopy.temporary(str(library), pause_s=0.0),
    ):
        pass


def test_temporary_copy_is_removed_and_a_full_disk_reported(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with DatabaseCopy.temporary(str(library)) as copy:
        assert Path(copy).exists()
    assert not Path(copy).parent.exists()
    monkeypatch.setattr(shutil, "copyfileobj", Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(ImportReadError, match=r"No space left on device\); make room there"):
        titles(library)


def test_sorted_queries_are_joined_and_values_of_any_type_converted() -> None:
    rows_of = beside(iter([(None, "-"), (1, "a"), (3, "b"), (3, "c"), (4, "d"), (9, "e")]))
    assert [rows_of(key) for key in (1, 2, 3, 5, 9, 10)] == [
        [(1, "a")], [], [(3, "b"), (3, "c")], [], [(9, "e")], [],
    ]  # fmt: skip
    assert [text_of(value) for value in (None, "", "  ", " a ", b"caf\xe9", 7)] == [
        None,
        None,
        None,
        "a",
        "caf\ufffd",
        "7",
    ]
    assert [number_of(value) for value in (None, 1, "2.5", "x", b"3", float("inf"))] == [
        None,
        1.0,
        2.5,
        None,
        None,
        None,
    ]
    assert [count_of(value) for value in (-1, 0, "3")] == [None, 0, 3]
