"""What music players keep with the library for whoever uses them: where somebody was, what they queued and starred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from map4.base.records import Moment, Record

NoteKind = Literal["bookmark", "queue", "star"]
NOTE_KINDS: tuple[NoteKind, ...] = get_args(NoteKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerNote(Record):
    """One of them.

    kind: a place in a track, what is queued, or a star of an album or an artist
    subject: the audio id, nothing, or the id of the album or artist
    at: when it was last changed, UTC, ISO 8601
    value: what the player said of it
    """

    kind: NoteKind
    subject: str
    at: Moment
    value: Mapping[str, Any]
