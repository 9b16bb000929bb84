"""Importer of lists of any player, each with its tracks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from map4.base.path_maps import PathMaps
from map4.base.regular_files import read_regular
from map4.formats.dj_library import DjItem, DjPlaylist, DjTrack
from map4.formats.format import PlaylistReadError
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.registry import read_list, readable_suffixes, sniffed_format
from map4.formats.values import history_name, suffix_of
from map4.music.lists.tracklist import MOST_LIST_BYTES, PlaylistEntry
from map4.music.track.track import display_path


def read_playlist(path: str, *, most_bytes: int = MOST_LIST_BYTES) -> tuple[list[DjTrack], DjPlaylist]:
    """Read a list in any format that map4 knows: each track once, and their order.

    Its name is that in the list, else the file's name. Relative paths start at the list's folder and are made absolute.
    """
    try:
        found = read_list(read_regular(path, most_bytes=most_bytes), path)
    except PlaylistReadError as error:
        raise ImportReadError(str(error)) from None
    folder = os.path.dirname(os.path.realpath(path))
    entries = [_with_full_paths(entry, folder) for entry in found.entries]
    keys = [entry.location or f"#{entry.position}" for entry in entries]
    # A track that is listed twice keeps the data of its first entry.
    tracks = {key: DjTrack(key=key, entry=entry) for key, entry in reversed(list(zip(keys, entries, strict=True)))}
    name = found.name or display_path(os.path.splitext(os.path.basename(path))[0])
    listed = DjPlaylist(name=name, keys=tuple(keys))
    if found.is_history:
        times = tuple(pick.played_at for pick in found.picks)
        called, identity = history_name(times, name)
        listed = replace(listed, name=called, identity=identity, kind="history", times=times)
    return [tracks[key] for key in dict.fromkeys(keys)], listed


def _with_full_paths(entry: PlaylistEntry, folder: str) -> PlaylistEntry:
    path_maps = PathMaps()
    found = dict.fromkeys(path for location in entry.locations for path in path_maps.inward(location, folder))
    if not found:
        return entry
    first, *others = found
    return replace(entry, location=first, other_locations=tuple(others))


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    tracks, found = read_playlist(os.path.abspath(path))
    yield from tracks
    yield found


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return False
    if suffix_of(path) in readable_suffixes():
        return True
    found = sniffed_format(head)
    # Any XML may be a list, until it says what it is.
    return found is not None and (found.name != "xspf" or b"<playlist" in head)


LISTS = Importer(
    name="lists",
    title="a list",
    program=None,
    suffixes=tuple(sorted(readable_suffixes())),
    recognises=_recognises,
    read=_read,
    is_one_list=True,
)
