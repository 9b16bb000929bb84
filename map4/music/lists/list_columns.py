"""A list's data per track, as table columns and fields of `-f`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from map4.music.lists.listed import ListedPick
from map4.music.lists.tracklist import stays
from map4.music.track.track import Track
from map4.music.track.track_columns import ColumnKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """A place in a list.

    position: from 1
    pick: the list's data for the track
    starts_s: its start time; None after a track of unknown length
    """

    position: int
    pick: ListedPick
    starts_s: float | None


class PlaceCounter:
    """Assigns places to tracks, in order."""

    def __init__(self) -> None:
        self._last: tuple[Track, ListPlace] | None = None

    def next(self, track: Track, pick: ListedPick) -> ListPlace:
        """The place of the next track."""
        position, starts_s = 1, 0.0 if self._last is None else None
        if self._last is not None:
            before, place = self._last
            (stay,) = stays([before], [place.pick, pick])
            position = place.position + 1
            if place.starts_s is not None and stay.lasts_s is not None:
                starts_s = place.starts_s + stay.lasts_s
        list_place = ListPlace(position=position, pick=pick, starts_s=starts_s)
        self._last = (track, list_place)
        return list_place


LIST_COLUMNS: Mapping[str, tuple[ColumnKind, Callable[[ListPlace], Any]]] = {
    "position": ("whole", lambda place: place.position),
    "compatibility": ("number", lambda place: place.pick.compatibility),
    "starts_s": ("number", lambda place: None if place.starts_s is None else round(place.starts_s, 3)),
    "tempo_change_percent": ("number", lambda place: place.pick.tempo_change_percent),
    "energy_target": ("number", lambda place: place.pick.energy_target),
    "relaxed": ("text", lambda place: " ".join(limit.rule for limit in place.pick.relaxed) or None),
}
"""Each column's kind, and the function for its cell."""
