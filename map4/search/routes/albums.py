"""Albums and artists, from the catalogue that music players also browse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from map4.core.base.records import Count, Record
from map4.core.music.query.in_words import normal_form
from map4.core.music.query.parser import Query
from map4.core.music.track.wording import TrackWords
from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.search.catalogue import Album, Artist, Catalogue
from map4.search.routes.catalogues import Catalogues
from map4.search.routes.found_ids import ids_found, part_of
from map4.server.answers import Responses, unless_known
from map4.server.bodies import BodyShape, Q
from map4.server.libraries import Libraries
from map4.server.route import Route

MOST_AT_ONCE = 500
_SORTS: dict[str, Callable[[Album], tuple[Any, ...]]] = {
    "name": lambda album: (album.words,),
    "artist": lambda album: (album.artist.casefold(), album.year or 0, album.words),
    "year": lambda album: (-(album.year or 0), album.words),
    "added": lambda album: (album.added_at,),
}


class AlbumSummary(Record):
    """An album: the tracks of a folder with the same album name, or of folders that complete each other.

    artist_id: the first album artist; null for a compilation
    cover: a track whose cover is shown; null without any
    """

    id: str
    name: str
    artist: str
    artist_id: str | None
    year: int | None
    tracks: Count
    duration_s: float
    cover: str | None


class AlbumList(Record, kind="albums", members="count from=start albums"):
    """A part of the albums that have matching tracks.

    count: the number of all these albums
    start: the position of the first, from 0
    """

    count: Count
    start: Count
    albums: tuple[AlbumSummary, ...]


class AlbumTracks(Record, kind="album"):
    """An album with the ids of its tracks, in the order of discs and tracks."""

    album: AlbumSummary
    ids: tuple[str, ...]


class ArtistSummary(Record):
    """An artist, with the number of albums and tracks.

    cover: a track whose cover is shown; null without any
    """

    id: str
    name: str
    albums: Count
    tracks: Count
    cover: str | None


class ArtistList(Record, kind="artists", members="count from=start artists"):
    """A part of the artists that have matching tracks, by name.

    count: the number of all these artists
    start: the position of the first, from 0
    """

    count: Count
    start: Count
    artists: tuple[ArtistSummary, ...]


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
    albums = catalogue.albums_of(_matching(library, request)) if query.q else catalogue.albums.values()
    ordered = sorted(albums, key=_SORTS[query.sort], reverse=query.sort == "added")
    return AlbumList(count=len(ordered), start=start, albums=_summaries(library, ordered[start:end]))


def _artists(library: Library, catalogue: Catalogue, request: Request) -> ArtistList:
    query = request.state.query
    start, end = part_of(query, MOST_AT_ONCE, MOST_AT_ONCE)
    artists = list(catalogue.main_artists.values())
    if query.q:
        matching = frozenset(_matching(library, request))
        artists = [artist for artist in artists if not matching.isdisjoint(artist.file_ids)]
    covers = _covers(library, [artist.file_ids[0] for artist in artists[start:end]])
    summaries = tuple(_artist_summary(artist, covers) for artist in artists[start:end])
    return ArtistList(count=len(artists), start=start, artists=summaries)


def _album(library: Library, catalogue: Catalogue, request: Request) -> AlbumTracks:
    album = catalogue.albums.get(catalogue.whole_id(key := request.path_params["id"]))
    if album is None and (file_id := _file_of(library, key)) is not None:
        album = next(iter(catalogue.albums_of([file_id])), None)
    if album is None:
        raise NothingFoundError(f"there is no album '{key}'; it may have been renamed or moved")
    [summary] = _summaries(library, [album])
    return AlbumTracks(album=summary, ids=_songs(library, [album]))


def _artist(library: Library, catalogue: Catalogue, request: Request) -> ArtistTracks:
    artist = catalogue.artists.get(key := request.path_params["id"])
    if artist is None and (file_id := _file_of(library, key)) is not None:
        [track] = library.tracks.by_id([file_id])
        artist = catalogue.artists.get(Artist.main_id(track))
    if artist is None:
        raise NothingFoundError(f"there is no artist '{key}'; it may have been renamed")
    albums = sorted(map(catalogue.albums.__getitem__, artist.album_ids), key=lambda album: album.year or 0)
    own, others = ([album for album in albums if (artist.id in album.whose) is is_own] for is_own in (True, False))
    return ArtistTracks(
        artist=_artist_summary(artist, _covers(library, artist.file_ids[:1])),
        albums=_summaries(library, own),
        appears_on=_summaries(library, others),
        ids=_songs(library, [*own, *others], only=frozenset(artist.file_ids)),
    )


def _matching(library: Library, request: Request) -> Iterable[int]:
    libraries: Libraries = request.app.state.context.libraries
    text = request.state.query.q
    return ids_found(library, libraries, request.state.actor, Query.parse(text), f"{normal_form(text)} sort:", None)[0]


def _file_of(library: Library, address: str) -> int | None:
    return library.tracks.rows_of([address])[0]


def _covers(library: Library, file_ids: list[int]) -> dict[int, str]:
    rows, columns = library.tracks.table_rows(file_ids, ("id", "cover"))
    return {row: str(key) for row, key, has in zip(rows, columns["id"], columns["cover"], strict=True) if has}


def _summaries(library: Library, albums: list[Album]) -> tuple[AlbumSummary, ...]:
    covers = _covers(library, [album.file_ids[0] for album in albums])
    return tuple(
        AlbumSummary(
            id=album.id, name=TrackWords.shown(album.name), artist=TrackWords.shown(album.artist), year=album.year,
            artist_id=next((key for key in album.whose if key in album.artists), None), tracks=len(album.file_ids),
            duration_s=album.duration_s, cover=covers.get(album.file_ids[0]),
        )
        for album in albums
    )  # fmt: skip


def _artist_summary(artist: Artist, covers: dict[int, str]) -> ArtistSummary:
    return ArtistSummary(
        id=artist.id, name=TrackWords.shown(artist.name), albums=len(artist.album_ids),
        tracks=len(artist.file_ids), cover=covers.get(artist.file_ids[0]),
    )  # fmt: skip


def _songs(library: Library, albums: list[Album], only: frozenset[int] | None = None) -> tuple[str, ...]:
    """The ids of the albums' tracks: by album, disc and track."""
    files = [file_id for album in albums for file_id in album.file_ids if only is None or file_id in only]
    columns = library.tracks.table_rows(files, ("id",))[1]
    return tuple(dict.fromkeys(map(str, columns["id"])))


