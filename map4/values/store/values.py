"""Values that users set, stored by audio id so that they survive moves, new tags and re-analysis; and their history,
written by triggers.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from map4.core.base.actor import Actor
from map4.core.base.text import name_key, utc_text
from map4.core.music.track.fields import OF_FILE
from map4.core.music.track.mark_words import OwnMark
from map4.core.music.track.user_values import ONES_OWN, OWN_WORD, ValueChange, ValueName
from map4.core.store.database import Connection, Database, StorePart, scalar
from map4.core.store.stored_tables import EVERYBODYS, StoredTable, seen
from map4.values.history_records import OwnValueChange, PastChange, StepKind, StoredValue, TrackValue, ValueStep
from map4.values.store.marks import MARKS, OF_LIST, AddedMarks, addable_marks, insert_marks, put_marks, split_marks
from map4.values.tables.marks import OF_MARK
from map4.values.tables.values import NEW_UID, names_sql


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneValue:
    """A value that a step set, and its current state.

    was: before the step
    now: the current value
    is_as_left: whether it is still what the step set
    last_step: the last step that changed it
    """

    audio_id: str
    name: ValueName
    was: StoredValue
    now: StoredValue
    is_as_left: bool
    last_step: int


if TYPE_CHECKING:
    from map4.core.base.account import Account
# Audio id, uid, path and names of files that are gone and have values, and of present files that have none.
_OF_FILE = f"SELECT f.audio_id, f.uid, f.path, {names_sql('f')} FROM files AS f WHERE f.missing_since"
_VALUED = " UNION ALL ".join(
    f"SELECT u.audio_id FROM {table} AS u WHERE u.audio_id >= 'f-' AND u.audio_id < 'f.'"
    for table in ("user_values", "imported")
)
_CLAIMS = (
    "SELECT g.audio_id, g.uid, g.path, g.names FROM gone_files AS g WHERE g.audio_id IS NOT NULL "
    f"UNION ALL {_OF_FILE} IS NOT NULL AND f.audio_id IS NOT NULL AND f.uid IN ({_VALUED})"
)
_HOMES = f"{_OF_FILE} IS NULL AND f.audio_id IN (SELECT value FROM json_each(?)) AND f.uid NOT IN ({_VALUED})"
# New files, with the only other file that has the same audio and tags, and values.
_TWINS = f"""
    SELECT f.path, f.uid, min(g.uid) FROM files AS g JOIN files AS f ON f.audio_id = g.audio_id AND f.id <> g.id
    WHERE f.missing_since IS NULL AND g.missing_since IS NULL AND g.uid IN (SELECT audio_id FROM user_values)
        AND NOT EXISTS (SELECT 1 FROM value_changes AS c WHERE c.audio_id = f.uid)
        AND {" AND ".join(f"f.{name} IS g.{name}" for name in sorted(OF_FILE))}
    GROUP BY f.path, f.uid HAVING count(*) = 1
"""
_LEAVE_BEHIND = (
    f"INSERT INTO gone_files (uid, path, audio_id, names) SELECT f.uid, f.path, ?, {names_sql('f')} FROM files AS f "
    f"WHERE f.path = ? AND f.uid IN ({_VALUED}) ON CONFLICT DO NOTHING"
)
_SAME_PATH, _SAME_NAMES = itemgetter(0, 2), itemgetter(0, 3)
_TRIMMED_EVERY, _MANY = 100, 1_000
MOST_CHANGES = 500_000
"""Changed values kept before the last step: five edits of a library of 100,000 tracks, some 70 MB."""
_SEEN = f"c.owner IN ({EVERYBODYS}, :me)"
_ABOUT = "(:about IS NULL OR c.audio_id IN (SELECT value FROM json_each(:about)))"
_STEPS = f"""
    SELECT * FROM (
        SELECT s.number, s.at, s.by, s.kind, s.undoes, s.undone_by,
               iif(s.by = {Actor.LOCAL.id}, '{Actor.LOCAL.name}', (SELECT name FROM accounts WHERE id = s.by)) AS name,
               (SELECT count(*) FROM value_changes AS c WHERE c.step = s.number AND {_SEEN} AND {_ABOUT}) AS changed
        FROM value_steps AS s
    ) AS s WHERE changed > 0 AND
