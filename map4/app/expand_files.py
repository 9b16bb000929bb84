"""The audio files that a name on the command line stands for: a file, a folder, a playlist."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from map4.domain.path_maps import PathMaps
from map4.domain.track.track import display_path
from map4.errors import NothingFoundError, UsageError

if TYPE_CHECKING:
    from map4.selection.matching.resolved_playlist import ResolvedEntry, ResolvedPlaylist

PLAYLIST_EXTENSIONS = frozenset({"m3u", "m3u8", "pls", "xspf", "json", "jsonl", "ndjson", "csv"})
"""Suffixes of playlists. A text of paths or a table with tabs might be any file: these are lists only for commands that
take nothing else."""


def expand_files(path: str, read: Callable[[str], ResolvedPlaylist]) -> list[str]:
    """Open folders and playlists.

    path: absolute; a file (of any suffix), a folder (its audio files, sub-folders included, by path), or a
        playlist (its entries in order, whether they are there or not; streams are left out)
    read: reads a playlist and looks it up in the library, as `Playlists.read` does
    """
    if os.path.isdir(path):
        from map4.infra.files.walk import AUDIO_EXTENSIONS, DiskFiles
        from map4.ports.scanning import WalkOptions

        walk = DiskFiles().walk([path], WalkOptions(extensions=frozenset(AUDIO_EXTENSIONS)))
        return sorted(found.path for found in walk)
    if os.path.splitext(path)[1].lower().lstrip(".") in PLAYLIST_EXTENSIONS:
        return list(_entries(path, read))
    return [path]


def _entries(playlist: str, read: Callable[[str], ResolvedPlaylist]) -> Iterator[str]:
    from map4.formats.format import PlaylistReadError  # with it comes what exports are made of

    try:
        resolved = read(playlist)
    except NothingFoundError:
        raise UsageError(f"there is no playlist {display_path(playlist)}") from None
    except PlaylistReadError as error:
        raise UsageError(str(error)) from None
    folder = os.path.dirname(os.path.realpath(playlist))
    for entry in resolved.entries:
        if entry.status != "url":
            yield from _located(entry, folder)


def _located(entry: ResolvedEntry, folder: str) -> Iterator[str]:
    """The file an entry means: one that is there, or what the library knows, or what the entry says."""
    known = entry.track.path if entry.track is not None and entry.status in ("found", "gone") else None
    readings = [reading for location in entry.entry.locations for reading in PathMaps().inward(location, folder)]
    paths = [reading for reading in readings if "\0" not in reading]
    there = next((path for path in paths if path == known or os.path.exists(path)), None)
    yield from [path for path in (there, known, *paths[:1]) if path is not None][:1]
