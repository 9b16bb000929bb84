"""Lists, stars, ratings and plays of the caller."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from map4.core.base.actor import Actor
from map4.core.base.text import name_key, whole_number
from map4.core.music.lists.listed import ListName
from map4.core.music.plays import Play, PlayTime
from map4.core.music.track.fields import FIELDS
from map4.core.music.track.track import Track
from map4.errors import NotAllowedError
from map4.extras.subsonic.routes.answers import SubsonicError
from map4.extras.subsonic.routes.elements import list_elements
from map4.extras.subsonic.routes.question import SubsonicCall


def playlists(ask: SubsonicCall) -> dict[str, Any]:
    name, me = ask.get("username"), ask.library.actor
    if name is not None and me != Actor.LOCAL and name_key(name) != name_key(me.name):
        raise NotAllowedError("you can't list another user's playlists; shared ones are in your own list")
    return {"playlists": {"playlist": [*list_elements(ask.library.lists, ask.user, ask.now).values()]}}


def _known_list(ask: SubsonicCall, name: str = "id") -> str:
    """The id of the list in a parameter."""
    return ask.known_list(ask.text(name))


def playlist(ask: SubsonicCall, key: str | None = None) -> dict[str, Any]:
    key = key or _known_list(ask)
    content = ask.library.lists.read_stored(key)
    element = list_elements(ask.library.lists, ask.user, ask.now)[key]
    return {"playlist": {**element, "entry": ask.songs(content.tracks())}}


def create_playlist(ask: SubsonicCall) -> dict[str, Any]:
    lists, is_new = ask.library.lists, ask.get("playlistId") is None
    # Phones can't be expected to know which names a command line allows.
    name = ListName.possible(ask.text("name")) if is_new else _known_list(ask, "playlistId")
    if not is_new:
        lists.require_not_live(name)
    tracks = [ask.track_of(song_id) for song_id in ask.parameters.get("songId", ())]
    lists.save(name, lists.in_order(None if is_new else name, tracks), force=not is_new)
    return playlist(ask, lists.id_of(name))


def update_playlist(ask: SubsonicCall) -> dict[str, Any]:
    lists, key = ask.library.lists, _known_list(ask, "playlistId")
    added = [ask.track_of(song_id) for song_id in ask.parameters.get("songIdToAdd", ())]
    removed = ask.numbers("songIndexToRemove")
    with ask.library.at_once():
        if added or removed:
            _change_tracks(ask, key, removed, added)
        if "comment" in ask.parameters:
            lists.describe(key, ask.get("comment"))
        new_name = ask.get("name")
        if new_name is not None and ListName.possible(new_name) != lists.find(key):
            lists.rename(key, ListName.possible(new_name))
        if (is_public := ask.flag("public")) is not None:
            ask.share(key, is_public=is_public)
    return {}


def _change_tracks(ask: SubsonicCall, name: str, removed: set[int], added: Iterable[Track]) -> None:
    """Remove songs by their position among the present songs, and add others; missing songs stay."""
    remaining: list[Track] = []
    place = 0
    for entry in ask.library.lists.read_stored(name).entries:
        is_there = entry.status == "found"
        if entry.track is not None and not (is_there and place in removed):
            remaining.append(entry.track)
        place += is_there
    ask.library.lists.change(name, ask.library.lists.in_order(name, [*remaining, *added]))


def delete_playlist(ask: SubsonicCall) -> dict[str, Any]:
    ask.library.lists.delete(_known_list(ask))
    return {}


def star(ask: SubsonicCall, is_starred: bool) -> dict[str, Any]:
    """Star songs, albums and artists, or remove their stars."""
    albums = {item_id for item_id in ask.parameters.get("id", ()) if item_id.startswith(("al-", "ar-"))}
    songs = [item_id for item_id in ask.parameters.get("id", ()) if item_id not in albums]
    others = [*albums, *ask.parameters.get("albumId", ()), *ask.parameters.get("artistId", ())]
    if not songs and not others:
        ask.text("id")
    ask.star([ask.track_of(song) for song in songs], others, is_starred)
    return {}


def rate(ask: SubsonicCall) -> dict[str, Any]:
    ask.text("rating")
    rating = ask.number("rating", 0)
    if rating > FIELDS["rating"].most:
        raise SubsonicError("a rating must be 1 to 5, or 0 to remove it")
    ask.rate(ask.track(), rating or None)
    return {}


def scrobble(ask: SubsonicCall) -> dict[str, Any]:
    """Record plays reported by a player, unless the caller may not store anything; a "now playing" report is only kept
    in memory."""
    ask.text("id")
    tracks = [ask.track_of(song_id) for song_id in ask.parameters["id"]]
    began: list[datetime | None] = [_began(time_text) for time_text in ask.parameters.get("time", ())]
    if began and len(began) != len(tracks):
        raise SubsonicError("give 'time' once per 'id', or not at all")
    if ask.flag("submission") is False:
        ask.now_playing.report(ask.library.actor.id, ask.get("c") or "", ask.library.tracks.address_of(tracks[-1]))
    elif ask.library.actor.may("own"):
        with ask.libraries.changes.setting(ask.library, Play.FIELDS), ask.library.at_once():
            for track, at in zip(tracks, began or [None] * len(tracks), strict=True):
                if track.audio_id is not None:
                    ask.library.plays.add(track, at=at, source="subsonic")
    return {}


def _began(given: str) -> datetime:
    """Start of a play, from milliseconds since 1970; some players send seconds."""
    number = whole_number(given.strip())
    if number is None or (began := PlayTime.moment(number)) is None:
        raise SubsonicError(f"'time' must be milliseconds since 1970, from 1990 until now, not '{given[:20]}'")
    return began
