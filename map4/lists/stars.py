"""Starred songs: a list of each person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from map4.core.base.actor import Actor
from map4.core.base.text import utc_text
from map4.core.music.lists.listed import ListedPick, ListName
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError
from map4.lists.playlists import Playlists


class Stars:
    """The starred songs of the person who uses these lists."""

    AT = "starred_at"
    """The value of an entry that is the time of its star."""

    def __init__(self, lists: Playlists) -> None:
        self._lists = lists

    @staticmethod
    def name_of(actor: Actor) -> str:
        """The name of a person's list of starred tracks."""
        return ListName.starred(None if actor == Actor.LOCAL else actor.name)

    def put(self, named: Sequence[Track], is_starred: bool, when: Mapping[str, str | None] = {}) -> None:
        """Star songs, or remove the stars; missing tracks keep theirs.

        when: times of the stars, by audio id; the default is now
        """
        name, ids = Stars.name_of(self._lists.actor), {track.audio_id for track in named}
        now = utc_text(datetime.now(UTC))
        try:
            entries = self._lists.read_stored(name).entries
        except NothingFoundError:
            entries = ()
        starred = {
            entry.track.audio_id: (entry.track, entry.pick)
            for entry in entries
            if entry.track is not None
            and (is_starred or ids.isdisjoint((entry.track.audio_id, entry.track.as_listed.audio_id)))
        }
        for track in named if is_starred else ():
            starred.setdefault(track.audio_id, (track, ListedPick(starred_at=when.get(track.audio_id or "") or now)))
        tracks, picks = [track for track, _ in starred.values()], [pick for _, pick in starred.values()]
        self._lists.change(name, Tracklist(tracks=tracks, name=name, picks=picks))
