"""Listen to tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.paths import PathLike
    from map4.domain.analysis.audio import ConvertedFormat
    from map4.domain.track.track import Track


class PlayMethods(OpenLibrary):
    """Listen to tracks."""

    def converted(self, track: Track, form: ConvertedFormat, *, timeout_s: float | None = None) -> str:
        """The path of a track's audio as "opus", "mp3" or "wav", in the user's cache folder; it is made only once.

        track: of this library
        timeout_s: as for `scan`
        raises FileError: if its audio was never identified, or can't be decoded
        raises Map4Error: if the cache folder can't be written
        """
        from map4.app.converting import converted
        from map4.infra.files.conversions import Conversions, default_conversions_path

        return converted(
            track,
            form,
            conversions=Conversions(default_conversions_path()),
            lanes=self._scanner.lanes,
            decoder=self._decoder,
            timeout_s=timeout_s,
        )

    def play(self, file: PathLike, place: str | None = None) -> None:
        """Play a track to its end, by a player of this machine.

        file: a file, or a track of the library by its audio id or words (`named`)
        place: where to begin: "1:23", "90s", "bar 33", or a cue point by its kind ("drop", "mix-in") or its name
        raises PlayerError: if there is no player here, or it fails
        raises UsageError: if it is a folder, or the place is none
        raises NothingFoundError: if there is no such file, track, bar or cue point
        raises FileError: if the file can't be read
        """
        from map4.app.playing import play

        play(file, place, store=self._store, names=self._names, decoder=self._decoder)
