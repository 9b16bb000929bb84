"""Lists, favourites, ratings and plays of the caller."""

from __future__ import annotations

from typing import Any

from map4.base.text import whole_number
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.extras.jellyfin.routes.browse import item
from map4.extras.jellyfin.routes.items import RATING_STEP
from map4.extras.jellyfin.routes.question import JellyfinCall
from map4.music.track.fields import FIELDS

_LIKED, _DISLIKED = 5.0, 1.0
"""Ratings of songs that are liked or not: the highest and the lowest."""


def _list(ask: JellyfinCall, name: str = "id") -> str:
    return ask.known_list(ask.own(ask.path[name]))


def playlist(ask: JellyfinCall) -> dict[str, Any]:
    key = _list(ask)
    [stored] = ask.library.lists.stored(name=key)
    songs = [entry.partition("-")[0] for entry, _, _ in ask.placed(key)]
    return {"OpenAccess": stored.sharing != "private", "Shares": [], "ItemIds": songs}


def create(ask: JellyfinCall) -> dict[str, Any]:
    name, ids = ask.body.get("name") or ask.get("name"), ask.body.get("ids") or ask.texts("ids")
    lists = ask.library.lists
    if not isinstance(name, str):
        raise UsageError("'Name' is missing; give the list a name")
    lists.save(name, lists.in_order(None, ask.tracks_of(_texts(ids))))
    key = lists.id_of(name)
    if ask.body.get("ispublic"):
        ask.share(key, is_public=True)
    return {"Id": ask.ids.shown(key)}


def update(ask: JellyfinCall) -> None:
    """Rename, share or refill a list; also the whole item, as players send it to rename a list."""
    key, lists, name, ids = _list(ask), ask.library.lists, ask.body.get("name"), ask.body.get("ids")
    with ask.library.at_once():
        if isinstance(ids, list):
            lists.change(key, lists.in_order(key, ask.tracks_of(_texts(ids))))
        if isinstance(name, str) and name != lists.find(key):
            lists.rename(key, name)
        if isinstance(is_public := ask.body.get("ispublic"), bool):
            ask.share(key, is_public=is_public)


def add(ask: JellyfinCall) -> None:
    key, tracks = _list(ask), ask.tracks_of(ask.texts("ids"))
    ask.library.lists.require_not_live(key)
    ask.library.lists.apply(ask.library.lists.inserted(key, tracks))


def remove(ask: JellyfinCall) -> None:
    key, gone = _list(ask), {*ask.texts("entryids")}
    ask.library.lists.require_not_live(key)
    places = [place for entry, _, place in ask.placed(key) if entry in gone]
    if not places:
        raise NothingFoundError("the list has no such entries; read it again")
    ask.library.lists.apply(ask.library.lists.removed(key, places))


def move(ask: JellyfinCall) -> None:
    """Move an entry to a position among the present songs, from 0."""
    key, entry, to = _list(ask), ask.path["entry"], ask.path["to"]
    ask.library.lists.require_not_live(key)
    placed = ask.placed(key)
    start = next((place for known, _, place in placed if known == entry), None)
    if start is None:
        raise NothingFoundError("the list has no such entry; read it again")
    if (place := whole_number(to)) is None:
        raise UsageError(f"the new position must be a whole number from 0, not '{to[:20]}'")
    ask.library.lists.apply(ask.library.lists.moved(key, start, placed[min(place, len(placed) - 1)][2]))


def delete(ask: JellyfinCall) -> None:
    """Delete a list; music is never deleted by a player."""
    keys = [ask.own(shown) for shown in [ask.path.get("id", "")] if shown] or ask.owned("ids")
    if any(not key.startswith("l-") for key in keys):
        raise NotAllowedError("players can only delete lists; 'map4 duplicates' moves files away")
    for key in keys:
        ask.library.lists.delete(ask.known_list(key))


# ---- favourites, ratings and plays ---------------------------------------------------------------


def data_of(ask: JellyfinCall) -> dict[str, Any]:
    """The caller's data of an item."""
    data: dict[str, Any] = item(ask)["UserData"]
    return data


def favour(ask: JellyfinCall, is_starred: bool) -> dict[str, Any]:
    """Star a song, album or artist, or remove its star."""
    key = ask.own(ask.path["id"])
    if key.startswith(("al-", "ar-")):
        ask.star([], [key], is_starred)
    elif key.startswith(("l-", "ge-", "v-")):
        raise UsageError("only songs, albums and artists can be favourites")
    else:
        ask.star([ask.track_of(key)], [], is_starred)
    return data_of(ask)


def rate(ask: JellyfinCall) -> dict[str, Any]:
    """Rate a song by liking it or not."""
    likes = ask.switch("likes")
    ask.rate(ask.track_of(ask.own(ask.path["id"])), None if likes is None else _LIKED if likes else _DISLIKED)
    return data_of(ask)


def set_data(ask: JellyfinCall) -> dict[str, Any]:
    """Store the rating (0 to 10, two for a star) and whether it is a favourite."""
    rating, is_favourite = ask.body.get("rating"), ask.body.get("isfavorite")
    for name, given, kinds in (("Rating", rating, (int, float)), ("IsFavorite", is_favourite, (bool,))):
        if given is not None and type(given) not in kinds:
            raise UsageError(f"'{name}' must be {'true or false' if bool in kinds else 'a number'}")
    if rating is not None:
        if not 0 <= rating <= FIELDS["rating"].most * RATING_STEP:
            raise UsageError("'Rating' must be 0 to 10")
        ask.rate(ask.track_of(ask.own(ask.path["id"])), round(rating) / RATING_STEP or None)
    return data_of(ask) if is_favourite is None else favour(ask, is_favourite)


def playing(ask: JellyfinCall) -> None:
    """Note what is playing, in memory only."""
    track = ask.track_of(ask.own(str(ask.body.get("itemid", ""))))
    ask.now_playing.report(ask.library.actor.id, _player(ask), ask.library.tracks.address_of(track))


def stopped(ask: JellyfinCall) -> None:
    """Record a play or a skip, by the position, unless the caller may not store anything."""
    ask.now_playing.report(ask.library.actor.id, _player(ask), None)
    track = ask.track_of(ask.own(str(ask.body.get("itemid", ""))))
    if ask.library.actor.may("own") and track.audio_id is not None:
        ask.library.plays.add(track, heard_s=ask.position_s(), source="jellyfin")


def _player(ask: JellyfinCall) -> str:
    return " ".join(filter(None, (ask.header.get("client"), ask.header.get("device"))))


def _texts(given: Any) -> list[str]:
    return [text for text in given if isinstance(text, str)] if isinstance(given, list) else []
