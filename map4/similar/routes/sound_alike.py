"""Similar songs and their artists, for the protocols of music players."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from map4.library import Library
from map4.search import artist_id
from map4.server.settings import ServerSettings
from map4.similar.use import Similar, require_sounds

MOST_OF_ARTIST = 50
"""Number of songs of an artist whose mean is compared with others."""


def nearest_to(library: Library, settings: ServerSettings, paths: Sequence[str], count: int) -> Sequence[Similar]:
    """Tracks that sound like given files; NothingFoundError if the library has too few sounds."""
    neighbours = library.similar(paths, n=count, jobs=1, timeout_s=settings.timeout_s)
    require_sounds(neighbours.too_few_sounds)
    return neighbours.similar


def by_artist(songs: Iterable[Similar], besides: str) -> dict[str, list[Similar]]:
    """Songs by artist id, without one artist, nearest artist first."""
    answer: dict[str, list[Similar]] = {}
    for song in songs:
        if song.track.artist() and (key := artist_id(song.track.artist())) != besides:
            answer.setdefault(key, []).append(song)
    return answer
