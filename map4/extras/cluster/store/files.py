"""Merge library files into another, table by table (`StoredTable.merge`).

Sources are only read; older schemas are migrated in a copy. Accounts, credentials and written files of the library in
use stay as they are; derived data is recomputed.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from map4.core.base.actor import Actor
from map4.core.base.path_maps import PathMap
from map4.core.base.paths import quoted
from map4.core.base.unfinished import SafeFile
from map4.core.store.database import Database, scalar
from map4.core.store.file import schema
from map4.core.store.file.connection import connect, copy_database, translated, write_errors
from map4.core.store.file.database import LibraryFile, SqliteDatabase, checked_library
from map4.core.store.file.validation import content_problems
from map4.core.store.stored_tables import ExtraTables, Newest, StoredTable, resolved
from map4.errors import LibraryDamagedError, LibraryVersionError, NoLibraryError, UsageError
from map4.extras.cluster.records import MergedLibraries, MergeSource
from map4.extras.cluster.store.merging import MergeCounts, Merging, merge_by_time
from map4.imports import affected

_MERGES = {
    "roots": "map4.extras.cluster.store.tracks:merge_folders",
    "analyses": "map4.extras.cluster.store.tracks:merge_tracks",
    "user_values": "map4.extras.cluster.store.people:merge_user_values",
    "plays": "map4.extras.cluster.store.plays:merge_plays",
    "imports": "map4.extras.cluster.store.outside:merge_imports",
    "lookups": "map4.extras.cluster.store.outside:merge_lookups",
    "playlists": "map4.extras.cluster.store.lists:merge_lists",
}
"""Merge rules of core tables without their own rule, including dependent tables."""


def rows_to_merge(merging: Merging) -> int:
    """Approximate number of rows to process, for progress."""
    return sum(int(scalar(merging.source, f"SELECT count(*) FROM {table}")) for table in ("files", "analyses"))


def merge_library(merging: Merging, without: Collection[str] = ()) -> None:
    """Merge a library into another in short transactions; an interrupted merge is completed by repeating it.

    without: extras whose tables are omitted
    """
    imported: set[str] = set()
    for extra in ExtraTables.recorded(merging.source).keys() & StoredTable.of_extras().keys():
        if extra not in without:
            ExtraTables.make(merging.into, extra)
    for table in ExtraTables.tables_in(merging.source, without):
        rule = table.merge or _MERGES.get(table.name)
        if isinstance(rule, Newest):
            merge_by_time(merging, table, rule)
        elif rule is not None:
            imported |= resolved(rule)(merging) or set()
    with merging.into.transaction() as connection, affected(connection, merging.into.path) as named:
        named.add(*imported)


def merge_libraries(
    database: Database,
    sources: Sequence[str],
    *,
    actor: Actor,
    maps: Sequence[PathMap],
    dry_run: bool,
    without: Collection[str] = (),
    progress: Callable[[int, int], object],
) -> MergedLibraries:
    """Merge library files into an open library after checking all of them; a dry run merges into a copy."""
    if not isinstance(database, SqliteDatabase):
        raise UsageError(
            f"only library files can be merged, and {database.path} is in Postgres: copy it into a file with "
            "'map4 library copy', merge there, and copy the result back"
        )
    counts, done = MergeCounts(), iter(range(1, 1 << 62))
    with ExitStack() as opened:
        opened_files = [opened.enter_context(_opened(path, database)) for path in sources]
        for path, (connection, _) in zip(sources, opened_files, strict=True):
            ExtraTables.require_installed(connection, f"{path} can't be merged", without)
        is_apart = dry_run and not database.is_in_memory
        into = opened.enter_context(_copied(database)) if is_apart else database

        def on_row() -> None:
            progress(min(next(done), total), total)

        merges = [
            Merging(source=connection, name=path, into=into, actor=actor, maps=maps, counts=counts, on_row=on_row)
            for path, (connection, _) in zip(sources, opened_files, strict=True)
        ]
        total = sum(map(rows_to_merge, merges))
        for path, merging in zip(sources, merges, strict=True):
            with translated(path, _damaged):
                merge_library(merging, without)
        return MergedLibraries(
            library=database.path,
            dry_run=dry_run,
            sources=tuple(
                MergeSource(
                    library=path,
                    schema_version=version,
                    is_older=schema.is_changed_since(version),
                    files=int(scalar(connection, "SELECT count(*) FROM files")),
                )
                for path, (connection, version) in zip(sources, opened_files, strict=True)
            ),
            merged=counts.counts(),
            conflicts=tuple(counts.conflicts),
            hidden_conflicts=counts.hidden,
        )


@contextmanager
def _room(database: SqliteDatabase) -> Iterator[str]:
    """Name of a temporary file: next to the library if writable, else in the temporary folder."""
    if not database.is_in_memory and LibraryFile(database.file).is_writable():
        with SafeFile(database.file).unfinished("merging") as name:
            yield name
        return
    with tempfile.TemporaryDirectory(prefix="map4-") as folder:
        yield os.path.join(folder, "library.map4")


@contextmanager
def _copied(database: SqliteDatabase) -> Iterator[SqliteDatabase]:
    with write_errors(f"a copy of {database.path} can't be made"), _room(database) as copy:
        with database.reading() as connection:
            copy_database(connection, copy)
        with closing(SqliteDatabase(copy)) as opened:
            yield opened


@contextmanager
def _opened(path: str, into: SqliteDatabase) -> Iterator[tuple[sqlite3.Connection, int]]:
    """Open a snapshot of a library file in the current schema; also return its own schema version."""
    if not os.path.exists(path):
        raise NoLibraryError(f"there is no library {path}; nothing was merged")
    if not into.is_in_memory and os.path.samefile(path, into.file):
        raise UsageError(f"{path} is the library in use; name other libraries to merge into it")
    foreign = LibraryVersionError(f"{path} is not a map4 library; nothing was merged")
    with checked_library(path, foreign, _damaged) as (connection, version), ExitStack() as opened:
        if schema.is_changed_since(version):
            connection = opened.enter_context(_brought_up_to_date(connection, into))
        connection.execute("BEGIN")
        for problem in content_problems(connection):
            raise _damaged(path, problem)
        yield connection, version


@contextmanager
def _brought_up_to_date(connection: sqlite3.Connection, into: SqliteDatabase) -> Iterator[sqlite3.Connection]:
    with write_errors(f"a copy beside {into.path} can't be made"), _room(into) as copy:
        copy_database(connection, copy)
        with closing(connect(copy, read_only=False)) as newer:
            schema.migrate(newer)
            yield newer


def _damaged(path: str, what: str) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"the library {path} is damaged ({what}); to recover what is readable, run 'map4 --library {quoted(path)} "
        "library repair'"
    )
