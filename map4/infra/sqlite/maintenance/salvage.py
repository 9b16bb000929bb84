"""Salvage a damaged library: every row that can be read, into a new file that is then checked like any other."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from map4.errors import LibraryDamagedError, LibraryVersionError, LibraryWriteError
from map4.infra.files.placing import fresh_name, place_under_free_name
from map4.infra.sqlite import schema
from map4.infra.sqlite.analysis_parts import PART_VERSIONS
from map4.infra.sqlite.database import connect, is_writable, newer, use_journal, utc_text
from map4.infra.sqlite.effective_values import recompute_all
from map4.infra.sqlite.errors import translated
from map4.infra.sqlite.library_file import dated_name, remove, remove_staged
from map4.infra.sqlite.maintenance.backup import replace_library
from map4.infra.sqlite.maintenance.validation import bad_rows, user_value_problem

# How many ids are tried one by one; a damaged row may hold any number, and a count to it may never end.
_MAX_IDS = 1_000_000
# How far a stored list is searched of which nothing was found.
_UNKNOWN_LENGTH = 1000
_NAMES_BY_TABLE = {"parts": tuple(PART_VERSIONS), "user_values": ("bpm", "key")}
_DELETE_ORPHANS = "DELETE FROM parts WHERE audio_id NOT IN (SELECT audio_id FROM analyses)"
_NAME_ORPHANS = (
    "INSERT INTO playlists (id, name, header, created_at, updated_at) "
    "SELECT DISTINCT playlist_id, 'recovered list ' || playlist_id || ' (' || ? || ')', '{}', ?, ? "
    "FROM playlist_tracks WHERE playlist_id NOT IN (SELECT id FROM playlists)"
)
# Entries are the user's, and what they say counts although nobody knows from which file they came.
_NAME_LOST_IMPORTS = (
    "INSERT INTO imports (id, format, path, display, imported_at) "
    "SELECT DISTINCT import_id, 'recovered', CAST('/recovered import ' || import_id AS BLOB), "
    "'/recovered import ' || import_id, ? FROM imported_tracks WHERE import_id NOT IN (SELECT id FROM imports)"
)
# What identifies a library whose application id is lost.
_TELLING_TABLES = frozenset({"files", "analyses", "user_values"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was salvaged.

    Parameters
    ----------
    path, kept_old_at : the library, and where the damaged file is now
    salvaged : rows by table
    incomplete : tables that lost rows
    unreadable_values_at : a JSON file with those values of the user's own that can't be read any more; None without any
    """

    path: str
    kept_old_at: str
    salvaged: dict[str, int]
    incomplete: tuple[str, ...]
    unreadable_values_at: str | None = None


