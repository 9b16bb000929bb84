"""Plays and skips, stored separately for each account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from map4 import lists
from map4.core.base.actor import Actor, needs, served
from map4.core.base.text import utc_text
from map4.core.music.plays import SOURCES, Play, PlayList, PlaySource, PlayTime
from map4.core.music.query.terms import read_span
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.plays.statistics import PlayStatistics, by_clock
from map4.plays.store.plays import PlayPlace, SqlPlays
from map4.transitions import MixStatistics

PLAYS_AT_ONCE = 50
MOST_PLAYS = 500
MOST_NAMED = 10
_A_DAY_S = 86_400.0
_SINCE: dict[str, tuple[Any, Any]] = {"since": (str | None, None)}
_OVER_TIME: dict[str, Any] = {"queue": "long", "example": {"since": "30d"}}


@needs("read")
class Plays:
    """Plays of tracks; `map4.Library.plays`."""

    def __init__(self, store: Store) -> None:
        self.actor: Actor = store.actor
        self._store, self._plays = store, store.part(SqlPlays)

    @needs("own")
    @served("POST", "/plays",
            "Report that you heard a track; it counts as a play from half of its length or four minutes.",
            {"track": (str, ...), "heard_s": (float, ...), "at": (datetime | None, None)}, "Heard", tracks=("track",),
            always={"source": "page"}, record="map4.core.music.plays:PlayAnswer", queue="write",
            sets=Play.FIELDS, example={"track": "{a}", "heard_s": 100.0})  # fmt: skip
    def add(
        self, track: Track, *, heard_s: float | None = None, at: datetime | None = None, source: PlaySource = "python"
    ) -> bool:
        """Store that a track was heard; returns whether that is a new play.

        Heard for less than half of its length and less than four minutes, it was skipped, which is stored as a skip. If
        it began within that time of another play of the track, it is the same play, reported again.

        track: of this library
        heard_s: for how long; None if a player reports that it counts
        at: when it began; None means that it just ended
        raises UsageError: if its audio was never identified, or a time is out of range
        """
        if source not in SOURCES:
            raise UsageError.no_such("source of plays", source, SOURCES)
        if track.audio_id is None:
            raise UsageError(f"{track.shown_path} was not identified, so its plays can't be stored")
        if heard_s is not None and not 0.0 <= heard_s <= _A_DAY_S:
            raise UsageError(f"heard_s must be from 0 to {_A_DAY_S:,.0f} seconds")
        now = datetime.now(UTC)
        began = now - timedelta(seconds=heard_s or 0.0) if at is None else _utc_time(at)
        if not PlayTime.is_plausible(began):
            when = "in the future" if began > now else "before 1990, when no player counted plays"
            raise UsageError(f"{began:%Y-%m-%d} is {when}; is the clock right?")
        length_s = track.analysis.duration_s if track.analysis else None
        counts_s = Play.counts_after_s(length_s)
        is_skip = heard_s is not None and heard_s < counts_s
        play = Play(
            audio_id=track.audio_id,
            at=utc_text(began),
            source=source,
            is_skip=is_skip,
            heard_s=heard_s,
            length_s=length_s,
        )
        return self._plays.add(play, apart_s=0.0 if is_skip else counts_s) and not is_skip

    @served("GET", "/plays", "Your plays, newest first.",
            {"before": (str | None, None), "limit": (int, PLAYS_AT_ONCE)}, example={"limit": 2})  # fmt: skip
    def page(self, *, before: datetime | str | None = None, limit: int = PLAYS_AT_ONCE) -> PlayList:
        """Return the plays of the account, newest first; no account sees other accounts' plays.

        before: only plays that began before this moment, or `next` of the previous page
        limit: maximum number
        raises UsageError: if `before` is not a time, or `limit` is out of range
        """
        if not 1 <= limit <= MOST_PLAYS:
            raise UsageError(f"a page has 1 to {MOST_PLAYS} plays, not {limit}; 'before' gets the next page")
        return self._plays.page(before=None if before is None else _place(before), limit=limit)

    @served("GET", "/stats/plays", "Statistics of your plays, as `map4 stats plays`.", _SINCE, **_OVER_TIME)
    def stats(self, since: str | timedelta | None = None, *, limit: int = MOST_NAMED) -> PlayStatistics:
        """Return statistics of plays.

        since: a time span as in queries: `30d`, `12w`; None is everything
        limit: how many of the most played tracks to list
        """
        if limit < 0:
            raise UsageError(f"list 0 or more tracks, not {limit}")
        moment = _moment(since)
        tally = self._plays.tally(since=moment, limit=limit)
        hours, weekdays, months = by_clock(tally.quarters)
        return PlayStatistics(
            since=moment,
            plays=sum(tally.sources.values()),
            skips=tally.skips,
            tracks=tally.tracks,
            heard_s=tally.heard_s,
            hours=hours,
            weekdays=weekdays,
            months=months,
            sources={str(name): count for name, count in tally.sources.items()},
            most=tally.most,
            never=self._store.search.count("^plays:1..", self._store.context()),
        )

    @served("GET", "/stats/mixes", "Analysis of your DJ sets, compared with chance, as `map4 stats mixes`.", _SINCE,
            **_OVER_TIME)  # fmt: skip
    def mixes(self, since: str | timedelta | None = None) -> MixStatistics:
        """Analyse played sets: how their tracks follow one another, compared with the same sets shuffled.

        Sets are histories of DJ programs, and recorded sets with a stored track list.

        since: a time span, as in `stats`; sets without a time are then left out
        raises NothingFoundError: if there are no sets
        """
        return lists.mix_statistics(self._store, _moment(since))


def _moment(since: str | timedelta | None) -> str | None:
    ago = read_span(since, "how long back") if isinstance(since, str) else since
    return None if ago is None else utc_text(datetime.now(UTC) - ago)


def _place(before: datetime | str) -> PlayPlace:
    """Read a moment, or the place of a play: the moment and the number of its track, since moments repeat."""
    moment, _, track = before.partition("/") if isinstance(before, str) else (before, "", "")
    try:
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return utc_text(_utc_time(at)), int(track or 0)
    except ValueError:
        raise UsageError(f"{before!r} is neither a time nor the `next` of a page of plays") from None


def _utc_time(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{moment.isoformat()} is not a time in UTC") from None
