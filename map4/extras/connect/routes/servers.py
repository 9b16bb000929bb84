"""Routes of connected music servers: their state, their jobs, and AudioMuse's similarity API.

The API that AudioMuse's plug-in for Navidrome calls: arrays of similar songs and artists.

Song ids are map4's own or those of a connected server; the response uses the same kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from map4.core.base.actor import LOCAL, NOBODY, Actor
from map4.core.base.text import has_piled_marks, whole_number
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.extras.connect.connected import MusicConnection, checked_connection_name
from map4.extras.connect.mapping import SHOWN
from map4.extras.connect.part import ConnectionsPart
from map4.extras.connect.records import ConnectionStates
from map4.jobs import JobRequest
from map4.jobs.routes.requests import asking
from map4.library import Library
from map4.search import Artist, Catalogue
from map4.search.routes.catalogues import Catalogues
from map4.server.admission import identified, let_in
from map4.server.answers import Responses
from map4.server.bodies import plain_shape
from map4.server.proxies import Proxies
from map4.server.route import RequestInput, Route
from map4.server.settings import ServerSettings
from map4.similar import Similar
from map4.similar.routes import SimilarTracks

MOST = 500
SONGS_AN_ARTIST = 3  # limit per artist in a varied response (`eliminate_duplicates`)
_REPRESENTATIVE = 5
_TRIES = (2, 8, 32)
"""Multiples of the wanted number of neighbours that are read until enough of them are songs of the server."""
_LEAST = 50
Song = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeQuestion:
    """A request for similar songs or artists.

    connections: connections whose song ids are accepted
    is_own: whether map4's own ids are accepted too
    catalogue: artists by id, if artists are requested
    """

    library: Library
    settings: ServerSettings
    connections: Sequence[MusicConnection]
    is_own: bool
    catalogue: Catalogue | None
    parameters: Mapping[str, str]

    # ---- songs

    def similar_tracks(self) -> list[Song]:
        """Songs nearest to a song, nearest first."""
        track, connection = self._named(self._text("item_id"))
        count, is_mixed = self._number("n"), self.parameters.get("eliminate_duplicates", "").lower() == "true"
        songs: list[Song] = []
        for times in _TRIES:
            similar = SimilarTracks.nearest_to(
                self.library, self.settings, [track.path], max(_LEAST, times * count), fresh=True
            )
            songs = list(self._songs(_few_an_artist(similar) if is_mixed else similar, connection))
            if len(songs) >= count or len(similar) < max(_LEAST, times * count):
                break
        return songs[:count]

    def _songs(self, similar: Iterable[Similar], connection: MusicConnection | None) -> Iterator[Song]:
        listed = list(similar)
        ids = self._ids([similar_track.track for similar_track in listed], connection)
        for similar_track in listed:
            if (song := ids.get(similar_track.track.path)) is not None:
                track, apart = similar_track.track, max(0.0, 1.0 - similar_track.similarity)
                names = {"title": track.title(), "author": track.artist(), "album": track.album()}
                yield {
                    "item_id": song,
                    **{name: value or "" for name, value in names.items()},
                    "distance": round(apart, 4),
                }

    def _ids(self, tracks: Sequence[Track], connection: MusicConnection | None) -> Mapping[str, str]:
        """The id of each track by path: map4's own id, or the server's, which lacks some tracks."""
        if connection is None:
            return {track.path: self.library.tracks.address_of(track) for track in tracks}
        known = {track.path: track.audio_id for track in tracks if track.audio_id is not None}
        songs = self.library.part(ConnectionsPart).mapped_song(connection, known.values())
        return {path: songs[audio_id] for path, audio_id in known.items() if audio_id in songs}

    def _named(self, song: str) -> tuple[Track, MusicConnection | None]:
        """The track of an id, and its server; None for map4's own ids."""
        if self.is_own and not song.startswith(("al-", "ar-", "l-")):
            try:
                return self.library.tracks.addressed(song).track, None
            except NothingFoundError:
                pass
        held = [(connection, matched) for connection in self.connections
                if (matched := self.library.part(ConnectionsPart).song(connection, song)) is not None]  # fmt: skip
        if len(held) > 1:
            names = ", ".join(f"/connect/{connection.name}/api" for connection, _ in held)
            raise UsageError(f"several servers have a song '{song[:40]}'; use one of {names}")
        if not held:
            raise NothingFoundError(
                f"there is no song '{song[:40]}'; to update the songs, run 'map4 connect status --match'"
            )
        [(connection, matched)] = held
        if matched.place.audio_id is None:
            raise NothingFoundError(
                f"{matched.song.caption} of {connection.name} matches no track: {matched.place.why}"
            )
        return self.library.tracks.addressed(matched.place.audio_id).track, connection

    # ---- artists

    def similar_artists(self) -> list[dict[str, Any]]:
        """Artists whose songs are nearest to the songs of an artist, with those songs."""
        given = self.parameters.get("artist") or self._text("artist_id")
        own, connection, name = self._songs_of_artist(given)
        count = self._number("n")
        try:
            similar = SimilarTracks.nearest_to(
                self.library, self.settings, [track.path for track in own], max(_LEAST, 10 * count) + len(own)
            )
        except NothingFoundError:  # no song of the artist is analysed
            return []
        wants_songs = self.parameters.get("include_component_matches", "").lower() == "true"
        mine = self._titled(own, connection)
        artists: list[dict[str, Any]] = []
        for songs in SimilarTracks.by_artist(similar, Artist.id_of(name)).values():
            tracks = [song.track for song in songs[:_REPRESENTATIVE]]
            titled = self._titled(tracks, connection)
            if not titled:
                continue
            there = Artist.main_id(tracks[0]) if connection is None else self._artist_there(connection, titled)
            artist: dict[str, Any] = {"artist": tracks[0].artist(), "artist_id": there}
            artist["divergence"] = round(max(0.0, 1.0 - songs[0].similarity), 4)
            if wants_songs:
                matched = {"artist1_representative_songs": mine, "artist2_representative_songs": titled}
                artist["component_matches"] = [matched]
            artists.append(artist)
        return artists[:count]

    def _songs_of_artist(self, given: str) -> tuple[list[Track], MusicConnection | None, str]:
        """Songs of an artist by id or name; the server whose id it is; and the artist's name."""
        for connection in self.connections:
            songs = self.library.part(ConnectionsPart).songs_of_artist(connection, given)
            if songs and (given == songs[0].song.artist_id or not self.is_own):
                ids = dict.fromkeys(song.place.audio_id for song in songs if song.place.audio_id is not None)
                tracks = [
                    self.library.tracks.addressed(address).track
                    for address in list(ids)[: SimilarTracks.MOST_OF_ARTIST]
                ]
                return tracks, connection, songs[0].song.artist or given
        artist: Artist | None = None
        if self.is_own and self.catalogue is not None:
            known = self.catalogue.artists
            artist = known.get(given) or known.get(Artist.id_of(given))
        if artist is None:
            raise NothingFoundError(f"there is no artist '{given[:40]}' with a matched song")
        return list(self.library.tracks.by_id(artist.file_ids[: SimilarTracks.MOST_OF_ARTIST])), None, artist.name

    def _titled(self, tracks: Sequence[Track], connection: MusicConnection | None) -> list[dict[str, str]]:
        ids = self._ids(tracks, connection)
        return [{"item_id": ids[track.path], "title": track.title() or ""} for track in tracks if track.path in ids][
            :_REPRESENTATIVE
        ]

    def _artist_there(self, connection: MusicConnection, titled: Sequence[Mapping[str, str]]) -> str | None:
        """The server's artist id for these songs."""
        songs = (self.library.part(ConnectionsPart).song(connection, song_data["item_id"]) for song_data in titled)
        ids = Counter(song.song.artist_id for song in songs if song is not None and song.song.artist_id)
        return next((there for there, _ in ids.most_common(1)), None)

    # ---- parameters

    def _text(self, name: str) -> str:
        if not self.parameters.get(name):
            raise UsageError(f"the parameter '{name}' is missing")
        return self.parameters[name]

    def _number(self, name: str) -> int:
        given = self.parameters.get(name) or "10"
        if (number := whole_number(given)) is None or number < 1:
            raise UsageError(f"{name} must be a number from 1, not '{given[:20]}'")
        return min(number, MOST)


