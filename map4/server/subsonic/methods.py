"""What each method of the protocol answers; `METHODS` is the table of them."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from starlette.responses import Response

from map4.app.similar import Similar, require_sounds
from map4.domain.actor import Scope
from map4.domain.analysis.audio import USUAL_KBPS, ConvertedFormat, kbps_within
from map4.domain.catalogue import Album, Artist
from map4.domain.jobs import OPEN
from map4.domain.query.parser import Query, Term, parse_query
from map4.domain.query.terms import Words
from map4.domain.text import words_of
from map4.domain.track.track import Track
from map4.errors import NothingFoundError, QueryError
from map4.server.answers import FileAnswer, etag_of
from map4.server.audio_files import audio_file
from map4.server.libraries import Queue
from map4.server.subsonic.answers import SubsonicError
from map4.server.subsonic.elements import album_element, artist_element
from map4.server.subsonic.lists import (
    create_playlist,
    delete_playlist,
    playlist,
    playlists,
    rate,
    scrobble,
    star,
    starred,
    update_playlist,
)
from map4.server.subsonic.question import SubsonicCall
from map4.server.subsonic.users import token_info, user

Payload = Mapping[str, Any] | Response

T = TypeVar("T")

EXTENSIONS = [{"name": name, "versions": [1]} for name in ("formPost", "apiKeyAuthentication", "sonicSimilarity")]
IGNORED_ARTICLES = ""
_MOST_OF_ARTIST = 50
"""Songs of an artist to whose mean others are compared."""
_FORMS: dict[str, ConvertedFormat] = {"mp3": "mp3", "opus": "opus", "ogg": "opus", "wav": "wav"}
"""Formats that are asked for; any other is not heeded."""
# Lists of albums by the songs that a query finds, the first of each album first.
_ALBUMS_BY_QUERY = {
    "newest": "sort:added-",
    "highest": "rating:1.. sort:rating-",
    "frequent": "plays:1.. sort:plays-",
    "recent": "has:played sort:played-",
}


@dataclass(frozen=True, slots=True)
class SubsonicMethod:
    """A method, what it needs of who asks beside "subsonic", and its queue, which may follow from its parameters."""

    needs: Scope | None
    handler: Callable[[SubsonicCall], Payload]
    queue: Queue | Callable[[Mapping[str, Sequence[str]]], Queue] = "read"


# ---- the server ----------------------------------------------------------------------------------


def _nothing(ask: SubsonicCall) -> Payload:
    return {}


def _folders(ask: SubsonicCall) -> Payload:
    folders = enumerate(ask.library.files.folders())
    return {"musicFolders": {"musicFolder": [{"id": id_, "name": os.path.basename(path)} for id_, path in folders]}}


def _scan_status(ask: SubsonicCall) -> Payload:
    scans = ask.library.jobs.page(kind=["scan"], status=OPEN, limit=1).jobs
    return {"scanStatus": {"scanning": bool(scans), "count": ask.library.count()}}


# ---- browse --------------------------------------------------------------------------------------


def _index(ask: SubsonicCall) -> list[dict[str, Any]]:
    letters: dict[str, list[dict[str, Any]]] = {}
    for artist in ask.catalogue.artists.values():
        first = words_of(artist.name)[:1].upper()
        letters.setdefault(first if first.isalpha() else "#", []).append(artist_element(artist))
    return [{"name": letter, "artist": letters[letter]} for letter in sorted(letters)]


def _artists(ask: SubsonicCall) -> Payload:
    return {"artists": {"ignoredArticles": IGNORED_ARTICLES, "index": _index(ask)}}


def _indexes(ask: SubsonicCall) -> Payload:
    added = max((album.added_at for album in ask.catalogue.albums.values()), default="1970-01-01T00:00:00Z")
    modified = int(datetime.fromisoformat(added).timestamp() * 1000)
    return {"indexes": {"ignoredArticles": IGNORED_ARTICLES, "lastModified": modified, "index": _index(ask)}}


def _found_artist(ask: SubsonicCall, key: str) -> Artist:
    return _one_of(ask.catalogue.artists, "artist", key)


def _found_album(ask: SubsonicCall, key: str) -> Album:
    return _one_of(ask.catalogue.albums, "album", key)


def _one_of(known: Mapping[str, T], what: str, key: str) -> T:
    if key not in known:
        raise NothingFoundError(f"there is no {what} '{key}'")
    return known[key]


def _paths(ask: SubsonicCall, key: str, most: int) -> list[str]:
    """The files of an artist, of an album, or of a song."""
    if not key.startswith(("ar-", "al-")):
        return [ask.track_of(key).path]
    found = _found_artist(ask, key) if key.startswith("ar-") else _found_album(ask, key)
    return [track.path for track in ask.library.tracks.by_id(found.file_ids[:most])]


def _artist(ask: SubsonicCall) -> Payload:
    artist = _found_artist(ask, ask.text("id"))
    albums = sorted((ask.catalogue.albums[one] for one in artist.album_ids), key=lambda one: (one.year or 0, one.name))
    return {"artist": {**artist_element(artist), "album": [album_element(one) for one in albums]}}


def _album(ask: SubsonicCall) -> Payload:
    album = _found_album(ask, ask.text("id"))
    return {"album": {**album_element(album), "song": _songs_of_album(ask, album)}}


def _songs_of_album(ask: SubsonicCall, album: Album) -> list[dict[str, Any]]:
    def place(found: Mapping[str, Any]) -> tuple[str, int, int, str]:
        return os.path.dirname(found["path"]), found["discNumber"] or 0, found["track"] or 0, found["path"]

    return sorted(ask.songs_of(album.file_ids), key=place)


def _directory(ask: SubsonicCall) -> Payload:
    key = ask.text("id")
    if key.startswith("ar-"):
        artist = _found_artist(ask, key)
        albums = [album_element(ask.catalogue.albums[one]) for one in artist.album_ids]
        child = [{**one, "parent": key, "isDir": True, "title": one["name"], "album": one["name"]} for one in albums]
        return {"directory": {"id": key, "name": artist.name, "child": child}}
    album = _found_album(ask, key)
    return {"directory": {"id": key, "name": album.name, "child": _songs_of_album(ask, album)}}


def _song(ask: SubsonicCall) -> Payload:
    return {"song": ask.songs([ask.track()])[0]}


def _genres(ask: SubsonicCall) -> Payload:
    songs = ask.catalogue.genres
    albums = [album.genres for album in ask.catalogue.albums.values()]
    found = [
        {"value": name, "songCount": songs[name], "albumCount": sum(name in one for one in albums)}
        for name in sorted(songs, key=str.casefold)
    ]
    return {"genres": {"genre": found}}


def _album_list(ask: SubsonicCall) -> Payload:
    kind = ask.text("type")
    albums = list(ask.catalogue.albums.values())
    if kind in _ALBUMS_BY_QUERY:
        albums = ask.catalogue.albums_of(ask.library.tracks.ids_at(None, query=_ALBUMS_BY_QUERY[kind])[0])
    elif kind == "random":
        random.shuffle(albums)
    elif kind == "alphabeticalByArtist":
        albums.sort(key=lambda one: words_of(one.artist))
    elif kind == "starred":
        albums = []
    elif kind == "byGenre":
        genre = ask.text("genre")
        albums = [one for one in albums if genre in one.genres]
    elif kind == "byYear":
        first, last = ask.number("fromYear", 0, 9999), ask.number("toYear", 9999, 9999)
        low, high = sorted((first, last))
        albums = sorted((one for one in albums if low <= (one.year or -1) <= high), key=lambda one: one.year or 0)
        albums = albums[::-1] if first > last else albums
    elif kind != "alphabeticalByName":
        raise SubsonicError(f"there is no list of albums '{kind}'")
    return {"albumList2": {"album": [album_element(one) for one in albums[ask.page("size", 10, "offset")]]}}


# ---- songs ---------------------------------------------------------------------------------------


def _genre_query(genre: str) -> str:
    # No query can hold a quotation mark inside of quotes.
    return f'genre:="{genre}"' if '"' not in genre else "genre:" + " genre:".join(words_of(genre).split())


def _by_genre(ask: SubsonicCall) -> Payload:
    ids, _ = ask.library.tracks.ids_at(None, query=_genre_query(ask.text("genre")))
    return {"songsByGenre": {"song": ask.songs_of(ids[ask.page("count", 10, "offset")])}}


def _random(ask: SubsonicCall) -> Payload:
    genre, first, last = ask.get("genre"), ask.number("fromYear", 0, 9999), ask.number("toYear", 0, 9999)
    terms = [_genre_query(genre)] if genre else []
    if first or last:
        terms.append(f"year:{first or ''}..{last or ''}")
    ids, _ = ask.library.tracks.ids_at(None, query=" ".join(terms))
    return {"randomSongs": {"song": ask.songs_of(random.sample(ids, min(ask.number("size", 10), len(ids))))}}


def _search(ask: SubsonicCall) -> Payload:
    # Some programs send two quotation marks for "all", and * behind what has been typed.
    text = " ".join(word.rstrip("*") for word in (ask.get("query") or "").strip('"').split()).strip()
    ids, _ = ask.library.tracks.ids_at(None, query=_query_of(text))
    wanted = words_of(text)
    is_none = bool(text) and not wanted

    def named(found: Iterable[Any]) -> list[Any]:
        if is_none:
            return []
        words = wanted.split()
        return [one for one in found if all(f" {word}" in f" {words_of(one.name)}" for word in words)]

    artists = named(ask.catalogue.artists.values())[ask.page("artistCount", 20, "artistOffset")]
    albums = named(ask.catalogue.albums.values())[ask.page("albumCount", 20, "albumOffset")]
    return {
        "searchResult3": {
            "artist": [artist_element(one) for one in artists],
            "album": [album_element(one) for one in albums],
            "song": ask.songs_of(ids[ask.page("songCount", 20, "songOffset")]),
        }
    }


def _query_of(text: str) -> Query:
    """What was typed, in the query language; as plain words where it is not in it."""
    try:
        return parse_query(text)
    except QueryError:
        words = words_of(text).split()
        return Query(groups=(tuple(Term(condition=Words(field=None, text=word)) for word in words),) if words else ())


# ---- what sounds alike ---------------------------------------------------------------------------


def _similar_songs(ask: SubsonicCall) -> Payload:
    found = _nearest(ask, _paths(ask, ask.text("id"), _MOST_OF_ARTIST), ask.number("count", 50))
    return {"similarSongs2": {"song": ask.songs(one.track for one in found)}}


def _nearest(ask: SubsonicCall, paths: Sequence[str], count: int) -> Sequence[Similar]:
    found = ask.library.similar(paths, n=count, jobs=1, timeout_s=ask.settings.timeout_s)
    require_sounds(found.too_few_sounds)
    return found.similar


def _sonic_tracks(ask: SubsonicCall) -> Payload:
    found = _nearest(ask, [ask.track().path], ask.number("count", 10))
    return _matches(ask, [one.track for one in found], [one.similarity for one in found])


def _sonic_path(ask: SubsonicCall) -> Payload:
    ends = [ask.track("startSongId"), ask.track("endSongId")]
    start, end = (one for track in ends for one in [ask.library.track(track.path, sound=True) or track])
    ask.library.tracks.sound_steps([start, end])  # a list is also made where no sound is known
    count = max(2, ask.number("count", 25))
    timeout_s = ask.settings.timeout_s
    made = ask.library.playlist(start.path, to=end.path, n=count, jobs=1, timeout_s=timeout_s)
    tracks = [pick.track for pick in made.picks]
    return _matches(ask, tracks, [1.0, *ask.library.tracks.sound_steps(tracks)])


def _matches(ask: SubsonicCall, tracks: Sequence[Track], likeness: Sequence[float]) -> Payload:
    # 0 is the least that the protocol knows: what is unlike counts as unrelated.
    songs = zip(ask.songs(tracks), likeness, strict=True)
    return {"sonicMatch": [{"entry": one, "similarity": max(0.0, round(alike, 4))} for one, alike in songs]}


# ---- files ---------------------------------------------------------------------------------------


def _audio(ask: SubsonicCall, form: ConvertedFormat | None, kbps: int | None = None) -> Response:
    path, media_type = audio_file(ask.library, ask.settings, ask.text("id"), form, kbps=kbps)
    return FileAnswer(path, media_type=media_type)


def _stream(ask: SubsonicCall) -> Response:
    """A song as it is, or in another form, with no more bits than are asked for, nor than it has."""
    wanted, most_kbps = ask.get("format"), ask.number("maxBitRate", 0, 10**6) or math.inf
    track = ask.track()
    own_kbps = (track.bit_rate_bps() or math.inf) / 1000
    codec = track.format.codec if track.format is not None else None
    form = _FORMS.get(wanted or "")
    is_form = form is None or codec == {"wav": "pcm"}.get(form, form)
    if wanted == "raw" or (is_form and own_kbps < most_kbps + 0.5):
        return _audio(ask, None)
    if form is None or (form == "wav" and most_kbps < math.inf):
        form = "opus"
    wanted_kbps = most_kbps if most_kbps < math.inf else USUAL_KBPS.get(form, math.inf)
    return _audio(ask, form, kbps_within(form, min(wanted_kbps, own_kbps)))


def _cover(ask: SubsonicCall) -> Payload:
    [path] = _paths(ask, ask.text("id"), 1)
    picture = ask.library.files.cover(ask.settings.inside_music(ask.library, path))
    if picture is None:
        raise NothingFoundError("there is no picture of it")
    return Response(picture.data, media_type=picture.media_type, headers={"ETag": etag_of(picture.data)})


METHODS: dict[str, SubsonicMethod] = {
    "ping": SubsonicMethod("subsonic", _nothing),
    "getLicense": SubsonicMethod("subsonic", lambda ask: {"license": {"valid": True}}),
    "getOpenSubsonicExtensions": SubsonicMethod(None, lambda ask: {"openSubsonicExtensions": EXTENSIONS}),
    "tokenInfo": SubsonicMethod("subsonic", token_info),
    "getUser": SubsonicMethod("subsonic", user),
    "getMusicFolders": SubsonicMethod("read", _folders),
    "getScanStatus": SubsonicMethod("read", _scan_status),
    "getIndexes": SubsonicMethod("read", _indexes),
    "getMusicDirectory": SubsonicMethod("read", _directory),
    "getArtists": SubsonicMethod("read", _artists),
    "getArtist": SubsonicMethod("read", _artist),
    "getAlbum": SubsonicMethod("read", _album),
    "getAlbumList2": SubsonicMethod("read", _album_list),
    "getSong": SubsonicMethod("read", _song),
    "getGenres": SubsonicMethod("read", _genres),
    "getSongsByGenre": SubsonicMethod("read", _by_genre),
    "getRandomSongs": SubsonicMethod("read", _random),
    "search3": SubsonicMethod("read", _search),
    "getSimilarSongs2": SubsonicMethod("read", _similar_songs, "long"),
    "getSonicSimilarTracks": SubsonicMethod("read", _sonic_tracks, "long"),
    "findSonicPath": SubsonicMethod("read", _sonic_path, "long"),
    "stream": SubsonicMethod(
        "read",
        _stream,
        lambda given: "worker" if {"format", "maxBitRate"} & {*given} else "read",
    ),
    "download": SubsonicMethod("read", lambda ask: _audio(ask, None)),
    "getCoverArt": SubsonicMethod("read", _cover),
    "getPlaylists": SubsonicMethod("read", playlists),
    "getPlaylist": SubsonicMethod("read", playlist),
    "createPlaylist": SubsonicMethod("own", create_playlist, "write"),
    "updatePlaylist": SubsonicMethod("own", update_playlist, "write"),
    "deletePlaylist": SubsonicMethod("own", delete_playlist, "write"),
    "star": SubsonicMethod("own", lambda ask: star(ask, True), "write"),
    "unstar": SubsonicMethod("own", lambda ask: star(ask, False), "write"),
    "getStarred2": SubsonicMethod("read", starred),
    "setRating": SubsonicMethod("own", rate, "write"),
    "scrobble": SubsonicMethod("read", scrobble, "write"),
}
