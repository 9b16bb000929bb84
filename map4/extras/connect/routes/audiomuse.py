"""AudioMuse-AI's API: its plug-ins for music servers, and players, find similar songs, paths and mixes here.

`CALLS` is the table of its routes, which are at the root and below /connect/NAME.

Song ids are map4's own or those of a connected server; the response uses the same kind.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate, islice
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from map4.core.base.actor import Actor, Scope
from map4.core.base.text import has_piled_marks, name_key, whole_number, words_of
from map4.core.music.lists.listed import ListName
from map4.core.music.query.parser import Query, Term
from map4.core.music.query.terms import Words
from map4.core.music.track.track import Track
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.extras.connect.connected import MusicConnection, checked_connection_name
from map4.extras.connect.options import PushRequest
from map4.extras.connect.part import ConnectionsPart
from map4.jobs import Job, JobRequest
from map4.library import Library
from map4.search import Artist, Catalogue
from map4.search.routes.catalogues import Catalogues
from map4.search.routes.found_ids import ids_found
from map4.server.admission import Caller
from map4.server.answers import Responses
from map4.server.libraries import Libraries, Queue
from map4.server.problems import problem_of
from map4.server.proxies import Proxies
from map4.server.route import HttpMethod, Route
from map4.server.settings import ServerSettings
from map4.similar import Similar
from map4.similar.routes import SimilarTracks

MOST = 500
SONGS_AN_ARTIST = 3  # limit per artist in a varied response (`eliminate_duplicates`)
OWN = "map4"
"""The name of map4 itself, whose ids are those of the library, among the servers."""
_REPRESENTATIVE = 5
_TRIES = (2, 8, 32)
"""Multiples of the wanted number of neighbours that are read until enough of them are songs of the server."""
_LEAST, _MOST_READ = 25, 1_000
_USUAL_PATH, _USUAL_MIX, _USUAL_LINES = 25, 100, 20
_MOST_PLAYED = 20
_GRID, _SONGS_A_REGION = 8, 200
"""The most regions per side of the map that are shown as clusters, and the most songs of each."""
_TASKS = {"scan": "main_analysis"}
_STATUSES = {
    "pending": "PENDING", "waiting": "PENDING", "processing": "PROGRESS", "completed": "SUCCESS", "failed": "FAILURE",
    "cancelled": "REVOKED",
}  # fmt: skip
"""AudioMuse's names of the kinds and states of jobs."""
Song = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioMuseCall:
    """A request of AudioMuse's API.

    libraries: caches query results
    connections: connections whose song ids are accepted
    is_own: whether map4's own ids are accepted too
    catalogue: artists by id, if the call needs them
    parameters: of the address, the path, and the body
    others: documents of other routes, by address
    """

    library: Library
    libraries: Libraries
    settings: ServerSettings
    connections: Sequence[MusicConnection]
    is_own: bool
    catalogue: Catalogue | None
    parameters: Mapping[str, Any]
    others: Mapping[str, Any]

    # ---- similar songs

    def similar_tracks(self) -> list[Song]:
        """Songs nearest to a song, nearest first."""
        track, there = self._wanted_song()
        return self._alike([track], there, self._number("n"), few=self._is("eliminate_duplicates", usual=True))

    def tree_neighbours(self) -> Mapping[str, Any]:
        """Songs nearest to a song, in the form of AudioMuse's hyperbolic search."""
        track, there = self._wanted_song()
        if self._text("mode", "similar").lower() != "similar":
            raise UsageError("map4 has no tree of sounds; use the mode 'similar'")
        songs = self._alike([track], there, self._number("limit", _USUAL_LINES))
        return {"results": songs, "count": len(songs), "mode": "similar", "seed_item_id": self._text("item_id")}

    def find_path(self) -> Mapping[str, Any]:
        """A list that mixes from a song to another, with the sum of its steps."""
        (start, there), (goal, _) = (self._named(self._text(f"{end}_song_id")) for end in ("start", "end"))
        if start.path == goal.path:
            raise UsageError("Start and end songs cannot be the same.")
        count = max(2, self._number("max_steps", _USUAL_PATH))
        playlist = self.library.playlist(start.path, to=goal.path, n=count, jobs=1, timeout_s=self.settings.timeout_s)
        tracks = [pick.track for pick in playlist.picks]
        far = sum(map(_distance, self.library.tracks.sound_steps(tracks)))
        return {"path": self._rows(tracks, there), "total_distance": round(far, 4)}

    def alchemy(self) -> Mapping[str, Any]:
        """Songs like some songs, artists or lists, and less like others."""
        items = self.parameters.get("items")
        paths: dict[str, list[Track]] = {"ADD": [], "SUBTRACT": []}
        there = None
        for item in items if isinstance(items, list) else ():
            sign = str(item.get("op")).upper() if isinstance(item, dict) else ""
            if sign in paths and item.get("id"):
                tracks, where = self._item(item.get("type") or "song", str(item["id"]))
                paths[sign] += tracks
                there = there or where
        if not paths["ADD"]:
            raise UsageError('name at least one item with "op": "ADD"')
        songs = self._alike(paths["ADD"], there, self._number("n", _USUAL_MIX), less=paths["SUBTRACT"])
        return {"results": songs, "filtered_out": [], "centroid_2d": None, "projection": "none"}

    def _item(self, kind: Any, key: str) -> tuple[list[Track], MusicConnection | None]:
        if kind == "artist":
            return self._songs_of_artist(key)[:2]
        if kind == "playlist":
            return self.library.lists.read_stored(key).tracks()[: SimilarTracks.MOST_OF_ARTIST], self._there
        if kind != "song":
            raise UsageError("map4 has no items of this type; use song, artist or playlist")
        track, there = self._named(key)
        return [track], there

    def sonic_fingerprint(self) -> list[Song]:
        """Songs like those that the account played most, in map4 and on its servers; empty without plays."""
        there, me = self._there, self.library.actor
        names = (me.name, *(each.login for each in self.connections if each.owner == me.id))
        for name in ("jellyfin_user_identifier", "navidrome_user"):
            if (user := self._text(name, "")) and name_key(user) not in map(name_key, names):
                raise UsageError(f"this token can't read the plays of '{user[:40]}'; use a token of that account")
        played = self._found(Query.parse("plays:1.. sort:plays-"), _MOST_PLAYED)[:_MOST_PLAYED]
        tracks = list(self.library.tracks.by_id(played)) if me != _READER else []
        return self._alike(tracks, there, self._number("n", _USUAL_MIX)) if tracks else []

    def _alike(
        self, tracks: Sequence[Track], there: MusicConnection | None, count: int, *, less: Sequence[Track] = (),
        few: bool = True,
    ) -> list[Song]:  # fmt: skip
        """Songs that sound like tracks; with `few`, at most `SONGS_AN_ARTIST` of an artist."""
        songs: list[Song] = []
        for times in _TRIES:
            most = min(max(_LEAST, times * count), max(_MOST_READ, count))
            similar = SimilarTracks.nearest_to(
                self.library, self.settings, [track.path for track in tracks], most, fresh=True,
                less=[track.path for track in less],
            )  # fmt: skip
            # A server may lack some of them.
            chosen = [*islice(_few_an_artist(similar) if few else similar, None if there else count)]
            distances = ({"distance": _distance(song.similarity)} for song in chosen)
            songs = self._rows([song.track for song in chosen], there, distances)
            if len(songs) >= count or len(similar) < most or most >= _MOST_READ:
                break
        return songs[:count]

    # ---- search

    def search_tracks(self) -> list[Song]:
        """Songs by words of artist, title and album, those with the whole words first."""
        text, start = self._text("search_query", ""), self._number("start", 0, least=0, most=10**9)
        parts = [(None, text)] if text else [(name, self._text(name, "")) for name in ("title", "artist")]
        words = [(name, word) for name, part in parts for word in words_of(part).split()]
        end = self._number("end", start + _USUAL_LINES, least=0, most=start + MOST)
        if not words or end <= start:
            return []
        ids: dict[int, None] = {}
        for how in ("phrase", "start"):
            terms = tuple(Term(condition=Words(field=name, text=word, how=how)) for name, word in words)
            ids.update(dict.fromkeys(self._found(Query(groups=(terms,)), None if self._there else end)))
            if len(ids) >= end and not self._there:
                break
        return [*islice(self._light_rows(ids, self._there), start, end)]

    def artist_tracks(self) -> list[Song]:
        """The songs of an artist, by id or name."""
        return self._rows(*self._songs_of_artist(self._text("artist", "") or self._text("artist_id"))[:2])

    def by_words(self) -> Mapping[str, Any]:
        """The results of a query with more than words, in the form of AudioMuse's search of sound by words."""
        query = Query.parse(self._text("query"))
        conditions = [term.condition for group in query.groups for term in group]
        if all(isinstance(each, Words) and each.field is None for each in conditions):
            raise UsageError("map4 can't search sound by words; write a query of map4, such as genre:house energy:7..")
        rows = islice(self._light_rows(self._found(query), self._there), self._number("limit", _USUAL_MIX))
        songs = [{**song, "similarity": 1.0} for song in rows]
        return {"query": self._text("query"), "results": songs, "count": len(songs)}

    # ---- songs by id

    def track(self) -> Song:
        """The names and values of a song."""
        track, there = self._named(self._text("id", "") or self._text("item_id"))
        return self._rows([track], there, [_features(track)])[0]

    def embedding(self) -> Mapping[str, Any]:
        """The sound vector of a song."""
        track, _ = self._named(self._text("id"))
        sound = (self.library.track(track.path, sound=True) or track).analysis
        if sound is None or sound.sound is None:
            raise NothingFoundError("this song has no sound vector: it is silent, short, or not analysed yet")
        return {"item_id": self._text("id"), "embedding": list(sound.sound)}

    # ---- map, clusters and lists

    def map(self) -> Mapping[str, Any]:
        """The map of the sound: songs with their places, 0-1, and a sample of them with `percent`."""
        ids, places, side = self._places()
        step = 100 // max(1, min(100, self._number("percent", _USUAL_PATH, most=100)))
        at = dict(zip(ids, places, strict=True))
        rows = self._light_rows(ids[::step], self._there, lambda row: {
            "embedding_2d": [round(place / side, 4) for place in at[row]], "mood_vector": None, "other_features": None,
        })  # fmt: skip
        songs = [{**song, "artist": song["author"]} for song in rows]
        return {"items": songs, "projection": "map4" if songs else "none"}

    def playlists(self) -> Mapping[str, Any]:
        """The songs of each named region of the map, as the clusters of the server."""
        ids, places, side = self._places()
        regions = [each for each in self.others.get("/map/regions", {}).get("regions", ()) if each["grid"] <= _GRID]
        grid, cells = max((region["grid"] for region in regions), default=1), dict[tuple[int, int], list[int]]()
        for row, (x, y) in zip(ids, places, strict=True):
            cells.setdefault((x * grid // (side + 1), y * grid // (side + 1)), []).append(row)
        clusters, there = dict[str, list[Song]](), self._there
        for region in regions:
            members = cells.get((region["x"] * grid // (side + 1), region["y"] * grid // (side + 1)), [])
            if region["grid"] == grid:
                clusters[region["name"]] = list(self._light_rows(members[:_SONGS_A_REGION], there))
        name = there.name if there else OWN
        server = {"server_id": name, "server_name": name, "is_default": True, "playlists": clusters}
        return {"multi_server": False, "servers": [server] if clusters else []}

    def _places(self) -> tuple[list[int], list[tuple[int, int]], int]:
        """The file ids on the map, their places from 0 to a number, and this number."""
        document = self.others.get("/map")
        if document is None:
            return [], [], 1
        packed = base64.b64decode(document["places"])
        places = [
            (low | (middle & 15) << 8, middle >> 4 | high << 4)
            for low, middle, high in zip(packed[::3], packed[1::3], packed[2::3], strict=True)
        ]
        return [*accumulate(document["rows"])], places, document["side"]

    def create_playlist(self) -> Response:
        """Store a list, and write it to the server that the ids belong to, in a job."""
        name, given = self._text("playlist_name"), self.parameters.get("track_ids") or self.parameters.get("item_ids")
        listed = given if isinstance(given, list) else []
        keys = [each.get("item_id") if isinstance(each, dict) else each for each in listed if each]
        named, skipped = [], 0
        for key in dict.fromkeys(map(str, keys)):
            try:
                named.append(self._named(key))
            except NothingFoundError:
                skipped += 1
        if not named:
            raise UsageError("No valid track IDs were provided to create the playlist")
        lists, there = self.library.lists, named[0][1]
        name = ListName.possible(name)
        lists.save(name, lists.in_order(None, [track for track, _ in named]))
        answer = {"message": f"Playlist '{name}' created ({len(named)} tracks, {skipped} unavailable).",
                  "playlist_id": lists.id_of(name), "mapped": len(named), "skipped": skipped}  # fmt: skip
        if there is not None and there.owner == self.library.actor.id:
            options = PushRequest(lists=[lists.id_of(name)], connection=there.name)
            answer["task_id"] = self.library.jobs.submit(JobRequest(kind="push", options=options)).id
        return Responses.json(answer, 201)

    # ---- the server

    def servers(self) -> Mapping[str, Any]:
        """The connected servers, and map4 itself for its own ids."""
        listed = [(each.name, each.server.type) for each in self.connections] + [(OWN, OWN)] * self.is_own
        default = listed[0][0] if len(listed) <= 2 else None
        return {"servers": [{"server_id": name, "name": name, "server_type": kind, "is_default": name == default}
                            for name, kind in listed], "default_id": default, "multi_server_enabled": True}  # fmt: skip

    def task_status(self) -> Mapping[str, Any]:
        task = _task(self.library.jobs.get(self._text("task_id")))
        return {**task, "state": task["status"], "task_type_from_db": task["task_type"], **task["details"]}

    def last_task(self) -> Mapping[str, Any]:
        none: dict[str, Any] = {"task_id": None, "task_type": None, "status": "NO_PREVIOUS_MAIN_TASK", "details": {}}
        return next(map(_task, self.library.jobs.page(limit=1).jobs), none)

    def active_tasks(self) -> Mapping[str, Any]:
        return next(map(_task, self.library.jobs.page(status=Job.OPEN, limit=1).jobs), {})

    # ---- similar artists

    def similar_artists(self) -> list[dict[str, Any]]:
        """Artists whose songs are nearest to the songs of an artist, with those songs."""
        own, connection, name = self._songs_of_artist(self._text("artist", "") or self._text("artist_id"))
        count = self._number("n")
        try:
            similar = SimilarTracks.nearest_to(
                self.library, self.settings, [track.path for track in own], max(_LEAST, 10 * count) + len(own)
            )
        except NothingFoundError:  # no song of the artist is analysed
            return []
        wants_songs = self._is("include_component_matches", usual=False)
        mine = self._titled(own, connection)
        artists: list[dict[str, Any]] = []
        for songs in SimilarTracks.by_artist(similar, Artist.id_of(name)).values():
            tracks = [song.track for song in songs[:_REPRESENTATIVE]]
            titled = self._titled(tracks, connection)
            if not titled:
                continue
            artist: dict[str, Any] = {"artist": tracks[0].artist(), "artist_id": Artist.main_id(tracks[0])}
            artist["divergence"] = _distance(songs[0].similarity)
            if connection is not None:
                known = self.library.part(ConnectionsPart).song(connection, titled[0]["item_id"])
                artist["artist_id"] = known and known.song.artist_id
            if wants_songs:
                matched = {"artist1_representative_songs": mine, "artist2_representative_songs": titled}
                artist["component_matches"] = [matched]
            artists.append(artist)
        return artists[:count]

    def _songs_of_artist(self, given: str) -> tuple[list[Track], MusicConnection | None, str]:
        """Songs of an artist by id or name; the server whose id it is; and the artist's name."""
        for connection in self.connections:
            songs = self.library.part(ConnectionsPart).songs_of_artist(connection, given)
            if songs and (given == songs[0].song.artist_id or connection == self._there):
                ids = dict.fromkeys(song.place.audio_id for song in songs if song.place.audio_id is not None)
                tracks = [
                    self.library.tracks.addressed(address).track
                    for address in list(ids)[: SimilarTracks.MOST_OF_ARTIST]
                ]
                return tracks, connection, songs[0].song.artist or given
        artist: Artist | None = None
        if self.is_own and self.catalogue is not None:
            known = self.catalogue.artists
            artist = known.get(given) or (known.get(Artist.id_of(given)) if self._there is None else None)
        if artist is None:
            raise NothingFoundError(f"there is no artist '{given[:40]}' with a matched song")
        return list(self.library.tracks.by_id(artist.file_ids[: SimilarTracks.MOST_OF_ARTIST])), None, artist.name

    def _titled(self, tracks: Sequence[Track], connection: MusicConnection | None) -> list[dict[str, str]]:
        songs = self._rows(tracks, connection)[:_REPRESENTATIVE]
        return [{name: song[name] for name in ("item_id", "title")} for song in songs]

    # ---- ids

    @property
    def _there(self) -> MusicConnection | None:
        """The server whose ids are returned where the request has none; None for map4's own ids."""
        mine = [connection for connection in self.connections if connection.owner == self.library.actor.id]
        there = mine or self.connections
        if len(there) > 1:
            names = ", ".join(connection.name for connection in there)
            raise UsageError(f"several servers are connected; add 'server', one of {names}, {OWN}")
        return there[0] if there else None

    def _wanted_song(self) -> tuple[Track, MusicConnection | None]:
        """The song of the id, or of title and artist."""
        title, artist = self._text("title", ""), self._text("artist", "")
        if self.parameters.get("item_id") or not (title and artist):
            return self._named(self._text("item_id"))
        named = (("title", title), ("artist", artist))
        whole = tuple(Term(condition=Words(field=name, text=text, how="whole")) for name, text in named)
        for track in self.library.tracks.by_id(self._found(Query(groups=(whole,)), 1)[:1]):
            return track, self._there
        raise NothingFoundError(f"Track '{title[:80]}' by '{artist[:80]}' not found in the database.")

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

    def _rows(
        self, tracks: Iterable[Track], there: MusicConnection | None, more: Iterable[Mapping[str, Any]] = ()
    ) -> list[Song]:
        """The songs of tracks that the server has, each with more members."""
        rows = self.library.tracks.rows(list(tracks))
        added = dict(zip(rows, more, strict=False))
        return [*self._light_rows(filter(None, rows), there, lambda row: added.get(row, {}))]

    def _light_rows(
        self, file_ids: Iterable[int], there: MusicConnection | None,
        more: Callable[[int], Mapping[str, Any]] = lambda row: {},
    ) -> Iterator[Song]:  # fmt: skip
        """The songs of files that the server has, read without making tracks."""
        each = iter(file_ids)
        while some := [*islice(each, MOST)]:
            rows, columns = self.library.tracks.table_rows(some, ("id", "title", "artist", "album"))
            addresses: Any = columns["id"]
            songs = None if there is None else self.library.part(ConnectionsPart).mapped_song(there, addresses)
            for row, address, title, artist, album in zip(rows, *columns.values(), strict=True):
                if (key := address if songs is None else songs.get(address)) is not None:
                    song = {"item_id": key, "title": title or "", "author": artist or "", "album": album or ""}
                    yield {**song, **more(row)}

    def _found(self, query: Query, most: int | None = None) -> Sequence[int]:
        """The first files that match a query, in its order."""
        form = f"songs {replace(query, text='')}"
        return ids_found(self.library, self.libraries, self.library.actor, query, form, most)[0]

    # ---- parameters

    def _text(self, name: str, usual: str | None = None) -> str:
        given = self.parameters.get(name)
        text = str(given) if isinstance(given, (str, int)) else ""
        if not text and usual is None:
            raise UsageError(f"the parameter '{name}' is missing")
        return text or usual or ""

    def _number(self, name: str, usual: int = 10, *, least: int = 1, most: int = MOST) -> int:
        """A number up to `most`; 0, which plug-ins send for none, is the usual number."""
        given = self._text(name, "0")
        if (number := whole_number(given)) is None:
            raise UsageError(f"{name} must be a number from {least}, not '{given[:20]}'")
        return min(number or usual, most)

    def _is(self, name: str, *, usual: bool) -> bool:
        return self._text(name, str(usual)).lower() == "true"


_READER = Actor(id=Actor.ANONYMOUS.id, name=Actor.ANONYMOUS.name, scopes=frozenset({"read"}))
"""A machine that a connection is open to: it sees nothing personal."""


def _features(track: Track) -> Mapping[str, Any]:
    key, bpm, energy = track.key(), track.bpm(), track.energy()
    tonic, _, scale = (None, None, None) if key is None else key.name.partition(" ")
    return {
        "tempo": bpm and round(bpm, 2), "key": tonic, "scale": scale, "energy": energy and round(energy, 4),
        "year": track.year(), "top_genre": track.genre(), "mood_vector": None, "other_features": None,
    }  # fmt: skip


def _distance(similarity: float) -> float:
    return round(max(0.0, 1.0 - similarity), 4)


def _few_an_artist(similar: Iterable[Similar]) -> Iterator[Similar]:
    counts: Counter[str] = Counter()
    for similar_track in similar:
        key = Artist.main_id(similar_track.track)
        counts[key] += 1
        if not similar_track.track.artist() or counts[key] <= SONGS_AN_ARTIST:
            yield similar_track


def _task(job: Job) -> dict[str, Any]:
    began, ended = (datetime.fromisoformat(at) if at else None for at in (job.started_at, job.finished_at))
    took_s = 0.0 if began is None else ((ended or datetime.now(UTC)) - began).total_seconds()
    message = job.error["message"] if job.error else job.waiting_for or job.current_file or job.status
    return {
        "task_id": job.id, "task_type": _TASKS.get(job.kind, job.kind), "status": _STATUSES[job.status],
        "progress": 100 if job.is_final else round(100 * job.progress), "details": {"status_message": message},
        "running_time_seconds": round(took_s, 1),
    }  # fmt: skip


# ---- the table -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of the API.

    needs: the required right; None for a call without data
    with_artists: whether it needs the catalogue
    reads: routes whose documents it needs, if they exist
    """

    answer: Callable[[AudioMuseCall], Any]
    queue: Queue = "read"
    needs: Scope | None = "read"
    with_artists: bool = False
    reads: tuple[str, ...] = ()


def _given(status: int = 200, /, **answer: Any) -> _Call:
    """A constant response."""
    return _Call(lambda call: Responses.json(answer, status), "quick")


def _refuse(call: AudioMuseCall) -> Any:
    raise UsageError("map4 has no workers, indexes and schedules of AudioMuse to start or set up; see 'map4 jobs'")


_Ask = AudioMuseCall
_CREATE = _Call(_Ask.create_playlist, "write", needs="own")
_FINGERPRINT = _Call(_Ask.sonic_fingerprint, "long")
_MAP = ("/map",)
CALLS: Mapping[tuple[HttpMethod, str], _Call] = {
    # ---- songs
    ("GET", "/api/similar_tracks"): _Call(_Ask.similar_tracks, "long"),
    ("GET", "/api/similar_artists"): _Call(_Ask.similar_artists, "long", with_artists=True),
    ("GET", "/api/max_distance"): _given(max_distance=2.0, farthest_item_id=None),  # 1 less a cosine, at most
    ("GET", "/api/find_path"): _Call(_Ask.find_path, "single"),
    ("POST", "/api/alchemy"): _Call(_Ask.alchemy, "long", with_artists=True),
    ("GET", "/api/sonic_fingerprint/generate"): _FINGERPRINT,
    ("POST", "/api/sonic_fingerprint/generate"): _FINGERPRINT,
    ("POST", "/api/hyperbolic/similar"): _Call(_Ask.tree_neighbours, "long"),
    ("GET", "/api/search_tracks"): _Call(_Ask.search_tracks),
    ("GET", "/api/artist_tracks"): _Call(_Ask.artist_tracks, with_artists=True),
    ("GET", "/api/track"): _Call(_Ask.track),
    ("GET", "/external/get_score"): _Call(_Ask.track),
    ("GET", "/external/get_embedding"): _Call(_Ask.embedding),
    ("GET", "/external/search"): _Call(_Ask.search_tracks),
    ("POST", "/api/clap/search"): _Call(_Ask.by_words),
    ("POST", "/chat/api/chatPlaylist"): _given(response={
        "message": "map4 has no language model here; use a query", "ai_provider_used": "NONE", "query_results": None,
    }),
    # ---- map, clusters and lists
    ("GET", "/api/map"): _Call(_Ask.map, "long", reads=_MAP),
    ("GET", "/api/playlists"): _Call(_Ask.playlists, "long", reads=(*_MAP, "/map/regions")),
    ("POST", "/api/create_playlist"): _CREATE,
    ("POST", "/chat/api/create_playlist"): _CREATE,
    # ---- the server
    ("GET", "/api/health"): replace(_given(status="ok"), needs=None),
    ("GET", "/api/servers"): _Call(_Ask.servers),
    ("GET", "/api/config"): _given(
        max_songs_per_artist=SONGS_AN_ARTIST, path_distance_metric="angular", ai_model_provider="NONE",
        alchemy_default_n_results=_USUAL_MIX, alchemy_max_n_results=MOST,
    ),
    ("GET", "/chat/api/config_defaults"): _given(default_ai_provider="NONE"),
    ("GET", "/api/dashboard/summary"): _given(content={}, workers=[], queue_backlog=[], recent_tasks=[], cron=[]),
    ("GET", "/api/status/{task_id}"): _Call(_Ask.task_status),
    ("GET", "/api/active_tasks"): _Call(_Ask.active_tasks),
    ("GET", "/api/last_task"): _Call(_Ask.last_task),
    # ---- what is off, as on a server where it is off
    ("GET", "/api/map_cache_status"): _given(ok=True, status="ok", buckets={}),
    ("GET", "/api/mood_centroids"): _given(),
    ("GET", "/api/anchors"): _given(anchors=[]),
    ("GET", "/api/radios"): _given(radios=[]),
    ("GET", "/api/clap/top_queries"): _given(queries=[], ready=False, message="CLAP disabled"),
    ("POST", "/api/clap/warmup"): _given(400, error="CLAP text search is disabled", loaded=False),
    ("POST", "/api/lyrics/search/text"): _given(400, error="map4 does not know what lyrics mean", results=[]),
    ("POST", "/api/sem_grove/search"): _given(404, error="map4 has no index of lyrics", results=[]),
    # ---- what administers its workers
    **{
        ("POST", f"/api/{name}"): _Call(_refuse, "quick")
        for name in (
            "analysis/start", "anchors", "build_artist_projection", "cancel/{task_id}", "cancel_all/{task_type}",
            "clap/cache/refresh", "cleaning/start", "clustering/start", "cron", "lyrics/cache/refresh", "radios",
            "radios/run", "rebuild_map_cache", "sem_grove/cache/refresh", "servers", "setup",
        )
    },
}  # fmt: skip
"""The calls of AudioMuse-AI 3.7 that its plug-ins and players make, and map4's response."""


async def _answer(call: _Call, request: Request) -> Response:
    """The response; errors have AudioMuse's member `error` beside those of map4's problems."""
    try:
        return await _answered(call, request)
    except Map4Error as error:
        problem = problem_of(error, request.app.state.context.commands)
        document = msgspec.json.decode(problem.body)
        body = msgspec.json.encode({"error": document["detail"], "results": [], **document})
        headers = {name: value for name, value in problem.headers.items() if name != "content-length"}
        return Response(body, problem.status_code, headers=headers)


async def _answered(call: _Call, request: Request) -> Response:
    context, name = request.app.state.context, request.path_params.get("name")
    every = await context.libraries.ask(lambda library: library.part(ConnectionsPart).all(), Actor.LOCAL, queue="quick")
    matching = every if name is None else [each for each in every if each.name == checked_connection_name(name)]
    opened: list[MusicConnection] = []
    actor = Actor.ANONYMOUS
    if call.needs is not None:
        caller, address = await Caller.identified(request, context.callers(request)), Proxies.client_address(request)
        if caller is None and "authorization" not in request.headers and call.needs == "read":
            opened = [connection for connection in matching if address in connection.open_to]
        actor = _READER if opened else Caller.let_in(request, caller, call.needs)
    if name is not None and not matching:
        raise NothingFoundError(f"there is no connection '{name}'; to list connections, run 'map4 connect status'")
    parameters = {**request.query_params, **await _body(request, actor), **request.path_params}
    if any(has_piled_marks(value) for value in parameters.values() if isinstance(value, str)):
        raise UsageError("a character has too many accents; remove them")
    connections, is_own = opened or matching, name is None
    if server := str(parameters.get("server") or parameters.get("server_id") or ""):
        connections = [each for each in connections if each.name == name_key(server)]
        if not connections and not (is_own and server == OWN):
            raise UsageError(f"Unknown server '{server[:40]}'; see /api/servers")
        is_own = server == OWN
    others = {}
    for path in call.reads:
        if any((route.method, route.path) == ("GET", path) for route in context.routes):
            try:
                others[path] = msgspec.json.decode(await context.answer(path, {}, actor))
            except NothingFoundError:  # too few songs for a map
                break
    make = partial(
        AudioMuseCall, settings=context.settings, libraries=context.libraries, connections=connections, is_own=is_own,
        catalogue=await Catalogues.of(context).made() if call.with_artists else None, parameters=parameters,
        others=others,
    )  # fmt: skip
    answer = await context.libraries.ask(lambda library: call.answer(make(library=library)), actor, queue=call.queue)
    return answer if isinstance(answer, Response) else Responses.json(answer)


async def _body(request: Request, actor: Actor) -> Mapping[str, Any]:
    if request.method != "POST" or not (data := await request.body()):
        return {}
    if actor != _READER:
        await Caller.require_still_admitted(request)
    try:
        body = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise UsageError("Invalid JSON payload")
    return body


# The connection decides whether an address needs a token.
AUDIOMUSE = tuple(
    Route(method, place + path, None, f"AudioMuse: {path}.", endpoint=partial(_answer, call), is_root=True,
          is_hidden=True)
    for place in ("", "/connect/{name}")
    for (method, path), call in CALLS.items()
)  # fmt: skip
