"""What added plays, imports and recorded sets, so that their plays can be taken back."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from map4.core.base.text import utc_text
from map4.core.music.plays import SOURCES, PlaySource
from map4.core.store.database import StorePart
from map4.plays.store.plays import recount_plays

StepKind = Literal["import", "set"]


class PlayStep(NamedTuple):
    """An import, or a recorded set with its beginning and the list made of it, and the number of plays it reported."""

    number: int
    path: str
    done_at: str
    began_at: str | None
    list_id: str | None
    plays: int


_OWN = "owner = ?1 AND kind = ?2"
_PLAYS = "FROM play_reports AS r JOIN plays AS p ON (p.owner, p.at, p.track) = (r.owner, r.at, r.track)"
_OTHERS = "EXISTS (SELECT 1 FROM play_reports AS o WHERE (o.owner, o.at, o.track) = (p.owner, p.at, p.track){})"
_ALL = (
    "SELECT id, path, done_at, began_at, list, coalesce(plays, 0) FROM play_steps LEFT JOIN (SELECT r.step, "
    f"count(*) AS plays {_PLAYS} WHERE r.owner = ?1 AND p.skipped = 0 GROUP BY r.step) AS c ON c.step = id "
    f"WHERE {_OWN} ORDER BY done_at DESC, id DESC"
)
# Plays that the steps {0} reported, and whether others reported them, too.
_REPORTED = (
    f"SELECT DISTINCT r.at, r.track, p.skipped, {_OTHERS.format(' AND o.step NOT IN ({0})')} AS is_shared "
    f"{_PLAYS} WHERE r.owner = ?1 AND r.step IN ({{0}})"
)
_UNRECORDED = (
    "SELECT t.audio_id, t.names, count(*) FROM plays AS p JOIN played_tracks AS t ON t.id = p.track WHERE p.owner = ? "
    f"AND p.skipped = 0 AND p.source IN ({{}}) AND NOT {_OTHERS.format('')} GROUP BY t.audio_id, t.names"
)


class SqlPlaySteps(StorePart):
    """The imports and recorded sets that added plays of the actor."""

    def find(self, kind: StepKind, path: str, began: datetime | None, *, list_id: str | None = None) -> int | None:
        """Return the number of the last step with this file and beginning; list_id: that made no other list"""
        lists = "" if list_id is None else " AND coalesce(list, ?5) = ?5"
        sql = f"SELECT max(id) FROM play_steps WHERE {_OWN} AND path = ?3 AND began_at IS ?4{lists}"
        values = (*self._values(kind, path), _in_utc(began), *([list_id] if lists else []))
        number: int | None = self._database.scalar(sql, values)
        return number

    def begin(self, kind: StepKind, path: str, began: datetime | None = None, *, list_id: str | None = None) -> int:
        """Return the number of a step for `SqlPlays.add`: a new one, unless the same was done before."""
        with self._database.transaction() as connection:
            number = self.find(kind, path, began, list_id=list_id)
            if number is None:
                sql = (
                    "INSERT INTO play_steps (owner, kind, path, began_at, done_at) VALUES (?, ?, ?, ?, '') RETURNING id"
                )
                [(number,)] = connection.execute(sql, (*self._values(kind, path), _in_utc(began))).fetchall()
            sql = "UPDATE play_steps SET list = coalesce(?, list), done_at = ? WHERE id = ?"
            connection.execute(sql, (list_id, utc_text(datetime.now(UTC)), number))
            return int(number)

    def all(self, kind: StepKind) -> list[PlayStep]:
        """Return the steps of a kind, newest first."""
        rows = self._database.rows(_ALL, (self._actor.id, kind))
        return [PlayStep(number, os.fsdecode(path), *rest) for number, path, *rest in rows]

    def reported(self, kind: StepKind, of: str | int) -> tuple[int, int]:
        """Return the numbers of plays that steps reported: only they, and others too. of: a path, or a number"""
        rows = self._database.rows(_REPORTED.format(_chosen(of)), self._values(kind, of))
        shared = [bool(is_shared) for _, _, skipped, is_shared in rows if not skipped]
        return shared.count(False), shared.count(True)

    def unrecorded(self, sources: Collection[PlaySource]) -> Iterator[tuple[str | None, str, int]]:
        """Yield the numbers of plays from some sources that no report names, by audio id and names."""
        wanted = ", ".join(str(SOURCES[source]) for source in sources)
        with self._database.reading() as connection:
            yield from connection.execute(_UNRECORDED.format(wanted), (self._actor.id,)).fetchall() if wanted else ()

    def undo(self, kind: StepKind, of: str | int) -> bool:
        """Delete steps, and the plays that only they reported; False without steps. of: a path, or a number"""
        values, steps = self._values(kind, of), _chosen(of)
        theirs = f"SELECT at, track FROM ({_REPORTED.format(steps)}) AS a WHERE NOT is_shared"
        with self._database.transaction() as connection:
            gone = connection.execute(f"DELETE FROM plays WHERE owner = ?1 AND (at, track) IN ({theirs})", values)
            connection.execute(f"DELETE FROM play_reports WHERE owner = ?1 AND step IN ({steps})", values)
            done = connection.execute(f"DELETE FROM play_steps WHERE id IN ({steps})", values).rowcount > 0
            if gone.rowcount:
                recount_plays(connection, self._actor.id)
            return done

    def _values(self, kind: StepKind, of: str | int) -> tuple[int, str, bytes | int]:
        return self._actor.id, kind, os.fsencode(of) if isinstance(of, str) else of


def _chosen(of: str | int) -> str:
    return f"SELECT id FROM play_steps WHERE {_OWN} AND {'path' if isinstance(of, str) else 'id'} = ?3"


def _in_utc(began: datetime | None) -> str | None:
    return None if began is None else utc_text(began.astimezone(UTC))
