"""Player state of the caller: stars, bookmarks, the queue, and what is playing now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from map4.core.music.track.track import Track
from map4.extras.subsonic.routes.answers import MISSING_PARAMETER, SubsonicError
from map4.extras.subsonic.routes.question import LONG_AGO, SubsonicCall

_MOST_COMMENT = 1_000
_MOST_QUEUED = 10_000


# ---- bookmarks ---------------------------------------------------------------------------------


def bookmarks(ask: SubsonicCall) -> dict[str, Any]:
    notes = [(note, _there(ask, [note.subject])) for note in ask.library.player_notes.all("bookmark")]
    bookmarks = [
        {
            "position": note.value["position_ms"],
            "username": ask.user,
            "comment": note.value.get("comment"),
            "created": note.value["created"],
            "changed": note.at,
            "entry": ask.songs(tracks)[0],
        }
        for note, tracks in notes
        if tracks
    ]
    return {"bookmarks": {"bookmark": bookmarks}}


def create_bookmark(ask: SubsonicCall) -> dict[str, Any]:
    track, comment = ask.track(), ask.get("comment")
    ask.text("position")
    if comment is not None and len(comment) > _MOST_COMMENT:
        raise SubsonicError(f"the comment is longer than {_MOST_COMMENT:,} characters")
    subject, notes = ask.library.tracks.address_of(track), ask.library.player_notes
    with ask.library.at_once():
        before = next((note.value for note in notes.all("bookmark") if note.subject == subject), {})
        value = {"position_ms": ask.number("position", 0, 10**9), "comment": comment}
        notes.put("bookmark", subject, {**value, "created": before.get("created") or ask.now})
    return {}


def delete_bookmark(ask: SubsonicCall) -> dict[str, Any]:
    ask.library.player_notes.remove("bookmark", ask.text("id"))
    return {}


# ---- queue -------------------------------------------------------------------------------------


def queue(ask: SubsonicCall, *, by_index: bool = False) -> dict[str, Any]:
    name = "playQueueByIndex" if by_index else "playQueue"
    note = next(iter(ask.library.player_notes.all("queue")), None)
    if note is None:
        return {name: {"username": ask.user, "changed": LONG_AGO, "changedBy": "", "entry": []}}
    ids, current = note.value["ids"], note.value["current"]
    tracks = [(place, track) for place, song_id in enumerate(ids) for track in _there(ask, [song_id])]
    # Missing songs are left out, and the position refers to the others.
    at = next((number for number, (place, _) in enumerate(tracks) if place == current), None)
    songs = ask.songs(track for _, track in tracks)
    playing: dict[str, Any] = {"currentIndex": at} if by_index else {"current": None if at is None else songs[at]["id"]}
    position = note.value["position_ms"] if at is not None else 0
    return {
        name: {**playing, "position": position, "username": ask.user, "changed": note.at,
               "changedBy": note.value["by"], "entry": songs}
    }  # fmt: skip


def save_queue(ask: SubsonicCall, *, by_index: bool = False) -> dict[str, Any]:
    ids = list(ask.parameters.get("id", ()))
    if len(ids) > _MOST_QUEUED:
        raise SubsonicError(f"the queue has more than {_MOST_QUEUED:,} songs")
    if not ids:
        ask.library.player_notes.remove("queue", "")
        return {}
    for song_id in dict.fromkeys(ids):
        ask.track_of(song_id)
    if by_index:
        current = ask.number("currentIndex", 0, 10**9)
        if current >= len(ids):
            raise SubsonicError(f"'currentIndex' must be 0 to {len(ids) - 1}", MISSING_PARAMETER)
    else:
        named = ask.get("current")
        if named is not None and named not in ids:
            raise SubsonicError("'current' must be a song of the queue")
        current = 0 if named is None else ids.index(named)
    value = {"ids": ids, "current": current, "position_ms": ask.number("position", 0, 10**9), "by": ask.get("c") or ""}
    ask.library.player_notes.put("queue", "", value)
    return {}


def _there(ask: SubsonicCall, ids: Iterable[str]) -> Sequence[Track]:
    """The songs that still exist."""
    return [*ask.library.tracks.by_id(row for row in ask.library.tracks.rows_of(list(ids)) if row is not None)]


# ---- now playing -------------------------------------------------------------------------------


def now_playing(ask: SubsonicCall) -> dict[str, Any]:
    """Reports of the caller's own players; other users' players are not shown."""
    entries = []
    for number, (player, playing) in enumerate(ask.now_playing.of(ask.library.actor.id), start=1):
        for track in _there(ask, [playing.track]):
            [song] = ask.songs([track])
            about_player = {"minutesAgo": int(playing.since_s // 60), "playerId": number, "playerName": player}
            entries.append({**song, "username": ask.user, **about_player})
    return {"nowPlaying": {"entry": entries}}
