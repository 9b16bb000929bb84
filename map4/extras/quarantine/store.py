"""Transfer the data of a copy of a recording to another copy, and back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from map4.audio.jobs import Stamp
from map4.base.reading import read
from map4.imports import affected
from map4.labels import SqlObservations
from map4.music.track.track import display_path
from map4.store.change_log import begin_step
from map4.store.database import Connection
from map4.store.extra_tables import tables_on_hand_over
from map4.store.query.field_sql import named_tag_sql
from map4.store.rows.track_rows import stamp_values
from map4.store.store_part import StorePart
from map4.store.stored_tables import StoredTable


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """The data that a copy hands over to another, as plain values for a journal.

    path, audio_id: the copy that goes
    kept_path, kept_audio_id: the copy that stays
    file: the file's row without the path
    lists: id, position, path and audio id of each entry in a stored list
    entries: format, path and key of each imported entry, then its audio id, path, method and offset
    annotations: values, ratings, marks and labels that the kept copy lacks, by table: columns without the audio id
    file_values: name, value, time and author of values of the file that the kept file lacks, also in its tags
    has_times: whether the entries have cue points or a grid, whose times differ in the other copy
    offset_s: how much later a moment is in the kept copy
    """

    path: str
    audio_id: str | None
    kept_path: str
    kept_audio_id: str
    file: Mapping[str, Any]
    lists: tuple[tuple[str, int, str, str | None], ...] = ()
    entries: tuple[tuple[str, str, str, str | None, str | None, str | None, float], ...] = ()
    annotations: Mapping[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)
    file_values: tuple[tuple[Any, ...], ...] = ()
    has_times: bool = False
    offset_s: float = 0.0

    def to_data(self) -> dict[str, Any]:
        """JSON for `of_data`."""
        return asdict(self)

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> HandOver:
        """Read the output of `to_data`, also through JSON.

        raises TypeError, ValueError: if it is invalid
        """
        return read(cls, data)


_FILE_VALUES = (
    "SELECT u.name, u.value, u.set_at, u.set_by FROM files AS f JOIN user_values AS u ON u.audio_id = f.uid "
    "JOIN files AS k ON k.path = :kept WHERE f.path = :path "
    "AND NOT EXISTS (SELECT 1 FROM user_values AS o WHERE o.audio_id = k.uid AND o.name = u.name) "
    f"AND coalesce({named_tag_sql('u.name', 'k')}, '') = '' ORDER BY u.name"
)
_LISTED = "path = ?, display = ?, audio_id = ?"
_IMPORTED = "audio_id = ?, path = ?, method = ?, offset_s = ?"
_OF_IMPORT = "import_id = (SELECT id FROM imports WHERE format = ? AND path = ?) AND key = ?"
METHOD = "copy"
"""Method of entries that were handed over: they rank after entries that name the copy itself."""


class SqlHandOvers(StorePart):
    """Moves the data of a copy of a recording to another copy, and back."""

    def plan(self, path: str, kept_path: str) -> HandOver | None:
        """Plan the hand-over from a file to another; None if the library does not have both."""
        with self._database.reading() as connection:
            copy = _file(connection, path)
            kept_file = os.fsencode(kept_path)
            kept_row = connection.execute("SELECT audio_id FROM files WHERE path = ?", (kept_file,)).fetchone()
            if copy is None or kept_row is None or kept_row[0] is None:
                return None
            audio_id, kept_id = copy["audio_id"], kept_row[0]
            entries, has_times = _entries(connection, path, audio_id)
            is_other = audio_id not in (None, kept_id)
            return HandOver(
                path=path,
                audio_id=audio_id,
                kept_path=kept_path,
                kept_audio_id=kept_id,
                file=copy,
                lists=_places(connection, path, audio_id),
                entries=entries,
                annotations=_annotations(connection, path, audio_id, kept_id) if is_other else {},
                file_values=tuple(connection.execute(_FILE_VALUES, {"path": os.fsencode(path), "kept": kept_file})),
                has_times=has_times and audio_id != kept_id,
            )

    def carry_out(self, plan: HandOver) -> None:
        """Hand over the planned values that have not changed since, and forget the file; in one transaction."""
        with self._database.transaction() as connection, affected(connection, self._database.path) as named:
            path, kept_path = os.fsencode(plan.path), os.fsencode(plan.kept_path)
            connection.execute("DELETE FROM files WHERE path = ?", (path,))
            for uid, position, listed, audio_id in plan.lists:
                connection.execute(
                    f"UPDATE playlist_tracks SET {_LISTED} WHERE {_PLACE} AND path = ? AND audio_id IS ?",
                    (kept_path, display_path(plan.kept_path), plan.kept_audio_id, uid, position,
                     os.fsencode(listed), audio_id),
                )  # fmt: skip
            for old, new in _changes(plan):
                _change_entry(connection, old, new)
            begin_step(connection, self._actor)
            for table in tables_on_hand_over(connection, "copied"):
                columns = _columns(table)
                connection.executemany(
                    f"INSERT OR IGNORE INTO {table.name} (audio_id, {', '.join(columns)}) "
                    f"VALUES ({', '.join('?' * (1 + len(columns)))})",
                    [(plan.kept_audio_id, *row) for row in plan.annotations.get(table.name, ())],
                )
            connection.executemany(
                "INSERT OR IGNORE INTO user_values (audio_id, name, value, set_at, set_by) "
                "SELECT uid, ?, ?, ?, ? FROM files WHERE path = ?",
                [(*row, kept_path) for row in plan.file_values],
            )
            if plan.audio_id not in (None, plan.kept_audio_id):  # valid for both, and kept when this is undone
                _share(connection, plan.audio_id, plan.kept_audio_id)
            _move(connection, plan, plan.audio_id, plan.kept_audio_id)
            named.add(plan.audio_id, plan.kept_audio_id)

    def take_back(self, plan: HandOver, stamp: Stamp | None) -> None:
        """Undo `carry_out` for values that have not changed since; in one transaction, and repeatable.

        stamp: the file's stamp if it is back at its path
        """
        with self._database.transaction() as connection, affected(connection, self._database.path) as named:
            kept_path = os.fsencode(plan.kept_path)
            if stamp is not None:
                _put_file(connection, plan, stamp)
            for uid, position, listed, audio_id in plan.lists:
                connection.execute(
                    f"UPDATE playlist_tracks SET {_LISTED} WHERE {_PLACE} AND path = ? AND audio_id IS ?",
                    (os.fsencode(listed), display_path(listed), audio_id, uid, position,
                     kept_path, plan.kept_audio_id),
                )  # fmt: skip
            for old, new in _changes(plan):
                _change_entry(connection, new, old)
            begin_step(connection, self._actor)
            for table in tables_on_hand_over(connection, "copied"):
                same = " AND ".join(f"{column} = ?" for column in _columns(table))
                connection.executemany(
                    f"DELETE FROM {table.name} WHERE audio_id = ? AND {same}",
                    [(plan.kept_audio_id, *row) for row in plan.annotations.get(table.name, ())],
                )
            connection.executemany(
                "DELETE FROM user_values WHERE (name, value, set_at, set_by) = (?, ?, ?, ?) "
                "AND audio_id IN (SELECT uid FROM files WHERE path = ?)",
                [(*row, kept_path) for row in plan.file_values],
            )
            _move(connection, plan, plan.kept_audio_id, plan.audio_id)
            named.add(plan.audio_id, plan.kept_audio_id)


def _share(connection: Connection, audio_id: str | None, other_id: str) -> None:
    """Copy the observations of audio to identical audio; existing rows stay."""
    for table in tables_on_hand_over(connection, "shared"):
        columns = ", ".join(_columns(table))
        connection.execute(
            f"INSERT OR IGNORE INTO {table.name} (audio_id, {columns}) "
            f"SELECT ?, {columns} FROM {table.name} WHERE audio_id = ?",
            (other_id, audio_id),
        )
    SqlObservations.recompute(connection, (audio_id, other_id))


def _move(connection: Connection, plan: HandOver, was: str | None, now: str | None) -> None:
    for table in tables_on_hand_over(connection, "moved"):
        connection.executemany(
            f"UPDATE {table.name} SET audio_id = ? WHERE id = ? AND audio_id = ?",
            [(now, number, was) for (number,) in plan.annotations.get(table.name, ())],
        )


def _columns(table: StoredTable) -> list[str]:
    return [column for column in table.columns if column != "audio_id"]


_PLACE = "playlist_id = (SELECT id FROM playlists WHERE uid = ?) AND position = ?"
_Entry = tuple[str, str, str, str | None, str | None, str | None, float]


def _file(connection: Connection, path: str) -> dict[str, Any] | None:
    cursor = connection.execute("SELECT * FROM files WHERE path = ?", (os.fsencode(path),))
    row = cursor.fetchone()
    names = [column[0] for column in cursor.description]
    return None if row is None else {name: value for name, value in zip(names, row, strict=True) if name != "path"}


def _belongs(alias: str) -> str:
    """SQL for rows that name the file, and rows of its audio if no other present file has it."""
    return (
        f"({alias}.path = :path OR ({alias}.audio_id = :audio_id AND NOT EXISTS (SELECT 1 FROM files AS f "
        "WHERE f.audio_id = :audio_id AND f.path != :path AND f.missing_since IS NULL)))"
    )


def _named(path: str, audio_id: str | None) -> dict[str, Any]:
    return {"path": os.fsencode(path), "audio_id": audio_id}


def _places(connection: Connection, path: str, audio_id: str | None) -> tuple[Any, ...]:
    rows = connection.execute(
        "SELECT p.uid, t.position, t.path, t.audio_id FROM playlist_tracks AS t JOIN playlists AS p "
        f"ON p.id = t.playlist_id WHERE {_belongs('t')} ORDER BY p.id, t.position",
        _named(path, audio_id),
    )
    return tuple((uid, position, os.fsdecode(listed), its_id) for uid, position, listed, its_id in rows)


def _entries(connection: Connection, path: str, audio_id: str | None) -> tuple[tuple[_Entry, ...], bool]:
    """The imported entries, and whether any of them has times."""
    rows = connection.execute(
        "SELECT i.format, i.path, t.key, t.audio_id, t.path, t.method, t.offset_s, "
        "coalesce(json_array_length(t.data, '$.cues'), 0) + coalesce(json_array_length(t.data, '$.grid'), 0) "
        f"FROM imported_tracks AS t JOIN imports AS i ON i.id = t.import_id WHERE t.audio_id = :audio_id "
        f"AND {_belongs('t')} ORDER BY i.id, t.key",
        _named(path, audio_id),
    ).fetchall()
    entries = tuple(
        (format_name, os.fsdecode(source), key, its_id, None if its_path is None else os.fsdecode(its_path), method,
         offset_s)
        for format_name, source, key, its_id, its_path, method, offset_s, _ in rows
    )  # fmt: skip
    return entries, any(times for *_, times in rows)


def _annotations(connection: Connection, path: str, audio_id: str, kept_id: str) -> dict[str, tuple[Any, ...]]:
    annotations = {}
    for table in tables_on_hand_over(connection, "copied"):
        same = "".join(f" AND k.{column} = u.{column}" for column in table.key if column != "audio_id")
        rows = connection.execute(
            f"SELECT {', '.join(_columns(table))} FROM {table.name} AS u WHERE audio_id = ? AND NOT EXISTS "
            f"(SELECT 1 FROM {table.name} AS k WHERE k.audio_id = ?{same}) ORDER BY 1",
            (audio_id, kept_id),
        )
        annotations[table.name] = tuple(rows)
    for table in tables_on_hand_over(connection, "moved"):  # unless another file has this audio
        sql = f"SELECT t.id FROM (SELECT id, audio_id, x'' AS path FROM {table.name}) AS t WHERE {_belongs('t')}"
        annotations[table.name] = tuple(connection.execute(f"{sql} ORDER BY t.id", _named(path, audio_id)))
    return annotations


def _changes(plan: HandOver) -> list[tuple[_Entry, _Entry]]:
    changes: list[tuple[_Entry, _Entry]] = []
    for entry in plan.entries:
        format_name, source, key, audio_id, _, method, offset_s = entry
        if audio_id != plan.kept_audio_id:
            method, offset_s = METHOD, round(offset_s + plan.offset_s, 4)
        changes.append((entry, (format_name, source, key, plan.kept_audio_id, plan.kept_path, method, offset_s)))
    return changes


def _change_entry(connection: Connection, old: _Entry, new: _Entry) -> None:
    """Write an entry if it is unchanged."""
    format_name, source, key, *_ = old
    connection.execute(
        f"UPDATE imported_tracks SET {_IMPORTED} WHERE {_OF_IMPORT} "
        "AND audio_id IS ? AND path IS ? AND method IS ? AND offset_s = ?",
        (*_stored(new), format_name, os.fsencode(source), key, *_stored(old)),
    )


def _stored(entry: _Entry) -> tuple[Any, ...]:
    _, _, _, audio_id, path, method, offset_s = entry
    return audio_id, None if path is None else os.fsencode(path), method, offset_s


def _put_file(connection: Connection, plan: HandOver, stamp: Stamp) -> None:
    """Restore a file's row, with its current state if its content is unchanged."""
    path = os.fsencode(plan.path)
    row = {**plan.file, "path": path}
    if (stamp.size_bytes, stamp.mtime_ns) == (row["size_bytes"], row["mtime_ns"]):
        row |= stamp_values(stamp)
    known = connection.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
    if known is not None:
        connection.execute(
            "UPDATE files SET ctime_ns = ?, inode = ?, missing_since = NULL "
            "WHERE path = ? AND size_bytes = ? AND mtime_ns = ?",
            (row["ctime_ns"], row["inode"], path, row["size_bytes"], row["mtime_ns"]),
        )
        return
    for name in ("id", "uid"):
        if connection.execute(f"SELECT 1 FROM files WHERE {name} = ?", (row[name],)).fetchone() is not None:
            del row[name]
    # A later map4 may have other columns.
    columns = {column[0] for column in connection.execute("SELECT * FROM files LIMIT 0").description}
    row = {name: value for name, value in row.items() if name in columns}
    connection.execute(
        f"INSERT INTO files ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())
    )