@dataclass(slots=True)
class _Salvage:
    """One attempt: from, to, and what could not be taken along."""

    old: sqlite3.Connection
    new: sqlite3.Connection
    incomplete: set[str] = field(default_factory=set)
    unreadable: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def copy(self) -> None:
        """Copy every row that can be read, of the tables that a library of its version has."""
        there = {name for (name,) in self.new.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in schema.SALVAGED_TABLES:
            if table in there and not _copy_table(self, table):
                self.incomplete.add(table)

    def drop_unreadable(self, now: datetime) -> None:
        """Drop what has lost what it belongs to, or can't be read.

        A stored list whose name is lost gets another, and so does an import.
        """
        self.new.execute("BEGIN")
        if self.new.execute(_DELETE_ORPHANS).rowcount:
            self.incomplete.add("parts")
        for row in list(bad_rows(self.new)):
            self.incomplete.add(row.table)
            where = " AND ".join(f"{key} = ?" for key in _keys(self.new, row.table))
            self.new.execute(f"DELETE FROM {row.table} WHERE {where}", row.key)
        self.new.execute(_DELETE_ORPHANS)
        if self.new.execute(_NAME_ORPHANS, (f"{now:%Y-%m-%d}", utc_text(now), utc_text(now))).rowcount:
            self.incomplete.add("playlists")
        self._recompute_imported(now)
        self.new.execute("COMMIT")

    def _recompute_imported(self, now: datetime) -> None:
        """Draw what counts of the imports from their entries again, of which more may be left."""
        if self.new.execute(_NAME_LOST_IMPORTS, (utc_text(now),)).rowcount:
            self.incomplete.add("imports")
        recompute_all(self.new, "")
        if not self.incomplete & {"imports", "imported_tracks"}:
            self.incomplete.discard("imported")

    def insert(self, table: str, sql: str, row: tuple[Any, ...], columns: Sequence[str]) -> None:
        """Take a row along; one with impossible values is part of the damage."""
        if table == "user_values":
            named = dict(zip(columns, row, strict=True))
            problem = user_value_problem(named.get("name"), named.get("value"))
            if problem is not None:
                self.incomplete.add(table)
                self.unreadable[row] = problem
                return
        try:
            self.new.execute(sql, row)
        except sqlite3.DatabaseError as error:
            if not _is_refusal(error):
                raise
            self.incomplete.add(table)
            if table in schema.USERS_TABLES:
                self.unreadable[row] = str(error)


def repair_library(path: str, now: datetime) -> Repair:
    """Salvage every row that can be read into a new library; the damaged file stays beside it, with the date.

    What can be computed again is dropped where it can't be read. Values the user set are kept in a file of their own
    then, as far as there is anything left of them.

    Raises
    ------
    LibraryDamagedError, LibraryVersionError, LibraryWriteError
        If not even the tables can be found, a newer map4 wrote them, the library is not ours or in use; then nothing is
        changed.
    """
    path = os.path.realpath(path)
    if not is_writable(path):
        raise LibraryWriteError(f"{path} or its folder is read-only; make it writable first")
    staged = fresh_name(path, "repairing")
    values_at = None
    try:
        salvage, salvaged = _salvage(path, staged, now)
        if salvage.incomplete and not any(salvaged.values()) and not salvage.unreadable:
            raise _hopeless(path)
        if salvage.unreadable:
            values_at = _keep_unreadable(salvage.unreadable, path, now)
        kept_old_at = replace_library(staged, path, "damaged", now)
    except BaseException as error:
        if values_at is not None:
            os.unlink(values_at)
        if isinstance(error, OSError):
            raise LibraryWriteError(f"the library {path} can't be written: {error.strerror}") from None
        raise
    finally:
        remove(staged)
    remove_staged(path)
    return Repair(
        path=path,
        kept_old_at=kept_old_at,
        salvaged=salvaged,
        incomplete=tuple(table for table in schema.SALVAGED_TABLES if table in salvage.incomplete),
        unreadable_values_at=values_at,
    )


def _salvage(path: str, staged: str, now: datetime) -> tuple[_Salvage, dict[str, int]]:
    with (
        closing(_open_damaged(path)) as old,
        translated(staged),
        closing(sqlite3.connect(staged, isolation_level=None)) as new,
    ):
        new.execute("PRAGMA synchronous = OFF")  # the whole file is flushed before it gets its name
        # Rows go into tables of their own version, so that the migration fills in what later ones have.
        version = _version(old)
        schema.migrate(new, schema.MIGRATIONS[: version if version > 0 else None])
        # Children may be found before, or without, their parents.
        new.execute("PRAGMA foreign_keys = OFF")
        salvage = _Salvage(old, new)
        new.execute("BEGIN")
        salvage.copy()
        new.execute("COMMIT")
        schema.migrate(new)
        salvage.drop_unreadable(now)
        _require_sound(new, path)
        salvaged = {t: new.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in schema.SALVAGED_TABLES}
        use_journal(new, path)
    return salvage, salvaged


def _open_damaged(path: str) -> sqlite3.Connection:
    """Open a library without changing it, whatever state it is in.

    Raises
    ------
    LibraryDamagedError, LibraryVersionError
        If it can't be opened at all, or is not for this map4 to repair.
    """
    try:
        connection = connect(path, read_only=True)
    except sqlite3.DatabaseError:
        raise _hopeless(path) from None
    try:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        # Lets SQLite go on over a schema that it finds fault with.
        connection.execute("PRAGMA writable_schema = ON")
        version = _version(connection)
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        if application != schema.APPLICATION_ID and not _has_telling_tables(connection):
            raise LibraryVersionError(f"{path} is a database of another program, and left as it is")
        if version > len(schema.MIGRATIONS):
            raise newer(path, version)
    except sqlite3.DatabaseError:
        connection.close()
        raise _hopeless(path) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _has_telling_tables(connection: sqlite3.Connection) -> bool:
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return names >= _TELLING_TABLES


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _hopeless(path: str) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"nothing in {path} can be read any more; it is left as it is. 'map4 cache restore FILE' brings back a "
        "backup; without one, move the file away and scan again"
    )


