"""What people made in a library of schema 13, taken over into a present one. Nothing else knows that schema.

The old file is only read. What the present library has already stays as it is, so that a file may be taken over twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from map4.domain.text import name_key
from map4.errors import LibraryDamagedError
from map4.infra.sql.database import scalar
from map4.infra.sql.rows.effective_values import recompute_all, recompute_all_provided
from map4.infra.sqlite.connection import connect
from map4.infra.sqlite.file.database import SqliteDatabase, is_ours
from map4.infra.sqlite.file.schema import FIRST_VERSION, user_version
from map4.infra.sqlite.file.validation import bad_rows
from map4.infra.sqlite.library_file import replayed_files

FORMER_VERSION = FIRST_VERSION - 1

# What they are called, their table, and its columns, there as here.
_TABLES = (
    ("labels", "labels", "audio_id, data, labelled_at"),
    ("look-ups", "lookups", "audio_id, provider, status, candidates, looked_up_at"),
    ("observations", "observations", "audio_id, provider, provider_id, field, value, score, fetched_at"),
    ("ignored files", "ignored_files", "path, display, ignored_at"),
)
_LIST = "name, description, header, created_at, updated_at"
_PLACE = "position, path, display, audio_id, artist, title, detail"
_IMPORT = "format, path, display, version, imported_at, path_maps"
_ENTRY = "key, entry, data, audio_id, path, method, offset_s"


def is_former(source: str) -> bool:
    """Whether a file is a library of schema 13; False of what can't be read, too."""
    try:
        with _opened(source) as old:
            return is_ours(old.connection) and user_version(old.connection) == FORMER_VERSION
    except (LibraryDamagedError, sqlite3.Error):
        return False


def take_over(source: str, database: SqliteDatabase) -> dict[str, int]:
    """Take over what people made; gives how many rows of each kind were new here. All or nothing is written."""
    with _opened(source) as old, database.transaction() as new:
        taken = {"values": _take_values(old, new)}
        taken |= {kind: _insert(new, table, columns, old.rows(table, columns)) for kind, table, columns in _TABLES}
        taken["lists"] = sum(_take_list(old, new, *row) for row in old.rows("playlists", f"id, {_LIST}"))
        taken["imports"] = sum(_take_import(old, new, *row) for row in old.rows("imports", f"id, {_IMPORT}"))
        new.execute("DELETE FROM files WHERE path IN (SELECT path FROM ignored_files)")
        recompute_all(new, database.path)
        recompute_all_provided(new)
        for bad in bad_rows(new):
            raise _damaged(source, bad.problem)
    return taken


@dataclass(frozen=True, slots=True)
class _Former:
    source: str
    connection: sqlite3.Connection

    def rows(self, table: str, columns: str, where: str = "") -> Iterator[tuple[Any, ...]]:
        """Rows of a table, whatever else bears its name."""
        is_table = "SELECT count(*) FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%' AND name = ?"
        try:
            if not scalar(self.connection, is_table, (table,)):
                raise _damaged(self.source, f"the table {table} is missing")
            for row in self.connection.execute(f"SELECT {columns} FROM {table} {where}"):  # noqa: UP028 - may be left
                yield row
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _damaged(self.source, str(error)) from error


@contextmanager
def _opened(source: str) -> Iterator[_Former]:
    # Without a journal it is one file that is not in use, and nothing need be left beside it.
    is_single = not replayed_files(source)
    try:
        connection = connect(source, read_only=True, immutable=is_single)
    except sqlite3.Error as error:
        raise _damaged(source, str(error)) from error
    with closing(connection):
        yield _Former(source, connection)


def _damaged(source: str, what: str) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"{source} is damaged ({what}). Nothing was changed; repair it with the map4 that made it"
    )


def _insert(new: sqlite3.Connection, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> int:
    """Add rows, but for those of which there is one; gives how many were added."""
    marks = ", ".join("?" * len(columns.split(", ")))
    return new.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", rows).rowcount


def _take_values(old: _Former, new: sqlite3.Connection) -> int:
    """Add values, and ratings as those of who sits at this machine."""
    columns, is_rating = "audio_id, name, value, set_at", "name = 'rating'"
    values = _insert(new, "user_values", columns, old.rows("user_values", columns, f"WHERE NOT {is_rating}"))
    rated = old.rows("user_values", "audio_id, 0, value, set_at", f"WHERE {is_rating}")
    return values + _insert(new, "ratings", "audio_id, owner, rating, set_at", rated)


def _take_list(old: _Former, new: sqlite3.Connection, former_id: int, name: str, *row: Any) -> bool:
    """Add a list, under another name where this one is taken; not one that is there as it was."""
    same = (
        "SELECT 1 FROM playlists WHERE (description, header, created_at, updated_at) IS (?, ?, ?, ?) "
        "AND (name = ?5 OR instr(name, ?5 || ' (') = 1)"
    )
    if new.execute(same, (*row, name)).fetchone():
        return False
    taken = {key for (key,) in new.execute("SELECT name_key FROM playlists WHERE owner = 0")}
    names = chain((name,), (f"{name} ({number})" for number in count(2)))
    free = next(each for each in names if name_key(each) not in taken)
    sql = f"INSERT INTO playlists (name_key, {_LIST}) VALUES (?, ?, ?, ?, ?, ?) RETURNING id"
    list_id = scalar(new, sql, (name_key(free), free, *row))
    tracks = old.rows("playlist_tracks", _PLACE, f"WHERE playlist_id = {former_id:d}")
    _insert(new, "playlist_tracks", f"playlist_id, {_PLACE}", ((list_id, *track) for track in tracks))
    return True


def _take_import(old: _Former, new: sqlite3.Connection, former_id: int, *row: Any) -> bool:
    """Add an import with its entries, where the same file was not imported here."""
    if not _insert(new, "imports", _IMPORT, [row]):
        return False
    import_id = scalar(new, "SELECT last_insert_rowid()")
    entries = old.rows("imported_tracks", _ENTRY, f"WHERE import_id = {former_id:d}")
    _insert(new, "imported_tracks", f"import_id, {_ENTRY}", ((import_id, *entry) for entry in entries))
    return True
