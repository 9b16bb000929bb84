"""Care of the library file: look into it, check it, salvage it, copy it, and drop what can be computed again."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from map4.domain.analysis import ANALYSIS_VERSION, analysis_from_core
from map4.errors import LibraryDamagedError, LibraryVersionError, LibraryWriteError, Map4Error
from map4.infra import schema
from map4.infra.database import Database, check_header, copy_database, damaged, translated

# Byte 18 of an SQLite header: 1 = rollback journal, as backups have it; 2 = WAL, as libraries in use have it.
_WRITE_VERSION_OFFSET = 18
_MAX_PROBLEMS = 50
_SIDE_FILES = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a check of the whole library found; sound without problems."""

    path: str
    files: int
    analyses: int
    problems: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was salvaged: rows by table, where the damaged file is kept, and which tables lost rows."""

    path: str
    kept_old_at: str
    salvaged: dict[str, int]
    incomplete: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """Rows dropped, or to be dropped: files that are gone, analyses that no file has; and roots left alone."""

    missing_files: int
    orphaned_analyses: int
    skipped_roots: tuple[str, ...]


def library_info(database: Database) -> dict[str, Any]:
    """Size, versions and counts, as the `map4/cache-info/1` record."""
    with database.reading() as connection:

        def count(sql: str) -> dict[Any, int]:
            return dict(connection.execute(sql).fetchall())

        states = count("SELECT state, count(*) FROM tracks GROUP BY state")
        versions = count("SELECT version, count(*) FROM analyses GROUP BY version ORDER BY version")
        failures = count("SELECT error_kind, count(*) FROM tracks WHERE state = 'failed' GROUP BY error_kind")
        parts = connection.execute(
            "SELECT name, version, count(*), sum(length(data)) FROM parts GROUP BY name, version"
        ).fetchall()
        roots = connection.execute("SELECT path, is_recursive, scanned_at FROM roots ORDER BY path").fetchall()
        user_values: int = connection.execute("SELECT count(*) FROM user_values").fetchone()[0]
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return {
        "schema": "map4/cache-info/1",
        "library": database.path,
        "size_bytes": sum(os.path.getsize(p) for p in _side_files(database.path)),
        "schema_version": version,
        "analysis_version": ANALYSIS_VERSION,
        "files": {state: states.get(state, 0) for state in ("ok", "failed", "missing", "pending")},
        "failures": failures,
        "analyses": sum(versions.values()),
        "stale_analyses": sum(n for version, n in versions.items() if version != ANALYSIS_VERSION),
        "parts": [
            {"name": name, "version": part_version, "count": n, "bytes": size} for name, part_version, n, size in parts
        ],
        "user_values": user_values,
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


def verify_library(path: str) -> Verification:
    """Check the whole file: pages, references, every stored value, and the full-text index."""
    try:
        database = Database(path)
    except LibraryDamagedError as error:
        return Verification(path=path, files=0, analyses=0, problems=(str(error).split(". Nothing")[0],))
    with closing(database):
        problems, counts = [], {"files": 0, "analyses": 0}
        try:
            with database.reading() as connection:
                found = connection.execute(f"PRAGMA integrity_check({_MAX_PROBLEMS})").fetchall()
                problems += [text for (text,) in found if text != "ok"]
                if not problems:
                    counts = {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in counts}
                    problems += _content_problems(connection)
            if not problems and not database.is_read_only:
                with database.transaction() as connection:
                    connection.execute("INSERT INTO files_fts (files_fts, rank) VALUES ('integrity-check', 1)")
        except LibraryDamagedError as error:
            problems.append(str(error).split(". Nothing")[0])
    return Verification(path=path, problems=tuple(problems[:_MAX_PROBLEMS]), **counts)


def _content_problems(connection: sqlite3.Connection) -> Iterator[str]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {table} ({row}) belongs to no row of {parent}"
    for audio_id, version, core in connection.execute("SELECT audio_id, version, core FROM analyses"):
        try:
            analysis_from_core(json.loads(core), version=version)
        except (ValueError, KeyError, TypeError, AttributeError, Map4Error) as error:
            yield f"the analysis of {audio_id} can't be read ({error})"
    for (audio_id,) in connection.execute("SELECT audio_id FROM parts WHERE name = 'beats' AND length(data) % 4 != 0"):
        yield f"the beats of {audio_id} are cut off"


def repair_library(path: str, now: datetime) -> Repair:
    """Salvage every row that can be read into a new library; the damaged file stays beside it, with the date.

    Raises
    ------
    LibraryDamagedError
        If not even the tables can be found; then nothing is changed.
    """
    partial = f"{path}.repairing"
    _remove(partial)
    salvaged: dict[str, int] = {}
    incomplete: list[str] = []
    with closing(Database(partial)) as new, closing(_open_damaged(path)) as old:
        for table in schema.SALVAGED_TABLES:
            salvaged[table], is_complete = _salvage_table(old, new, table)
            if not is_complete:
                incomplete.append(table)
        with new.transaction() as connection:
            connection.execute("DELETE FROM parts WHERE audio_id NOT IN (SELECT audio_id FROM analyses)")
    if not any(salvaged.values()):
        _remove(partial)
        raise LibraryDamagedError(
            f"nothing in {path} can be read any more; it is left as it is. 'map4 cache restore FILE' brings back a "
            "backup; without one, move the file away and scan again"
        )
    kept_old_at = _move_aside(path, "damaged", now)
    os.replace(partial, path)
    return Repair(path=path, kept_old_at=kept_old_at, salvaged=salvaged, incomplete=tuple(incomplete))


def _open_damaged(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    # Lets SQLite go on over a schema that it finds fault with.
    connection.execute("PRAGMA writable_schema = ON")
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _salvage_table(old: sqlite3.Connection, new: Database, table: str) -> tuple[int, bool]:
    """Copy the readable rows of one table; gives how many, and whether that was all."""
    try:
        # table_info leaves generated columns out, which is right: they are made again.
        old_columns = {row[1] for row in old.execute(f"PRAGMA table_info({table})")}
    except sqlite3.DatabaseError:
        return 0, False
    with new.reading() as connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] in old_columns]
        keys = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5]]
    if not columns:
        return 0, False
    names = ", ".join(columns)
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"
    is_complete = False
    with new.transaction() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        # Forwards up to the damage, then backwards up to it; what lies between is asked for row by row.
        for direction in ("ASC", "DESC"):
            order = ", ".join(f"{key} {direction}" for key in keys)
            try:
                for row in old.execute(f"SELECT {names} FROM {table} ORDER BY {order}"):
                    _insert(connection, insert, row)
                is_complete = True
                break
            except sqlite3.DatabaseError:
                continue
        if not is_complete and keys == ["id"]:
            _salvage_by_id(old, connection, f"SELECT {names} FROM {table} WHERE id = ?", insert, table)
        count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return count, is_complete


def _salvage_by_id(
    old: sqlite3.Connection, connection: sqlite3.Connection, select: str, insert: str, table: str
) -> None:
    known = {row[0] for row in connection.execute(f"SELECT id FROM {table}")}
    if not known:
        return
    for row_id in range(min(known), max(known)):
        if row_id not in known:
            try:
                row = old.execute(select, (row_id,)).fetchone()
            except sqlite3.DatabaseError:
                continue
            if row is not None:
                _insert(connection, insert, row)


def _insert(connection: sqlite3.Connection, insert: str, row: tuple[Any, ...]) -> None:
    try:
        connection.execute(insert, row)
    except (sqlite3.IntegrityError, sqlite3.OperationalError):
        return  # a row with impossible values: part of the damage


def prune_library(database: Database, *, dry_run: bool) -> Pruned:
    """Drop files that are gone and analyses no file has; what the user set stays.

    Files under a root that is absent or empty are left alone: a drive that is not mounted is no reason to forget it.
    """
    with database.reading() as connection:
        roots = [os.fsdecode(path) for (path,) in connection.execute("SELECT path FROM roots")]
        skipped = tuple(root for root in roots if not _has_content(root))
        gone = [
            (file_id,)
            for file_id, path in connection.execute("SELECT id, path FROM files WHERE missing_since IS NOT NULL")
            if not any(os.fsdecode(path).startswith(os.path.join(root, "")) for root in skipped)
        ]
    orphaned = "FROM analyses WHERE audio_id NOT IN (SELECT audio_id FROM files WHERE audio_id IS NOT NULL)"
    if dry_run:
        with database.reading() as connection:
            marks = ",".join(str(file_id) for (file_id,) in gone)
            count: int = connection.execute(
                "SELECT count(*) FROM analyses WHERE audio_id NOT IN "
                f"(SELECT audio_id FROM files WHERE audio_id IS NOT NULL AND id NOT IN ({marks}))"
            ).fetchone()[0]
    else:
        with database.transaction() as connection:
            connection.executemany("DELETE FROM files WHERE id = ?", gone)
            count = connection.execute(f"DELETE {orphaned}").rowcount
    return Pruned(missing_files=len(gone), orphaned_analyses=count, skipped_roots=skipped)


def clear_library(database: Database) -> int:
    """Drop every analysis and failure, so that the next scan makes them again; gives how many there were."""
    with database.transaction() as connection:
        connection.execute("UPDATE files SET error_kind = NULL, error_message = NULL, failed_version = NULL")
        return connection.execute("DELETE FROM analyses").rowcount


def backup_library(database: Database, target: str, *, force: bool) -> int:
    """Copy the library to `target`, consistent even during a scan; gives the size in bytes.

    Raises
    ------
    LibraryWriteError
        If `target` is something else than an older backup, and not `force`.
    """
    if os.path.realpath(target) == os.path.realpath(database.path):
        raise LibraryWriteError("a backup needs another name than the library itself")
    if os.path.exists(target) and not force and not _is_backup(target):
        raise LibraryWriteError(f"{target} exists and is no backup of map4; choose another name, or use --force")
    try:
        with database.reading() as connection:
            copy_database(connection, target)
    except OSError as error:
        raise LibraryWriteError(f"{target} can't be written: {error.strerror}") from None
    return os.path.getsize(target)


def restore_library(source: str, path: str, now: datetime) -> str | None:
    """Put a backup in the library's place; the present library is kept beside it, and its new name returned.

    Raises
    ------
    LibraryDamagedError, LibraryVersionError, LibraryWriteError
        If the backup is not sound; then nothing is changed.
    """
    if not os.path.isfile(source):
        raise LibraryWriteError(f"there is no backup {source}")
    check_header(source)
    with translated(source), closing(sqlite3.connect(source, isolation_level=None)) as backup:
        found = backup.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise damaged(source, found)
        if backup.execute("PRAGMA user_version").fetchone()[0] > len(schema.MIGRATIONS):
            raise LibraryVersionError(f"{source} was made by a newer map4; update map4 first")
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        staged = f"{path}.restoring"
        copy_database(backup, staged)
    kept_old_at = _move_aside(path, "replaced", now) if os.path.exists(path) else None
    os.replace(staged, path)
    return kept_old_at


def _move_aside(path: str, why: str, now: datetime) -> str:
    aside = f"{path}.{why}-{now:%Y%m%d-%H%M%S}"
    # The journal goes along: it may hold the newest rows.
    for side in _SIDE_FILES:
        if os.path.exists(path + side):
            os.replace(path + side, aside + side)
    return aside


def _remove(path: str) -> None:
    for side in _SIDE_FILES:
        Path(path + side).unlink(missing_ok=True)


def _side_files(path: str) -> list[str]:
    return [path + side for side in _SIDE_FILES if os.path.exists(path + side)]


def _has_content(root: str) -> bool:
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _is_backup(path: str) -> bool:
    try:
        check_header(path)
    except Map4Error:
        return False
    with open(path, "rb") as file:
        return file.read(_WRITE_VERSION_OFFSET + 1)[_WRITE_VERSION_OFFSET] == 1
