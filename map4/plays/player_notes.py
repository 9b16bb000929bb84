"""Positions in tracks, the queue and stars that music players store, separate for each account."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from map4.core.base.actor import Actor, needs
from map4.core.base.text import utc_text
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.plays.store.player_notes import NOTE_KINDS, NoteKind, PlayerNote, SqlPlayerNotes

MOST_NOTES = 10_000
"""Maximum per kind and account."""
_MOST_BYTES = 1_000_000


@needs("own")
class PlayerNotes:
    """Notes that music players store for their user; `map4.Library.player_notes`."""

    def __init__(self, store: Store) -> None:
        self.actor: Actor = store.actor
        self._store, self._notes = store, store.part(SqlPlayerNotes)

    @needs("read")
    def all(self, kind: NoteKind) -> Sequence[PlayerNote]:
        """Return all notes of a kind ("bookmark", "queue", "star"), oldest first; no account sees those of others.

        raises UsageError: if there is no such kind
        """
        return self._notes.all(_checked(kind))

    def put(self, kind: NoteKind, subject: str, value: Mapping[str, Any] | None = None) -> None:
        """Store a note, replacing an earlier note on the same subject.

        subject: an audio id, or the id of an album or an artist; empty for the queue
        value: JSON data, up to 1 MB
        raises UsageError: if there is no such kind, or too much data
        """
        note = PlayerNote(kind=_checked(kind), subject=subject, at=utc_text(datetime.now(UTC)), value=value or {})
        if len(json.dumps(dict(note.value))) > _MOST_BYTES:
            raise UsageError(f"this is more than 1 MB, the limit of a {kind}; leave some out")
        with self._store.at_once():
            known = {note.subject for note in self._notes.all(kind)}
            if len(known) >= MOST_NOTES and subject not in known:
                raise UsageError(f"there are already {MOST_NOTES:,} of them; remove some first")
            self._notes.put(note)

    def remove(self, kind: NoteKind, subject: str) -> bool:
        """Delete a note; returns whether there was one.

        raises UsageError: if there is no such kind
        """
        return self._notes.remove(_checked(kind), subject)


def _checked(kind: NoteKind) -> NoteKind:
    if kind not in NOTE_KINDS:
        raise UsageError(f"'{kind}' is none of {', '.join(NOTE_KINDS)}")
    return kind
