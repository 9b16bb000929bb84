"""What counts as a play and what as a skip, and how often a track was played, whoever counted."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from map4.base.records import Moment, Record, Seconds

PlaySource = Literal[
    "page", "subsonic", "python", "listenbrainz", "server", "unmix",
    "engine", "lists", "mixxx", "rekordbox", "serato", "traktor", "virtualdj",
]  # fmt: skip
"""What says that something was played: players, files of listens, connected servers, recorded sets whose track list was
found, and histories of DJ programs."""
PLAY_SOURCES: tuple[PlaySource, ...] = get_args(PlaySource)

FIRST_PROGRAM = 16
_NUMBERS = (1, 2, 3, 4, 5, 6, 16, 17, 18, 19, 20, 21, 22)
SOURCES: dict[PlaySource, int] = dict(zip(PLAY_SOURCES, _NUMBERS, strict=True))
"""The number of each, by which libraries keep it; those of programs, which count plays themselves, from FIRST_PROGRAM
on. A number never gets another meaning."""

SET_SOURCES = tuple(name for name in PLAY_SOURCES if name == "unmix" or SOURCES[name] >= FIRST_PROGRAM)
"""Who tells of plays in sets; players also play the lists that map4 made."""

COUNTS_S, COUNTS_SHARE = 240.0, 0.5
"""What was heard for so long, or for so much of its length, was played: the rule of ListenBrainz and Last.fm."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_PLAY = datetime(1990, 1, 1, tzinfo=UTC)
"""No player counted plays before."""
CLOCKS_DIFFER = timedelta(days=1)
"""So far into the future a play may be, by a clock that is wrong."""
_UNITS = (1, 1_000, 1_000_000)  # seconds, milliseconds and microseconds; no number is possible in two of them


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardCounts:
    """What a library knows that one person heard of a track.

    plays: how often, also on connected servers; in_programs: of these, those that histories of DJ programs tell
    skips: how often it was begun, and not heard for long enough to be played
    last_at: the last play, in seconds since 1970; None without any
    """

    plays: int
    in_programs: int
    skips: int
    last_at: int | None


NOTHING_HEARD = HeardCounts(plays=0, in_programs=0, skips=0, last_at=None)


def source_of(importer: str) -> PlaySource:
    """What says that something was played, of the importer of its history: `rekordbox-db` is rekordbox."""
    program = importer.partition("-")[0]
    return next((name for name in PLAY_SOURCES if name == program), "lists")


def counts_after_s(length_s: float | None) -> float:
    """For how long a track is heard until that is a play: four minutes, or half of it where that is less."""
    return COUNTS_S if length_s is None else min(COUNTS_S, COUNTS_SHARE * length_s)


def plays_of(counted: int | None, heard: int | None, in_programs: int | None) -> int | None:
    """How often a track was played; None where nobody knows.

    counted: by DJ programs
    heard: the plays that the library knows of one person
    in_programs: of these, those that histories of DJ programs tell, which the programs have counted too
    """
    if not heard:
        return counted
    told = in_programs or 0
    return max(counted or 0, told) + heard - told


def last_played_of(written: str | None, heard_at: int | None) -> str | None:
    """When a track was last played, by the clock of this machine; None where nobody knows.

    written: as DJ programs say it
    heard_at: the last play that the library knows of one person, in seconds since 1970
    """
    heard = None if heard_at is None else local_time(heard_at)
    return max((one for one in (written, heard) if one is not None), default=None)


def local_time(at: int) -> str:
    """A moment by the clock of this machine, without its zone."""
    return datetime.fromtimestamp(at).isoformat()  # noqa: DTZ006  (of this machine)


def utc_of_local(written: str, after: str | None = None) -> str | None:
    """A moment in UTC that a program wrote in UTC or by the clock of this machine; a day alone is its beginning.

    after: a moment before this one; decides which of the two is meant in the hour that the clock repeats
    returns: None of what no clock can show
    """
    try:
        moment = datetime.fromisoformat(written)
        first, second = (utc_of(round(moment.replace(fold=fold).timestamp())) for fold in (0, 1))
    except (ValueError, OverflowError, OSError):
        return None
    return second if after is not None and first < after <= second else first


def utc_times(times: Iterable[str | None]) -> list[str | None]:
    """The same moments in UTC, of tracks that were played one after the other."""
    found: list[str | None] = []
    last = None
    for time in times:
        found.append(None if time is None else utc_of_local(time, last))
        last = found[-1] or last
    return found


def can_be_played(moment: datetime) -> bool:
    """Whether something can have been played at a moment: from 1990 until now."""
    return FIRST_PLAY <= moment <= datetime.now(UTC) + CLOCKS_DIFFER


def play_moment(number: float) -> datetime | None:
    """When a play began, from seconds, milliseconds or microseconds since 1970; None if none gives a possible time."""
    for unit in _UNITS:
        with suppress(OverflowError, ValueError, OSError):
            moment = datetime.fromtimestamp(number / unit, UTC)
            if can_be_played(moment):
                return moment
    return None


def seconds_of(at: str) -> int:
    """Seconds since 1970 of a moment, ISO 8601."""
    return round((datetime.fromisoformat(at) - _EPOCH).total_seconds())


def utc_of(at: int) -> str:
    """A moment in seconds since 1970, ISO 8601 in UTC."""
    return f"{(_EPOCH + timedelta(seconds=at)).replace(tzinfo=None).isoformat()}Z"


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
