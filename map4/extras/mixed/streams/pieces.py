"""Pieces of sound with the track that plays, as a process sends them to the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from map4.base.actor import Actor
from map4.extras.mixed.options import MixedOptions
from map4.extras.mixed.records import SetTrack

RadioForm = Literal["mp3", "opus"]
SetForm = Literal["mp3", "opus", "flac"]
MEDIA_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg", "flac": "audio/flac"}
RADIO_KBPS: Mapping[str, int] = {"mp3": 192, "opus": 128}

PLACES = "places"
"""Folder, in that of the sets, where programmes note their place."""


class OnAir(NamedTuple):
    """A track that plays in a stream.

    number: distinguishes it from the tracks around it, which may be the same recording
    lasts_s: the part of it that plays
    """

    number: int
    title: str
    audio_id: str | None
    lasts_s: float

    @classmethod
    def of(cls, number: int, track: SetTrack) -> OnAir:
        return cls(number, track.name, track.audio_id, track.lasts_s)


class Piece(NamedTuple):
    """A piece of a programme: whole frames or pages, by form.

    at_s, until_s: in the programme
    """

    at_s: float
    until_s: float
    on_air: OnAir
    data: dict[str, bytes]


class StreamJob(NamedTuple):
    """The work of a process that encodes: an endless programme, or with `form` a set in a file.

    library: arguments of `Library.open`
    folder: where programmes note their place, and sets are kept
    """

    library: Mapping[str, Any]
    actor: Actor
    list_id: str
    folder: str
    form: SetForm | None = None
    options: MixedOptions = MixedOptions()
    most_bytes: int = 0
