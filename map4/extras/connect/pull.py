"""Import stars, ratings and last plays from a music server if only the server changed them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from map4.core.music.plays import Play
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.extras.connect.connected import ConnectedSong, Opinion, ValueConflict
from map4.extras.connect.store.connections import SqlConnections
from map4.lists import Playlists, SqlPlaylists, Stars
from map4.plays import SqlPlays
from map4.values import SqlValues, ValueEdit

_FIELDS: Mapping[Literal["star", "rating"], str] = {"star": "starred", "rating": "rating"}


def own_opinions(store: Store) -> Mapping[str, Opinion]:
    """The user's stars and ratings by audio id; half stars are rounded up, as for players."""
    ratings = {
        audio_id: math.floor(rating + 0.5) or None for audio_id, rating in store.part(SqlValues).ratings().items()
    }
    starred = store.part(SqlPlaylists).noted(Stars.name_of(store.actor), Stars.AT)
    return {
        audio_id: Opinion(starred=audio_id in starred, rating=ratings.get(audio_id))
        for audio_id in ratings.keys() | starred.keys()
    }


def settled(connected: ConnectedSong, ours: Opinion, *, take_theirs: bool) -> ConnectedSong:
    """Return the song with its newly settled values: if only one side changed a value, that side wins.

    take_theirs: if both sides changed, use the server's value
    """
    theirs, before, now, beside = connected.song.opinion, connected.settled, {}, []
    for what, name in _FIELDS.items():
        there, here, was = (getattr(opinion, name) for opinion in (theirs, ours, before))
        if there == here or (there != was and (here == was or take_theirs)):
            now[name] = there
        elif there != was:
            beside.append(what)
    return replace(connected, settled=replace(before, **now), beside=tuple(beside))


def conflicts_of(songs: Iterable[ConnectedSong], mine: Mapping[str, Opinion]) -> Iterator[ValueConflict]:
    """Values that both sides changed, and that still differ."""
    for song in songs:
        ours, theirs = mine.get(song.place.audio_id or "", Opinion()), song.song.opinion
        for what, name in _FIELDS.items():
            there, here = getattr(theirs, name), getattr(ours, name)
            if what in song.beside and there != here:
                yield ValueConflict(
                    id=song.song.id, artist=song.song.artist, title=song.song.title, what=what, ours=here, theirs=there
                )


def take_over(store: Store, number: int, *, take_theirs: bool = False) -> dict[str, int]:
    """Import the values of a connection's songs: stars, ratings and last plays in one transaction, then play counts.

    take_theirs: if both sides changed, use the server's value
    returns: the numbers of imported values, as in `Pulled`
    """

    def now(connected: ConnectedSong, mine: Mapping[str, Opinion]) -> ConnectedSong:
        ours = mine.get(connected.place.audio_id or "", Opinion())
        return replace(
            settled(connected, ours, take_theirs=take_theirs), played_at=connected.song.played_at or connected.played_at
        )

    # Other writers wait only while changes are applied.
    mine = own_opinions(store)
    connections = store.part(SqlConnections)
    changed = [song for song in connections.songs(number) if song.place.audio_id and now(song, mine) != song]
    nothing = dict.fromkeys(("stars", "unstars", "ratings", "plays"), 0)
    taken = _taken_together(store, number, changed, now) if changed else nothing
    return {**taken, "counts": connections.count_plays()}


def _taken_together(
    store: Store,
    number: int,
    changed: Sequence[ConnectedSong],
    now: Callable[[ConnectedSong, Mapping[str, Opinion]], ConnectedSong],
) -> dict[str, int]:
    with store.at_once():
        mine = own_opinions(store)
        plays = list[Play]()
        ratings: dict[int | None, set[str]] = defaultdict(set)
        stars: dict[bool, dict[str, str | None]] = {True: {}, False: {}}
        done = [now(connected, mine) for connected in changed]
        for was, connected in zip(changed, done, strict=True):
            audio_id, ours = connected.place.audio_id or "", mine.get(connected.place.audio_id or "", Opinion())
            if connected.settled.rating not in (was.settled.rating, ours.rating):
                ratings[connected.settled.rating].add(audio_id)
            if connected.settled.starred not in (was.settled.starred, ours.starred):
                stars[connected.settled.starred][audio_id] = connected.song.starred_at
            if connected.played_at is not None and connected.played_at != was.played_at:
                plays.append(
                    Play(audio_id=audio_id, at=connected.played_at, source="server", heard_s=None, length_s=None)
                )
        taken = _taken(store, stars, ratings)
        recorded = sum(store.part(SqlPlays).add(play) for play in plays)
        store.part(SqlConnections).put_songs(number, done)
    return {**taken, "plays": recorded}


def _taken(
    store: Store, stars: Mapping[bool, Mapping[str, str | None]], ratings: Mapping[int | None, set[str]]
) -> dict[str, int]:
    counts: dict[str, int] = {}
    for is_starred, when in stars.items():
        tracks = _tracks(store, when)
        if tracks:
            Stars(Playlists(store)).put(tracks, is_starred, when)
        counts["stars" if is_starred else "unstars"] = len(tracks)
    done, now = 0, datetime.now(UTC)
    for rating, audio_ids in ratings.items():
        edit = ValueEdit(unset=["rating"]) if rating is None else ValueEdit(rating=rating)
        changes = [change for change in edit.changes_of(_tracks(store, audio_ids)) if change.problem is None]
        store.part(SqlValues).put(changes, now=now)
        done += len(changes)
    return {**counts, "ratings": done}


def _tracks(store: Store, audio_ids: Iterable[str]) -> list[Track]:
    """One track of each audio that has a file."""
    by_address = store.addresses.files_of(list(audio_ids))
    return list(store.tracks.tracks_by_id([files[0][0] for files in by_address.values() if files]))
