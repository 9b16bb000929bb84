"""Importer of lists of any player, each with its tracks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaylistEntry
from map4.formats.format import MOST_ENTRIES, PlaylistReadError
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.lacks import Lack
from map4.formats.registry import ListFormats
from map4.formats.values import history_name, suffix_of

_OF_FILES = {"m3u", "m3u8", "pls", "xspf"}  # formats of lists that may name other lists
_MOST_NESTED = 200


def with_named_lists(playlist: ParsedPlaylist, path: str, path_maps: PathMaps | None = None) -> ParsedPlaylist:
    """Return a list with the tracks of the lists that it names in their place, each list once.

    path: the absolute path of the list, to which paths are relative
    path_maps: how the paths of named lists are mapped
    """
    if playlist.format not in _OF_FILES or not any(map(_is_list, playlist.entries)):
        return playlist
    seen = {os.path.realpath(path)}
    listed = list(islice(_expanded(playlist, path, path_maps or PathMaps(), seen), MOST_ENTRIES + 1))
    if len(listed) > MOST_ENTRIES:
        raise PlaylistReadError(f"with the lists in it, it has more than {MOST_ENTRIES:,} tracks")
    return replace(
        playlist,
        entries=tuple(replace(entry, position=number) for number, (entry, _) in enumerate(listed, start=1)),
        picks=tuple(pick for _, pick in listed),
    )


def _is_list(entry: PlaylistEntry) -> bool:
    return not entry.is_url and suffix_of(entry.location or "") in _OF_FILES


def _existing(places: list[str]) -> str:
    """Return the first place that exists, also in other case, as Windows ignores case; else the first."""
    for place in filter(os.path.exists, places):
        return place
    for place in places:
        folder, name = os.path.split(place)
        with suppress(OSError):
            alike = [other for other in os.listdir(folder) if other.casefold() == name.casefold()]
            if len(alike) == 1:
                return os.path.join(folder, alike[0])
    return places[0]


def _expanded(
    playlist: ParsedPlaylist, path: str, path_maps: PathMaps, seen: set[str]
) -> Iterator[tuple[PlaylistEntry, ListedPick]]:
    folder, picks = os.path.dirname(path), playlist.picks or (ListedPick(),) * len(playlist.entries)
    for entry, pick in zip(playlist.entries, picks, strict=True):
        if not _is_list(entry):
            yield _with_full_paths(entry, folder), pick
            continue
        places = [place for location in entry.locations for place in path_maps.inward(location, folder)]
        place = os.path.realpath(_existing(places))
        if place in seen:
            continue
        seen.add(place)
        if len(seen) > _MOST_NESTED:
            raise PlaylistReadError(f"it names more than {_MOST_NESTED:,} lists")
        try:
            inner = ListFormats.read(OnDisk(place).read(most_bytes=ParsedPlaylist.MOST_BYTES), place)
        except (OSError, PlaylistReadError) as error:
            why = (isinstance(error, OSError) and error.strerror) or error
            raise PlaylistReadError(f"it names the list {display_path(place)}, which can't be read: {why}") from None
        yield from _expanded(inner, place, path_maps, seen)


def read_playlists(
    path: str, *, most_bytes: int = ParsedPlaylist.MOST_BYTES, is_sent: bool = False
) -> tuple[list[DjTrack], list[DjPlaylist]]:
    """Read the list of a file in any format that map4 knows, or its lists: each track once, and their order.

    A name is that in the list, else the file's name. Relative paths start at the list's folder and are made absolute.

    is_sent: the file comes from another machine, and other lists that it names are not opened
    """
    try:
        playlist = ListFormats.read(OnDisk(path).read(most_bytes=most_bytes), path)
        playlist = playlist if is_sent else with_named_lists(playlist, os.path.realpath(path))
    except PlaylistReadError as error:
        raise ImportReadError(str(error)) from None
    folder = os.path.dirname(os.path.realpath(path))
    entries = [_with_full_paths(entry, folder) for entry in playlist.entries]
    keys = [entry.location or f"#{entry.position}" for entry in entries]
    # A track that is listed twice keeps the data of its first entry.
    tracks = {key: DjTrack(key=key, entry=entry) for key, entry in reversed(list(zip(keys, entries, strict=True)))}
    name = playlist.name or display_path(os.path.splitext(os.path.basename(path))[0])
    left = iter(keys)
    listed = [
        DjPlaylist(name=each.name or name, keys=tuple(islice(left, len(each.entries))))
        for each in playlist.lists or (playlist,)
    ]
    if playlist.is_history:
        times = tuple(pick.played_at for pick in playlist.picks)
        called, identity = history_name(times, name)
        listed = [replace(listed[0], name=called, identity=identity, kind="history", times=times)]
    return [tracks[key] for key in dict.fromkeys(keys)], listed


def _with_full_paths(entry: PlaylistEntry, folder: str) -> PlaylistEntry:
    path_maps = PathMaps()
    paths = dict.fromkeys(path for location in entry.locations for path in path_maps.inward(location, folder))
    if not paths:
        return entry
    first, *others = paths
    return replace(entry, location=first, other_locations=tuple(others))


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    tracks, playlists = read_playlists(os.path.abspath(path), is_sent=notes.is_sent)
    yield from tracks
    yield from playlists


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return False
    if suffix_of(path) in ListFormats.suffixes():
        return True
    list_format = ListFormats.sniffed(head)
    # Any XML may be a list until its root element is known.
    return list_format is not None and (list_format.name != "xspf" or b"<playlist" in head)


LISTS = Importer(
    name="lists",
    title="a list",
    suffixes=tuple(sorted(ListFormats.suffixes())),
    recognises=_recognises,
    read=_read,
    is_one_list=True,
    lacks=(
        Lack(
            "title artist album album_artist genre label composer remixer mix grouping year track_number disc_number",
            "players read names from the tags of the music",
        ),
        Lack("smart_lists", "an M3U8 list has tracks, not rules"),
        Lack(
            "bpm key rating play_count last_played date_added comment color grid hot_cues memory_cues loops my_tags "
            "structure vocals histories"
        ),
    ),
)