def _few_an_artist(similar: Iterable[Similar]) -> Iterator[Similar]:
    counts: Counter[str] = Counter()
    for similar_track in similar:
        key = Artist.main_id(similar_track.track)
        counts[key] += 1
        if not similar_track.track.artist() or counts[key] <= SONGS_AN_ARTIST:
            yield similar_track


_READER = Actor(id=NOBODY.id, name=NOBODY.name, scopes=frozenset({"read"}))
"""A machine that a connection is open to: it sees nothing personal."""


async def _answer(ask: Callable[[AlikeQuestion], list[dict[str, Any]]], request: Request) -> Response:
    context, name = request.app.state.context, request.path_params.get("name")
    every = await context.libraries.ask(lambda library: library.part(ConnectionsPart).all(), LOCAL, queue="quick")
    caller = await identified(request, context.callers(request))
    address, matching = Proxies.client_address(request), every
    if name is not None:
        key = checked_connection_name(name)
        matching = [connection for connection in every if connection.name == key]
    is_open = caller is None and "authorization" not in request.headers
    opened = [connection for connection in matching if address in connection.open_to] if is_open else []
    actor = _READER if opened else let_in(request, caller, "read")
    if name is not None and not matching:
        raise NothingFoundError(f"there is no connection '{name}'; to list connections, run 'map4 connect status'")
    parameters = dict(request.query_params)
    if any(has_piled_marks(value) for value in parameters.values()):
        raise UsageError("a character has too many accents; remove them")
    catalogue = await Catalogues.of(context).made() if ask is AlikeQuestion.similar_artists else None
    question = partial(
        AlikeQuestion, settings=context.settings, connections=_named(opened or matching, parameters.get("server")),
        is_own=name is None, catalogue=catalogue, parameters=parameters,
    )  # fmt: skip
    answer = await context.libraries.ask(lambda library: ask(question(library=library)), actor, queue="long")
    return Responses.json(answer)


