"""Artists, albums, folders and genres for browsing."""

from __future__ import annotations

import os
import random
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from starlette.responses import Response

from map4.extras.subsonic.routes.answers import MEDIA_TYPES, SubsonicError, answer
from map4.extras.subsonic.routes.elements import album_as_folder, album_element, artist_element, roles_of
from map4.extras.subsonic.routes.question import LONG_AGO, SubsonicCall
from map4.search import Album, Artist, Catalogue
from map4.server.answers import Responses
from map4.similar.routes import SimilarTracks

Payload = Mapping[str, Any]
AlbumForm = Callable[[Album, Mapping[str, str]], dict[str, Any]]

# Queries whose songs, in order, determine these lists of albums.
_ALBUMS_BY_QUERY = {
    "highest": "rating:1.. sort:rating-",
    "frequent": "plays:1.. sort:plays-",
    "recent": "has:played sort:played-",
}


def folders(ask: SubsonicCall) -> Payload:
    folders = enumerate(ask.library.files.folders())
    return {"musicFolders": {"musicFolder": [{"id": id_, "name": os.path.basename(path)} for id_, path in folders]}}


def _index(ask: SubsonicCall) -> list[dict[str, Any]]:
    letters: dict[str, list[dict[str, Any]]] = {}
    starred = ask.starred_others()
    for artist in ask.in_folder.album_artists.values():
        first = artist.order[:1].upper()  # a base letter; ideographs would have one artist each
        is_letter = first.isalpha() and not unicodedata.name(first, "CJK").startswith("CJK")
        letters.setdefault(first if is_letter else "#", []).append(artist_element(artist, starred))
    return [{"name": letter, "artist": letters[letter]} for letter in sorted(letters)]


def artists(ask: SubsonicCall) -> Payload | Response:
    return _answer_of_all(
        ask, "artists", lambda: {"ignoredArticles": " ".join(ask.catalogue.articles), "index": _index(ask)}
    )


def indexes(ask: SubsonicCall) -> Payload | Response:
    """Like `artists`, but short if nothing changed since the player's last request."""
    modified = int(datetime.fromisoformat(ask.catalogue.added_at or LONG_AGO).timestamp() * 1000)
    head = {"ignoredArticles": " ".join(ask.catalogue.articles), "lastModified": modified}
    if ask.number("ifModifiedSince", 0, 10**15) >= modified > 0:
        return {"indexes": {**head, "index": []}}
    return _answer_of_all(ask, "indexes", lambda: {**head, "index": _index(ask)})


_CACHES: WeakKeyDictionary[Catalogue, dict[tuple[str, str], bytes]] = WeakKeyDictionary()
"""Responses with all artists as bytes, shared by all users without starred artists."""


def _answer_of_all(ask: SubsonicCall, name: str, build: Callable[[], Payload]) -> Payload | Response:
    """A response with all artists: a megabyte in a large library, requested at each start of a player."""
    if any(key.startswith("ar-") for key in ask.starred_others()):
        return {name: build()}
    form = ask.get("f") or "xml"
    cache = _CACHES.setdefault(ask.in_folder, {})
    body = cache.get((name, form))
    if body is None:
        body = cache[name, form] = bytes(answer({name: build()}, form).body)
    return Response(body, media_type=MEDIA_TYPES[form], headers={"ETag": Responses.etag(body)})


def artist(ask: SubsonicCall) -> Payload:
    artist, starred = ask.artist(ask.text("id")), ask.starred_others()
    # Own albums first; players show the others as albums that the artist appears on.
    albums = sorted(
        (ask.catalogue.albums[album_id] for album_id in artist.album_ids),
        key=lambda album: (artist.id not in album.whose, album.year or 0, album.name),
    )
    album_elements = [album_element(album, starred) for album in albums]
    return {"artist": {**artist_element(artist, starred), "roles": roles_of(artist), "album": album_elements}}


