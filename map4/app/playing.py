"""Play a track, from a place in it."""

from __future__ import annotations

import os

from map4.app.name_resolver import NameResolver
from map4.app.paths import PathLike
from map4.domain.play_place import place_in_track
from map4.domain.track.track import Track, display_path
from map4.errors import FileError, NothingFoundError, UsageError
from map4.infra.audio.decoder import load_decoder
from map4.infra.audio.playing import play_file
from map4.infra.audio.source import Source


def play(file: PathLike, place: str | None, names: NameResolver, *, decoder: str) -> None:
    """Play a track of a library, or a file besides, to its end; see `map4.Library.play`."""
    [path] = names.paths(file)
    if os.path.isdir(path):
        raise UsageError(f"{display_path(path)} is a folder; name one file")
    try:
        with Source(path):
            pass
    except FileError as error:
        if error.kind == "vanished":
            raise NothingFoundError(f"{display_path(path)} is not there") from None
        raise FileError(error.kind, f"{display_path(path)} {error.message}") from None
    start_s = 0.0
    if place is not None:
        start_s = place_in_track(names.store.tracks.track(path, beats=True) or Track(path=path, state="pending"), place)
    play_file(path, start_s, open_audio=load_decoder(decoder))
