"""The work of a process that encodes a set, and the tracks that play in it, and count as played."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from map4.core.base.actor import Actor
from map4.core.music.plays import Play
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


class Hearing:
    """A player fetches faster than it plays, so a second counts as heard once it was sent and has had time to play.

    now_s: when the connection began, by any clock
    """

    def __init__(self, now_s: float) -> None:
        self._began_s = now_s
        self._from_s: float | None = None
        self._sent: deque[tuple[OnAir, float, float]] = deque()
        self._counted = -1

    def sent(self, on_air: OnAir, at_s: float, until_s: float) -> None:
        """Note a part of the stream that follows the part before it."""
        if self._from_s is None:
            self._from_s = at_s
        if self._sent and self._sent[-1][0].number == on_air.number:
            at_s = self._sent.pop()[1]
        self._sent.append((on_air, at_s, until_s))

    def counted(self, now_s: float) -> Iterator[OnAir]:
        """The tracks that count as played now, each once: after half of what plays of it, or four minutes."""
        sent_until_s = (self._from_s or 0.0) + now_s - self._began_s
        while self._sent:
            on_air, at_s, until_s = self._sent[0]
            is_played = min(until_s, sent_until_s) - at_s >= Play.counts_after_s(on_air.lasts_s)
            if is_played and on_air.number > self._counted:
                self._counted = on_air.number
                yield on_air
            if sent_until_s < until_s or len(self._sent) == 1:
                return
            self._sent.popleft()