def _named(connections: list[MusicConnection], server: str | None) -> list[MusicConnection]:
    """The requested connections: newer plug-ins may name a server."""
    named = [connection for connection in connections if server and connection.name == server.strip().lower()]
    return named or list(connections)


def _states(library: Library, request: RequestInput) -> dict[str, Any]:
    parts = library.part(ConnectionsPart)
    states = tuple(parts.status(connection.name, shown=request.query.songs) for connection in parts.all())
    return ConnectionStates(connections=states).to_record()


# The connection decides whether an address needs a token.
_ALIKE = (
    Route("GET", f"{place}/api/{name}", None, about, endpoint=partial(_answer, ask), is_root=True, is_hidden=True)
    for place in ("", "/connect/{name}")
    for name, about, ask in (
        ("similar_tracks", "Similar songs, for AudioMuse's plug-in.", AlikeQuestion.similar_tracks),
        ("similar_artists", "Similar artists, for AudioMuse's plug-in.", AlikeQuestion.similar_artists),
    )
)

ROUTES = (
    Route("GET", "/connections", "read", "Your music servers, as `map4 connect status`.", _states,
          query=plain_shape("ConnectionsQuery", songs=(int, SHOWN)), answer="connections", queue="long",
          cache="each", example={"songs": 3}),
    *_ALIKE,
)  # fmt: skip


def _checked(library: Library, request: RequestInput) -> JobRequest:
    library.part(ConnectionsPart).get(request.body.options.connection)
    return request.body  # type: ignore[no-any-return]


def _push(library: Library, request: RequestInput) -> JobRequest:
    wanted = _checked(library, request)
    if not request.body.options.lists:
        raise UsageError("name the lists to write")
    for name in request.body.options.lists:
        library.lists.find(name)
    return wanted


JOB_ROUTES = (
    asking("map", "/connections/map", "Match songs of a server with tracks, as `map4 connect status --match`. A job.",
           "MapJob", _checked, example={"connection": "none"}),
    asking("pull", "/connections/pull", "Import values from a music server, as `map4 connect pull`. A job.",
           "PullJob", _checked, example={"connection": "none"}),
    asking("push", "/connections/push", "Write lists to a music server, as `map4 connect push`. A job.",
           "PushJob", _push, example={"lists": ["Friday"]}),
)  # fmt: skip
