"""Compare the ends of analysed files with those of their neighbours on the album."""

from __future__ import annotations

from typing import TYPE_CHECKING

from map4.core.music.album import AlbumPlace
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store

if TYPE_CHECKING:
    from map4.core.dsp.sound.segue import TrackEnds

MOST_WAITING = 500
"""Files whose ends wait for a neighbour, 35 kB each: a scan reaches the files of a folder one after another."""


class AlbumNeighbours:
    """Stores which neighbours are segues, when a scan has analysed both."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ends: dict[AlbumPlace, tuple[str, TrackEnds]] = {}

    def add(self, track: Track | None, ends: TrackEnds | None) -> None:
        """Compare a stored track with the tracks before and after it, if their ends are known."""
        place = None if track is None else track.album_place()
        if track is None or place is None or track.audio_id is None or ends is None:
            return
        self._ends.pop(place, None)
        self._ends[place] = track.audio_id, ends
        if len(self._ends) > MOST_WAITING:
            del self._ends[next(iter(self._ends))]
        pairs = ((self._ends.get(first), self._ends.get(first.beside(1))) for first in (place.beside(-1), place))
        self._store.tracks.put_segues(
            (before[0], after[0], before[1].segue_to(after[1]))
            for before, after in pairs
            if before is not None and after is not None and before[0] != after[0]
        )