"""
_IN_ORDER = "coalesce((SELECT f.audio_id FROM files AS f WHERE f.uid = c.audio_id), c.audio_id), c.audio_id, c.name"
# The last step that changed the value since.
_UNDONE = """
    SELECT c.audio_id, c.name, c.was, c.became, {now},
           (SELECT max(l.step) FROM value_changes AS l
            WHERE (l.audio_id, l.name, l.owner) = (c.audio_id, c.name, c.owner))
    FROM value_changes AS c WHERE c.step = :step AND {seen} ORDER BY {order}
"""
_MARKED_LISTS = f"""
    SELECT p.uid, p.name || CASE WHEN p.deleted_at IS NULL THEN '' ELSE ' (deleted)' END, {OF_LIST} FROM playlists AS p
    WHERE (({seen("p.")}) OR (p.deleted_at IS NOT NULL AND p.owner IN (0, :me)))
        AND p.uid IN (SELECT value FROM json_each(:uids))
"""


class SqlValues(StorePart):
    """Values that users set, and the history of their changes by step.

    Values are shared; ratings and marks belong to the actor, and other users' are never returned. Each call that
    sets values is a step. Steps are kept whole, up to half a million changed values, and always the last step.
    """

    def put(self, changes: Iterable[ValueChange], *, now: datetime, undoes: int | None = None) -> int | None:
        """Write changes, all or none, and return the step's number; None if no value changed.

        Changes with a problem are skipped.

        undoes: the step that this step undoes
        """
        done = [change for change in changes if change.problem is None and change.track.audio_id is not None]
        when = utc_text(now.astimezone(UTC))
        me = self._actor.id
        shared = [(c.address, c) for c in done if c.name not in ONES_OWN]
        rated = [(c.track.audio_id, me, c.new, when) for c in done if c.is_own and c.name == "rating"]
        unrated = [(c.track.audio_id, me) for c in done if not c.is_own and c.name == "rating"]
        values = [(address, c.name, json.dumps(c.new), when, me) for address, c in shared if c.is_own]
        with self._database.transaction() as connection:
            self.begin_step(connection)
            connection.executemany(
                "INSERT INTO user_values (audio_id, name, value, set_at, set_by) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (audio_id, name) DO UPDATE "
                "SET (value, set_at, set_by) = (excluded.value, excluded.set_at, excluded.set_by) "
                "WHERE user_values.value <> excluded.value",
                values,
            )
            connection.executemany(
                "DELETE FROM user_values WHERE audio_id = ? AND name = ?",
                [(address, c.name) for address, c in shared if not c.is_own],
            )
            put_marks(connection, [change for change in done if change.name == OWN_WORD], me, when)
            connection.executemany(
                "INSERT INTO ratings (audio_id, owner, rating, set_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (audio_id, owner) DO UPDATE SET (rating, set_at) = (excluded.rating, excluded.set_at) "
                "WHERE ratings.rating <> excluded.rating",
                rated,
            )
            connection.executemany("DELETE FROM ratings WHERE audio_id = ? AND owner = ?", unrated)
            return self._end_step(connection, when, undoes, is_large=len(done) >= _MANY)

    def has_of_files(self, file_ids: Iterable[int]) -> bool:
        """Whether there are values, set or imported, that belong to one of these files."""
        among = "f.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
        sql = f"SELECT count(*) FROM files AS f WHERE {among} AND f.uid IN ({_VALUED})"
        return int(self._database.scalar(sql, (json.dumps([*file_ids]),))) > 0

    def leave_behind(self, path: str, audio_id: str) -> None:
        """Keep the values of a file for the audio that it had, as other music of the same name replaced that."""
        with self._database.transaction() as connection:
            connection.execute(_LEAVE_BEHIND, (audio_id, os.fsencode(path)))
            sql = f"UPDATE files SET uid = {NEW_UID} WHERE path = ? AND uid IN (SELECT uid FROM gone_files)"
            connection.execute(sql, (os.fsencode(path),))

    def settle(self, paths: Collection[str]) -> None:
        """Give the values of gone files to files with the same audio: at the same path, or with the same tags. Where
        several fit, the values wait. A new file with the tags of a present file gets a copy of its values.

        paths: files that a scan added or changed
        """
        if not paths:
            return
        with self._database.reading() as connection:
            if not any(connection.execute(sql).fetchone() for sql in (_CLAIMS, _TWINS)):
                return
        with self._database.transaction() as connection:
            if claims := connection.execute(_CLAIMS).fetchall():
                _settle_claims(connection, claims, paths)
            twins = [(uid, twin) for path, uid, twin in connection.execute(_TWINS) if os.fsdecode(path) in paths]
            if twins:
                self.begin_step(connection)
                connection.executemany(
                    "INSERT INTO user_values (audio_id, name, value, set_at, set_by) "
                    "SELECT ?, name, value, set_at, set_by FROM user_values WHERE audio_id = ?",
                    twins,
                )

    def ratings(self) -> Mapping[str, float]:
        """The actor's ratings, by audio id."""
        return dict(self._database.rows("SELECT audio_id, rating FROM ratings WHERE owner = ?", (self._actor.id,)))

    def lists(self, uids: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Name and marks of the given lists that the actor may see."""
        wanted = {"me": self._actor.id, "uids": json.dumps([*uids])}
        rows = self._database.rows(_MARKED_LISTS, wanted)
        return {uid: (name, split_marks(marks)) for uid, name, marks in rows}

    def _end_step(self, connection: Connection, when: str, undoes: int | None, *, is_large: bool) -> int | None:
        """Finish the step if it changed anything, and return its number."""
        [(step,)] = connection.execute("SELECT step FROM change_log")
        connection.execute("UPDATE change_log SET actor = 0, step = NULL")
        if step is None:
            return None
        kind = "set" if undoes is None else "undo"
        connection.execute(
            "UPDATE value_steps SET (at, kind, undoes) = (?, ?, ?) WHERE number = ?", (when, kind, undoes, step)
        )
        # The undo of the step is now itself undone.
        connection.execute(
            "UPDATE value_steps SET undone_by = NULL WHERE number = (SELECT undoes FROM value_steps WHERE number = ?)",
            (undoes,),
        )
        connection.execute("UPDATE value_steps SET undone_by = ? WHERE number = ?", (step, undoes))
        if is_large or step % _TRIMMED_EVERY == 0:
            row = connection.execute(  # the oldest steps go as a whole, but never the last step
                "SELECT step FROM value_changes WHERE step < ? ORDER BY step DESC LIMIT 1 OFFSET ?",
                (step, MOST_CHANGES),
            ).fetchone()
            if row is not None:
                connection.execute("DELETE FROM value_changes WHERE step <= ?", row)
                connection.execute("DELETE FROM value_steps WHERE number <= ?", row)
        return int(step)

    def add_marks(self, wanted: Mapping[str, Iterable[str]], *, now: datetime, dry_run: bool = False) -> AddedMarks:
        """Add marks from an importer or another program.

        Existing marks stay, and marks that the actor removed or renamed by hand are not added again, as far back as the
        history goes. Marks of an undone step may be added again.
        """
        me, when = self._actor.id, utc_text(now.astimezone(UTC))
        if dry_run:
            with self._database.reading() as connection:
                return addable_marks(connection, wanted, me)[1]
        with self._database.transaction() as connection:
            added, added_marks = addable_marks(connection, wanted, me)
            self.begin_step(connection)
            insert_marks(connection, added, me, when)
            return replace(added_marks, step=self._end_step(connection, when, None, is_large=len(added) >= _MANY))

    def rename_mark(self, mark: str, became: str | None, *, now: datetime) -> int | None:
        """Rename a mark everywhere, or remove it (None). Returns the step."""
        me, key, when = self._actor.id, name_key(mark), utc_text(now.astimezone(UTC))
        with self._database.transaction() as connection:
            self.begin_step(connection)
            count = int(scalar(connection, "SELECT count(*) FROM marks WHERE owner = ? AND mark_key = ?", (me, key)))
            if became is not None:
                connection.execute(
                    "INSERT INTO marks (audio_id, owner, mark_key, mark, set_at) SELECT audio_id, owner, ?, ?, ? "
                    "FROM marks WHERE owner = ? AND mark_key = ? "
                    "ON CONFLICT (audio_id, owner, mark_key) DO UPDATE SET (mark, set_at) = "
                    "(excluded.mark, excluded.set_at)",
                    (name_key(became), became, when, me, key),
                )
                connection.execute(
                    "UPDATE mark_looks SET (mark_key, set_at) = (?1, ?2) WHERE owner = ?3 AND mark_key = ?4 AND NOT "
                    "EXISTS (SELECT 1 FROM mark_looks AS k WHERE k.owner = ?3 AND k.mark_key = ?1)",
                    (name_key(became), when, me, key),
                )
            if became is None or name_key(became) != key:
                connection.execute("DELETE FROM marks WHERE owner = ? AND mark_key = ?", (me, key))
            return self._end_step(connection, when, None, is_large=count >= _MANY)

    def marks(self) -> Sequence[OwnMark]:
        """The actor's marks, by name."""
        rows = self._database.rows(MARKS, {"me": self._actor.id})
        # Merged libraries may use a key for two marks: the newer mark gets it.
        having = {row[4]: row[0] for row in sorted(rows, key=lambda row: (row[5] or "", row[0]))}
        return [
            OwnMark(
                name=name,
                color=color or OwnMark.COLORS[-1],
                key=key if having[key] == name else None,
                tracks=tracks,
                lists=lists,
            )
            for name, tracks, lists, color, key, _ in sorted(rows, key=lambda row: name_key(row[0]))
            if tracks or lists
        ]

    def look_of_mark(self, mark: str, *, color: str | None, key: int | None, now: datetime) -> None:
        """Set the colour and key of an existing mark; the key is taken from any other mark. None changes nothing."""
        me, when = self._actor.id, utc_text(now.astimezone(UTC))
        with self._database.transaction() as connection:
            if key is not None:
                sql = "UPDATE mark_looks SET (key, set_at) = (NULL, ?) WHERE owner = ? AND key = ?"
                connection.execute(sql, (when, me, key))
            connection.execute(
                "UPDATE mark_looks SET (color, key, set_at) = (coalesce(?, color), coalesce(?, key), ?) "
                "WHERE owner = ? AND mark_key = ?",
                (color, key, when, me, name_key(mark)),
            )

    def steps(
        self,
        *,
        by: int | None = None,
        number: int | None = None,
        audio_ids: Collection[str] | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[ValueStep]:
        """Steps, newest first, without their changes.

        by: only steps of this account
        number: only this step
        audio_ids: only steps that changed this audio
        before: only steps before this step
        """
        which = (
            "(:by IS NULL OR s.by = :by) AND (:number IS NULL OR s.number = :number) "
            f"AND (:before IS NULL OR s.number < :before) AND {_TOUCHED} ORDER BY s.number DESC LIMIT :limit"
        )
        about = None if audio_ids is None else json.dumps([*audio_ids])
        return self._steps(which, by=by, number=number, before=before, limit=limit, about=about)

    def undoable(self, most: int) -> list[ValueStep]:
        """The actor's last steps that are not undone, newest first."""
        which = "s.by = :me AND s.kind = 'set' AND s.undone_by IS NULL ORDER BY s.number DESC LIMIT :limit"
        return self._steps(which, about=None, limit=most)

    def _steps(self, which: str, **values: Any) -> list[ValueStep]:
        rows = self._database.rows(_STEPS + which, {"me": self._actor.id, **values})
        names = ("number", "at", "by", "kind", "undoes", "undone_by", "name", "count")
        return [ValueStep(**dict(zip(names, row, strict=True))) for row in rows]

    def names_of(self, step: int) -> Sequence[ValueName]:
        """The names of the values that a step changed, in alphabetical order."""
        sql = f"SELECT DISTINCT name FROM value_changes AS c WHERE step = :step AND {_SEEN}"
        with self._database.reading() as connection:
            return sorted({_name(name) for (name,) in connection.execute(sql, {"me": self._actor.id, "step": step})})

    def changes_of(self, step: int, *, audio_ids: Collection[str] | None = None, limit: int) -> Sequence[PastChange]:
        """The changes of a step, without tracks; only of this audio, if given."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT audio_id, name, was, became FROM value_changes AS c WHERE step = :step AND {_SEEN} AND "
                f"{_ABOUT} ORDER BY {_IN_ORDER} LIMIT :limit",
                {"me": self._actor.id, "step": step, "limit": limit,
                 "about": None if audio_ids is None else json.dumps([*audio_ids])},
            )  # fmt: skip
            return [
                PastChange(audio_id=audio_id, name=_name(name), was=_value(was), became=_value(became))
                for audio_id, name, was, became in rows
            ]

    def undone(self, step: int) -> Sequence[UndoneValue]:
        """The values of a step, with their current state, for undo."""
        now_set = ", ".join(f"({table.current_value_sql(value)})" for table, value in StoredTable.with_values())
        sql = _UNDONE.format(now=f"coalesce({now_set})", seen=_SEEN, order=_IN_ORDER)
        with self._database.reading() as connection:
            return [
                UndoneValue(
                    audio_id=audio_id,
                    name=_name(name),
                    was=_value(was),
                    now=_value(now),
                    is_as_left=now == became,
                    last_step=last,
                )
                for audio_id, name, was, became, now, last in connection.execute(
                    sql, {"me": self._actor.id, "step": step}
                )
            ]


_TOUCHED = (
    "(:about IS NULL OR s.number IN (SELECT step FROM value_changes WHERE audio_id IN "
    "(SELECT value FROM json_each(:about))))"
)


def _only(rows: Collection[tuple[Any, ...]], key: itemgetter[Any]) -> dict[Any, tuple[Any, ...]]:
    """The rows whose key no other row has."""
    counts = Counter(map(key, rows))
    return {key(row): row for row in rows if counts[key(row)] == 1}


def _name(stored: str) -> Any:
    return OWN_WORD if stored.startswith(OF_MARK) else stored


def _value(text: str | None) -> StoredValue:
    value: StoredValue = None if text is None else json.loads(text)
    return value


def _settle_claims(connection: Connection, claims: list[tuple[Any, ...]], paths: Collection[str]) -> None:
    wanted = json.dumps([*{claim[0] for claim in claims}])
    homes = [home for home in connection.execute(_HOMES, (wanted,)) if os.fsdecode(home[2]) in paths]
    for alike in (_SAME_PATH, _SAME_NAMES):
        claims_of, homes_of = _only(claims, alike), _only(homes, alike)
        for key in claims_of.keys() & homes_of.keys():
            claim, home = claims_of[key], homes_of[key]
            claims.remove(claim)
            homes.remove(home)
            connection.execute("DELETE FROM gone_files WHERE uid = ?", (claim[1],))
            connection.execute(f"UPDATE files SET uid = {NEW_UID} WHERE uid = ?", (claim[1],))
            connection.execute("UPDATE files SET uid = ? WHERE uid = ?", (claim[1], home[1]))
            sql = "UPDATE imported_tracks SET path = ? WHERE audio_id = ? AND path = ?"
            connection.execute(sql, (home[2], home[0], claim[2]))


# ---- a person's changes


def own_change(
    step: int, at: str, kind: StepKind, audio_id: str, name: str, was: str | None, became: str | None
) -> OwnValueChange:
    values = {"was": _value(was), "became": _value(became)}
    return OwnValueChange(step=step, at=at, kind=kind, audio_id=audio_id, name=_name(name), **values)


def erase_changes(connection: Connection, account: Account, database: Database) -> Mapping[str, int]:
    connection.execute("DELETE FROM value_changes WHERE owner = ?", (account.number,))
    connection.execute("DELETE FROM value_steps WHERE number NOT IN (SELECT step FROM value_changes)")
    return {}


def take_changes(connection: Connection, account: Account) -> Mapping[str, int]:
    who = {"who": account.number}
    connection.execute(
        "DELETE FROM value_changes WHERE owner = :who AND EXISTS (SELECT 1 FROM value_changes AS o "
        "WHERE (o.step, o.audio_id, o.name, o.owner) = "
        "(value_changes.step, value_changes.audio_id, value_changes.name, 0))",
        who,
    )
    connection.execute("UPDATE value_changes SET owner = :who WHERE owner = 0", who)
    return {}


def track_value(
    audio_id: str, artist: str | None, title: str | None, path: bytes | None, name: str, value: str, at: str
) -> TrackValue:
    return TrackValue(
        audio_id=audio_id,
        artist=artist,
        title=title,
        path=None if path is None else os.fsdecode(path),
        name=name,
        value=json.loads(value),
        set_at=at,
    )
