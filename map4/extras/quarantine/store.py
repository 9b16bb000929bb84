"""Transfer the data of a copy of a recording to another copy, and back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from map4.core.audio.jobs import Stamp
from map4.core.base.paths import display_path
from map4.core.base.text import utc_text
from map4.core.music.track.fields import FIELDS
from map4.core.store.database import Connection, StorePart
from map4.core.store.query.field_sql import named_tag_sql
from map4.core.store.stored_tables import ExtraTables, StoredTable
from map4.extras.quarantine.options import QuarantineOptions
from map4.imports import affected
from map4.labels import SqlObservations
from map4.lists import SqlPlaylists


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
    replaced: rows of the kept copy that make room for these, by table
    replaced_file_values: the same of its file
    joints: id of a list, and a joint by hand in it before and after
    method: of the entries afterwards
    has_times: whether there are cue points, grids, voices or joints, whose times differ in the other copy
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
    replaced: Mapping[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)
    replaced_file_values: tuple[tuple[Any, ...], ...] = ()
    joints: tuple[tuple[str, Mapping[str, Any], Mapping[str, Any]], ...] = ()
    method: str = "copy"
    has_times: bool = False
    offset_s: float = 0.0

    @property
    def has_rows(self) -> bool:
        """Whether anything changes its place, beside what both may share."""
        return any((*self.annotations.values(), self.lists, self.entries, self.file_values, self.joints))

    @property
    def conflicts(self) -> list[str]:
        """Names of values that both copies have, with a difference."""
        rows = (*self.replaced.get(_VALUES, ()), *self.replaced_file_values)
        others = (name for name, rows in self.replaced.items() if name != _VALUES and rows)
        return sorted({*(str(row[0]) for row in rows), *others})


Side = TypeVar("Side")
_USUAL = QuarantineOptions()
_OF_VALUE = ["name", "value", "set_at", "set_by"]
# Values of a file, and the tags of two files by name.
_OWN_VALUES = f"SELECT {', '.join(_OF_VALUE)} FROM user_values WHERE audio_id IN (SELECT uid FROM files WHERE path = ?)"
_LEFT_VALUES = _OWN_VALUES.replace("files WHERE path = ?", "gone_files WHERE path = ? AND audio_id = ?")
_LEFT_AT = " UNION ".join(
    f"SELECT t.audio_id FROM {table} AS t WHERE t.path = ? AND t.audio_id IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM files AS f WHERE f.audio_id = t.audio_id AND f.missing_since IS NULL)"
    for table in ("playlist_tracks", "imported_tracks", "gone_files")
)
_BOTH_TAGS = (
    f"SELECT n.value, {named_tag_sql('n.value', 'f')}, {named_tag_sql('n.value', 'k')} "
    "FROM json_each(?) AS n, files AS f, files AS k WHERE f.path = ? AND k.path = ?"
)
_VALUES = "user_values"
_LISTED = "path = ?, display = ?, audio_id = ?"
_IMPORTED = "audio_id = ?, path = ?, method = ?, offset_s = ?"
_OF_IMPORT = "import_id = (SELECT id FROM imports WHERE format = ? AND path = ?) AND key = ?"
_REPLACED = "recording"
"""Method of entries of a replaced copy; entries of the method `copy` rank after entries that name the kept copy."""


class SqlHandOvers(StorePart):
    """Moves the data of a copy of a recording to another copy, and back."""

    def plan(
        self, path: str, kept_path: str, options: QuarantineOptions = _USUAL, *, before_id: str | None = None
    ) -> HandOver | None:
        """Plan the hand-over from a file to another; None if the library does not have both.

        before_id: the audio that the file had, if its own audio is what it hands over to
        """
        with self._database.reading() as connection:
            copy, kept = _file(connection, path), _file(connection, kept_path)
            if copy is None or kept is None or kept["audio_id"] is None:
                return None
            audio_id, kept_id = before_id or copy["audio_id"], kept["audio_id"]
            entries, has_times = _entries(connection, path, audio_id)
            is_other = audio_id not in (None, kept_id)
            takes = options.replaces and options.values != "new"
            by_table = _annotations(connection, path, audio_id, kept_id, takes=takes) if is_other else ({}, {})
            annotations, replaced = by_table
            has_times |= _later(connection, annotations, 1.0, 0.0) != annotations
            joints = _joints(connection, path, audio_id, kept_id) if is_other else ()
            file_values, replaced_file_values = self._file_values(connection, path, kept_path, options, before_id)
            return HandOver(
                path=path,
                audio_id=audio_id,
                kept_path=kept_path,
                kept_audio_id=kept_id,
                file=copy,
                lists=_places(connection, path, audio_id),
                entries=entries,
                annotations=annotations,
                file_values=file_values,
                replaced=replaced,
                replaced_file_values=replaced_file_values,
                joints=joints,
                method=_REPLACED if takes else "copy",
                has_times=audio_id != kept_id and (has_times or bool(joints)),
            )

    def left_at(self, path: str) -> list[str]:
        """Return the audio that lists, imports and values of a path name, and that no present file has."""
        return self._database.column(_LEFT_AT, (os.fsencode(path),) * 3)

    def later(self, plan: HandOver, offset_s: float) -> HandOver:
        """Return the plan with the times of values and joints in the kept copy."""
        with self._database.reading() as connection:
            sql = "SELECT duration_s FROM analyses WHERE audio_id = ?"
            (duration_s,) = connection.execute(sql, (plan.kept_audio_id,)).fetchone() or (0.0,)
            annotations = _later(connection, plan.annotations, offset_s, duration_s)
        joints = tuple((uid, old, _joint_later(old, new, offset_s)) for uid, old, new in plan.joints)
        return replace(plan, annotations=annotations, joints=joints, offset_s=offset_s)

    def _file_values(
        self, connection: Connection, path: str, kept_path: str, options: QuarantineOptions, before_id: str | None
    ) -> tuple[tuple[tuple[Any, ...], ...], tuple[tuple[Any, ...], ...]]:
        """Values of the file that go, and those of the kept file that make room."""
        files, takes = (os.fsencode(path), os.fsencode(kept_path)), options.replaces and options.values != "new"
        of_old = connection.execute(_OWN_VALUES, files[:1])
        if before_id is not None:
            of_old = connection.execute(_LEFT_VALUES, (files[0], before_id))
        of_new = connection.execute(_OWN_VALUES, files[1:])
        old, new = ({row[0]: tuple(row) for row in rows.fetchall()} for rows in (of_old, of_new))
        differing = [name for name in old.keys() & new if old[name][1] != new[name][1] and takes]
        rows = {name: row for name, row in old.items() if name not in new or name in differing}
        names = json.dumps([name for name, field in FIELDS.items() if field.of_file and name not in new])
        now, which = utc_text(datetime.now(UTC)), options.tags if options.replaces else "new"
        for name, was, own in connection.execute(_BOTH_TAGS, (names, *files)):
            if name in old:
                if own and not options.replaces:
                    del rows[name]
            elif was and was != own and (which == "old" or (which == "fill" and not own)):
                value = json.dumps(int(was) if FIELDS[name].kind == "whole" else was, ensure_ascii=False)
                rows[name] = (name, value, now, self._actor.id)
        return tuple(rows[name] for name in sorted(rows)), tuple(new[name] for name in sorted(differing))

    def carry_out(self, plan: HandOver) -> None:
        """Hand over the planned values that have not changed since, and forget the file; in one transaction."""
        with self._changing(plan, "over to other files") as (connection, named):
            if plan.path != plan.kept_path:
                connection.execute("DELETE FROM files WHERE path = ?", (os.fsencode(plan.path),))
            self._move_all(connection, plan)
            if plan.audio_id not in (None, plan.kept_audio_id):  # valid for both, and kept when this is undone
                _share(connection, plan.audio_id, plan.kept_audio_id)
            named.add(plan.audio_id, plan.kept_audio_id)

    def take_back(self, plan: HandOver, stamp: Stamp | None, *, is_gone: bool = False) -> None:
        """Undo `carry_out` for values that have not changed since; in one transaction, and repeatable.

        stamp: the file's stamp if it is back at its path
        is_gone: restore the file's row also without the file, which was gone before
        """
        with self._changing(plan, "back to files before") as (connection, named):
            if plan.path != plan.kept_path and (stamp is not None or is_gone):
                _put_file(connection, plan, stamp)
            self._move_all(connection, plan, is_back=True)
            named.add(plan.audio_id, plan.kept_audio_id)

    @contextmanager
    def _changing(self, plan: HandOver, what: str) -> Iterator[tuple[Connection, Any]]:
        """A transaction that changes values and lists; each changed list gets a version."""
        lists = {*(uid for uid, *_ in plan.lists), *(uid for uid, *_ in plan.joints)}
        with (
            self._database.transaction() as connection,
            affected(connection, self._database.path) as named,
            SqlPlaylists.handing(connection, lists, self._actor.id, what),
        ):
            yield connection, named

    def _move_all(self, connection: Connection, plan: HandOver, *, is_back: bool = False) -> None:
        kept = (plan.kept_path, plan.kept_audio_id)
        for uid, position, listed, listed_id in plan.lists:
            (path, audio_id), (new_path, new_id) = _directed((listed, listed_id), kept, is_back=is_back)
            connection.execute(
                f"UPDATE playlist_tracks SET {_LISTED} WHERE {_PLACE} AND path = ? AND audio_id IS ?",
                (os.fsencode(new_path), display_path(new_path), new_id, uid, position, os.fsencode(path), audio_id),
            )
        for change in _changes(plan):
            _change_entry(connection, *_directed(*change, is_back=is_back))
        self.begin_step(connection)
        _swap_values(connection, plan, is_back=is_back)
        _move(connection, plan, *_directed(plan.audio_id, plan.kept_audio_id, is_back=is_back))


def _directed(before: Side, after: Side, *, is_back: bool) -> tuple[Side, Side]:
    """What a statement replaces, and by what: the other way round when the plan is undone."""
    return (after, before) if is_back else (before, after)


def _swap_values(connection: Connection, plan: HandOver, *, is_back: bool) -> None:
    """Replace values and joints that are unchanged by the planned ones, or the other way round."""
    copied, kept_id = ExtraTables.on_hand_over(connection, "copied"), plan.kept_audio_id
    rows = [(table, plan.replaced.get(table.name), plan.annotations.get(table.name)) for table in copied]
    swaps: list[tuple[Any, ...]] = [(table.name, _columns(table), kept_id, *both) for table, *both in rows]
    files = connection.execute("SELECT uid FROM files WHERE path = ?", (os.fsencode(plan.kept_path),)).fetchall()
    swaps += [(_VALUES, _OF_VALUE, uid, plan.replaced_file_values, plan.file_values) for (uid,) in files]
    for name, columns, address, before, after in swaps:
        old, new = _directed(before, after, is_back=is_back)
        same = " AND ".join(f"{column} IS ?" for column in columns)
        insert = f"INSERT OR IGNORE INTO {name} (audio_id, {', '.join(columns)}) VALUES (?{', ?' * len(columns)})"
        delete = f"DELETE FROM {name} WHERE audio_id = ? AND {same}"
        connection.executemany(delete, [(address, *row) for row in old or ()])
        connection.executemany(insert, [(address, *row) for row in new or ()])
    for uid, joint, moved_joint in plan.joints:
        was, becomes = _directed(joint, moved_joint, is_back=is_back)
        for (text,) in connection.execute("SELECT header FROM playlists WHERE uid = ?", (uid,)).fetchall():
            header = json.loads(text)
            header["joints"] = [becomes if joint == was else joint for joint in header.get("joints") or ()]
            connection.execute("UPDATE playlists SET header = ? WHERE uid = ?", (json.dumps(header), uid))


def _share(connection: Connection, audio_id: str | None, other_id: str) -> None:
    """Copy the observations of audio to identical audio; existing rows stay."""
    for table in ExtraTables.on_hand_over(connection, "shared"):
        columns = ", ".join(_columns(table))
        connection.execute(
            f"INSERT OR IGNORE INTO {table.name} (audio_id, {columns}) "
            f"SELECT ?, {columns} FROM {table.name} WHERE audio_id = ?",
            (other_id, audio_id),
        )
    SqlObservations.recompute(connection, (audio_id, other_id))


def _move(connection: Connection, plan: HandOver, was: str | None, now: str | None) -> None:
    for table in ExtraTables.on_hand_over(connection, "moved"):
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


_BELONGS = (
    "(t.path = :path OR (t.audio_id = :audio_id AND NOT EXISTS (SELECT 1 FROM files AS f "
    "WHERE f.audio_id = :audio_id AND f.path != :path AND f.missing_since IS NULL)))"
)
"""Rows that name the file, and rows of its audio if no other present file has it."""


def _named(path: str, audio_id: str | None) -> dict[str, Any]:
    return {"path": os.fsencode(path), "audio_id": audio_id}


def _places(connection: Connection, path: str, audio_id: str | None) -> tuple[Any, ...]:
    rows = connection.execute(
        "SELECT p.uid, t.position, t.path, t.audio_id FROM playlist_tracks AS t JOIN playlists AS p "
        f"ON p.id = t.playlist_id WHERE {_BELONGS} ORDER BY p.id, t.position",
        _named(path, audio_id),
    )
    return tuple(
        (uid, position, os.fsdecode(listed), its_id)
        for uid, position, listed, its_id in rows
        if audio_id is None or its_id in (None, audio_id)  # else other music that the path had before
    )


def _entries(connection: Connection, path: str, audio_id: str | None) -> tuple[tuple[_Entry, ...], bool]:
    """The imported entries, and whether any of them has times."""
    rows = connection.execute(
        "SELECT i.format, i.path, t.key, t.audio_id, t.path, t.method, t.offset_s, "
        "coalesce(json_array_length(t.data, '$.cues'), 0) + coalesce(json_array_length(t.data, '$.grid'), 0) "
        f"FROM imported_tracks AS t JOIN imports AS i ON i.id = t.import_id WHERE t.audio_id = :audio_id "
        f"AND {_BELONGS} ORDER BY i.id, t.key",
        _named(path, audio_id),
    ).fetchall()
    entries = tuple(
        (format_name, os.fsdecode(source), key, its_id, None if its_path is None else os.fsdecode(its_path), method,
         offset_s)
        for format_name, source, key, its_id, its_path, method, offset_s, _ in rows
    )  # fmt: skip
    return entries, any(times for *_, times in rows)


def _annotations(
    connection: Connection, path: str, audio_id: str, kept_id: str, *, takes: bool
) -> tuple[dict[str, tuple[Any, ...]], dict[str, tuple[Any, ...]]]:
    """Rows that go, and rows of the kept audio that make room: with `takes`, those with another value."""
    annotations, replaced = {}, {}
    for table in ExtraTables.on_hand_over(connection, "copied"):
        value = table.set_value if takes else None
        same = "".join(f" AND k.{column} = u.{column}" for column in table.key if column != "audio_id")
        sql = f"SELECT {', '.join(f'u.{column}' for column in _columns(table))} FROM {table.name} AS u "
        rows = connection.execute(
            f"{sql} WHERE u.audio_id = ? AND NOT EXISTS (SELECT 1 FROM {table.name} AS k WHERE k.audio_id = ?{same}"
            f"{f' AND k.{value.column} = u.{value.column}' if value else ''}) ORDER BY 1",
            (audio_id, kept_id),
        )
        annotations[table.name] = tuple(rows)
        if value:
            differs = f"{same} AND k.{value.column} <> u.{value.column}"
            others = f"{sql} JOIN {table.name} AS k ON k.audio_id = ?{differs} WHERE u.audio_id = ? ORDER BY 1"
            replaced[table.name] = tuple(connection.execute(others, (audio_id, kept_id)))
    for table in ExtraTables.on_hand_over(connection, "moved"):  # unless another file has this audio
        sql = f"SELECT t.id FROM (SELECT id, audio_id, x'' AS path FROM {table.name}) AS t WHERE {_BELONGS}"
        annotations[table.name] = tuple(connection.execute(f"{sql} ORDER BY t.id", _named(path, audio_id)))
    return annotations, replaced


def _joints(connection: Connection, path: str, audio_id: str, kept_id: str) -> tuple[tuple[str, Any, Any], ...]:
    """Joints by hand that name the audio, if no other present file has it: id of the list, before and after."""
    rows = connection.execute(
        "SELECT t.uid, t.header FROM (SELECT uid, header, CAST(:audio_id AS TEXT) AS audio_id, x'' AS path "
        f"FROM playlists WHERE header LIKE '%' || :audio_id || '%') AS t WHERE {_BELONGS} ORDER BY t.uid",
        _named(path, audio_id),
    ).fetchall()
    joints = ((uid, joint) for uid, header in rows for joint in json.loads(header).get("joints") or ())
    return tuple(
        (uid, joint, {**joint, **{end: kept_id for end in ("from", "to") if joint.get(end) == audio_id}})
        for uid, joint in joints
        if audio_id in (joint.get("from"), joint.get("to"))
    )


def _later(
    connection: Connection, rows: Mapping[str, tuple[Any, ...]], offset_s: float, duration_s: float
) -> dict[str, tuple[Any, ...]]:
    """Copied rows at their times in the kept copy."""
    tables = [table for table in ExtraTables.on_hand_over(connection, "copied") if table.name in rows]
    return {
        **rows,
        **{each.name: tuple(each.shifted(row, offset_s, duration_s) for row in rows[each.name]) for each in tables},
    }


def _joint_later(old: Mapping[str, Any], new: Mapping[str, Any], offset_s: float) -> dict[str, Any]:
    ends = {"leave_s": "from", "swap_s": "from", "enter_s": "to"}
    is_moved = {name for name, end in ends.items() if old[end] != new[end] and old.get(name) is not None}
    return {**new, **{name: max(0.0, round(old[name] + offset_s, 6)) for name in is_moved}}


def _changes(plan: HandOver) -> list[tuple[_Entry, _Entry]]:
    changes: list[tuple[_Entry, _Entry]] = []
    for entry in plan.entries:
        format_name, source, key, audio_id, _, method, offset_s = entry
        if audio_id != plan.kept_audio_id:
            method, offset_s = plan.method, round(offset_s + plan.offset_s, 4)
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


def _put_file(connection: Connection, plan: HandOver, stamp: Stamp | None) -> None:
    """Restore a file's row, with its current state if its content is unchanged; without a stamp, as it was."""
    path = os.fsencode(plan.path)
    row = {**plan.file, "path": path}
    if stamp and (stamp.size_bytes, stamp.mtime_ns) == (row["size_bytes"], row["mtime_ns"]):
        row |= {**stamp.columns(), "missing_since": None}
    known = connection.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
    if known is not None and stamp is None:  # nothing was handed over
        return
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
