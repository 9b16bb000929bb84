"""Store marks and their colours and keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from map4.core.base.text import name_key
from map4.core.music.track.mark_words import OwnMark
from map4.core.store.database import Connection
from map4.values.tables.marks import OF_MARK

if TYPE_CHECKING:
    from map4.core.music.track.user_values import ValueChange


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedMarks:
    """The result of adding marks.

    added: number of marks added to tracks
    taken_off: number skipped because the caller had removed them
    too_many: number skipped because the track has the maximum number
    step: the step that undoes them; None if nothing was added
    """

    added: int = 0
    taken_off: int = 0
    too_many: int = 0
    step: int | None = None


# Lists are counted by id, everything else by audio; deleted lists don't count until restored.
_IS_LIST = "substr(m.audio_id, 1, 2) = 'l-'"
MARKS = f"""
    SELECT max(m.mark), count(*) FILTER (WHERE NOT {_IS_LIST}), count(p.id), max(l.color), max(l.key), max(l.set_at)
    FROM marks AS m
    LEFT JOIN mark_looks AS l ON l.owner = m.owner AND l.mark_key = m.mark_key
    LEFT JOIN playlists AS p ON {_IS_LIST} AND p.uid = m.audio_id AND p.deleted_at IS NULL
    WHERE m.owner = :me GROUP BY m.mark_key
"""
OF_LIST = (
    "(SELECT group_concat(n.mark, ';') FROM (SELECT m.mark FROM marks AS m WHERE m.audio_id = p.uid AND m.owner = :me "
    "ORDER BY m.mark_key) AS n)"
)
"""The marks of a list `p`, in the format of `split_marks`."""


def split_marks(joined: str | None) -> tuple[str, ...]:
    return tuple(joined.split(";")) if joined else ()


# Undone marks may be set again; removed marks stay removed.
_TAKEN_OFF = f"""
    SELECT c.audio_id, substr(c.name, {len(OF_MARK) + 1}) FROM value_changes AS c
    JOIN value_steps AS s ON s.number = c.step
    WHERE c.owner = :me AND substr(c.name, 1, {len(OF_MARK)}) = '{OF_MARK}' AND c.became IS NULL AND s.kind <> 'undo'
    AND NOT EXISTS (SELECT 1 FROM value_changes AS l WHERE (l.audio_id, l.name, l.owner) =
        (c.audio_id, c.name, c.owner) AND l.step > c.step)
"""


def put_marks(connection: Connection, changes: Sequence[ValueChange], me: int, when: str) -> None:
    added = [(str(c.track.audio_id), str(c.new)) for c in changes if c.is_own and c.old != c.new]
    insert_marks(connection, added, me, when)
    connection.executemany(
        "DELETE FROM marks WHERE audio_id = ? AND owner = ? AND mark_key = ?",
        [(c.track.audio_id, me, name_key(str(c.old))) for c in changes if not c.is_own and c.old is not None],
    )


def insert_marks(connection: Connection, added: Sequence[tuple[str, str]], me: int, when: str) -> None:
    """Add marks to audio, and give new marks a colour and key."""
    keys = {mark: name_key(mark) for _, mark in added}
    # A mark keeps its first spelling.
    known = "SELECT max(mark) FROM marks WHERE owner = ? AND mark_key = ?"
    first = {key: mark for mark, key in reversed(keys.items())}
    written = {key: connection.execute(known, (me, key)).fetchone()[0] or mark for key, mark in first.items()}
    connection.executemany(
        "INSERT INTO marks (audio_id, owner, mark_key, mark, set_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (audio_id, owner, mark_key) DO UPDATE SET (mark, set_at) = (excluded.mark, excluded.set_at) "
        "WHERE marks.mark <> excluded.mark",
        [(audio_id, me, keys[mark], written[keys[mark]], when) for audio_id, mark in added],
    )
    seen = {key for (key,) in connection.execute("SELECT mark_key FROM mark_looks WHERE owner = ?", (me,))}
    for mark_key in dict.fromkeys(key for key in keys.values() if key not in seen):
        in_use = "EXISTS (SELECT 1 FROM marks AS m WHERE m.owner = l.owner AND m.mark_key = l.mark_key)"
        sql = f"SELECT l.key FROM mark_looks AS l WHERE l.owner = ? AND {in_use}"
        taken = {key for (key,) in connection.execute(sql, (me,))}
        key = next((color for color in range(1, len(OwnMark.COLORS) + 1) if color not in taken), None)
        connection.execute("UPDATE mark_looks SET key = NULL WHERE owner = ? AND key = ?", (me, key or 0))
        color = OwnMark.COLORS[(key - 1 if key else len(seen)) % len(OwnMark.COLORS)]
        connection.execute(
            "INSERT INTO mark_looks (owner, mark_key, color, key, set_at) VALUES (?, ?, ?, ?, ?)",
            (me, mark_key, color, key, when),
        )


def addable_marks(
    connection: Connection, wanted: Mapping[str, Iterable[str]], me: int
) -> tuple[list[tuple[str, str]], AddedMarks]:
    """Filter the wanted marks of audio to those that may be added."""
    held: dict[str, set[str]] = defaultdict(set)
    for audio_id, key in connection.execute("SELECT audio_id, mark_key FROM marks WHERE owner = ?", (me,)):
        held[audio_id].add(key)
    off = set(connection.execute(_TAKEN_OFF, {"me": me}))
    added: list[tuple[str, str]] = []
    taken_off = too_many = 0
    for audio_id, marks in wanted.items():
        for mark in marks:
            key = name_key(mark)
            if key in held[audio_id]:
                continue
            if (audio_id, key) in off:
                taken_off += 1
            elif len(held[audio_id]) >= OwnMark.MOST_OF_TRACK:
                too_many += 1
            else:
                held[audio_id].add(key)
                added.append((audio_id, mark))
    return added, AddedMarks(added=len(added), taken_off=taken_off, too_many=too_many)
