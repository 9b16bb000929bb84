"""Check a library file: its pages, tables and references, every stored value, and the mirror beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from itertools import islice
from threading import Event

from map4.care.records import Verification
from map4.care.store.leaf_pages import LeafPages
from map4.core.store.database import scalar
from map4.core.store.file import schema
from map4.core.store.file.connection import connect, has_journal
from map4.core.store.file.database import LibraryFile, SqliteDatabase
from map4.core.store.file.validation import bad_rows, reference_problems
from map4.core.store.tracks import SqlTracks
from map4.errors import LibraryDamagedError, LibraryVersionError, Map4Error, NoLibraryError

_MAX_PROBLEMS = 50
_OVERWRITTEN = "its beginning was overwritten by another database; the pages behind it have rows of map4"


def verify_library(path: str) -> Verification:
    """Check the whole file: pages, tables, references, every stored value, the full-text index; then the mirror.

    A -wal stays as it is, so that a repair can leave it out. The -wal of another database is not read.
    """
    if LibraryFile(path).has_foreign_journal():
        with tempfile.TemporaryDirectory(prefix="map4-") as folder:
            bare = os.path.join(folder, os.path.basename(path))
            shutil.copyfile(path, bare)
            return replace(_verify(bare), path=path, journal_problem=LibraryFile.FOREIGN_JOURNAL.format(path=path))
    with _keeping_journal(path):
        return _verify(path)


@contextmanager
def _keeping_journal(path: str) -> Iterator[None]:
    """Hold the library open for reading: SQLite moves a -wal into the file when the last connection ends."""
    with ExitStack() as stack:
        if has_journal(path):
            with suppress(sqlite3.Error, Map4Error):
                reader = stack.enter_context(closing(connect(path, read_only=True)))
                reader.execute("SELECT 1 FROM sqlite_master").fetchone()
        yield


def _verify(path: str) -> Verification:
    try:
        database = SqliteDatabase(path, is_looked_at=True)
    except LibraryDamagedError as error:
        is_library = not isinstance(error, NoLibraryError)
        return Verification(path=path, files=0, analyses=0, problems=(_what(error),), is_library=is_library)
    except LibraryVersionError:
        with closing(LeafPages(path)) as pages:
            if not pages.is_overwritten:
                raise
        return Verification(path=path, files=0, analyses=0, problems=(_OVERWRITTEN,))
    counts, stop = {"files": 0, "analyses": 0}, Event()
    is_mirror_whole = True
    with closing(database), ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        stack.callback(stop.set)  # else Ctrl-C would wait for them
        # Statements of SQLite, which run while this thread decodes rows.
        of_tables = pool.submit(_problems_of_tables, path, stop)
        of_rows = list(islice(_problems_of_rows(database, counts), _MAX_PROBLEMS))
        try:
            of_pages, problems = of_tables.result()
        except LibraryDamagedError as error:
            of_pages, problems = [_what(error)], []
        if of_pages:  # the cause of all other problems
            counts, problems = dict.fromkeys(counts, 0), of_pages
        else:
            problems = of_rows + problems  # facts differ if a row is damaged
        if not problems and os.path.exists(mirror := LibraryFile(database.file).mirror):
            from map4.core.store.sound.sound_index import SqliteSounds  # loads numpy, which few libraries need

            if SqliteSounds(database).has_altered_mirror():
                is_mirror_whole = False
                problems.append(f"{mirror} is not as it was written; 'map4 library repair' deletes it")
    found, analyses = tuple(problems[:_MAX_PROBLEMS]), counts["analyses"]
    return Verification(
        path=path, files=counts["files"], analyses=analyses, problems=found, is_mirror_whole=is_mirror_whole
    )


def _problems_of_tables(path: str, stop: Event) -> tuple[list[str], list[str]]:
    """Problems of pages and triggers, and if there are none those of references, facts and words."""
    with closing(SqliteDatabase(path, is_looked_at=True)) as database, database.reading() as connection:
        connection.set_progress_handler(stop.is_set, 1_000_000)  # steps, some 50 ms
        connection.execute("PRAGMA cache_size = -65536")  # in KiB: it looks up each row in all indexes
        rows = connection.execute(f"PRAGMA integrity_check({_MAX_PROBLEMS})").fetchall()
        problems = [text for (text,) in rows if text != "ok"]
        problems += [
            f"the trigger {name} is none of map4's; 'map4 library repair' leaves it out"
            for kind, name in schema.foreign_parts(connection)
            if kind == "trigger"
        ]
        if problems:
            return problems, []
        problems += islice(reference_problems(connection), _MAX_PROBLEMS)
        if not problems and LibraryFile(database.file).has_unknown_format():
            problems.append(LibraryFile.UNKNOWN_FORMAT)
        if not problems:
            with database.snapshot():
                _check_words(connection, "files_fts", "files_text")
                _check_words(connection, "lyrics_fts", "lyrics")
        return [], problems


def _check_words(connection: sqlite3.Connection, name: str, texts: str) -> None:
    """Raise an error if an index differs from its texts: of a temporary copy, as the check of SQLite is a write."""
    connection.execute(f"SELECT rowid FROM main.{name} LIMIT 1")  # reads its settings
    connection.execute(f"CREATE TEMP VIEW {texts} AS SELECT * FROM main.{texts}")
    sql = scalar(connection, "SELECT sql FROM main.sqlite_master WHERE name = ?", (name,))
    connection.execute(sql.replace("CREATE VIRTUAL TABLE ", "CREATE VIRTUAL TABLE temp.", 1))
    of_index = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name GLOB ? || '_*'"
    for (table,) in connection.execute(of_index, (name,)).fetchall():
        connection.execute(f"DELETE FROM temp.{table}")
        connection.execute(f"INSERT INTO temp.{table} SELECT * FROM main.{table}")
    connection.execute(f"INSERT INTO temp.{name} ({name}, rank) VALUES ('integrity-check', 1)")


def _problems_of_rows(database: SqliteDatabase, counts: dict[str, int]) -> Iterator[str]:
    is_sound = True
    try:
        with database.reading() as connection:
            for table in counts:
                counts[table] = scalar(connection, f"SELECT count(*) FROM {table}")
            for bad in bad_rows(connection):
                is_sound = False
                yield bad.problem
        if is_sound:
            for _ in SqlTracks(database).tracks(analysis=False):  # as commands do; the analyses are read above
                pass
    except LibraryDamagedError as error:
        yield _what(error)
    except (ValueError, TypeError) as error:
        yield f"a row of files can't be read ({error})"


def _what(error: LibraryDamagedError) -> str:
    """The problem, without the rest of the message."""
    message = str(error).split(". Nothing")[0]
    return message.partition(" is damaged (")[2].removesuffix(")") or message
