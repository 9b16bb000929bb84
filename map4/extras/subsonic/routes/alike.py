"""Similar songs and artists, and paths between songs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from map4.core.music.track.track import Track
from map4.extras.subsonic.routes.question import SubsonicCall
from map4.similar.routes import MOST_OF_ARTIST, nearest_to


def similar_songs(ask: SubsonicCall, name: str = "similarSongs2") -> dict[str, Any]:
    paths = ask.paths_of(ask.text("id"), MOST_OF_ARTIST)
    similar = nearest_to(ask.library, ask.settings, paths, ask.number("count", 50))
    return {name: {"song": ask.songs(song.track for song in similar)}}


def sonic_tracks(ask: SubsonicCall) -> dict[str, Any]:
    similar = nearest_to(ask.library, ask.settings, [ask.track().path], ask.number("count", 10))
    return _matches(ask, [song.track for song in similar], [song.similarity for song in similar])


def sonic_path(ask: SubsonicCall) -> dict[str, Any]:
    ends = [ask.track("startSongId"), ask.track("endSongId")]
    start, end = (ask.library.track(track.path, sound=True) or track for track in ends)
    ask.library.tracks.sound_steps([start, end])  # raise if the sound is unknown, as a list would be made anyway
    count = max(2, ask.number("count", 25))
    timeout_s = ask.settings.timeout_s
    playlist = ask.library.playlist(start.path, to=end.path, n=count, jobs=1, timeout_s=timeout_s)
    tracks = [pick.track for pick in playlist.picks]
    return _matches(ask, tracks, [1.0, *ask.library.tracks.sound_steps(tracks)])


def _matches(ask: SubsonicCall, tracks: Sequence[Track], likeness: Sequence[float]) -> dict[str, Any]:
    # The protocol's minimum is 0: dissimilar counts as unrelated.
    songs = zip(ask.songs(tracks), likeness, strict=True)
    return {"sonicMatch": [{"entry": song, "similarity": max(0.0, round(alike, 4))} for song, alike in songs]}
