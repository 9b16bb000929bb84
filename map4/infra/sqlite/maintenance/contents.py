"""Care of the library's contents: look into them, check them, and drop what can be computed again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from map4.domain.analysis.analysis import ANALYSIS_VERSION
from map4.domain.paths import display_path
from map4.errors import LibraryDamagedError, NoLibraryError
from map4.infra.sql.database import scalar
from map4.infra.sql.deleted_lists import purge
from map4.infra.sql.rows.analysis_parts import part_sizes, stale_analyses
from map4.infra.sqlite.connection import committed
from map4.infra.sqlite.errors import translated
from map4.infra.sqlite.file import schema
from map4.infra.sqlite.file.database import SqliteDatabase
from map4.infra.sqlite.library_file import mirror_path
from map4.infra.unfinished import files_of
from map4.ports.store.care import Care, LibraryFigures, LibraryInfo, Pruned, ScannedRoot, StoredPart, Verification
from map4.ports.store.merge import MergedLibraries
from map4.ports.store.search import STATES

_MAX_PROBLEMS = 50
_FAILED = "FROM facts AS x CROSS JOIN files AS f ON f.id = x.file_id WHERE x.state = 'failed'"


class SqliteCare(Care):
    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def info(self, *, parts: bool = True) -> dict[str, Any]:
        with self._database.reading() as connection:

            def count(sql: str) -> dict[Any, int]:
                return dict(connection.execute(sql).fetchall())

            analyses = scalar(connection, "SELECT count(*) FROM analyses")
            failures = count(f"SELECT f.error_kind, count(*) {_FAILED} GROUP BY 1")
            stored = sorted(part_sizes(connection).items()) if parts else []
            roots = connection.execute("SELECT path, is_recursive, scanned_at FROM roots ORDER BY path").fetchall()
            own = (f"(SELECT count(*) FROM {table})" for table in ("user_values", "ratings", "marks"))
            user_values = scalar(connection, f"SELECT {' + '.join(own)}")
            stale = stale_analyses(connection)
            labels = count("SELECT source, count(*) FROM labels GROUP BY source ORDER BY source")
            version = schema.user_version(connection)
        return LibraryInfo(
            library=self._database.path,
            size_bytes=self._size_bytes(),
            mirror_bytes=_size(mirror_path(self._database.file)),
            schema_version=version,
            analysis_version=ANALYSIS_VERSION,
            files=self.states(),
            failures=failures,
            analyses=analyses,
            stale_analyses=stale,
            parts=tuple(
                StoredPart(name=name, version=number, count=count, bytes=size)
                for (name, number), (count, size) in stored
            ),
            user_values=user_values,
            labels=labels,
            roots=tuple(
                ScannedRoot(
                    folder=display_path(os.fsdecode(path)),
                    recursive=bool(recursive),
                    scanned_at=at or None,
                    present=os.path.isdir(os.fsdecode(path)),
                )
                for path, recursive, at in roots
            ),
        ).to_record()

    def states(self) -> dict[str, int]:
        # A sum for each: to group them, SQLite would sort them first.
        sums = ", ".join(f"coalesce(sum(state = '{state}'), 0)" for state in STATES)
        with self._database.reading() as connection:
            return dict(zip(STATES, connection.execute(f"SELECT {sums} FROM facts").fetchone(), strict=True))

    def figures(self) -> LibraryFigures:
        with self._database.reading() as connection:
            failures = dict(connection.execute(f"SELECT f.error_kind, count(*) {_FAILED} GROUP BY 1").fetchall())
            added = dict(connection.execute("SELECT added_by, count(*) FROM files GROUP BY 1").fetchall())
            analyses = scalar(connection, "SELECT count(*) FROM analyses")
            lists = scalar(connection, "SELECT count(*) FROM playlists WHERE deleted_at IS NULL")
        return LibraryFigures(
            states=self.states(),
            failures=failures,
            analyses=analyses,
            lists=lists,
            added=added,
            size_bytes=self._size_bytes(),
            mirror_bytes=_size(mirror_path(self._database.file)),
        )

    def _size_bytes(self) -> int:
        return sum(map(_size, files_of(self._database.file)))

    def prune(self, *, dry_run: bool) -> Pruned:
        from map4.infra.files.walk import DiskFiles

        with self._database.reading() as connection:
            roots = [os.fsdecode(path) for (path,) in connection.execute("SELECT path FROM roots ORDER BY path")]
            missing = connection.execute("SELECT id, path FROM files WHERE missing_since IS NOT NULL").fetchall()
        disk = DiskFiles()
        absent = {os.path.join(root, ""): root for root in roots if not _has_content(root)}
        paths = [(file_id, os.fsdecode(path)) for file_id, path in missing]
        skipped = tuple(root for inside, root in absent.items() if any(path.startswith(inside) for _, path in paths))
        gone = [(file_id,) for file_id, path in paths if not path.startswith(tuple(absent)) and not disk.exists(path)]
        orphaned = "FROM analyses WHERE audio_id NOT IN (SELECT audio_id FROM files WHERE audio_id IS NOT NULL {})"
        if dry_run:
            with self._database.reading() as connection:
                marks = ",".join(str(file_id) for (file_id,) in gone)
                count = scalar(connection, f"SELECT count(*) {orphaned.format(f'AND id NOT IN ({marks})')}")
        else:
            with self._database.transaction() as connection:
                connection.executemany("DELETE FROM files WHERE id = ?", gone)
                count = connection.execute(f"DELETE {orphaned.format('')}").rowcount
                purge(connection, datetime.now(UTC))
        return Pruned(
            library=self._database.path,
            dry_run=dry_run,
            missing_files=len(gone),
            orphaned_analyses=count,
            skipped_roots=skipped,
        )

    def clear(self) -> int:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM mirror")  # first, so that the changes are not noted
            connection.execute("DELETE FROM mirror_changes")
            connection.execute("UPDATE files SET error_kind = NULL, error_message = NULL, failed_version = NULL")
            dropped = connection.execute("DELETE FROM analyses").rowcount
        with suppress(OSError):  # without its token nothing reads it
            os.unlink(mirror_path(self._database.file))
        return dropped

    def backup(self, target: str, *, force: bool, is_checked: bool = False) -> int:
        from map4.infra.sqlite.maintenance.backup import backup_library

        return backup_library(self._database, target, force=force, is_checked=is_checked)

    def merge(self, sources: Sequence[str], **how: Any) -> MergedLibraries:
        from map4.infra.sqlite.maintenance.merge import merge_libraries

        return merge_libraries(self._database, sources, **how)

    def settle(self) -> None:
        self._database.empty_journal()


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.isfile(path) else 0


def verify_library(path: str) -> Verification:
    """Check the whole file: pages, tables, references, every stored value, the full-text index; then the mirror."""
    from map4.infra.sql.tracks import SqlTracks
    from map4.infra.sqlite.file.validation import content_problems

    try:
        database = SqliteDatabase(path)
    except LibraryDamagedError as error:
        is_library = not isinstance(error, NoLibraryError)
        return Verification(path=path, files=0, analyses=0, problems=(_what(error),), is_library=is_library)
    counts = {"files": 0, "analyses": 0}
    problems: list[str] = []
    is_mirror_whole = True
    with closing(database):
        try:
            with database.reading() as connection:
                found = connection.execute(f"PRAGMA integrity_check({_MAX_PROBLEMS})").fetchall()
                problems += [text for (text,) in found if text != "ok"]
                problems += [
                    f"the trigger {name} is none of map4's; 'map4 cache repair' leaves it out"
                    for kind, name in schema.foreign_parts(connection)
                    if kind == "trigger"
                ]
                if not problems:
                    counts = {t: scalar(connection, f"SELECT count(*) FROM {t}") for t in counts}
                    problems += islice(content_problems(connection), _MAX_PROBLEMS)
            if not problems:
                for _ in SqlTracks(database).tracks(beats=True):  # what every command does
                    pass
            if not problems and not database.is_read_only:
                with translated(database.path), committed(database.connection):  # a check, that changes nothing
                    database.connection.execute("INSERT INTO files_fts (files_fts, rank) VALUES ('integrity-check', 1)")
            if not problems and os.path.exists(mirror := mirror_path(database.file)):
                from map4.infra.sqlite.sounds import SqliteSounds  # loads numpy, which few libraries need

                if SqliteSounds(database).has_altered_mirror():
                    is_mirror_whole = False
                    problems.append(f"{mirror} is not as it was written; 'map4 cache warm' makes it anew")
        except LibraryDamagedError as error:
            problems.append(_what(error))
        except (ValueError, TypeError) as error:
            problems.append(f"a row of files can't be read ({error})")
    found_problems = tuple(problems[:_MAX_PROBLEMS])
    return Verification(
        path=path,
        files=counts["files"],
        analyses=counts["analyses"],
        problems=found_problems,
        is_mirror_whole=is_mirror_whole,
    )


def _what(error: LibraryDamagedError) -> str:
    """What is wrong, without the words around it."""
    said = str(error).split(". Nothing")[0]
    return said.partition(" is damaged (")[2].removesuffix(")") or said


def _has_content(root: str) -> bool:
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
