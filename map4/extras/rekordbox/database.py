"""rekordbox's database: its rows, and the transaction that adds lists and changes values.

Plain SQL over pyrekordbox's connection: its objects would rewrite times of unchanged rows. Columns and
counters follow pyrekordbox's `create_playlist`, `add_to_playlist` and `autoincrement_local_update_count`: a new list
counts as two changes, each of its tracks and each changed column as one, and a row gets the number of its last change.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import uuid4

from map4.core.base.path_maps import Location
from map4.errors import Map4Error, UsageError
from map4.extras.rekordbox.plan import CLOUD_FOLDER, KnownTrack, ListRow, WritePlan

KNOWN_VERSION = "6000"
VALUES = {"rating": "Rating", "comment": "Commnt", "color": "ColorID"}
_COUNTER = "localUpdateCount"
_STATUS = (
    "UUID", "rb_data_status", "rb_local_data_status", "rb_local_deleted", "rb_local_synced", "usn", "rb_local_usn",
    "created_at", "updated_at",
)  # fmt: skip
_COLUMNS = {
    "djmdPlaylist": ("ID", "Seq", "Name", "ImagePath", "Attribute", "ParentID", "SmartList", *_STATUS),
    "djmdSongPlaylist": ("ID", "PlaylistID", "ContentID", "TrackNo", *_STATUS),
    "agentRegistry": (
        "registry_id", "id_1", "id_2", "int_1", "int_2", "str_1", "str_2", "date_1", "date_2", "text_1", "text_2",
        "created_at", "updated_at",
    ),
}  # fmt: skip
"""All columns of the tables into which rows are inserted, and of the counter: another version may have others."""
_NEEDED = ("ID", "FolderPath", *VALUES.values(), *_STATUS)
_TABLES = (*_COLUMNS, "djmdContent")
_IS_SYNCED = "(ifnull(rb_data_status, 0) != 0 OR ifnull(rb_local_synced, 0) != 0 OR usn IS NOT NULL)"
BUSY_MS = 5000
_MOST_ID, _LEAST_ID = 1 << 28, 100


class RekordboxDatabaseError(Map4Error):
    """rekordbox's database can't be written; it is unchanged."""

    meaning = "rekordbox's database can't be written"


@dataclass(slots=True)
class DatabaseRows:
    """The rows of an open database.

    connection: of sqlite3 or sqlcipher3
    """

    connection: Any
    _tracks: dict[str, KnownTrack] = field(default_factory=dict)

    def check(self) -> None:
        """Reject a database that is damaged or of an unknown version."""
        version = self._one("SELECT DBVersion FROM djmdProperty")
        columns = {table: tuple(row[1] for row in self._all(f"PRAGMA table_info({table})")) for table in _TABLES}
        is_known = all(set(columns[table]) == set(names) for table, names in _COLUMNS.items())
        triggers = self._one("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")
        if str(version) != KNOWN_VERSION or not is_known or not set(_NEEDED) <= set(columns["djmdContent"]) or triggers:
            raise UsageError(
                f"map4 does not know this version of rekordbox's database ({version}), and writes only version "
                f"{KNOWN_VERSION}; export an XML instead (docs/dj-by-program.md)"
            )
        if (found := self._one("PRAGMA quick_check")) != "ok":
            raise UsageError(f"rekordbox's database is damaged ({found}); restore it in rekordbox first")
        highest = max(
            self._one(f"SELECT ifnull(max(rb_local_usn), 0) FROM {name}") for name in _TABLES if "djmd" in name
        )
        if not isinstance(count := self.count(), int) or count < highest:
            raise UsageError(
                f"rekordbox's counter of changes is {count}, but a row has {highest}; another program wrote this "
                "database. Export an XML instead (docs/dj-by-program.md)"
            )

    def count(self) -> Any:
        """Return the counter of changes."""
        return self._one(f"SELECT int_1 FROM agentRegistry WHERE registry_id = '{_COUNTER}'")

    def has_lists(self, numbers: Sequence[str]) -> bool:
        """Return whether every list exists."""
        known = {number for (number,) in self._all("SELECT ID FROM djmdPlaylist")}
        return set(numbers) <= known

    def lists(self) -> list[ListRow]:
        """Return lists and folders, without deleted ones, which rekordbox keeps for its cloud."""
        tracks: dict[str, list[str]] = {}
        for number, track in self._all(
            "SELECT PlaylistID, ContentID FROM djmdSongPlaylist WHERE ifnull(rb_local_deleted, 0) = 0 ORDER BY TrackNo"
        ):
            tracks.setdefault(number, []).append(track)
        rows = self._all(
            f"SELECT ID, Name, Attribute, ParentID, {_IS_SYNCED} FROM djmdPlaylist "
            "WHERE ifnull(rb_local_deleted, 0) = 0"
        )
        parents = {row[0]: row[3] for row in rows}
        synced = {row[0] for row in rows if row[4]} | {CLOUD_FOLDER}
        return [
            ListRow(
                number=number,
                name=name or "",
                kind=kind,
                parent=parent,
                is_synced=not synced.isdisjoint(_with_parents(number, parents)),
                tracks=tuple(tracks.get(number, ())),
            )
            for number, name, kind, parent, _ in rows
        ]

    def places(self) -> dict[str, int]:
        """Return the last position that is taken in each folder, also by deleted lists."""
        rows = self._all("SELECT ParentID, max(ifnull(max(Seq), 0), count(*)) FROM djmdPlaylist GROUP BY ParentID")
        return {parent: max(int(last), 0) for parent, last in rows}

    def track_of(self, path: str) -> KnownTrack | None:
        """Return the track with a path; of several, the first."""
        if not self._tracks:
            names = ", ".join(VALUES.values())
            for number, place, is_synced, *values in self._all(
                f"SELECT ID, FolderPath, {_IS_SYNCED}, {names} FROM djmdContent WHERE ifnull(rb_local_deleted, 0) = 0 "
                "ORDER BY ID"
            ):
                known = KnownTrack(
                    number=number, values=dict(zip(VALUES.values(), values, strict=True)), is_synced=bool(is_synced)
                )
                self._tracks.setdefault(Location.comparable(place or ""), known)
        return self._tracks.get(Location.comparable(path))

    def new_number(self) -> str:
        """Return a number that no list has, as random as rekordbox's own."""
        while True:
            number = secrets.randbelow(_MOST_ID - _LEAST_ID) + _LEAST_ID
            if not self._one("SELECT count(*) FROM djmdPlaylist WHERE ID = ?", str(number)):
                return str(number)

    def apply(self, plan: WritePlan, now: datetime) -> tuple[int, int]:
        """Carry out a plan within the open transaction, and read everything back.

        returns: the counter of changes before and after it
        """
        before, changes = {table: self._digests(table) for table in _TABLES}, self.connection.total_changes
        count_before = count = self.count()
        expected: dict[tuple[str, str], Mapping[str, Any]] = {}
        when = f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d} +00:00"
        status = {
            "rb_data_status": 0, "rb_local_data_status": 0, "rb_local_deleted": 0, "rb_local_synced": 0, "usn": None,
            "created_at": when, "updated_at": when,
        }  # fmt: skip
        for new in plan.new:
            count += 2
            expected["djmdPlaylist", new.number] = self._insert(
                "djmdPlaylist",
                ID=new.number, Seq=new.place, Name=new.name, ImagePath=None, Attribute=new.kind, ParentID=new.parent,
                SmartList=None, UUID=str(uuid4()), rb_local_usn=count, **status,
            )  # fmt: skip
            for position, track in enumerate(new.tracks, start=1):
                count += 1
                song = str(uuid4())
                expected["djmdSongPlaylist", song] = self._insert(
                    "djmdSongPlaylist",
                    ID=song, PlaylistID=new.number, ContentID=track, TrackNo=position, UUID=str(uuid4()),
                    rb_local_usn=count, **status,
                )  # fmt: skip
        for track, values in plan.changes.items():
            count += len(values)
            changed = {**values, "rb_local_usn": count, "updated_at": when}
            expected["djmdContent", track] = {**self._row("djmdContent", "ID", track), **changed}
            self._update("djmdContent", "ID", track, changed)
        expected["agentRegistry", _COUNTER] = {**self._row("agentRegistry", "registry_id", _COUNTER), "int_1": count}
        self._update("agentRegistry", "registry_id", _COUNTER, {"int_1": count})
        self._compare(before, expected, self.connection.total_changes - changes)
        return count_before, count

    def _compare(
        self,
        before: Mapping[str, Mapping[str, bytes]],
        expected: Mapping[tuple[str, str], Mapping[str, Any]],
        rows: int,
    ) -> None:
        is_equal = rows == len(expected)  # no row of another table
        for table in _TABLES:
            after = self._digests(table)
            differing = {key for key in {*before[table], *after} if before[table].get(key) != after.get(key)}
            is_equal &= differing == {key for name, key in expected if name == table}
        for (table, key), row in expected.items():
            is_equal &= self._row(table, _key_of(table), key) == row
        if not is_equal or self._one("PRAGMA quick_check") != "ok":
            raise RekordboxDatabaseError(
                "what was written reads back differently, so rekordbox's database was left as it was: a bug in map4"
            )

    def _insert(self, table: str, **values: Any) -> dict[str, Any]:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))
        return values

    def _update(self, table: str, key: str, value: str, changed: Mapping[str, Any]) -> None:
        names = ", ".join(f"{name} = ?" for name in changed)
        self.connection.execute(f"UPDATE {table} SET {names} WHERE {key} = ?", (*changed.values(), value))

    def _row(self, table: str, key: str, value: str) -> dict[str, Any]:
        cursor = self.connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (value,))
        return dict(zip((name for name, *_ in cursor.description), cursor.fetchone(), strict=True))

    def _digests(self, table: str) -> dict[str, bytes]:
        names = [row[1] for row in self._all(f"PRAGMA table_info({table})")]
        key = names.index(_key_of(table))
        rows = self.connection.execute(f"SELECT {', '.join(names)} FROM {table}")
        return {row[key]: blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=16).digest() for row in rows}

    def _all(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        return rows

    def _one(self, sql: str, *values: Any) -> Any:
        row = self.connection.execute(sql, values).fetchone()
        return None if row is None else row[0]


@contextmanager
def opened_rows(
    path: str, folder: str | None = None, damage: str = "rekordbox's database can't be read"
) -> Iterator[DatabaseRows]:
    """Open a database for explicit transactions.

    folder: where pyrekordbox looks for masterPlaylists6.xml; None is that of the database
    """
    from map4.formats import opened_rekordbox

    with opened_rekordbox(path, folder=folder) as connection:
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        connection.isolation_level = None
        try:
            yield DatabaseRows(connection)
        except connection.Error as error:
            raise RekordboxDatabaseError(f"{damage}: {error}") from None


@contextmanager
def exclusive(connection: Any) -> Iterator[None]:
    """Run a transaction that nothing else can read or write during it; an error rolls it back."""
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("BEGIN EXCLUSIVE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except connection.Error as error:
        why = str(error)
        what = "another program uses it; close that program" if "locked" in why else f"it is unchanged ({why})"
        raise RekordboxDatabaseError(f"rekordbox's database can't be written: {what}") from None


def _key_of(table: str) -> str:
    return "registry_id" if table == "agentRegistry" else "ID"


def _with_parents(number: str, parents: Mapping[str, str]) -> Iterator[str]:
    """Yield a list and the folders around it; damaged databases may contain cycles."""
    seen = set[str]()
    while number in parents and number not in seen:
        seen.add(number)
        yield number
        number = parents[number]
    yield number
