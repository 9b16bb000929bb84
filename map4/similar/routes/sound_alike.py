"""Songs that sound alike, and whose they are, as the protocols of music players need them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from map4.library import Library
from map4.search import artist_id
from map4.server.settings import ServerSettings
from map4.similar.use import Similar, require_sounds

MOST_OF_ARTIST = 50
"""Songs of an artist to whose mean others are compared."""


def nearest_to(library: Library, settings: ServerSettings, paths: Sequence[str], count: int) -> Sequence[Similar]:
    """What sounds like some files; NothingFoundError where too few sounds are known to tell."""
    found = library.similar(paths, n=count, jobs=1, timeout_s=settings.timeout_s)
    require_sounds(found.too_few_sounds)
    return found.similar


def by_artist(songs: Iterable[Similar], besides: str) -> dict[str, list[Similar]]:
    """Songs by their artist's id, of others than one, the artist of the nearest first."""
    found: dict[str, list[Similar]] = {}
    for one in songs:
        if one.track.artist() and (key := artist_id(one.track.artist())) != besides:
            found.setdefault(key, []).append(one)
    return found
