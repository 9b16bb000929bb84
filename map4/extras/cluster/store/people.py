"""Merge users' values of tracks: the last change of each value wins, including removals."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import NamedTuple

from map4.core.store.database import Connection
from map4.core.store.stored_tables import SetValue, StoredTable
from map4.extras.cluster.records import MergeConflict
from map4.extras.cluster.store.merging import Merging, Row, write
from map4.values import names_sql

# A set value is a row, a removed value only a change record. Shared and personal values are combined here:
# key, time, removed or not, value, and author.
_GONE = (
    "SELECT c.audio_id, c.name, c.owner, max(s.at) AS at, 1 AS is_gone, NULL AS value, s.by AS by, {path} AS path "
    "FROM value_changes AS c JOIN value_steps AS s ON s.number = c.step WHERE c.became IS NULL AND NOT {is_set} "
    "{more} GROUP BY c.audio_id, c.name, c.owner"
)
_KEY = "audio_id = :audio_id AND name = :name AND owner = :owner"


class _ValueState(NamedTuple):
    """The last change of a value; the later one wins, and within the same second the removal."""

    at: str
    is_gone: int
    value: str
    by: int


def _set() -> str:
    return " UNION ALL ".join(
        f"SELECT v.audio_id AS audio_id, {value.name('v')} AS name, {value.owner('v')} AS owner, v.set_at AS at, "
        f"0 AS is_gone, {value.value('v')} AS value, v.{value.by} AS by, {_path_of('v')} AS path FROM {table.name} AS v"
        for table, value in StoredTable.with_values()
    )


def _gone(more: str = "") -> str:
    is_set = " OR ".join(
        f"EXISTS ({table.current_value_sql(value, '1')})" for table, value in StoredTable.with_values()
    )
    return _GONE.format(is_set=f"({is_set})", more=more, path=_path_of("c"))


def _path_of(row: str) -> str:
    """SQL for the path of the file that a value belongs to; null of a value of a recording."""
    paths = (f"(SELECT f.path FROM {table} AS f WHERE f.uid = {row}.audio_id)" for table in ("files", "gone_files"))
    return f"coalesce({', '.join(paths)})"


def _file_here(merging: Merging, connection: Connection, row: Row) -> str:
    """The id here of the file that a value belongs to; each library has its own."""
    if row["path"] is None:
        return str(row["audio_id"])
    for table in ("files", "gone_files"):
        uid = connection.execute(f"SELECT min(uid) FROM {table} WHERE path = ?", (row["path"],)).fetchone()[0]
        if uid is not None:
            return str(uid)
    [(audio_id, names)] = merging.source.execute(_GONE_FILE, (row["audio_id"],)).fetchall()
    connection.execute("INSERT INTO gone_files VALUES (?, ?, ?, ?)", (row["audio_id"], row["path"], audio_id, names))
    return str(row["audio_id"])


_GONE_FILE = (
    f"SELECT f.audio_id, {names_sql('f')} FROM files AS f WHERE f.uid = ?1 "
    "UNION ALL SELECT g.audio_id, g.names FROM gone_files AS g WHERE g.uid = ?1"
)


def merge_user_values(merging: Merging) -> None:
    """Merge all tables with a `set_value`."""
    there = f"SELECT at, is_gone, value, by FROM ({_set()}) AS s WHERE {_KEY}"
    gone = f"SELECT at, is_gone, value, by FROM ({_gone('AND c.audio_id = :audio_id')}) AS s WHERE {_KEY}"

    def merge(connection: Connection, row: Row) -> None:
        _merge_value(merging, connection, row, (there, gone))

    for sql in (_set(), _gone()):
        merging.each(merging.rows(sql), merge)


def _merge_value(merging: Merging, connection: Connection, row: Row, of_key: Sequence[str]) -> None:
    key = {"audio_id": _file_here(merging, connection, row), "name": row["name"], "owner": row["owner"]}
    table, value = next(pair for pair in StoredTable.with_values() if pair[1].holds(row["name"], row["owner"]))
    value_row = next(filter(None, (connection.execute(sql, key).fetchone() for sql in of_key)), None)
    incoming, there = _ValueState(row["at"], row["is_gone"], row["value"] or "", row["by"]), None
    if value_row is not None:
        there = _ValueState(value_row[0], value_row[1], value_row[2] or "", value_row[3])
    if there is not None and incoming.value != there.value:
        _note(merging, connection, key, value, (max(incoming, there), min(incoming, there)))
    if there is None or incoming > there:
        _write(connection, key, table, value, incoming)
        if there is not None or not incoming.is_gone:
            merging.counts.note(f"{value.about}s", is_new=there is None)


def _write(connection: Connection, key: Row, table: StoredTable, value: SetValue, incoming: _ValueState) -> None:
    """Set or remove a value in a step of its author, with the original time."""
    connection.execute("UPDATE change_log SET actor = ?, step = NULL", (incoming.by,))
    named = {value.key: key["name"].removeprefix(value.prefix)} if value.key else {}
    place = {column: (key | named)[column] for column in table.key}
    if incoming.is_gone:
        where = " AND ".join(f"{column} = ?" for column in place)
        connection.execute(f"DELETE FROM {table.name} WHERE {where}", [*place.values()])
    else:
        stored = json.loads(incoming.value) if value.is_own else incoming.value
        write(
            connection,
            table.name,
            table.key,
            {**place, "set_at": incoming.at, value.column: stored, value.by: incoming.by},
        )
    [(step,)] = connection.execute("SELECT step FROM change_log").fetchall()
    if step is None and incoming.is_gone:  # the value never existed here, but its removal is recorded anyway
        [(step,)] = connection.execute(
            "INSERT INTO value_steps (by) VALUES (?) RETURNING number", (incoming.by,)
        ).fetchall()
        connection.execute(
            "INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (?, ?, ?, ?, NULL, NULL)",
            (step, key["audio_id"], key["name"], key["owner"]),
        )
    connection.execute("UPDATE value_steps SET at = ? WHERE number = ?", (incoming.at, step))
    connection.execute("UPDATE change_log SET actor = 0, step = NULL")


def _note(merging: Merging, connection: Connection, key: Row, value: SetValue, both: Sequence[_ValueState]) -> None:
    if value.is_own and key["owner"] != merging.actor.id:
        merging.counts.hidden += 1
        return
    sql = "SELECT audio_id, min(path) FROM files WHERE audio_id = ?1 OR uid = ?1 GROUP BY 1"
    audio_id, path = connection.execute(sql, (key["audio_id"],)).fetchone() or (key["audio_id"], None)
    current, left = (None if side.is_gone else json.loads(side.value) for side in both)
    merging.counts.conflicts.append(
        MergeConflict(
            source=merging.name,
            about=value.about,
            audio_id=audio_id,
            file=None if path is None else os.fsdecode(path),
            name=value.about if value.is_own else key["name"],
            counts=current,
            set_at=both[0].at,
            instead_of=left,
            instead_set_at=both[1].at,
        )
    )
