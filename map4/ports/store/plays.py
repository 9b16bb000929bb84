"""What was played: when somebody began to hear a track, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from map4.domain.records import Moment, Record, Seconds

PlaySource = Literal["page", "subsonic", "python"]
PLAY_SOURCES: tuple[PlaySource, ...] = get_args(PlaySource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Record, members="id=audio_id artist title path at source heard_s length_s"):
    """One time that somebody heard a track.

    audio_id: of what was heard, which outlives the file
    artist, title, path: of a file with this audio; None where there is none
    at: when it began, UTC, ISO 8601
    source: what played it
    heard_s: for how long it was heard; None where the player did not tell
    length_s: how long it was; None where it was not known
    """

    audio_id: str
    artist: str | None = None
    title: str | None = None
    path: str | None = None
    at: Moment
    source: PlaySource
    heard_s: Seconds | None
    length_s: Seconds | None


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


class PlayStore(Protocol):
    """What whoever uses the library has heard; nobody sees what others did."""

    def add(self, play: Play) -> bool:
        """Keep a play; False where it is known: the same audio, begun in the same second."""

    def page(self, *, before: str | None = None, limit: int) -> Sequence[Play]:
        """Plays that began before a moment, the last first."""
