"""The rules for plays and skips, and play counts across all sources."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal, get_args

from map4.core.base.records import Moment, Record, Seconds

PlaySource = Literal[
    "page", "subsonic", "python", "listenbrainz", "server", "unmix", "stream", "jellyfin", "history",
    "engine", "lists", "mixxx", "rekordbox", "serato", "traktor", "virtualdj",
]  # fmt: skip
"""Sources of plays: players, files of listens and of services' histories, connected servers, recorded sets with a known
track list, streams, and histories of DJ programs. No new plays are of "jellyfin"."""
PLAY_SOURCES: tuple[PlaySource, ...] = get_args(PlaySource)

FIRST_PROGRAM = 16
_NUMBERS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 21, 22)
SOURCES: dict[PlaySource, int] = dict(zip(PLAY_SOURCES, _NUMBERS, strict=True))
"""The number of each source in libraries; programs, which count plays themselves, start at FIRST_PROGRAM. Numbers are
never reused. They are kept here: to ask the folder of each program took 2.3 ms of a search.
"""

SET_SOURCES = tuple(name for name in PLAY_SOURCES if name == "unmix" or SOURCES[name] >= FIRST_PROGRAM)
"""Sources of plays in sets; players also play lists made by map4."""

COUNTS_S, COUNTS_SHARE = 240.0, 0.5
"""The minimum time or share of the length for a play: the rule of ListenBrainz and Last.fm."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PlayTime:
    """Times of plays, as programs write them, and those that are plausible."""

    FIRST = datetime(1990, 1, 1, tzinfo=UTC)
    """The earliest plausible play."""
    CLOCKS_DIFFER = timedelta(days=1)
    """The tolerance for plays in the future, due to wrong clocks."""

    @staticmethod
    def local(moment: str) -> str | None:
        """Convert a moment to local time without a zone; a day stays. None for impossible times."""
        with suppress(ValueError, OverflowError, OSError):
            is_day = len(moment) == len("2026-01-31")
            return moment if is_day else datetime.fromisoformat(moment).astimezone().isoformat()[:19]  # without a zone
        return None

    @staticmethod
    def utc_of_local(written: str, after: str | None = None) -> str | None:
        """Convert a program's time, in UTC or local time, to UTC; a date only means its beginning.

        after: an earlier moment; it resolves the hour that is repeated when clocks change
        returns: None for impossible times
        """
        with suppress(ValueError, OverflowError, OSError):
            moment = datetime.fromisoformat(written)
            first, second = (PlayTime.utc(round(moment.replace(fold=fold).timestamp())) for fold in (0, 1))
            return second if after is not None and first < after <= second else first
        return None

    @staticmethod
    def utc_of_sequence(times: Iterable[str | None]) -> list[str | None]:
        """Convert the times of tracks played in sequence to UTC."""
        utc: list[str | None] = []
        last = None
        for time in times:
            utc.append(None if time is None else PlayTime.utc_of_local(time, last))
            last = utc[-1] or last
        return utc

    @staticmethod
    def is_plausible(moment: datetime) -> bool:
        """True if a play can have happened at this moment: from 1990 until now."""
        return PlayTime.FIRST <= moment <= datetime.now(UTC) + PlayTime.CLOCKS_DIFFER

    @staticmethod
    def moment(number: float) -> datetime | None:
        """The start of a play, from seconds, milliseconds or microseconds since 1970; None if no unit gives a plausible
        time.
        """
        for unit in _UNITS:
            with suppress(OverflowError, ValueError, OSError):
                moment = datetime.fromtimestamp(number / unit, UTC)
                if PlayTime.is_plausible(moment):
                    return moment
        return None

    @staticmethod
    def seconds(at: str) -> int:
        """Convert an ISO 8601 time to seconds since 1970."""
        return round((datetime.fromisoformat(at) - _EPOCH).total_seconds())

    @staticmethod
    def utc(at: int) -> str:
        """Convert seconds since 1970 to ISO 8601 in UTC."""
        return f"{(_EPOCH + timedelta(seconds=at)).replace(tzinfo=None).isoformat()}Z"


_UNITS = (1, 1_000, 1_000_000)  # seconds, milliseconds, microseconds; no number is plausible in two units


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayCounts:
    """A person's plays of a track.

    plays: including connected servers
    in_programs: the plays that come from histories of DJ programs
    skips: how often it was started but not played long enough to count
    last_at: the last play, in seconds since 1970; None without any
    """

    plays: int
    in_programs: int
    skips: int
    last_at: int | None

    @staticmethod
    def total(counted: int | None, recorded: int | None, in_programs: int | None) -> int | None:
        """The number of plays of a track; None if unknown.

        counted: by DJ programs
        recorded: a person's plays in the library
        in_programs: plays from histories of DJ programs, which the programs have counted too
        """
        if not recorded:
            return counted
        reported = in_programs or 0
        return max(counted or 0, reported) + recorded - reported

    @staticmethod
    def last_played_of(written: str | None, played_at: int | None) -> str | None:
        """The last play of a track: a day, or a moment in UTC; None if unknown.

        written: as stated by DJ programs, in the same form
        played_at: a person's last play in the library, in seconds since 1970
        """
        recorded = None if played_at is None else PlayTime.utc(played_at)
        return max(filter(None, (recorded, written)), key=lambda at: PlayTime.utc_of_local(at) or at, default=None)


NO_PLAYS = PlayCounts(plays=0, in_programs=0, skips=0, last_at=None)


class Play(Record, members="id=audio_id artist title album path at source skipped=is_skip heard_s length_s"):
    """A play of a track.

    audio_id: survives deletion of the file; None for music not in the library
    artist, title, album, path: from a file with this audio, else from the source; None if unknown
    at: start time, UTC, ISO 8601
    source: what played it
    is_skip: whether it was too short to count as a play
    heard_s: listening time in whole seconds; None if the player did not report it
    length_s: length in whole seconds; None if unknown
    """

    FIELDS: ClassVar = frozenset({"plays", "played", "skipped"})  # of queries
    SKIPPED_BELOW_S: ClassVar = 30.0  # streaming services count a play from here on, and do not report a track's length

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
            raise ValueError("a play needs an audio id or a title")

    @staticmethod
    def counts_after_s(length_s: float | None) -> float:
        """The listening time that counts as a play: four minutes or half the length, whichever is shorter."""
        return COUNTS_S if length_s is None else min(COUNTS_S, COUNTS_SHARE * length_s)

    @staticmethod
    def source_of(importer: str) -> PlaySource:
        """The play source for the importer of a history: `rekordbox-db` gives rekordbox."""
        program = importer.partition("-")[0]
        return next((name for name in PLAY_SOURCES if name == program), "lists")


class PlayList(Record, kind="plays"):
    """A person's plays, the newest first.

    next: `before` of the next page; None on the last page
    """

    plays: tuple[Play, ...]
    next: str | None


class PlayAnswer(Record, kind="play"):
    """The result of reporting a play.

    kept: false if it was too short or is already known
    """

    kept: bool
