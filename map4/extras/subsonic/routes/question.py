"""A request of the protocol: its parameters and the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from starlette.responses import Response

from map4.core.base.actor import Actor
from map4.core.base.text import utc_text, whole_number
from map4.core.music.query.parser import Query, Term
from map4.core.music.query.terms import Words
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.extras.subsonic.now_playing import NowPlaying
from map4.extras.subsonic.routes.answers import MISSING_PARAMETER, SubsonicError
from map4.extras.subsonic.routes.elements import song
from map4.library import Library
from map4.lists import Stars
from map4.search import Album, Artist, Catalogue
from map4.search.routes.found_ids import ids_found
from map4.server.answers import Responses
from map4.server.libraries import Libraries
from map4.server.settings import ServerSettings

T = TypeVar("T")

MOST = 500  # protocol limit of songs or albums per response
LONG_AGO = "1970-01-01T00:00:00Z"
"""Star time of songs that were added to the list in another way, and change time of unchanged items."""
_MOST_PX = 2_000
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class CatalogueNeededError(Exception):
    """The response needs the catalogue of artists and albums, which must be built first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsonicCall:
    """A request of the protocol.

    library: with the caller's rights
    parameters: all values by name
    libraries: the server's libraries, which cache query results
    known: the catalogue, if already built
    now_playing: reports of players
    """

    library: Library
    parameters: Mapping[str, Sequence[str]]
    settings: ServerSettings
    libraries: Libraries
    known: Catalogue | None
    now_playing: NowPlaying

    def get(self, name: str) -> str | None:
        """A parameter; an empty value counts as missing."""
        return next(iter(self.parameters.get(name, ())), None) or None

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

    def flag(self, name: str) -> bool | None:
        """A boolean in any case, or 0 or 1; None if it is missing."""
        given = self.get(name)
        if given is not None and given.strip().lower() not in _FLAGS:
            raise SubsonicError(f"the parameter '{name}' must be true or false, not '{given[:20]}'")
        return None if given is None else _FLAGS[given.strip().lower()]

    def page(self, size: str, usual: int, offset: str) -> slice:
        start = self.number(offset, 0, 10**9)
        return slice(start, start + self.number(size, usual))

    @property
    def catalogue(self) -> Catalogue:
        if self.known is None:
            raise CatalogueNeededError
        return self.known

    def artist(self, key: str) -> Artist:
        return _item_of(self.catalogue.artists, "artist", key)

    def album(self, key: str) -> Album:
        return _item_of(self.catalogue.albums, "album", self.catalogue.whole_id(key))

    def track_of(self, address: str) -> Track:
        if address.startswith(("al-", "ar-", "l-")):
            raise NothingFoundError(f"'{address}' is not a song")
        return self.library.tracks.addressed(address).track

    def paths_of(self, key: str, most: int) -> list[str]:
        """The files of an artist, album or song."""
        if not key.startswith(("ar-", "al-")):
            return [self.track_of(key).path]
        item = self.artist(key) if key.startswith("ar-") else self.album(key)
        return [track.path for track in self.library.tracks.by_id(item.file_ids[:most])]

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

    @property
    def user(self) -> str:
        """The caller's name; without accounts, the name sent by the player, by which it recognises its own lists."""
        return (self.get("u") or "") if self.library.actor == Actor.LOCAL else self.library.actor.name

    def track(self, name: str = "id") -> Track:
        return self.track_of(self.text(name))

    def songs(self, tracks: Iterable[Track]) -> list[dict[str, Any]]:
        starred, folders = self.starred(), self.library.files.folders()
        tracks, address_of = self.library.tracks.with_album_levels(tracks), self.library.tracks.address_of
        return [song(track, address_of(track), self._album_id_of(track), starred, folders) for track in tracks]

    def _album_id_of(self, track: Track) -> str:
        own = Album.id_of(track.path, track.album())
        return own if self.known is None else self.known.whole_id(own)  # songs don't wait; both ids work

    def songs_of(self, file_ids: Iterable[int]) -> list[dict[str, Any]]:
        return self.songs(self.library.tracks.by_id(file_ids))

    # ---- queries ---------------------------------------------------------------------------------

    def found(self, query: str | Query, most: int | None = None) -> Sequence[int]:
        """The first files in the music folder that match a query, in its order; at most `most`."""
        read, folder = Query.parse(query) if isinstance(query, str) else query, self.folder
        if folder is not None:
            read = read.under(folder)
        form = f"songs {replace(read, text='')}"
        return ids_found(self.library, self.libraries, self.library.actor, read, form, most)[0]

    def best_first(self, query: Query, page: slice) -> Sequence[int]:
        """A part of the matching files, those with the typed words as whole words before those with words that begin
        so."""
        groups = tuple(tuple(map(_whole_words, group)) for group in query.groups)
        if query.sort or groups == query.groups:
            return self.found(query, page.stop)[page]
        exact = self.found(replace(query, groups=groups))
        if page.stop is not None and len(exact) >= page.stop:
            return exact[page]
        known = frozenset(exact)
        most = None if page.stop is None else page.stop + len(exact)
        return [*exact, *(row for row in self.found(query, most) if row not in known)][page]

    # ---- stars, ratings and lists ----------------------------------------------------------------

    @property
    def stars(self) -> str:
        """Name of the caller's list of starred songs."""
        return Stars.name_of(self.library.actor)

    def starred(self) -> dict[str, str]:
        """When each starred song was starred, by id, in the list's order."""
        noted = self.library.lists.noted(self.stars, Stars.AT)
        return {audio_id: str(when or LONG_AGO) for audio_id, when in noted.items()}

    def starred_others(self) -> dict[str, str]:
        """When each starred album and artist was starred, by id, oldest first."""
        return {self.catalogue.whole_id(note.subject): note.at for note in self.library.player_notes.all("star")}

    def star(self, songs: Sequence[Track], others: Iterable[str], is_starred: bool) -> None:
        """Star songs, albums and artists, or remove their stars."""
        keys, notes = {self.catalogue.whole_id(key) for key in others}, self.library.player_notes
        for key in keys if is_starred else ():
            self.artist(key) if key.startswith("ar-") else self.album(key)
        gone = [note.subject for note in notes.all("star") if keys and self.catalogue.whole_id(note.subject) in keys]
        with self.library.at_once():
            for key in keys if is_starred else gone:
                notes.put("star", key) if is_starred else notes.remove("star", key)
            if songs:
                Stars(self.library.lists).put(songs, is_starred)

    def rate(self, track: Track, rating: float | None) -> None:
        """Set the caller's rating of a song, or remove it."""
        with self.libraries.changes.setting(self.library) as note:
            values = {"unset": ["rating"]} if rating is None else {"rating": rating}
            changes = self.library.set([track], **values)
            note(["rating"])
        if problem := next((change.problem for change in changes if change.problem), None):
            raise UsageError(problem)

    def known_list(self, key: str) -> str:
        """The id of a list; names are ambiguous between users."""
        if key not in {stored.id for stored in self.library.lists.stored(is_counted=False)}:
            raise NothingFoundError(f"there is no list '{key}'")
        return key

    def share(self, key: str, *, is_public: bool) -> None:
        """Share a list. Players send the current state for each list, also for other users' lists."""
        [stored] = self.library.lists.stored(name=key)
        me = self.library.actor
        if me.has_account and stored.owner.id == me.id and is_public != (stored.sharing != "private"):
            self.library.lists.share(key, "read" if is_public else "private")

    # ---- files -----------------------------------------------------------------------------------

    def cover(self, path: str, side_px: int) -> Response:
        """The picture of a file; 0 px leaves its size."""
        path = self.settings.inside_music(self.library, path)
        small = self.library.files.cover(path, side_px=min(side_px, _MOST_PX) or None)
        picture = small or self.library.files.cover(path)  # the whole picture if it can't be resized
        if picture is None:
            raise NothingFoundError("it has no picture")
        return Response(picture.data, media_type=picture.media_type, headers={"ETag": Responses.etag(picture.data)})


def _whole(name: str, given: str) -> int:
    if (number := whole_number(given)) is None:
        raise SubsonicError(f"the parameter '{name}' must be a number from 0, not '{given[:20]}'")
    return number


def _whole_words(term: Term) -> Term:
    words = term.condition
    if term.negated or not isinstance(words, Words) or words.how != "start":
        return term
    return replace(term, condition=replace(words, how="phrase"))


def _item_of(known: Mapping[str, T], what: str, key: str) -> T:
    if key not in known:
        raise NothingFoundError(f"there is no {what} '{key}'")
    return known[key]
