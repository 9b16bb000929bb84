"""When two tracks are the same recording: the same audio, or the same names and about the same length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypedDict, TypeVar

from map4.music.lists.tracklist import duration_of
from map4.music.track.track import Track

SAME_RECORDING_S = 3.0
"""Files of the same artist and title whose lengths differ by no more than this are one recording."""

Item = TypeVar("Item")
Song = tuple[str, str]
"""Artist and title, as they are compared."""


def song_of(artist: str | None, title: str | None) -> Song | None:
    """Artist and title without case and outer blanks; None where one of them is not known."""
    names = (artist or "").strip().casefold(), (title or "").strip().casefold()
    return names if all(names) else None


def is_same_length(a_s: float | None, b_s: float | None) -> bool:
    """Whether two lengths (seconds) may be those of one recording; an unknown one goes with any."""
    # A hair more than the limit: 203.1 - 200.1 is 3.0000000000000284.
    return a_s is None or b_s is None or abs(a_s - b_s) <= SAME_RECORDING_S + 1e-9


class RecordingFacts(TypedDict):
    """What makes a track the same recording as another; `duration_s` in seconds, None where unknown."""

    audio_id: str | None
    artist: str | None
    title: str | None
    duration_s: float | None


def recording_facts(track: Track) -> RecordingFacts:
    return RecordingFacts(
        audio_id=track.audio_id, artist=track.artist(), title=track.title(), duration_s=duration_of(track)
    )


class Recordings(Generic[Item]):
    """Things that are recordings, to be found by what makes others the same.

    Same is no chain: of one song with 200, 202 and 204 s the middle one is the same as both others, which are two.
    """

    def __init__(self) -> None:
        self._by_audio: dict[str, list[Item]] = {}
        self._by_song: dict[Song, list[tuple[float | None, Item]]] = {}

    def add(
        self, item: Item, *, audio_id: str | None, artist: str | None, title: str | None, duration_s: float | None
    ) -> None:
        """Add one; `duration_s` in seconds, None where unknown."""
        if audio_id is not None:
            self._by_audio.setdefault(audio_id, []).append(item)
        song = song_of(artist, title)
        if song is not None:
            self._by_song.setdefault(song, []).append((duration_s, item))

    def same(
        self, *, audio_id: str | None, artist: str | None, title: str | None, duration_s: float | None
    ) -> Iterator[Item]:
        """Those added that are the same recording; one may come twice."""
        if audio_id is not None:
            yield from self._by_audio.get(audio_id, ())
        song = song_of(artist, title)
        if song is not None:
            yield from (item for length_s, item in self._by_song.get(song, ()) if is_same_length(length_s, duration_s))
