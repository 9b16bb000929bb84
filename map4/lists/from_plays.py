"""Make a list from what the user plays most at the moment and similar tracks, without anything played today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from map4.core.base.text import utc_text
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.query.terms import read_span
from map4.core.music.track.credits import artist_key
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError, UsageError
from map4.lists.options import GenerateOptions
from map4.lists.playlist.request import DEFAULT_PICKS, query_text
from map4.plays import SqlPlays, TrackPlays

_LOOKED_AT = 1_000
"""Number of the most played tracks that are considered; more than anyone plays in such a time."""
_PLACES_A_SEED, _MOST_SEEDS = 4, 6
"""One seed for each 4 places, at most 6."""


def of_plays(store: Store, request: GenerateOptions) -> tuple[GenerateOptions, dict[str, int]]:
    """A request with the most played tracks as seeds and without tracks played today, and the plays by audio id.

    raises UsageError: if it has other seeds, or the time is invalid
    raises NothingFoundError: if no track of the library was played in that time
    """
    lately = request.from_plays or ""
    ago = read_span(lately, "how long back plays count")
    if request.seeds or request.goal is not None:
        raise UsageError("plays and a seed can't be used together; choose one")
    now = datetime.now(UTC)
    today = now.astimezone().date()
    played = store.part(SqlPlays).tally(since=utc_text(now - ago), limit=_LOOKED_AT).most
    wanted = request.n or int(60.0 * (request.minutes or 0.0) / Tracklist.USUAL_LENGTH_S) or DEFAULT_PICKS
    most = max(1, min(_MOST_SEEDS, wanted // _PLACES_A_SEED))
    before_today = [track for track in played if datetime.fromisoformat(track.last_at).astimezone().date() < today]
    seeds = list(islice(_seeds(store, before_today, request), most))
    if not seeds:
        raise NothingFoundError(
            f"no track of the library was played in the last {lately} except today; 'map4 stats plays' lists your "
            "plays; try a longer time"
        )
    exclude = query_text(request.exclude).strip()
    request = replace(
        request,
        seeds=tuple(seeds),
        exclude=f"{exclude} or played:{today}.." if exclude else f"played:{today}..",
        preferred=f"played:-{lately.strip()}" if request.preferred is None else request.preferred,
    )
    return request, {
        most_played.audio_id: most_played.plays for most_played in played if most_played.audio_id is not None
    }


def _seeds(store: Store, played: list[TrackPlays], request: GenerateOptions) -> Iterator[Track]:
    """The most played tracks that the query allows, one per artist."""
    matching, excluded = (
        set(store.search.paths(query, store.context())) if query.strip() else None
        for query in map(query_text, (request.query, request.exclude))
    )
    artists = set[str]()
    for most_played in played:
        artist = artist_key(most_played.artist) or most_played.path or ""
        if most_played.path is None or artist in artists or most_played.path in (excluded or ()):
            continue
        if matching is not None and most_played.path not in matching:
            continue
        track = store.tracks.track(most_played.path, sound=True)
        if track is not None and track.state == "ok" and track.analysis is not None:
            artists.add(artist)
            yield track
