"""Which tracks a request names: those of the library alone, never a file that is not in it."""

from __future__ import annotations

from collections.abc import Iterable

from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.music.addresses import is_file_id
from map4.music.track.track import Track

MOST_NAMES = 10_000


def track_named(library: Library, name: str) -> Track:
    """The track that an id, a path of the library, the beginning of an audio id, or words name.

    Of a path that is not in the library nothing is said of whether there is such a file.
    """
    if is_file_id(name) or name.startswith(("a1-", "a2-")):
        try:
            return library.tracks.addressed(name).track
        except NothingFoundError:
            if is_file_id(name):
                raise
    if not name.isprintable():
        raise UsageError(f"{name!r} is no name of a track; use its id")
    [named] = library.tracks.named([name], whole_paths=True)
    track = named.track or library.track(named.path)
    if track is None:
        raise NothingFoundError(f"the library has no track {name!r}; 'map4 scan' adds files, 'map4 analyze' reads one")
    return track


def tracks_named(library: Library, names: str | Iterable[str]) -> list[Track]:
    """The same of several names, in their order."""
    given = [names] if isinstance(names, str) else list(names)
    if len(given) > MOST_NAMES:
        raise UsageError(f"{len(given):,} tracks are named, and {MOST_NAMES:,} can be; use a query, or a stored list")
    return [track_named(library, name) for name in given]


def paths_named(library: Library, names: str | Iterable[str]) -> list[str]:
    return [track.path for track in tracks_named(library, names)]
