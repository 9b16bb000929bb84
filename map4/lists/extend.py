"""Complete lists with the playlist search: replace entries that no longer fit, and add tracks at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from map4.core.music.lists.limits import Relaxation
from map4.core.music.lists.tracklist import PlacedPick
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError
from map4.lists.candidates import PlaylistMaker
from map4.lists.playlist.playlist import Pick, Playlist
from map4.lists.playlist.request import CONSIDERED, ListRequest
from map4.lists.refresh import OpenPlaces, Replaced

SHORT_GAP = 5
CONSIDERED_IN_GAPS = 2
"""For gaps of at most `SHORT_GAP` tracks, this factor times `max_candidates` of a large library is considered, and
`map4.lists.playlist.request.CONSIDERED` times only if limits would be relaxed."""


Relaxations = tuple[Relaxation, ...]


@dataclass(slots=True)
class Extender:
    """Finds tracks to insert between others and to append, without repeats of a song.

    request: how steps should be and which tracks are allowed, settled; the length is set for each gap
    is_short: whether the library had too few tracks at any time
    """

    store: Store
    maker: PlaylistMaker
    request: ListRequest
    is_short: bool = field(default=False, init=False)
    _taken: set[int] = field(default_factory=set)
    _listed: list[Track] = field(default_factory=list)

    def take(self, tracks: Sequence[Track]) -> None:
        """Exclude the recordings and songs of the given tracks."""
        self._listed += tracks
        self._taken |= self.store.search.recordings_of(tracks)

    def fill(self, gap: OpenPlaces) -> tuple[list[PlacedPick], list[Replaced], Relaxations]:
        """Find other tracks for as many places of a gap as possible.

        returns: the tracks in order, the replacement of each entry, and limits relaxed for the track after the gap
        """
        wanted = len(gap.entries)
        if gap.before is not None:
            added, relaxed = self._fill_between(gap.before, wanted, goal=gap.after)
        elif gap.after is not None:  # search backwards from the first track that stays
            backwards, _ = self._fill_between(gap.after, wanted)
            added, relaxed = _turned(backwards)
        else:
            added, relaxed = [], ()
        tracks = [track for track, _ in added] + [None] * wanted
        replaced = [Replaced(entry=entry, track=track) for entry, track in zip(gap.entries, tracks, strict=False)]
        return added, replaced, relaxed

    def after(self, track: Track, count: int) -> list[PlacedPick]:
        return self._fill_between(track, count)[0]

    def for_minutes(self, track: Track, minutes: float) -> list[PlacedPick]:
        """Tracks that follow a track, for a total duration that includes it."""
        return self._continued(track, replace(self.request, n=None, minutes=minutes), None)[0]

    def _fill_between(
        self, track: Track, count: int, *, goal: Track | None = None
    ) -> tuple[list[PlacedPick], Relaxations]:
        """Up to `count` tracks that follow a track and lead to the goal, and the limits relaxed for the goal."""
        length = count + (1 if goal is None else 2)  # with the track itself and the goal
        added, relaxed = self._continued(track, replace(self.request, n=length, minutes=None), goal)
        return added[:count], relaxed

    def _continued(
        self, track: Track, request: ListRequest, goal: Track | None
    ) -> tuple[list[PlacedPick], Relaxations]:
        track, goal = self._with_sound(track), None if goal is None else self._with_sound(goal)
        request = replace(
            request, with_seed=True, seeds=(track,), goal=goal, excluded=frozenset(self._taken), tempo_curve=None,
            beside=tuple(self._listed),
        )  # fmt: skip
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
        added = [(pick.track, pick.listed()) for pick in picks if id(pick.track) not in ends]
        self.take([track for track, _ in added])
        return added, next((pick.relaxed for pick in picks if pick.track is goal), ())

    def _with_sound(self, track: Track) -> Track:
        return self.store.tracks.track(track.path, sound=True) or track


def _turned(backwards: Sequence[PlacedPick]) -> tuple[list[PlacedPick], Relaxations]:
    """Reverse a path: what was relaxed for a step moves to the track that now comes second."""
    relaxed = [(), *(pick.relaxed for _, pick in reversed(backwards))]
    picks = [
        (track, replace(pick, relaxed=own)) for (track, pick), own in zip(reversed(backwards), relaxed, strict=False)
    ]
    return picks, relaxed[-1]
