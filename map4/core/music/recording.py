"""Decide whether two tracks are the same recording: the same audio, or the same names and about the same length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypedDict, TypeVar

from map4.core.base.text import folded

if TYPE_CHECKING:
    from map4.core.music.track.track import Track


Item = TypeVar("Item")
Song = tuple[str, str]  # artist and title, normalized for comparison


def song_of(artist: str | None, title: str | None) -> Song | None:
    """Artist and title without case, accents and outer blanks; None if either is unknown."""
    names = folded(artist or "").strip(), folded(title or "").strip()
    return names if all(names) else None


def is_same_length(a_s: float | None, b_s: float | None) -> bool:
    """True if two lengths (seconds) can belong to the same recording; an unknown length matches any."""
    # Slightly above the limit: 203.1 - 200.1 is 3.0000000000000284.
    return a_s is None or b_s is None or abs(a_s - b_s) <= Recordings.SAME_S + 1e-9


class RecordingFacts(TypedDict):
    """The facts that identify a recording; `duration_s` in seconds, None if unknown."""

    audio_id: str | None
    artist: str | None
    title: str | None
    duration_s: float | None


def recording_facts(track: Track) -> RecordingFacts:
    return RecordingFacts(
        audio_id=track.audio_id, artist=track.artist(), title=track.title(), duration_s=track.length_s
    )


class Recordings(Generic[Item]):
    """A collection of recordings, searchable for the same recording.

    Sameness is not transitive: for a song with 200, 202 and 204 s, the middle item is the same as both others, but
        these two differ.
    """

    SAME_S: ClassVar[float] = 3.0
    """The maximum difference in length between files of the same recording with the same artist and title."""

    def __init__(self) -> None:
        self._by_audio: dict[str, list[Item]] = {}
        self._by_song: dict[Song, list[tuple[float | None, Item]]] = {}

    def add(
        self, item: Item, *, audio_id: str | None, artist: str | None, title: str | None, duration_s: float | None
    ) -> None:
        """Add an item; `duration_s` in seconds, None if unknown."""
        if audio_id is not None:
            self._by_audio.setdefault(audio_id, []).append(item)
        song = song_of(artist, title)
        if song is not None:
            self._by_song.setdefault(song, []).append((duration_s, item))

    def same(
        self, *, audio_id: str | None, artist: str | None, title: str | None, duration_s: float | None
    ) -> Iterator[Item]:
        """Yield the items that are the same recording; an item may repeat."""
        if audio_id is not None:
            yield from self._by_audio.get(audio_id, ())
        song = song_of(artist, title)
        if song is not None:
            yield from (item for length_s, item in self._by_song.get(song, ()) if is_same_length(length_s, duration_s))


# Slots without frozen: 100,000 are created at once, and a frozen __init__ is three times as expensive.
@dataclass(slots=True)
class KnownName:
    """The names of a file in the library, from its path and its tags."""

    path: str
    audio_id: str | None = None
    size_bytes: int | None = None
    artist: str | None = None
    title: str | None = None
    duration_s: float | None = None
    is_missing: bool = False
    own_name: tuple[str | None, str] | None = None
    """Artist and title if the user set either; lists may use these or the tags."""
    album: str | None = None
    inode: int = 0
    """The number of the file on its disk; 0 if unknown."""
