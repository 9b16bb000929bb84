"""Sweepers: jingles, station IDs and the like between the tracks of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from map4.core.music.lists.limits import Gap
from map4.core.music.track.track import Track
from map4.lists.playlist.playlist import Pick


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweepers:
    """The sweepers of a list, which play in turn.

    tracks: one or more
    gap: tracks, or time, between two
    first: number of the first
    """

    tracks: Sequence[Track]
    gap: Gap
    first: int = 0

    def share_of_music(self, usual_s: float) -> float:
        """The share of a list's time that is left for other tracks, whose usual length is `usual_s`."""
        every_s = self.gap.seconds or (self.gap.picks or 1) * usual_s
        mean_s = sum(track.length_s or 0.0 for track in self.tracks) / len(self.tracks)
        return every_s / (every_s + mean_s)

    def next(self, picks: Sequence[Pick]) -> Pick | None:
        """The sweeper after these picks; None before its time."""
        since = list(takewhile(lambda pick: not pick.sweeper, reversed(picks)))
        passed = len(since) if self.gap.picks else sum(pick.track.length_s or 0.0 for pick in since)
        if not since or passed < self.gap.size:
            return None
        number = self.first + sum(pick.sweeper for pick in picks)
        gap = self.gap.value
        return Pick(
            position=len(picks) + 1,
            track=self.tracks[number % len(self.tracks)],
            reasons=(f"sweeper, every {f'{gap} tracks' if self.gap.picks else gap}",),
            locked=True,
            sweeper=True,
        )