def _answering(make: Callable[[Library, Catalogue, Request], Record]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        context = request.app.state.context
        catalogue = await Catalogues.of(context).made()
        record = await context.libraries.ask(
            lambda library: make(library, catalogue, request).to_record(), request.state.actor
        )
        return unless_known(request, Responses.json(record))

    return answer


_PART: dict[str, tuple[Any, Any]] = {**Q, "from": (int, 0), "to": (int | None, None)}

ROUTES = (
    Route("GET", "/albums", "read",
          "Albums that have matching tracks, sorted by `name`, `artist`, `year` or `added`, newest first.",
          endpoint=_answering(_albums), query=BodyShape.plain("AlbumsQuery", **_PART, sort=(str, "name")),
          answer="albums", example={"sort": "added", "to": 2}),
    Route("GET", "/albums/{id}", "read", "An album, by its id or a track's.", endpoint=_answering(_album),
          answer="album"),
    Route("GET", "/artists", "read", "Artists that have matching tracks, by name.", endpoint=_answering(_artists),
          query=BodyShape.plain("ArtistsQuery", **_PART), answer="artists", example={"to": 2}),
    Route("GET", "/artists/{id}", "read", "An artist, by id or by a track's.", endpoint=_answering(_artist),
          answer="artist"),
)  # fmt: skip
