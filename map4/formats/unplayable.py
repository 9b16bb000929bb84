"""Counts the tracks that a program can't play: they are written all the same, and told in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field

from map4.domain.track import Track
from map4.formats.format import listed_names
from map4.formats.values import counted, suffix_of


@dataclass(slots=True, kw_only=True)
class Unplayable:
    """What of the tracks that were written a program can't play.

    Parameters
    ----------
    program : its name, for people
    codecs : those that it plays, as `AudioFormat.codec` has them
    suffixes : of files that it plays, for tracks of which nothing more is known; lower case without the dot
    """

    program: str
    codecs: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()
    count: int = 0
    kinds: set[str] = field(default_factory=set)

    def see(self, track: Track) -> None:
        """Count a track, if it is one of these."""
        kind = track.format.codec if track.format else suffix_of(track.path)
        if kind and kind not in (self.codecs if track.format else self.suffixes):
            self.add(kind)

    def add(self, kind: str) -> None:
        """Count a track of a kind that the program can't play, where that takes more than its codec to tell."""
        self.count += 1
        self.kinds.add(kind)

    def remarks(self) -> list[str]:
        """One sentence about them; none where there are none."""
        if not self.count:
            return []
        return [
            f"{counted(self.count, 'track is', 'tracks are')} {listed_names(sorted(self.kinds))}, which {self.program} can't play"
        ]
