"""Lists that the playlist search completes: what no longer fits found anew, and more tracks at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from map4.errors import NothingFoundError
from map4.lists.candidates import PlaylistMaker
from map4.lists.playlist.playlist import Pick, Playlist
from map4.lists.playlist.request import CONSIDERED, ListRequest
from map4.lists.refresh import OpenPlaces, Replaced
from map4.music.lists.limits import Relaxation
from map4.music.lists.tracklist import PlacedPick
from map4.music.track.track import Track
from map4.store.sql_store import Store

SHORT_GAP = 5
CONSIDERED_IN_GAPS = 2
"""Where no more than `SHORT_GAP` tracks are wanted, so many times `max_candidates` of a large library are looked at,
and `map4.lists.playlist.request.CONSIDERED` times as many only if limits would be relaxed."""


Relaxations = tuple[Relaxation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledGap:
    """What was found for a gap.

    added: in order
    replaced: what became of each entry
    relaxed: what had to be relaxed for the track that stays after the gap
    """

    added: list[PlacedPick]
    replaced: list[Replaced]
    relaxed: Relaxations


@dataclass(slots=True)
class Extender:
    """Finds tracks that go between and after others, none of them twice.

    request: how steps should be, and which tracks may be taken, settled; the length is set for each gap
    is_short: whether the library had too little at any time
    """

    store: Store
    maker: PlaylistMaker
    request: ListRequest
    is_short: bool = field(default=False, init=False)
    _taken: set[int] = field(default_factory=set)

    def take(self, tracks: Sequence[Track]) -> None:
        """Let no recording of these be chosen."""
        self._taken |= self.store.search.recordings_of(tracks)

    def fill(self, gap: OpenPlaces) -> FilledGap:
        """Find other tracks for the places of a gap, as many as there can be."""
        wanted = len(gap.entries)
        if gap.before is not None:
            found, relaxed = self._between(gap.before, wanted, goal=gap.after)
        elif gap.after is not None:  # a way to the first track that stays is one from it, backwards
            backwards, _ = self._between(gap.after, wanted)
            found, relaxed = _turned(backwards)
        else:
            found, relaxed = [], ()
        tracks = [track for track, _ in found] + [None] * wanted
        replaced = [Replaced(entry=entry, track=track) for entry, track in zip(gap.entries, tracks, strict=False)]
        return FilledGap(added=found, replaced=replaced, relaxed=relaxed)

    def after(self, track: Track, count: int) -> list[PlacedPick]:
        return self._between(track, count)[0]

    def for_minutes(self, track: Track, minutes: float) -> list[PlacedPick]:
        """Tracks that follow one for so long, that one included."""
        return self._continued(track, replace(self.request, n=None, minutes=minutes), None)[0]

    def _between(self, track: Track, count: int, *, goal: Track | None = None) -> tuple[list[PlacedPick], Relaxations]:
        """Up to `count` tracks that follow one and lead to another, and what had to be relaxed for that one."""
        length = count + 1 + (goal is not None)
        found, relaxed = self._continued(track, replace(self.request, n=length, minutes=None), goal)
        return found[:count], relaxed

    def _continued(
        self, track: Track, request: ListRequest, goal: Track | None
    ) -> tuple[list[PlacedPick], Relaxations]:
        track, goal = self._with_sound(track), None if goal is None else self._with_sound(goal)
        request = replace(request, with_seed=True, seeds=(track,), goal=goal, excluded=frozenset(self._taken))
        is_short_gap = request.n is not None and request.n <= SHORT_GAP + 2
        try:
            for considered in (CONSIDERED_IN_GAPS, CONSIDERED) if is_short_gap else (CONSIDERED,):
                events = list(self.maker.make(replace(request, considered=considered)))
                picks = [event for event in events if isinstance(event, Pick)]
                missing = any(event.missing is not None for event in events if isinstance(event, Playlist))
                if not missing and not any(pick.relaxed for pick in picks):
                    break
        except NothingFoundError:
            self.is_short = True
            return [], ()
        self.is_short |= missing
        ends = {id(track), id(goal)}
        found = [(pick.track, pick.listed()) for pick in picks if id(pick.track) not in ends]
        self.take([track for track, _ in found])
        return found, next((pick.relaxed for pick in picks if pick.track is goal), ())

    def _with_sound(self, track: Track) -> Track:
        return self.store.tracks.track(track.path, sound=True) or track


def _turned(backwards: Sequence[PlacedPick]) -> tuple[list[PlacedPick], Relaxations]:
    """A way to a track of one from it: what was relaxed for a step is told on the track that now comes second."""
    relaxed = [(), *(pick.relaxed for _, pick in reversed(backwards))]
    found = [
        (track, replace(pick, relaxed=own)) for (track, pick), own in zip(reversed(backwards), relaxed, strict=False)
    ]
    return found, relaxed[-1]
