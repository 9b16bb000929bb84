"""A request of the protocol: its parameters and the library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from map4.base.actor import LOCAL
from map4.base.text import utc_text, whole_number
from map4.errors import NothingFoundError
from map4.extras.shared.routes.player_call import PlayerCall
from map4.extras.subsonic.routes.answers import MISSING_PARAMETER, SubsonicError
from map4.extras.subsonic.routes.elements import song
from map4.music.query.parser import Query, Term, parse_query
from map4.music.query.terms import Under
from map4.music.track.track import Track
from map4.search import Catalogue, album_id

MOST = 500
"""Protocol limit of songs or albums per response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsonicCall(PlayerCall):
    """A request of the protocol."""

    @property
    def now(self) -> str:
        return utc_text(datetime.now(UTC))

    @property
    def folder(self) -> str | None:
        """The requested music folder; None for all."""
        if self.get("musicFolderId") is None:
            return None
        number, folders = self.number("musicFolderId", 0, 10**6), self.library.files.folders()
        if number >= len(folders):
            raise NothingFoundError(f"there is no music folder {number}; see 'getMusicFolders'")
        return folders[number]

    @property
    def in_folder(self) -> Catalogue:
        """The catalogue of the requested music folder."""
        return self.catalogue.within(self.folder)

    def found(self, query: str | Query, most: int | None = None) -> Sequence[int]:
        """The files in the music folder that match a query, in its order.

        most: only the first ones are needed
        """
        read, folder = parse_query(query) if isinstance(query, str) else query, self.folder
        if folder is not None:
            inside = Term(condition=Under(path=folder))
            read = replace(read, groups=tuple((*group, inside) for group in read.groups or ((),)))
        return PlayerCall.found(self, read, most)

    @property
    def user(self) -> str:
        """The caller's name; without accounts, the name sent by the player, by which it recognises its own lists."""
        return (self.get("u") or "") if self.library.actor == LOCAL else self.library.actor.name

    def text(self, name: str) -> str:
        """A required parameter."""
        value = self.get(name)
        if value is None:
            raise SubsonicError(f"the parameter '{name}' is missing", MISSING_PARAMETER)
        return value

    def number(self, name: str, usual: int, most: int = MOST) -> int:
        """A whole number from 0, capped at the limit."""
        given = self.get(name)
        return usual if given is None else min(_whole(name, given), most)

    def numbers(self, name: str) -> set[int]:
        """Whole numbers of a repeatable parameter; see `number`."""
        return {_whole(name, given) for given in self.parameters.get(name, ())}

    def page(self, size: str, usual: int, offset: str) -> slice:
        start = self.number(offset, 0, 10**9)
        return slice(start, start + self.number(size, usual))

    def track(self, name: str = "id") -> Track:
        return self.track_of(self.text(name))

    def songs(self, tracks: Iterable[Track]) -> list[dict[str, Any]]:
        starred, folders = self.starred(), self.library.files.folders()
        tracks, address_of = self.library.tracks.with_album_levels(tracks), self.library.tracks.address_of
        return [song(track, address_of(track), self._album_id_of(track), starred, folders) for track in tracks]

    def _album_id_of(self, track: Track) -> str:
        own = album_id(track.path, track.album())
        return own if self.known is None else self.known.whole_id(own)  # songs don't wait; both ids work

    def songs_of(self, file_ids: Iterable[int]) -> list[dict[str, Any]]:
        return self.songs(self.library.tracks.by_id(file_ids))


def _whole(name: str, given: str) -> int:
    if (number := whole_number(given)) is None:
        raise SubsonicError(f"the parameter '{name}' must be a number from 0, not '{given[:20]}'")
    return number
