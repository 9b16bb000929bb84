"""Resolve files that a caller names to tracks: known to the library, or analysed only for this answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from map4 import formats, scan
from map4.core.audio.source import AudioSource
from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import Paths, as_paths, display_path
from map4.core.music.track.track import Failure, Track
from map4.core.store.sql_store import Store
from map4.errors import ErrorKind, FileError, Map4Error, NothingFoundError, UsageError
from map4.search import PLAYLIST_EXTENSIONS, NameResolver

if TYPE_CHECKING:
    from map4.scan.scan import Scanner
    from map4.search import ResolvedPlaylist

OnTrack = Callable[[Track], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackResolver:
    """Resolves files to tracks. Nothing is written.

    scanner: returns the scanner that analyses unknown files
    names: resolves names to files
    read_list: reads a playlist and looks it up in the library
    """

    store: Store
    scanner: Callable[[], Scanner]
    names: NameResolver
    read_list: Callable[[str], ResolvedPlaylist]

    def open(self, files: Paths) -> dict[str, Track | None]:
        """Expand folders and playlists: path -> given track or None, each path once and in order."""
        named: dict[str, Track | None] = {}
        for file in as_paths(files):
            if isinstance(file, Track):
                named.setdefault(file.path, file)
            else:
                paths = [path for meant in self.names.paths(file) for path in expand_files(meant, self.read_list)]
                named |= {path: None for path in paths if path not in named}
        return named

    def open_some(self, files: Paths, wanted: str) -> dict[str, Track | None]:
        """Like `open`; raises UsageError with `wanted` without files, and NothingFoundError if they have no audio."""
        if not (files := as_paths(files)):
            raise UsageError(wanted)
        if named := self.open(files):
            return named
        raise NothingFoundError("no audio files found there")

    def resolve(
        self,
        paths: Iterable[str],
        *,
        jobs: int | None = None,
        timeout_s: float | None = None,
        on_track: OnTrack | None = None,
    ) -> dict[str, Track]:
        """Return the tracks of files by path, analysed if the library has no analysis of the current file.

        A file that is gone, or on an absent drive, is returned with its stored values.

        paths: absolute
        jobs, timeout_s: as for a scan
        on_track: called with each track once it is read, which may take a second each
        """
        every, tracks = list(paths), dict[str, Track]()
        there = {path for path in every if os.path.exists(path)}
        for path, file in self.store.tracks.known_finder()(every).items():
            if (path not in there or file.is_current(path)) and (track := self._analysed(path)) is not None:
                tracks[path] = track
        read: Iterable[Track] = [track for path, track in tracks.items() if path in there]
        if unread := [path for path in every if path not in tracks]:
            options = scan.AnalyzeOptions(jobs=jobs, timeout_s=timeout_s, store=False)
            read = chain(read, self.scanner().analyze(unread, options))
        for track in read:
            tracks[track.path] = track
            if on_track is not None:
                on_track(track)
        return tracks

    @staticmethod
    def require_analysed(paths: Sequence[str], tracks: Mapping[str, Track], use: str) -> dict[str, Track]:
        """Return the tracks of named files, by path.

        use: the purpose in the message, such as "mixed"
        raises NothingFoundError: if a file is unknown or has vanished
        raises Map4Error: if a file was not analysed
        """
        for path in paths:
            track = tracks.get(path)
            if track is None:
                raise NothingFoundError(f"{display_path(path)} is not an audio file and not in the library")
            if track.analysis is None:
                why = track.failure.message if track.failure else "it was not analysed"
                if track.failure is not None and track.failure.kind == "vanished":
                    raise NothingFoundError(f"{display_path(path)} {why}")
                raise Map4Error(f"{display_path(path)} can't be {use}: {why}")
        return {path: tracks[path] for path in paths}

    def with_sound(self, track: Track) -> Track:
        """Return the track with its sound vector and fingerprint, where the library has them."""
        if track.audio_id is None or track.analysis is None or not track.cached:
            return track
        stored = self.store.tracks.analysis(track.audio_id)
        return track if stored is None else replace(track, analysis=stored)

    def _analysed(self, path: str) -> Track | None:
        track = self.store.tracks.track(path)
        return track if track is not None and track.analysis is not None else None


def expand_files(path: str, read: Callable[[str], ResolvedPlaylist]) -> list[str]:
    """Expand folders and playlists.

    path: absolute; a file (of any suffix), a folder (its audio files, sub-folders included, by path), or a
        playlist (its entries in order, whether they exist or not; streams are left out)
    read: reads a playlist and looks it up in the library, as `Playlists.read` does
    """
    if os.path.isdir(path):
        return sorted(file.path for file in scan.DiskFiles().walk([path], scan.ScanOptions().of_walk()))
    if os.path.splitext(path)[1].lower().lstrip(".") in PLAYLIST_EXTENSIONS:
        return list(_entries(path, read))
    return [path]


def _entries(playlist: str, read: Callable[[str], ResolvedPlaylist]) -> Iterator[str]:
    try:
        resolved = read(playlist)
    except NothingFoundError:
        raise UsageError(f"there is no playlist {display_path(playlist)}") from None
    except formats.PlaylistReadError as error:
        raise UsageError(str(error)) from None
    folder = os.path.dirname(os.path.realpath(playlist))
    for entry in resolved.entries:
        if entry.status != "url":
            known = entry.track.path if entry.track is not None and entry.status in ("found", "gone") else None
            readings = [
                reading for location in entry.entry.locations for reading in PathMaps().inward(location, folder)
            ]
            paths = [reading for reading in readings if "\0" not in reading]
            there = next((path for path in paths if path == known or os.path.exists(path)), None)
            yield from [path for path in (there, known, *paths[:1]) if path is not None][:1]


def tracks_with_tags(files: Paths, resolver: TrackResolver) -> Iterator[Track]:
    """Yield the tracks of files with the tags that the files have now.

    An unknown file becomes a track that is not analysed yet; nothing is analysed. A file that can't be read or is not
    audio has the failure instead, unless the library knows it.
    """
    for path, given in resolver.open(files).items():
        track = given or resolver.store.tracks.track(path) or Track(path=path, state="pending")
        if os.path.exists(path):
            yield _with_tags_of_file(track)
        elif track.state != "pending":
            yield track
        else:
            yield _failed(track, "vanished", "does not exist and is not in the library")


def _with_tags_of_file(track: Track) -> Track:
    # These import mutagen, which a missing track doesn't need.
    from map4.core.audio.tags import read_file_tags

    try:
        with AudioSource(track.path):
            pass  # an unreadable file would look like a file without tags
    except FileError as error:
        return track if track.state != "pending" else _failed(track, error.kind, error.message)
    return replace(track, tags=read_file_tags(track.path))


def _failed(track: Track, kind: ErrorKind, message: str) -> Track:
    return replace(track, state="failed", failure=Failure(kind=kind, message=message))
