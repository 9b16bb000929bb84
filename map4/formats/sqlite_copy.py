"""SQLite databases of other programs: read from a copy, so that nothing is changed or locked.

A running program may write at any moment. Opening its file, even for reading, would leave locks and index files beside
it; reading it despite locks could give half of a change. So the file is copied with its journals, again if anything
changed meanwhile, and SQLite opens the copy, where unfinished changes are rolled back.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote

from map4.core.base.regular_files import OnDisk
from map4.formats.importer import ImportReadError

SQLITE_MAGIC = b"SQLite format 3\0"
# Files beside a database that SQLite replays.
_REPLAYED_SUFFIXES = ("-wal", "-journal")

# A change of a file shows in its size, its time, or, with coarse times, in the counters of its first bytes.
_HEAD_BYTES = 100
_TRIES = 40
_CHUNK_BYTES = 1 << 20

DAMAGED_ROWS = "tracks without a unique number"

SqlRow = tuple[Any, ...]


class DatabaseCopy:
    """Consistent copies of a database that another program may be using."""

    @staticmethod
    @contextmanager
    def temporary(path: str, *, pause_s: float = 0.1) -> Iterator[str]:
        """Yield a consistent copy of a database, which is deleted afterwards.

        path: of the database; it and the files beside it are only read
        pause_s: between tries, if the database changes meanwhile
        """
        with tempfile.TemporaryDirectory(prefix="map4-import-") as folder:
            target = os.path.join(folder, "copy.db")
            DatabaseCopy.write(path, target, pause_s=pause_s)
            yield target

    @staticmethod
    def write(path: str, target: str, *, pause_s: float = 0.1) -> None:
        """Copy a database with its journals; see `copied_database`."""
        source = os.path.realpath(path)  # journals are beside the file, not beside a link to it
        for _ in range(_TRIES):
            before = _state(source)
            for suffix in ("", *_REPLAYED_SUFFIXES):
                _copy(source + suffix, target + suffix, is_needed=not suffix)
            if _state(source) == before:
                return
            time.sleep(pause_s)
        raise ImportReadError("another program keeps writing to it; close that program and try again")


def _state(source: str) -> list[tuple[int, int, int, bytes] | None]:
    states: list[tuple[int, int, int, bytes] | None] = []
    for suffix in ("", *_REPLAYED_SUFFIXES):
        try:
            with OnDisk(source + suffix).open() as file:
                stat = os.fstat(file.fileno())
                states.append((stat.st_ino, stat.st_size, stat.st_mtime_ns, file.read(_HEAD_BYTES)))
        except FileNotFoundError:
            states.append(None)
    return states


def _copy(source: str, target: str, *, is_needed: bool) -> None:
    if os.path.exists(target):  # from an earlier try
        os.unlink(target)
    try:
        file = OnDisk(source).open()  # only this may raise an OSError
    except FileNotFoundError:
        if is_needed:
            raise
        return
    with file:
        try:
            with open(target, "wb") as copy:
                shutil.copyfileobj(file, copy, _CHUNK_BYTES)
        except OSError as error:
            raise ImportReadError(
                f"it can't be copied to {os.path.dirname(target)} ({error.strerror}); make room there, or name "
                "another folder for temporary files with TMPDIR"
            ) from None


@contextmanager
def mapped_database_errors(error_class: type[Exception], damage: str) -> Iterator[None]:
    """Turn errors of a database into sentences; `damage` is that for a file that can't be read as a database."""
    try:
        yield
    except (error_class, UnicodeDecodeError) as error:  # UnicodeDecodeError: a message that quotes damaged bytes
        what = str(error).rstrip(".")
        raise ImportReadError(damage if "not a database" in what else f"{damage} ({what})") from None


@contextmanager
def opened_copy(path: str, damage: str) -> Iterator[sqlite3.Connection]:
    """Open a copy of a database, with errors as sentences; see `copied_database`."""
    with (
        mapped_database_errors(sqlite3.Error, damage),
        DatabaseCopy.temporary(path) as copy,
        closing(sqlite3.connect(copy)) as connection,
    ):
        connection.text_factory = decoded
        yield connection


def has_tables(path: str, *names: str) -> bool:
    """Return whether a file is a SQLite database with these tables; without locking or writing."""
    try:
        OnDisk(path).require()
        with closing(sqlite3.connect(f"file:{quote(os.fsencode(path))}?immutable=1", uri=True)) as connection:
            return all(columns_of(connection, name) for name in names)
    except (sqlite3.Error, OSError, UnicodeDecodeError):  # the last of a message that quotes damaged bytes
        return False


def columns_of(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """Return the names of a table's columns, in lower case; empty if there is no such table."""
    return frozenset(row[1].lower() for row in connection.execute(f'PRAGMA table_info("{table}")'))


def select(connection: sqlite3.Connection, table: str, alias: str, columns: Iterable[str]) -> str:
    """Return columns for a SELECT, with NULL for those that this version of a table lacks."""
    there = columns_of(connection, table)
    return ", ".join(f'{alias}."{name}"' if name.lower() in there else "NULL" for name in columns)


def decoded(data: bytes) -> str:
    """Decode text like `os.fsdecode`, so that a path keeps bytes that are not UTF-8: for `text_factory`."""
    return data.decode("utf-8", "surrogateescape")


def beside(rows: Iterator[SqlRow]) -> Callable[[Any], list[SqlRow]]:
    """Return a function that returns the rows of a key; rows are sorted by their first column, and so must keys be.

    Two sorted queries are read in parallel, so that neither has to be held in memory.
    """
    waiting: list[SqlRow] = []

    def rows_of(key: Any) -> list[SqlRow]:
        result: list[SqlRow] = []
        while True:
            row = waiting.pop() if waiting else next(rows, None)
            if row is None:
                return result
            if row[0] == key:
                result.append(row)
            elif row[0] is not None and row[0] > key:
                waiting.append(row)
                return result

    return rows_of


def numbered_rows(
    rows: Iterable[SqlRow], names: Sequence[str], left_out: Counter[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield position from 1, and columns by name, of each row with a unique `id`; other rows are counted.

    rows: by their id
    names: of the columns, including "id"
    """
    last = None
    for position, row in enumerate(rows, 1):
        values = dict(zip(names, row, strict=True))
        if values["id"] in (None, last):
            left_out[DAMAGED_ROWS] += 1
            continue
        last = values["id"]
        yield position, values


def text_of(value: object) -> str | None:
    """Return a column as text for people, or None if it is empty; bytes that are not UTF-8 are replaced."""
    if isinstance(value, bytes):
        value = decoded(value)
    if value is None or not (text := str(value).strip()):
        return None
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def file_path_of(value: object) -> str | None:
    """Return a column as a file path with its bytes kept, or None if it is not a path."""
    return value if isinstance(value, str) and value and "\0" not in value else None
