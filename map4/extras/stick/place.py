"""The folder of a stick, what its file system allows, and the names of new files."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, count

from map4.core.base.paths import PathLike, absolute_path, display_path, file_stem, is_inside
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import name_key
from map4.core.music.track.track import Track
from map4.errors import Map4Error, NothingFoundError, UsageError

MUSIC, PLAYERS_OWN, OWN = "/Contents", "/PIONEER", "/.map4-stick"
"""Folders of a stick, from its root: music, data for players, and map4's own list and unfinished files."""
ARTWORK = f"{PLAYERS_OWN}/Artwork"
_FAT_FILE_BYTES = (4 << 30) - 1
_FAT = ("vfat", "msdos")


class StickError(Map4Error):
    """A stick is unreadable, or is not writable."""

    meaning = "the stick is unreadable or not writable"


@dataclass(frozen=True, slots=True, kw_only=True)
class StickPlace:
    """An existing stick.

    root: its folder, with links followed
    most_file_bytes: the longest file; None if there is no limit that matters
    """

    root: str
    most_file_bytes: int | None = None

    def at(self, name: str) -> str:
        """Return the path of a file by its name from the root: "/Contents/A/B.mp3"."""
        return os.path.join(self.root, *name.strip("/").split("/"))

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of all files and folders below a folder, hidden ones too; links are not followed."""
        for path, folders, files in os.walk(self.at(folder)):
            at = "/" + os.path.relpath(path, self.root).replace(os.sep, "/")
            yield from (f"{at}/{name}" for name in (*folders, *files))

    def require_own(self, name: str) -> str:
        """Return the path of a file that map4 may change."""
        path = around = self.at(name)
        while len(around := os.path.dirname(around)) > len(self.root):
            if os.path.lexists(around) and not os.path.isdir(around):
                raise StickError(f"{display_path(around)} is no folder; rename it, as a stick has a folder there")
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if not is_own_name(name) or real != path or os.path.islink(path):
            raise StickError(f"{display_path(path)} is no file of a stick; nothing was changed there")
        return path


def is_own_name(name: str) -> bool:
    """Return whether a name from the root of a stick is in a folder that map4 writes."""
    return posixpath.normpath(name) == name and name.startswith((f"{MUSIC}/", f"{PLAYERS_OWN}/", f"{OWN}/"))


def stick_at(folder: PathLike, *, music: Collection[str] = (), is_any_folder: bool = False) -> StickPlace:
    """Return the stick in a folder; `music` are scanned folders, which are never a stick."""
    root = os.path.realpath(absolute_path(folder))
    shown, is_mounted = display_path(root), os.path.ismount(root)
    if not os.path.isdir(root):
        raise NothingFoundError(f"there is no folder {shown}; is the stick mounted?")
    for scanned in map(os.path.realpath, music):
        if is_inside(root, scanned) or (is_inside(scanned, root) and not is_mounted):
            raise UsageError(f"{shown} has your music ({display_path(scanned)} is scanned); name a stick")
    if root == os.path.realpath(os.sep) or not (is_any_folder or is_mounted):
        raise UsageError(f"{shown} is no mounted stick; mount one there, or choose another ('map4 stick --folder')")
    return StickPlace(root=root, most_file_bytes=_FAT_FILE_BYTES if OnDisk(root).file_system() in _FAT else None)


def new_name(track: Track, suffix: str, taken: set[str]) -> str:
    """Return a free name for a track, "/Contents/Artist/Album/01 Title.mp3", and take it.

    taken: keys (`name_key`) of used names, as FAT ignores case
    """
    stem = os.path.splitext(os.path.basename(track.shown_path))[0]
    place = f"{track.track_number():02} " if track.track_number() else ""
    artist = track.value("album_artist") or track.artist() or ""
    folder = "/".join((MUSIC, file_stem(artist, "Unknown"), file_stem(track.album() or "", "Unknown")))
    title = file_stem(place + (track.title() or stem), "track")
    numbered = (f"{folder}/{title} {number}{suffix}" for number in count(2))
    names = chain([f"{folder}/{title}{suffix}"], numbered)
    name = next(name for name in names if name_key(name) not in taken)
    taken.add(name_key(name))
    return name
