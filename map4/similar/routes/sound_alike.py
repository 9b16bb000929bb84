"""Similar songs and their artists, for the protocols of music players."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from map4.errors import NothingFoundError
from map4.library import Library
from map4.search import Artist, Catalogue, main_artist_id
from map4.server.settings import ServerSettings
from map4.similar.use import Similar, require_sounds

MOST_OF_ARTIST = 50
"""Number of songs of an artist whose mean is compared with others."""
_SONGS_AN_ARTIST = 10
"""Nearest songs examined per requested artist."""
_MOST_LOOKED_THROUGH = 500


def nearest_to(library: Library, settings: ServerSettings, paths: Sequence[str], count: int) -> Sequence[Similar]:
    """Tracks that sound like given files; NothingFoundError if the library has too few sounds."""
    neighbours = library.similar(paths, n=count, jobs=1, timeout_s=settings.timeout_s)
    require_sounds(neighbours.too_few_sounds)
    return neighbours.similar


def by_artist(songs: Iterable[Similar], besides: str) -> dict[str, list[Similar]]:
    """Songs by artist id, without one artist, nearest artist first."""
    answer: dict[str, list[Similar]] = {}
    for song in songs:
        if song.track.artist() and (key := main_artist_id(song.track)) != besides:
            answer.setdefault(key, []).append(song)
    return answer


def artists_like(
    library: Library, settings: ServerSettings, catalogue: Catalogue, artist: Artist, count: int
) -> list[tuple[Artist, float]]:
    """Artists whose songs are nearest to an artist's, with the similarity of the nearest song; empty if the artist's
    songs are not analysed."""
    paths = [track.path for track in library.tracks.by_id(artist.file_ids[:MOST_OF_ARTIST])]
    most = min(_MOST_LOOKED_THROUGH, count * _SONGS_AN_ARTIST + len(artist.file_ids))
    try:
        songs = nearest_to(library, settings, paths, most)
    except NothingFoundError:
        return []
    known, alike = catalogue.artists, by_artist(songs, artist.id)
    return [(known[key], similar[0].similarity) for key, similar in alike.items() if key in known][:count]
