"""Start of each track of a set, for chapters and CUE sheets, which can't overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from map4.core.base.paths import display_path
from map4.extras.unmix.records import Passage, PlayedTrack, Unmixed

UNKNOWN_NAME = "Unknown"
LEAST_MARK_S = 1.0  # closer marks are merged: no player shows such a short chapter


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMark:
    """The range of the set in which a passage is the dominant track.

    at_s: where it becomes as loud as the preceding track, or where it is cut in
    until_s: the next mark, or the end of the set
    """

    at_s: float
    until_s: float
    passage: Passage

    @property
    def artist(self) -> str | None:
        """None if unknown."""
        return None if self.passage.track is None else self.passage.track.artist

    @property
    def title(self) -> str:
        """The track's title, or its file name if it has no title."""
        return UNKNOWN_NAME if self.passage.track is None else title_of(self.passage.track)

    @property
    def name(self) -> str:
        """Artist and title."""
        return self.title if self.artist is None else f"{self.artist} - {self.title}"


def set_marks(unmixed: Unmixed) -> list[SetMark]:
    """Return the marks of a set in order; the first begins with the recording."""
    last_s = unmixed.duration_s or max((track.end_s for track in unmixed.tracks), default=0.0)
    marks = list[SetMark]()
    for at_s, passage in reversed(list(_begins(unmixed))):
        marks.append(SetMark(at_s=at_s, until_s=marks[-1].at_s if marks else last_s, passage=passage))
    return marks[::-1]


def _begins(unmixed: Unmixed) -> Iterator[tuple[float, Passage]]:
    before: Passage | None = None
    last_s = -LEAST_MARK_S
    for track in unmixed.tracks:
        mix = None if before is None else before.mix
        at_s = 0.0 if before is None else track.start_s if mix is None else max(mix.at_s, track.start_s)
        before = track
        if at_s - last_s >= LEAST_MARK_S:
            yield at_s, track
            last_s = at_s


def title_of(track: PlayedTrack) -> str:
    """The track's title, or its file name if it has no title."""
    return track.title or display_path(track.path).rpartition("/")[2]
