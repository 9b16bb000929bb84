"""Resolve the tracks that a request names; only tracks of the library, never other files."""

from __future__ import annotations

from collections.abc import Iterable

from map4.core.music.addresses import is_file_id
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.library import Library

MOST_NAMES = 10_000


def track_named(library: Library, name: str) -> Track:
    """The track for an id, a path in the library, the beginning of an audio id, or words.

    For a path outside the library, the error does not reveal whether the file exists.
    """
    if is_file_id(name) or name.startswith(("a1-", "a2-")):
        try:
            return library.tracks.addressed(name).track
        except NothingFoundError:
            if is_file_id(name):
                raise
    if not name.isprintable():
        raise UsageError(f"{name!r} is not a track name; use its id")
    [named] = library.tracks.named([name], whole_paths=True)
    track = named.track or library.track(named.path)
    if track is None:
        raise NothingFoundError(
            f"the library has no track {name!r}; add files with 'map4 scan', or a single file with 'map4 analyze'"
        )
    return track


def tracks_named(library: Library, names: str | Iterable[str]) -> list[Track]:
    """The tracks for several names, in order."""
    given = [names] if isinstance(names, str) else list(names)
    if len(given) > MOST_NAMES:
        raise UsageError(
            f"{len(given):,} tracks are more than the maximum of {MOST_NAMES:,}; use a query or a stored list"
        )
    return [track_named(library, name) for name in given]


def paths_named(library: Library, names: str | Iterable[str]) -> list[str]:
    return [track.path for track in tracks_named(library, names)]