def _require_sound(new: sqlite3.Connection, path: str) -> None:
    problems = [str(row) for row in new.execute("PRAGMA foreign_key_check")]
    problems += [text for (text,) in new.execute("PRAGMA integrity_check(1)") if text != "ok"]
    problems += [row.problem for row in bad_rows(new)]
    if problems:
        raise LibraryDamagedError(f"what was salvaged from {path} is not sound ({problems[0]}); nothing was changed")


def _copy_table(salvage: _Salvage, table: str) -> bool:
    """Copy the readable rows of one table; gives whether that was all."""
    try:
        # table_info leaves generated columns out, which is right: they are made again.
        old_columns = {row[1] for row in salvage.old.execute(f"PRAGMA table_info({table})")}
    except sqlite3.DatabaseError:
        return False
    new_columns = [row[1] for row in salvage.new.execute(f"PRAGMA table_info({table})")]
    if not new_columns:  # a table that libraries of this version do not have
        return True
    columns = [name for name in new_columns if name in old_columns]
    if not columns:
        return False
    names = ", ".join(columns)
    # Only what is found twice is passed over; a row with impossible values is refused, and told.
    insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))}) ON CONFLICT DO NOTHING"
    keys = _keys(salvage.new, table)
    # Forwards up to the damage, then backwards up to it; what lies between is asked for key by key.
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{key} {direction}" for key in keys)
        last: tuple[Any, ...] | None = ()
        for last in _read(salvage.old, f"SELECT {names} FROM {table} ORDER BY {order}"):
            if last is not None:
                salvage.insert(table, insert, last, columns)
        if last is not None:
            return True
    where = " AND ".join(f"{key} = ?" for key in keys)
    for missing in _missing_keys(salvage, table, keys):
        for row in _read(salvage.old, f"SELECT {names} FROM {table} WHERE {where}", missing):
            if row is not None:
                salvage.insert(table, insert, row, columns)
    return False


def _read(old: sqlite3.Connection, sql: str, parameters: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...] | None]:
    """Rows up to the damage; None as the last where there is any."""
    try:
        yield from old.execute(sql, parameters)
    except sqlite3.DatabaseError:
        yield None


def _missing_keys(salvage: _Salvage, table: str, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Keys that the damage may hide: ids between those found, and the audio ids that other tables name."""
    if keys == ["id"]:
        known = {row[0] for row in salvage.new.execute(f"SELECT id FROM {table}")}
        highest = min(max(known, default=0), min(known, default=0) + _MAX_IDS)
        yield from ((row_id,) for row_id in range(min(known, default=0), highest) if row_id not in known)
    elif keys[0] == "audio_id":
        audio_ids = salvage.new.execute(
            "SELECT audio_id FROM analyses UNION SELECT audio_id FROM files WHERE audio_id IS NOT NULL"
        ).fetchall()
        ends = [(name,) for name in _NAMES_BY_TABLE[table]] if len(keys) == 2 else [()]
        yield from ((audio_id, *end) for (audio_id,) in audio_ids for end in ends)
    elif keys == ["playlist_id", "position"]:
        found = salvage.new.execute("SELECT playlist_id, max(position) FROM playlist_tracks GROUP BY 1").fetchall()
        longest = dict.fromkeys((row[0] for row in salvage.new.execute("SELECT id FROM playlists")), 0) | dict(found)
        known = set(salvage.new.execute("SELECT playlist_id, position FROM playlist_tracks"))
        for playlist_id, last in longest.items():
            places = range(1, min(last, _MAX_IDS) + 1 if last else _UNKNOWN_LENGTH)
            yield from ((playlist_id, position) for position in places if (playlist_id, position) not in known)


def _is_refusal(error: sqlite3.DatabaseError) -> bool:
    """Whether the new library refused the values of a row, rather than failing itself."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
        return True
    return isinstance(error, sqlite3.OperationalError) and "malformed" in str(error)


def _keys(connection: sqlite3.Connection, table: str) -> list[str]:
    info = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return [row[1] for row in sorted(info, key=lambda row: int(row[5])) if row[5]]


def _keep_unreadable(unreadable: dict[tuple[Any, ...], str], path: str, now: datetime) -> str:
    """Write down what is left of values that nobody can compute again."""
    rows = [{"row": [_as_json(value) for value in row], "problem": problem} for row, problem in unreadable.items()]
    document = {
        "schema": "map4/unreadable-values/1",
        "library": os.fsencode(path).decode("utf-8", "replace"),
        "rows": rows,
    }
    partial = fresh_name(path, "values")
    try:
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1)
        return place_under_free_name(partial, f"{dated_name(path, 'unreadable-values', now)}.json")
    finally:
        remove(partial)


def _as_json(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
