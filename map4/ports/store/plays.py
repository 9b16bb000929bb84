"""What was played: when somebody began to hear a track, and for how long."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from map4.domain.play_statistics import HeardTrack
from map4.domain.plays import PlaySource
from map4.domain.records import Moment, Record, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Record, members="id=audio_id artist title album path at source skipped=is_skip heard_s length_s"):
    """One time that somebody heard a track.

    audio_id: of what was heard, which outlives the file; None of music that the library does not have
    artist, title, album, path: of a file with this audio, else as who tells of it says; None where that is not known
    at: when it began, UTC, ISO 8601
    source: what played it
    is_skip: whether it was heard for too short a time to be played
    heard_s: for how long it was heard, in whole seconds; None where the player did not tell
    length_s: how long it was, in whole seconds; None where it was not known
    """

    audio_id: str | None
    artist: str | None = None
    title: str | None = None
    album: str | None = None
    path: str | None = None
    at: Moment
    source: PlaySource
    is_skip: bool = False
    heard_s: Seconds | None
    length_s: Seconds | None

    def __post_init__(self) -> None:
        if self.audio_id is None and not self.title:
            raise ValueError("a play is of some audio, or of what has a title")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayList(Record, kind="plays"):
    """What somebody heard, the last first.

    next: `before` of the next page; None where this is the last
    """

    plays: tuple[Play, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Record, kind="play"):
    """What became of a play that was told.

    kept: false where it was heard for too short a time, or is known already
    """

    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayTally:
    """Plays of a time, counted.

    quarters: quarters of an hour since 1970, and how many plays began in each
    sources: how many plays each told
    skips: how often something was skipped
    heard_s: how long plays lasted, as far as that is known
    tracks: how many different tracks were played
    most: those that were played most, the most and the last first
    """

    quarters: Sequence[tuple[int, int]]
    sources: Mapping[PlaySource, int]
    skips: int
    heard_s: int
    tracks: int
    most: tuple[HeardTrack, ...]


class PlayStore(Protocol):
    """What whoever uses the library has heard; nobody sees what others did."""

    def add(self, play: Play, *, apart_s: float = 0.0) -> bool:
        """Keep a play, or a skip; False where it is known.

        The same track, begun in the same second, is the same play, and one that is played is not skipped.

        apart_s: what began in less time before or after a play of the same track is that play too
        """

    def page(self, *, before: str | None = None, limit: int) -> Sequence[Play]:
        """Plays that began before a moment, the last first; no skips."""

    def each(self, sources: Collection[PlaySource] | None = None) -> Iterator[Play]:
        """Every play, the first first, as they are taken; no skips.

        sources: only what one of these told
        """

    def tally(self, *, since: str | None, limit: int) -> PlayTally:
        """What was heard from a moment on, counted; None is from the first.

        limit: so many of the tracks that were played most
        """
