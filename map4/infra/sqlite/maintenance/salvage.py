"""Salvage the rows of a damaged library, up to the damage from both ends and one by one in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from map4.domain.text import utc_text
from map4.domain.track.user_values import VALUE_NAMES
from map4.infra.sql.counted_plays import recount_elsewhere
from map4.infra.sql.plays import recount_plays
from map4.infra.sql.rows.analysis_parts import PARTS_OF
from map4.infra.sql.rows.effective_values import recompute_all, recompute_all_provided
from map4.infra.sqlite.connection import table_names
from map4.infra.sqlite.errors import DAMAGE_ERRORS, translated
from map4.infra.sqlite.file import schema
from map4.infra.sqlite.file.tables import SALVAGED_TABLES, USERS_TABLES
from map4.infra.sqlite.file.validation import bad_rows, user_value_problem

# How many ids are tried one by one; a damaged row may hold any number, and a count to it may never end.
MOST_IDS = 1_000_000
# How far a stored list is searched of which nothing was found.
_UNKNOWN_LENGTH = 1000
_NOTED = {"value_steps", "value_changes"}
_ORPHANS = {
    **dict.fromkeys(PARTS_OF, "id NOT IN (SELECT id FROM analyses)"),
    "credentials": "account NOT IN (SELECT id FROM accounts)",
    "renewed_secrets": "credential NOT IN (SELECT id FROM credentials)",
    "plays": "track NOT IN (SELECT id FROM played_tracks)",
}
"""What is nothing without a row of another table."""
_NAME_ORPHANS = (
    "INSERT INTO playlists (id, name, name_key, header, created_at, updated_at) "
    "SELECT playlist_id, name, name, '{}', ?2, ?2 FROM (SELECT DISTINCT playlist_id, "
    "'recovered list ' || playlist_id || ' (' || ?1 || ')' AS name FROM playlist_tracks) "
    "WHERE playlist_id NOT IN (SELECT id FROM playlists)"
)
# Entries are the user's, and what they say counts although the file that they came from is lost.
_NAME_LOST_IMPORTS = (
    "INSERT INTO imports (id, format, path, display, imported_at) "
    "SELECT DISTINCT import_id, 'recovered', CAST('/recovered import ' || import_id AS BLOB), "
    "'/recovered import ' || import_id, ? FROM imported_tracks WHERE import_id NOT IN (SELECT id FROM imports)"
)


_NAMED_BY_TEXT = frozenset({"credentials", "signing_keys"})

_IS_TABLE = "SELECT 1 FROM sqlite_master WHERE name = ? AND type = 'table' AND sql LIKE 'CREATE TABLE%'"


@contextmanager
def new_library(staged: str, version: int) -> Iterator[sqlite3.Connection]:
    """A connection to a new library with the tables of a version, ready to take rows in any order."""
    with translated(staged), closing(sqlite3.connect(staged, isolation_level=None)) as new:
        new.execute("PRAGMA synchronous = OFF")  # the whole file is flushed before it gets its name
        # No version at all is damage too: then its tables are as good as any.
        schema.migrate(new, schema.MIGRATIONS[: version - schema.FIRST_VERSION + 1 if version else None])
        # Children may be found before, or without, their parents.
        new.execute("PRAGMA foreign_keys = OFF")
        yield new


@dataclass(slots=True)
class Salvage:
    """Copies rows from a damaged library to a new one, and notes what could not be copied.

    most_ids: how many ids behind a damaged place are tried one by one
    incomplete: tables that lost rows
    unreadable: rows of the user's own that can't be read, and why
    """

    old: sqlite3.Connection
    new: sqlite3.Connection
    most_ids: int = MOST_IDS
    incomplete: set[str] = field(default_factory=set)
    unreadable: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def copy(self) -> None:
        """Copy every row that can be read, of the tables that a library of its version has."""
        there = table_names(self.new)
        self.new.execute("BEGIN")
        for table in sorted(SALVAGED_TABLES, key=_NOTED.__contains__):  # these last: triggers note what the others get
            if table in _NOTED & there:
                self.new.execute(f"DELETE FROM {table}")
                self.new.execute("UPDATE change_log SET step = NULL")
            if table in there and not self._copy_table(table):
                self.incomplete.add(table)
        # Tokens and cookies are for a library of this id.
        for row in _read(self.old, "SELECT uid FROM library_identity"):
            self.new.execute("UPDATE library_identity SET uid = coalesce(?, uid)", row or (None,))
        self.new.execute("COMMIT")

    def drop_unreadable(self, now: datetime) -> None:
        """Drop what has lost what it belongs to, or can't be read.

        A stored list whose name is lost gets another, and so does an import.
        """
        self.new.execute("BEGIN")
        self._drop_orphans(self.incomplete)
        for row in list(bad_rows(self.new)):
            self.incomplete.add(row.table)
            where = " AND ".join(f"{key} = ?" for key in _keys(self.new, row.table))
            self.new.execute(f"DELETE FROM {row.table} WHERE {where}", row.key)
        self._drop_orphans(set())
        if self.new.execute(_NAME_ORPHANS, (f"{now:%Y-%m-%d}", utc_text(now))).rowcount:
            self.incomplete.add("playlists")
        self._recompute_imported(now)
        recount_plays(self.new)
        recount_elsewhere(self.new)
        self.new.execute("COMMIT")

    def _drop_orphans(self, incomplete: set[str]) -> None:
        for table, where in _ORPHANS.items():
            if self.new.execute(f"DELETE FROM {table} WHERE {where}").rowcount:
                incomplete.add(table)

    def _recompute_imported(self, now: datetime) -> None:
        """Draw what counts of the imports from their entries again, of which more may be left."""
        if self.new.execute(_NAME_LOST_IMPORTS, (utc_text(now),)).rowcount:
            self.incomplete.add("imports")
        recompute_all(self.new, "")
        recompute_all_provided(self.new)
        if not self.incomplete & {"imports", "imported_tracks"}:
            self.incomplete.discard("imported")

    def _insert(self, table: str, sql: str, row: tuple[Any, ...], columns: Sequence[str]) -> None:
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
            if table in USERS_TABLES:
                self.unreadable[row] = str(error)

    def _copy_table(self, table: str) -> bool:
        """Copy the readable rows of one table; gives whether that was all."""
        try:
            # A view of this name could hold anything, even a query without an end.
            if not self.old.execute(_IS_TABLE, (table,)).fetchone():
                return False
            # table_info leaves generated columns out, which is right: they are made again.
            old_columns = {row[1] for row in self.old.execute(f"PRAGMA table_info({table})")}
        except DAMAGE_ERRORS:
            return False
        new_columns = [row[1] for row in self.new.execute(f"PRAGMA table_info({table})")]
        columns = [name for name in new_columns if name in old_columns]
        if not columns:
            return False
        names = ", ".join(columns)
        # Only what is found twice is passed over; a row with impossible values is refused, and told.
        insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))}) ON CONFLICT DO NOTHING"
        keys = _keys(self.new, table)
        # Forwards up to the damage, then backwards up to it; what lies between is asked for key by key.
        for direction in ("ASC", "DESC"):
            order = ", ".join(f"{key} {direction}" for key in keys)
            last: tuple[Any, ...] | None = ()
            for last in _read(self.old, f"SELECT {names} FROM {table} ORDER BY {order}"):
                if last is not None:
                    self._insert(table, insert, last, columns)
            if last is not None:
                return True
        where = " AND ".join(f"{key} = ?" for key in keys)
        for missing in self.missing_keys(table, keys):
            for row in _read(self.old, f"SELECT {names} FROM {table} WHERE {where}", missing):
                if row is not None:
                    self._insert(table, insert, row, columns)
        return False

    def missing_keys(self, table: str, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Keys that the damage may hide: ids between those found, and the audio ids that other tables name."""
        if keys == ["id"] and table not in _NAMED_BY_TEXT:
            known = {row[0] for row in self.new.execute(f"SELECT id FROM {table}")}
            highest = min(max(known, default=0), min(known, default=0) + self.most_ids)
            yield from ((row_id,) for row_id in range(min(known, default=0), highest) if row_id not in known)
        elif keys[0] == "audio_id" and not {"provider", "mark_key"} & {*keys}:
            # What others said can be looked up again; what a mark says can't be guessed.
            audio_ids = self.new.execute(
                "SELECT audio_id FROM analyses UNION SELECT audio_id FROM files WHERE audio_id IS NOT NULL"
            ).fetchall()
            ends: list[tuple[Any, ...]] = [(name,) for name in VALUE_NAMES] if len(keys) == 2 else [()]
            if table == "ratings":
                ends = self.new.execute("SELECT DISTINCT owner FROM ratings").fetchall() or [(0,)]
            yield from ((audio_id, *end) for (audio_id,) in audio_ids for end in ends)
        elif keys == ["playlist_id", "position"]:
            found = self.new.execute("SELECT playlist_id, max(position) FROM playlist_tracks GROUP BY 1").fetchall()
            longest = dict.fromkeys((row[0] for row in self.new.execute("SELECT id FROM playlists")), 0) | dict(found)
            known = set(self.new.execute("SELECT playlist_id, position FROM playlist_tracks"))
            for playlist_id, last in longest.items():
                places = range(1, min(last, self.most_ids) + 1 if last else _UNKNOWN_LENGTH)
                yield from ((playlist_id, position) for position in places if (playlist_id, position) not in known)


@contextmanager
def salvaged(
    old: sqlite3.Connection, target: str, version: int, now: datetime, *, most_ids: int = MOST_IDS
) -> Iterator[Salvage]:
    """Copy what can be read of a library of a version into a new one, and bring that up to date."""
    # The rows go into tables of their own version, so that the steps fill in what later ones have.
    with new_library(target, version) as new:
        salvage = Salvage(old, new, most_ids)
        salvage.copy()
        schema.migrate(new)
        salvage.drop_unreadable(now)
        yield salvage


def _read(old: sqlite3.Connection, sql: str, parameters: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...] | None]:
    """Rows up to the damage; None as the last where there is any."""
    try:
        yield from old.execute(sql, parameters)
    except DAMAGE_ERRORS:
        yield None


def _is_refusal(error: sqlite3.DatabaseError) -> bool:
    """Whether the new library refused the values of a row, rather than failing itself."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
        return True
    return isinstance(error, sqlite3.OperationalError) and "malformed" in str(error)


def _keys(connection: sqlite3.Connection, table: str) -> list[str]:
    info = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return [row[1] for row in sorted(info, key=lambda row: int(row[5])) if row[5]]
