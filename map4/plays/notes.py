"""Notes that music players store in the library for their user: positions in tracks, the queue, and stars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from map4.base.records import Moment, Record

NoteKind = Literal["bookmark", "queue", "star"]
NOTE_KINDS: tuple[NoteKind, ...] = get_args(NoteKind)


@dataclass(frozen=True, slots=True, kw_only=True)
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
