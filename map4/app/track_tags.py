"""Tracks with the tags that their files have now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

from map4.app.paths import PathLike
from map4.app.track_resolver import TrackResolver
from map4.domain.track.track import Failure, Track
from map4.errors import ErrorKind, FileError
from map4.infra.audio.source import Source


def tracks_with_tags(files: PathLike | Iterable[PathLike | Track], resolver: TrackResolver) -> Iterator[Track]:
    """The tracks of what is named, each with the tags that stand in its file now.

    A file that the library does not know is a track that is not analysed yet; nothing is analysed. One that can't be
    read, or is no audio, has the failure instead, unless the library knows it.
    """
    for path, given in resolver.open(files).items():
        track = given or resolver.store.tracks.track(path) or Track(path=path, state="pending")
        if os.path.exists(path):
            yield _with_tags_of_file(track)
        elif track.state != "pending":
            yield track
        else:
            yield _failed(track, "vanished", "is not there, nor in the library")


def _with_tags_of_file(track: Track) -> Track:
    # With them comes mutagen, for which a track that is gone need not wait.
    from map4.infra.audio.tags import read_file_tags

    try:
        with Source(track.path):
            pass  # what can't be read would look like a file without tags
    except FileError as error:
        return track if track.state != "pending" else _failed(track, error.kind, error.message)
    return replace(track, tags=read_file_tags(track.path))


def _failed(track: Track, kind: ErrorKind, message: str) -> Track:
    return replace(track, state="failed", failure=Failure(kind=kind, message=message))