def album(ask: SubsonicCall) -> Payload:
    album = ask.album(ask.text("id"))
    return {"album": {**album_element(album, ask.starred_others()), "song": ask.songs_of(album.file_ids)}}


def directory(ask: SubsonicCall) -> Payload:
    key, starred = ask.text("id"), ask.starred_others()
    if key.startswith("ar-"):
        artist = ask.artist(key)
        child = [
            {**album_as_folder(ask.catalogue.albums[album_id], starred), "parent": key} for album_id in artist.album_ids
        ]
        return {"directory": {"id": key, "name": artist.name, "child": child}}
    of_album = ask.album(key)
    return {"directory": {"id": key, "name": of_album.name, "child": ask.songs_of(of_album.file_ids)}}


def genres(ask: SubsonicCall) -> Payload:
    songs, albums = ask.catalogue.genres, ask.catalogue.albums_of_genre
    genres = [
        {"value": name, "songCount": songs[name], "albumCount": albums[name]}
        for name in sorted(songs, key=str.casefold)
    ]
    return {"genres": {"genre": genres}}


def _albums_listed(ask: SubsonicCall) -> Iterable[Album]:
    kind, known = ask.text("type"), ask.in_folder
    if kind == "newest":
        return known.newest
    if kind == "alphabeticalByName":
        return known.albums.values()
    if kind == "alphabeticalByArtist":
        return known.albums_by_artist
    if kind == "random":
        return _shuffled([*known.albums.values()])
    if kind == "starred":
        return (known.albums[key] for key in ask.starred_others() if key in known.albums)
    if kind == "byGenre":
        genre = ask.text("genre")
        return (album for album in known.albums.values() if genre in album.genres)
    if kind == "byYear":
        first, last = ask.number("fromYear", 0, 9999), ask.number("toYear", 9999, 9999)
        low, high = sorted((first, last))
        albums = (album for album in known.albums.values() if low <= (album.year or -1) <= high)
        return sorted(albums, key=lambda album: album.year or 0, reverse=first > last)
    if kind not in _ALBUMS_BY_QUERY:
        raise SubsonicError(f"there is no list of albums '{kind}'")
    return known.albums_of(ask.found(_ALBUMS_BY_QUERY[kind]))


def _shuffled(albums: list[Album]) -> Iterator[Album]:
    while albums:
        place = random.randrange(len(albums))
        albums[place], albums[-1] = albums[-1], albums[place]
        yield albums.pop()


def album_list(ask: SubsonicCall, name: str = "albumList2", form: AlbumForm = album_element) -> Payload:
    page, starred = ask.page("size", 10, "offset"), ask.starred_others()
    albums = islice(_albums_listed(ask), page.start, page.stop)
    return {name: {"album": [form(album, starred) for album in albums]}}


def starred(ask: SubsonicCall, name: str = "starred2", form: AlbumForm = album_element) -> Payload:
    when, known = ask.starred_others(), ask.catalogue
    artists = [artist_element(known.artists[key], when) for key in when if key in known.artists]
    albums = [form(known.albums[key], when) for key in when if key in known.albums]
    return {name: {"artist": artists, "album": albums, "song": ask.songs(map(ask.track_of, ask.starred()))}}


def artist_info(ask: SubsonicCall, name: str = "artistInfo2") -> Payload:
    """Similar artists; map4 has no biographies."""
    key, count = ask.text("id"), ask.number("count", 20)
    if not key.startswith("ar-"):
        key = next(iter(ask.album(key).artists)) if key.startswith("al-") else Artist.main_id(ask.track())
    artist = ask.artist(key)
    alike = SimilarTracks.artists_like(ask.library, ask.settings, ask.catalogue, artist, count) if count else ()
    starred = ask.starred_others()
    return {name: {"similarArtist": [artist_element(artist, starred) for artist, _ in alike]}}


def album_info(ask: SubsonicCall) -> Payload:
    """An empty element for an existing album: map4 has no album texts."""
    key = ask.text("id")
    ask.album(key) if key.startswith("al-") else ask.track()
    return {"albumInfo": {}}
