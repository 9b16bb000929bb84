"""Which track of a list an endless programme plays next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from map4.errors import NothingFoundError
from map4.music.lists.tracklist import PlacedPick
from map4.music.track.track import Track


def endless_picks(
    read: Callable[[], Sequence[PlacedPick]], *, after: str | None = None, is_live: bool = False
) -> Iterator[PlacedPick]:
    """The tracks of a list, again and again. The list is read before each track, so that changes are heard.

    read: the tracks that can be played now
    after: `key_of` the track that began last, in an earlier programme; the first is the track after it
    is_live: the list's order may change with each play, so the first track that this round has not played is next
    raises NothingFoundError: if no track can be played
    """
    last, place, played = after, -1, set[str]()
    while True:
        placed = read()
        if not placed:
            raise NothingFoundError("no track of the list can be played; 'map4 playlist check' names the reasons")
        keys = [key_of(track) for track, _ in placed]
        place = _next_place(keys, last, place, played, is_live=is_live)
        if place >= len(keys):
            place, played = 0, set()
        track, pick = placed[place]
        if not place or keys[place - 1] != last:
            pick = replace(pick, plan=None)
        last = keys[place]
        played.add(last)
        yield track, pick


def key_of(track: Track) -> str:
    return track.audio_id or track.path


def _next_place(keys: Sequence[str], last: str | None, place: int, played: set[str], *, is_live: bool) -> int:
    if not is_live or not played:
        if 0 <= place < len(keys) and keys[place] == last:  # a list may have a track twice
            return place + 1
        if last in keys:
            return keys.index(last) + 1
    return next((index for index, key in enumerate(keys) if key not in played), len(keys))
