"""What somebody heard, counted: what, when, how often, and told by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from map4.base.records import Count, Json, Moment, Record, Seconds

QUARTER_S = 900
"""Plays are counted by quarters of an hour: by no less do the clocks of places differ."""
_Hours = Annotated[tuple[Count, ...], Json(minItems=24, maxItems=24)]
_Weekdays = Annotated[tuple[Count, ...], Json(minItems=7, maxItems=7)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardTrack(Record, members="id=audio_id artist title path plays last_at"):
    """How often somebody heard a track.

    audio_id, artist, title, path: as in `Play`
    last_at: when last, UTC
    """

    audio_id: str | None
    artist: str | None
    title: str | None
    path: str | None
    plays: Count
    last_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayStatistics(Record, kind="play-stats"):
    """What somebody heard, in a time ('map4 stats plays --json').

    since: the first moment that counts, UTC; None is all that is known
    plays, skips: how often something was played, and skipped
    tracks: how many different ones were played
    heard_s: how long that lasted, as far as who told it said so
    hours: plays by the hour in which they began, from midnight, by the clock of this machine; as are the others
    weekdays: by the day of the week, from Monday
    months: by month, such as `2026-01`, in order
    sources: by what told them
    most: the tracks that were played most, the most first
    never: how many tracks of the library nobody has told of: no player, and no DJ program
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
    most: tuple[HeardTrack, ...]
    never: Count


def by_clock(quarters: Iterable[tuple[int, int]]) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, int]]:
    """Plays by hour, weekday and month, by the clock of this machine.

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
