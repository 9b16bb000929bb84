"""Notes that music players store in the library for their user, in one table: positions in tracks, the queue, and
stars."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from map4.core.base.records import Moment, Record
from map4.core.store.database import StorePart
from map4.core.store.stored_tables import ExportMember

NoteKind = Literal["bookmark", "queue", "star"]
NOTE_KINDS: tuple[NoteKind, ...] = get_args(NoteKind)
_NOTES = "SELECT kind, subject, at, value FROM player_notes WHERE owner = ?1"


class PlayerNote(Record):
    """A note.

    kind: a position in a track, the queue, or a star of an album or an artist
    subject: the audio id, nothing, or the id of the album or artist
    at: last change, UTC, ISO 8601
    value: data of the player
    """

    kind: NoteKind
    subject: str
    at: Moment
    value: Mapping[str, Any]


class SqlPlayerNotes(StorePart):
    """Notes that music players store for the actor; no account sees those of others."""

    def all(self, kind: NoteKind) -> Sequence[PlayerNote]:
        """All notes of a kind, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(f"{_NOTES} AND kind = ?2 ORDER BY at, subject", (self._actor.id, kind))
            return [_read(*row) for row in rows]

    def put(self, note: PlayerNote) -> None:
        """Store a note, replacing an earlier note on the same subject."""
        row = (self._actor.id, note.kind, note.subject, note.at, json.dumps(dict(note.value)))
        sql = "INSERT INTO player_notes (owner, kind, subject, at, value) VALUES (?, ?, ?, ?, ?)"
        same = "ON CONFLICT (owner, kind, subject) DO UPDATE SET at = excluded.at, value = excluded.value"
        with self._database.transaction() as connection:
            connection.execute(f"{sql} {same}", row)

    def remove(self, kind: NoteKind, subject: str) -> bool:
        """Delete a note; False if there is none."""
        sql = "DELETE FROM player_notes WHERE owner = ? AND kind = ? AND subject = ?"
        with self._database.transaction() as connection:
            return connection.execute(sql, (self._actor.id, kind, subject)).rowcount > 0


def _read(kind: NoteKind, subject: str, at: str, value: str) -> PlayerNote:
    return PlayerNote(kind=kind, subject=subject, at=at, value=json.loads(value))


exported_notes = ExportMember.reader(f"{_NOTES} ORDER BY kind, at, subject", _read)
