"""Statistics of an account's plays: tracks, times, counts and sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from map4.core.base.records import Count, Json, Moment, Record, Seconds

QUARTER_S = 900
"""Plays are counted by quarters of an hour, the smallest difference between time zones."""
_Hours = Annotated[tuple[Count, ...], Json(minItems=24, maxItems=24)]
_Weekdays = Annotated[tuple[Count, ...], Json(minItems=7, maxItems=7)]


class TrackPlays(Record, members="id=audio_id artist title path plays last_at"):
    """How often an account played a track.

    audio_id, artist, title, path: as in `Play`
    last_at: the last time, UTC
    """

    audio_id: str | None
    artist: str | None
    title: str | None
    path: str | None
    plays: Count
    last_at: Moment


class PlayStatistics(Record, kind="play-stats"):
    """Statistics of an account's plays in a period ('map4 stats plays --json').

    since: start of the period, UTC; None is everything
    plays, skips: number of plays and skips
    tracks: number of different tracks played
    heard_s: total time, as far as the sources report it
    hours: plays by the hour in which they began, from midnight, in local time, like the next two
    weekdays: by the day of the week, from Monday
    months: by month, such as `2026-01`, in order
    sources: by the source that reported them
    most: the most played tracks, the most first
    never: number of tracks of the library without any known play, in players or DJ programs
    """

    since: Moment | None
    plays: Count
    skips: Count
    tracks: Count
    heard_s: Seconds
    hours: _Hours
    weekdays: _Weekdays
    months: Mapping[str, Count]
    sources: Mapping[str, Count]
    most: tuple[TrackPlays, ...]
    never: Count


def by_clock(quarters: Iterable[tuple[int, int]]) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, int]]:
    """Count plays by hour, weekday and month, in local time.

    quarters: quarters of an hour since 1970, and how many plays began in each
    """
    hours, weekdays, months = [0] * 24, [0] * 7, Counter[tuple[int, int]]()
    for quarter, plays in quarters:
        local = datetime.fromtimestamp(quarter * QUARTER_S)  # noqa: DTZ006  (of this machine)
        hours[local.hour] += plays
        weekdays[local.weekday()] += plays
        months[local.year, local.month] += plays
    named = {f"{year:04}-{month:02}": plays for (year, month), plays in sorted(months.items())}
    return tuple(hours), tuple(weekdays), named
