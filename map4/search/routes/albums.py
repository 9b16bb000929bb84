"""Albums and artists, from the catalogue that music players also browse."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import Response

from map4.base.paths import DISC_FOLDER
from map4.base.records import Count, Record
from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.music.query.in_words import normal_form
from map4.music.query.parser import parse_query
from map4.search.catalogue import UNKNOWN_ALBUM, Album, Artist, Catalogue, main_artist_id
from map4.search.routes.catalogues import Catalogues
from map4.search.routes.columns import part_of
from map4.search.routes.found_ids import ids_found
from map4.server.answers import json_response, unless_known
from map4.server.bodies import Q, plain_shape
from map4.server.libraries import Libraries
from map4.server.route import Route

MOST_AT_ONCE, _MOST_FOLDERS = 500, 50  # each folder of an album is compared with every other
_SORTS: dict[str, Callable[[Album], tuple[Any, ...]]] = {
    "name": lambda album: (album.words,),
    "artist": lambda album: (album.artist.casefold(), album.year or 0, album.words),
    "year": lambda album: (-(album.year or 0), album.words),
    "added": lambda album: (album.added_at,),
}
_WHOLE: WeakKeyDictionary[Catalogue, dict[str, Album]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumSummary(Record, members="id name artist artist_id year tracks duration_s cover"):
    """An album: the tracks of a folder with the same album name, or of folders that complete each other.

    artist_id: the first album artist; null for a compilation
    cover: a track whose cover is shown
    """

    id: str
    name: str
    artist: str
    artist_id: str | None
    year: int | None
    tracks: Count
    duration_s: float
    cover: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumList(Record, kind="albums", members="count from=start albums"):
    """A part of the albums that have matching tracks.

    count: the number of all these albums
    start: the position of the first, from 0
    """

    count: Count
    start: Count
    albums: tuple[AlbumSummary, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumTracks(Record, kind="album"):
    """An album with the ids of its tracks, in the order of discs and tracks."""

    album: AlbumSummary
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtistSummary(Record, members="id name albums tracks cover"):
    """An artist, with the number of albums and tracks.

    cover: a track whose cover is shown
    """

    id: str
    name: str
    albums: Count
    tracks: Count
    cover: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtistList(Record, kind="artists", members="count from=start artists"):
    """A part of the artists that have matching tracks, by name.

    count: the number of all these artists
    start: the position of the first, from 0
    """

    count: Count
    start: Count
    artists: tuple[ArtistSummary, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtistTracks(Record, kind="artist"):
    """An artist with own albums, albums they appear on, each oldest first, and the ids of all tracks, by album."""

    artist: ArtistSummary
    albums: tuple[AlbumSummary, ...]
    appears_on: tuple[AlbumSummary, ...]
    ids: tuple[str, ...]


def _albums(library: Library, catalogue: Catalogue, request: Request) -> AlbumList:
    query = request.state.query
    if query.sort not in _SORTS:
        raise UsageError(f"albums can't be sorted by '{query.sort}'; use {', '.join(_SORTS)}")
    start, end = part_of(query, MOST_AT_ONCE, MOST_AT_ONCE)
    whole = _whole(library, catalogue)
    ids = [album.id for album in catalogue.albums_of(_matching(library, request))] if query.q else whole
    ordered = sorted(_joined(whole, ids), key=_SORTS[query.sort], reverse=query.sort == "added")
    return AlbumList(count=len(ordered), start=start, albums=_summaries(library, ordered[start:end]))


def _artists(library: Library, catalogue: Catalogue, request: Request) -> ArtistList:
    query = request.state.query
    start, end = part_of(query, MOST_AT_ONCE, MOST_AT_ONCE)
    artists = list(catalogue.main_artists.values())
    if query.q:
        matching = frozenset(_matching(library, request))
        artists = [artist for artist in artists if not matching.isdisjoint(artist.file_ids)]
    whole, part = _whole(library, catalogue), artists[start:end]
    ids = _ids(library, [artist.file_ids[0] for artist in part])
    return ArtistList(count=len(artists), start=start, artists=tuple(_artist_summary(one, ids, whole) for one in part))


def _album(library: Library, catalogue: Catalogue, request: Request) -> AlbumTracks:
    whole, key = _whole(library, catalogue), request.path_params["id"]
    album = whole.get(key)
    if album is None and (file_id := _file_of(library, key)) is not None:
        album = next((whole[one.id] for one in catalogue.albums_of([file_id])), None)
    if album is None:
        raise NothingFoundError(f"there is no album '{key}'; it may have been renamed or moved")
    [summary] = _summaries(library, [album])
    return AlbumTracks(album=summary, ids=_in_order(library, [album]))


def _artist(library: Library, catalogue: Catalogue, request: Request) -> ArtistTracks:
    artist = catalogue.artists.get(key := request.path_params["id"])
    if artist is None and (file_id := _file_of(library, key)) is not None:
        [track] = library.tracks.by_id([file_id])
        artist = catalogue.artists.get(main_artist_id(track))
    if artist is None:
        raise NothingFoundError(f"there is no artist '{key}'; it may have been renamed")
    whole = _whole(library, catalogue)
    albums = sorted(_joined(whole, artist.album_ids), key=lambda album: album.year or 0)
    own, others = ([album for album in albums if (artist.id in album.whose) is is_own] for is_own in (True, False))
    return ArtistTracks(
        artist=_artist_summary(artist, _ids(library, artist.file_ids[:1]), whole),
        albums=_summaries(library, own),
        appears_on=_summaries(library, others),
        ids=_in_order(library, [*own, *others], only=frozenset(artist.file_ids)),
    )


def _whole(library: Library, catalogue: Catalogue) -> dict[str, Album]:
    """Albums by id: one for the folders with the same name, artists and year, and no common disc and track number."""
    if (known := _WHOLE.get(catalogue)) is not None:
        return known
    alike: dict[Any, list[Album]] = {}
    for album in catalogue.albums.values():
        if album.whose and album.name != UNKNOWN_ALBUM:
            alike.setdefault((album.name.casefold(), *sorted(album.whose)), []).append(album)
    several = [albums for albums in alike.values() if 1 < len(albums) <= _MOST_FOLDERS]
    files = [file_id for albums in several for album in albums for file_id in album.file_ids]
    places = {row: (disc, no) for row, disc, no, *_ in _numbered(library, files) if no}
    whole = dict(catalogue.albums)
    for albums in several:
        parts: list[tuple[Album, set[Any]]] = []
        for album in sorted(albums, key=lambda album: (-len(album.file_ids), album.folder)):
            if None in (own := set(map(places.get, album.file_ids))):
                continue  # a track has no number
            fitting = (part for part in parts if part[1].isdisjoint(own) and len({part[0].year, album.year, None}) < 3)
            one, there = next(fitting, (replace(album, file_ids=[], duration_s=0.0), set()))
            if not there:
                parts.append((one, there))
            there |= own
            one.file_ids += album.file_ids
            one.duration_s += album.duration_s
            one.added_at, one.year = max(one.added_at, album.added_at), one.year or album.year
            whole[album.id] = one
    _WHOLE[catalogue] = whole
    return whole


def _numbered(library: Library, file_ids: list[int]) -> Iterable[tuple[Any, ...]]:
    """Files with disc, number, path and id; a missing disc is the number in the disc folder's name, else 1."""
    rows, columns = library.tracks.table_rows(file_ids, names := ("disc", "track", "path", "id"))
    for row, disc, no, at, key in zip(rows, *map(columns.__getitem__, names), strict=True):
        in_name = DISC_FOLDER.fullmatch(os.path.basename(os.path.dirname(str(at))))
        yield row, disc or (in_name and int(in_name[1])) or 1, no or 0, at, str(key)


