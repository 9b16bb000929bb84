"""The work of a process that encodes a set, and the tracks that play in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from map4.core.base.actor import Actor
from map4.extras.list_mixes.options import ListMixOptions
from map4.extras.list_mixes.records import SetTrack

SetForm = Literal["mp3", "opus", "flac"]
MEDIA_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg", "flac": "audio/flac"}


class OnAir(NamedTuple):
    """A track that plays in a stream.

    number: distinguishes it from the tracks around it, which may be the same recording
    lasts_s: the part of it that plays
    """

    number: int
    audio_id: str | None
    lasts_s: float

    @classmethod
    def of(cls, number: int, track: SetTrack) -> OnAir:
        return cls(number, track.audio_id, track.lasts_s)


class StreamJob(NamedTuple):
    """The work of a process that encodes a set into a file.

    library: arguments of `Library.open`
    folder: where sets are kept
    """

    library: Mapping[str, Any]
    actor: Actor
    list_id: str
    folder: str
    form: SetForm
    options: ListMixOptions
    most_bytes: int
