"""Play a track, from a place in it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from map4.app.paths import PathLike
from map4.app.track_names import TrackNames
from map4.domain.play_place import place_in_track
from map4.domain.track import Track, display_path
from map4.errors import FileError, NothingFoundError, UsageError
from map4.infra.audio.decoder import load_decoder
from map4.infra.audio.playing import play_file
from map4.infra.audio.source import Source
from map4.infra.sqlite.tracks import TrackStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A file, and from where it is played."""

    path: str
    start_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """Plays tracks of a library, and files besides."""

    store: TrackStore
    names: TrackNames
    decoder: str

    def find(self, file: PathLike, place: str | None) -> Listening:
        """What is to be played, and from where.

        Raises
        ------
        UsageError
            If it is a folder, or the place is none.
        NothingFoundError
            If there is no such file, track, bar or cue point.
        FileError
            If the file can't be read.
        """
        [path] = self.names.paths(file)
        if os.path.isdir(path):
            raise UsageError(f"{display_path(path)} is a folder; name one file")
        try:
            with Source(path):
                pass
        except FileError as error:
            if error.kind == "vanished":
                raise NothingFoundError(f"{display_path(path)} is not there") from None
            raise FileError(error.kind, f"{display_path(path)} {error.message}") from None
        if place is None:
            return Listening(path=path, start_s=0.0)
        track = self.store.track(path, beats=True) or Track(path=path, state="pending")
        return Listening(path=path, start_s=place_in_track(track, place))

    def play(self, listening: Listening) -> None:
        """Play it to its end.

        Raises
        ------
        PlayerError
            If there is nothing here that can play it.
        """
        play_file(listening.path, listening.start_s, open_audio=load_decoder(self.decoder))