def _joined(whole: Mapping[str, Album], ids: Iterable[str]) -> Collection[Album]:
    """The albums with these ids, each once, in order."""
    return {whole[key].id: whole[key] for key in ids}.values()


def _matching(library: Library, request: Request) -> Iterable[int]:
    libraries: Libraries = request.app.state.context.libraries
    text = request.state.query.q
    return ids_found(library, libraries, request.state.actor, parse_query(text), f"{normal_form(text)} sort:", None)[0]


def _file_of(library: Library, address: str) -> int | None:
    return library.tracks.rows_of([address])[0]


def _ids(library: Library, file_ids: list[int]) -> dict[int, str]:
    rows, columns = library.tracks.table_rows(file_ids, ("id",))
    return dict(zip(rows, map(str, columns["id"]), strict=True))


def _summaries(library: Library, albums: list[Album]) -> tuple[AlbumSummary, ...]:
    ids = _ids(library, [album.file_ids[0] for album in albums])
    return tuple(
        AlbumSummary(
            id=album.id, name=album.name, artist=album.artist, year=album.year, tracks=len(album.file_ids),
            artist_id=next((key for key in album.whose if key in album.artists), None),
            duration_s=album.duration_s, cover=ids.get(album.file_ids[0]),
        )
        for album in albums
    )  # fmt: skip


def _artist_summary(artist: Artist, ids: dict[int, str], whole: Mapping[str, Album]) -> ArtistSummary:
    return ArtistSummary(
        id=artist.id, name=artist.name, albums=len(_joined(whole, artist.album_ids)),
        tracks=len(artist.file_ids), cover=ids.get(artist.file_ids[0]),
    )  # fmt: skip


def _in_order(library: Library, albums: list[Album], only: frozenset[int] | None = None) -> tuple[str, ...]:
    """The ids of the albums' tracks: by album, disc and track."""
    album_of = {file_id: place for place, album in enumerate(albums) for file_id in album.file_ids}
    wanted = [file_id for file_id in album_of if only is None or file_id in only]
    places = sorted((album_of[row], *place) for row, *place in _numbered(library, wanted))
    return tuple(dict.fromkeys(key for *_, key in places))


def _answering(make: Callable[[Library, Catalogue, Request], Record]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        context = request.app.state.context
        catalogue = await context.of_library(Catalogues).made()
        record = await context.libraries.ask(
            lambda library: make(library, catalogue, request).to_record(), request.state.actor
        )
        return unless_known(request, json_response(record))

    return answer


_PART: dict[str, tuple[Any, Any]] = {**Q, "from": (int, 0), "to": (int | None, None)}

ROUTES = (
    Route("GET", "/albums", "read",
          "Albums that have matching tracks, sorted by `name`, `artist`, `year` or `added`, newest first.",
          endpoint=_answering(_albums), query=plain_shape("AlbumsQuery", **_PART, sort=(str, "name")),
          answer="albums", example={"sort": "added", "to": 2}),
    Route("GET", "/albums/{id}", "read", "An album, by its id or a track's.", endpoint=_answering(_album),
          answer="album"),
    Route("GET", "/artists", "read", "Artists that have matching tracks, by name.", endpoint=_answering(_artists),
          query=plain_shape("ArtistsQuery", **_PART), answer="artists", example={"to": 2}),
    Route("GET", "/artists/{id}", "read", "An artist, by id or by a track's.", endpoint=_answering(_artist),
          answer="artist"),
)  # fmt: skip
