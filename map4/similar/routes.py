"""Routes for similar tracks, compatibility and mixes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from map4.compare import NamedPair
from map4.core.base.text import utc_text
from map4.core.music.query.terms import read_span
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.lists.routes.playlists import Names
from map4.plays.routes.audio import analysed_upload
from map4.search import Artist, Catalogue, Song, SongSet
from map4.server.bodies import BodyShape
from map4.server.names import paths_named, track_named
from map4.server.route import RequestInput, Route
from map4.server.settings import ServerSettings
from map4.similar.options import SimilarOptions
from map4.similar.use import Similar, require_sounds

T = TypeVar("T")


class SimilarTracks:
    """Tracks and artists like others, for servers of music."""

    MOST_OF_ARTIST = 50
    """Number of songs of an artist whose mean is compared with others."""
    REACH = 5

    @staticmethod
    def nearest_to(
        library: Library, settings: ServerSettings, paths: Sequence[str], count: int, *, fresh: bool = False,
        less: Sequence[str] = (),
    ) -> Sequence[Similar]:  # fmt: skip
        """Tracks that sound like files, each other song once; NothingFoundError if the library has too few sounds.

        fresh: tracks that the account heard lately come after all others that sound alike, and one place
            of `REACH` is for a track that was not played for a year
        less: files that the results should be less like
        """
        lately = library.preferences.recent_plays if fresh else None
        most = count + len(paths) + (0 if lately is None else _SPARE)
        while True:
            neighbours = library.similar(paths, n=most, less=less, jobs=1, timeout_s=settings.timeout_s)
            require_sounds(neighbours.too_few_sounds)
            songs = [song for song in neighbours.similar if not song.same_recording]
            rows = () if lately is None else library.tracks.rows([song.track for song in songs])
            recent = frozenset(library.tracks.paths(lately or "", among=filter(None, rows)))
            lacking = count - len(songs) + len(recent)
            if lacking <= 0 or len(neighbours.similar) < most or len(recent) >= _MOST_LOOKED_THROUGH:
                break
            most += len(recent) + lacking

        def order(song: Similar) -> tuple[bool, str, float]:
            is_skipped = (song.track.skip_count() or 0) > (song.track.play_count() or 0)
            last = (song.track.last_played() or "") if song.track.path in recent else ""  # longest ago first
            return song.similarity <= 0, last, _SKIPPED_COST * is_skipped - song.similarity

        songs = songs if lately is None else sorted(songs, key=order)
        long_ago = utc_text(datetime.now(UTC) - read_span(library.preferences.LONG_AGO.partition("-")[2], "a time"))

        def is_unheard(song: Similar) -> bool:
            return song.similarity > 0 and (song.track.last_played() or "") < long_ago

        return [*(SimilarTracks.reaching(songs, is_unheard) if fresh else songs)][:count]

    @staticmethod
    def reaching(songs: Iterable[T], is_unheard: Callable[[T], bool]) -> Iterator[T]:
        """The songs; after `REACH` - 1 others at most comes one that was not played for a year, if any is left."""
        heard, unheard = deque[tuple[int, T]](), deque[tuple[int, T]]()
        for place, song in enumerate(songs):
            (unheard if is_unheard(song) else heard).append((place, song))
        since = 0
        while heard or unheard:
            is_due = not heard or since == SimilarTracks.REACH - 1
            since = 0 if unheard and (is_due or unheard[0][0] < heard[0][0]) else since + 1
            yield (heard if since else unheard).popleft()[1]

    @staticmethod
    def each_song_once(tracks: Iterable[Track]) -> Iterator[Track]:
        """The tracks without further versions of a song."""
        seen = SongSet()
        return (track for track in tracks if seen.add(Song.of_track(track), track.length_s) is None)

    @staticmethod
    def by_artist(songs: Iterable[Similar], without: str) -> dict[str, list[Similar]]:
        """Songs by artist id, without one artist, nearest artist first."""
        answer: dict[str, list[Similar]] = {}
        for song in songs:
            if song.track.artist() and (key := Artist.main_id(song.track)) != without:
                answer.setdefault(key, []).append(song)
        return answer

    @staticmethod
    def artists_like(
        library: Library, settings: ServerSettings, catalogue: Catalogue, artist: Artist, count: int
    ) -> list[tuple[Artist, float]]:
        """Artists whose songs are nearest to an artist's, with the similarity of the nearest song; empty without
        analysed songs."""
        paths = [track.path for track in library.tracks.by_id(artist.file_ids[: SimilarTracks.MOST_OF_ARTIST])]
        most = min(_MOST_LOOKED_THROUGH, count * _SONGS_AN_ARTIST + len(artist.file_ids))
        try:
            songs = SimilarTracks.nearest_to(library, settings, paths, most)
        except NothingFoundError:
            return []
        known, alike = catalogue.artists, SimilarTracks.by_artist(songs, artist.id)
        return [(known[key], similar[0].similarity) for key, similar in alike.items() if key in known][:count]


_SONGS_AN_ARTIST = 10
"""Nearest songs examined per requested artist."""
_MOST_LOOKED_THROUGH = 500
_SKIPPED_COST = 0.1  # how much less alike a track counts that was skipped more often than heard
_SPARE = 20  # tracks that are read for it


def _similar(library: Library, request: RequestInput) -> dict[str, Any]:
    values = dict(request.body)
    names = values.pop("files", None) or []
    if request.upload is not None and names:
        raise UsageError("send a file, or name tracks ('files'), not both")
    values["less"] = paths_named(library, values.get("less") or ())
    options = SimilarOptions(**values, jobs=1, timeout_s=request.settings.timeout_s)
    if request.upload is not None:
        neighbours = library.similar([analysed_upload(library, request.upload, request.settings)], options)
    elif names:
        neighbours = library.similar(paths_named(library, names), options)
    else:
        raise UsageError('name the tracks to compare with ("files": [id]), or send a file')
    return replace(
        neighbours, ids=tuple(library.tracks.address_of(similar.track) for similar in neighbours.similar)
    ).to_record()


def _compatibility(library: Library, request: RequestInput) -> dict[str, Any]:
    a, b = (track_named(library, request.path[name]) for name in ("a", "b"))
    if a.path == b.path:
        raise UsageError("name two different tracks")
    [pair] = library.compare([a.path, b.path], jobs=1).pairs
    return NamedPair(pair=pair, a=library.tracks.address_of(a), b=library.tracks.address_of(b)).to_record()


ROUTES = (
    Route("POST", "/audio/find-similar", "read",
          "Tracks that sound like given tracks, or like an uploaded file, as `map4 similar`.", _similar,
          body=BodyShape.of(SimilarOptions, "FindSimilar", more={"files": (Names, [])}, make=dict), takes_file=True,
          answer="similar-list", adds=("ids",), queue=lambda request: "read" if request.upload is None else "worker",
          example={"files": ["{a}"], "by": "mix", "n": 2, "less": ["{b}"]}),
    Route("GET", "/compatibility/{a}/{b}", "read", "How well one track mixes into another, and how similar they are.",
          _compatibility, answer="compatibility", cache="alike"),
)  # fmt: skip
