"""Care of the library's contents: look into them, check them, and drop what can be computed again."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from map4.domain.analysis import ANALYSIS_VERSION
from map4.errors import LibraryDamagedError, NoLibraryError
from map4.infra.files.placing import files_of
from map4.infra.sqlite import schema
from map4.infra.sqlite.analysis_parts import part_sizes, stale_analyses
from map4.infra.sqlite.connection import scalar
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.library_file import mirror_path

_MAX_PROBLEMS = 50
_STATES = ("ok", "failed", "missing", "pending")
_FAILED = "FROM facts AS x CROSS JOIN files AS f ON f.id = x.file_id WHERE x.state = 'failed'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a check of the whole library found; sound without problems, `is_library` if it is a database at all.

    Where `is_mirror_whole` is false, nothing else is wrong than the mirror beside it.
    """

    path: str
    files: int
    analyses: int
    problems: tuple[str, ...]
    is_library: bool = True
    is_mirror_whole: bool = True

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def needs_repair(self) -> bool:
        """Whether anything is wrong with the library itself."""
        return not self.is_sound and self.is_mirror_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """Rows dropped, or to be dropped: files that are gone, analyses that no file has; and roots left alone."""

    missing_files: int
    orphaned_analyses: int
    skipped_roots: tuple[str, ...]


def file_states(database: Database) -> dict[str, int]:
    """How many files are in each state."""
    # A sum for each: to group them, SQLite would sort them first.
    sums = ", ".join(f"coalesce(sum(state = '{state}'), 0)" for state in _STATES)
    with database.reading() as connection:
        return dict(zip(_STATES, connection.execute(f"SELECT {sums} FROM facts").fetchone(), strict=True))


def library_info(database: Database, *, parts: bool = True) -> dict[str, Any]:
    """Size, versions and counts, as the `map4/cache-info/1` record; `parts` are left out where nobody asks."""
    with database.reading() as connection:

        def count(sql: str) -> dict[Any, int]:
            return dict(connection.execute(sql).fetchall())

        analyses = scalar(connection, "SELECT count(*) FROM analyses")
        failures = count(f"SELECT f.error_kind, count(*) {_FAILED} GROUP BY 1")
        stored = sorted(part_sizes(connection).items()) if parts else []
        roots = connection.execute("SELECT path, is_recursive, scanned_at FROM roots ORDER BY path").fetchall()
        user_values = scalar(connection, "SELECT count(*) FROM user_values")
        stale = stale_analyses(connection)
        labels = count("SELECT source, count(*) FROM labels GROUP BY source ORDER BY source")
        version = schema.user_version(connection)
    return {
        "schema": "map4/cache-info/1",
        "library": database.path,
        "size_bytes": sum(os.path.getsize(p) for p in files_of(database.file)),
        "mirror_bytes": _size(mirror_path(database.file)),
        "schema_version": version,
        "analysis_version": ANALYSIS_VERSION,
        "files": file_states(database),
        "failures": failures,
        "analyses": analyses,
        "stale_analyses": stale,
        "parts": [
            {"name": name, "version": number, "count": count, "bytes": size} for (name, number), (count, size) in stored
        ],
        "user_values": user_values,
        "labels": labels,
        "roots": [
            {
                "path": os.fsencode(os.fsdecode(path)).decode("utf-8", "replace"),
                "recursive": bool(recursive),
                "scanned_at": at,
                "present": os.path.isdir(os.fsdecode(path)),
            }
            for path, recursive, at in roots
        ],
    }


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.isfile(path) else 0


def verify_library(path: str) -> Verification:
    """Check the whole file: pages, tables, references, every stored value, the full-text index; then the mirror."""
    from map4.infra.sqlite.tracks import TrackStore
    from map4.infra.sqlite.validation import content_problems

    try:
        database = Database(path)
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
                for _ in TrackStore(database).tracks(beats=True):  # what every command does
                    pass
            if not problems and not database.is_read_only:
                with database.transaction() as connection:
                    connection.execute("INSERT INTO files_fts (files_fts, rank) VALUES ('integrity-check', 1)")
            if not problems and os.path.exists(mirror := mirror_path(database.file)):
                from map4.infra.sqlite.sound_index import SoundIndex  # loads numpy, which few libraries need

                if SoundIndex(database).has_altered_mirror():
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


def prune_library(database: Database, *, dry_run: bool) -> Pruned:
    """Drop files that are gone and analyses no file has; what the user set stays.

    Gone is what a scan noted as missing and what is not there now either. Files under a root that is absent or empty
    are left alone: a drive that is not mounted is no reason to forget it.
    """
    from map4.infra.files.walk import DiskFiles

    with database.reading() as connection:
        roots = [os.fsdecode(path) for (path,) in connection.execute("SELECT path FROM roots ORDER BY path")]
        missing = connection.execute("SELECT id, path FROM files WHERE missing_since IS NOT NULL").fetchall()
    disk = DiskFiles()
    absent = {os.path.join(root, ""): root for root in roots if not _has_content(root)}
    paths = [(file_id, os.fsdecode(path)) for file_id, path in missing]
    skipped = tuple(root for inside, root in absent.items() if any(path.startswith(inside) for _, path in paths))
    gone = [(file_id,) for file_id, path in paths if not path.startswith(tuple(absent)) and not disk.exists(path)]
    orphaned = "FROM analyses WHERE audio_id NOT IN (SELECT audio_id FROM files WHERE audio_id IS NOT NULL {})"
    if dry_run:
        with database.reading() as connection:
            marks = ",".join(str(file_id) for (file_id,) in gone)
            count = scalar(connection, f"SELECT count(*) {orphaned.format(f'AND id NOT IN ({marks})')}")
    else:
        with database.transaction() as connection:
            connection.executemany("DELETE FROM files WHERE id = ?", gone)
            count = connection.execute(f"DELETE {orphaned.format('')}").rowcount
    return Pruned(missing_files=len(gone), orphaned_analyses=count, skipped_roots=skipped)


def clear_library(database: Database) -> int:
    """Drop every analysis and failure, so that the next scan makes them again; gives how many there were.

    One short transaction, which works while a scan runs: what that stores afterwards is new, and stays.
    """
    with database.transaction() as connection:
        connection.execute("DELETE FROM mirror")  # first, so that the changes are not noted
        connection.execute("DELETE FROM mirror_changes")
        connection.execute("UPDATE files SET error_kind = NULL, error_message = NULL, failed_version = NULL")
        dropped = connection.execute("DELETE FROM analyses").rowcount
    with suppress(OSError):  # without its token nothing reads it
        os.unlink(mirror_path(database.file))
    return dropped


def _has_content(root: str) -> bool:
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
