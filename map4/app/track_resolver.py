"""The tracks of files that a caller names: those the library knows, the others analysed for this answer alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from map4.app.expand_files import expand_files
from map4.app.name_resolver import NameResolver
from map4.app.paths import PathLike
from map4.domain.track.track import Track
from map4.ports.store.store import Store

if TYPE_CHECKING:
    from map4.app.scan.scanner import Scanner
    from map4.selection.matching.resolved_playlist import ResolvedPlaylist

OnTrack = Callable[[Track], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackResolver:
    """Finds the tracks of files that a caller names. Nothing is written.

    scanner: gives what analyses files, where there are any
    names: finds out which files are meant
    read_list: reads a playlist and looks it up in the library
    """

    store: Store
    scanner: Callable[[], Scanner]
    names: NameResolver
    read_list: Callable[[str], ResolvedPlaylist]

    def open(self, files: PathLike | Iterable[PathLike | Track]) -> dict[str, Track | None]:
        """What is named, each path once and in order, folders and playlists opened; None where no track was given."""
        named: dict[str, Track | None] = {}
        for file in [files] if isinstance(files, (str, bytes, os.PathLike)) else files:
            if isinstance(file, Track):
                named.setdefault(file.path, file)
            else:
                paths = [path for meant in self.names.paths(file) for path in expand_files(meant, self.read_list)]
                named |= {path: None for path in paths if path not in named}
        return named

    def resolve(
        self,
        paths: Iterable[str],
        *,
        jobs: int | None = None,
        timeout_s: float | None = None,
        on_track: OnTrack | None = None,
    ) -> dict[str, Track]:
        """The tracks of files by path, analysed where the library has no analysis of what is there now.

        A file that is gone, or on a drive that is not there, is still known by its numbers.

        paths: absolute
        jobs, timeout_s: as for a scan
        on_track: called with each track as soon as it is read, which may take a second each
        """
        every = list(paths)
        found = {path: track for path in every if not os.path.exists(path) and (track := self._analysed(path))}
        there = [path for path in every if path not in found]
        if not there:
            return found
        from map4.app.scan.options import AnalyzeOptions

        options = AnalyzeOptions(jobs=jobs, timeout_s=timeout_s, store=False)
        for track in self.scanner().analyze(there, options):
            found[track.path] = track
            if on_track is not None:
                on_track(track)
        return found

    def with_sound(self, track: Track) -> Track:
        """The same with its sound vector and fingerprint, where the library has them."""
        if track.audio_id is None or track.analysis is None or not track.cached:
            return track
        stored = self.store.tracks.analysis(track.audio_id)
        return track if stored is None else replace(track, analysis=stored)

    def _analysed(self, path: str) -> Track | None:
        track = self.store.tracks.track(path)
        return track if track is not None and track.analysis is not None else None
