"""The folder of a stick, what its file system allows, and the names of new files."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any

from map4.core.audio.content import content_of
from map4.core.base.declaration import load
from map4.core.base.paths import PathLike, absolute_path, display_path, file_stem, is_inside
from map4.core.base.reading import read
from map4.core.base.regular_files import file_system, read_regular
from map4.core.base.text import name_key
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.lists import SqlPlaylists

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
        raise UsageError(f"{shown} is no mounted stick; name the folder where it is mounted, or add --folder")
    return StickPlace(root=root, most_file_bytes=_FAT_FILE_BYTES if file_system(root) in _FAT else None)


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


OWN_LIST = f"{OWN}/list.json"
SCHEMA = "map4/stick-list/1"
_MOST_BYTES = 256 << 20
_CLOCK_S = 2.0  # FAT stores times in steps of two seconds


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file as map4 wrote it; `mtime_s` spares reading it again."""

    size_bytes: int
    digest: str
    mtime_s: float = 0.0

    def is_unchanged(self, path: str, *, is_read: bool = False) -> bool:
        """Return whether a file is as map4 wrote it; with `is_read`, its content is compared in any case."""
        with suppress(OSError):
            status = os.stat(path, follow_symlinks=False)
            if status.st_size == self.size_bytes:
                has_time = not is_read and abs(status.st_mtime - self.mtime_s) <= _CLOCK_S
                return has_time or content_of(path).digest == self.digest
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTrack:
    """A track that map4 wrote.

    source: id of its audio, and the form to which it was converted; "" for none
    marks: digest of its cue points, grid and phrases, as in its analysis files
    row: digest of its values in the databases
    artwork: name of its cover
    rating, plays: as written
    """

    source: tuple[str, str]
    analysis_path: str
    marks: str = ""
    row: str = ""
    artwork: str | None = None
    rating: int = 0
    plays: int = 0

    @property
    def analyses(self) -> tuple[str, ...]:
        """Names of its analysis files."""
        return tuple(self.analysis_path[:-4] + suffix for suffix in (".DAT", ".EXT", ".2EX"))


def library_id(store: Store) -> str:
    """Return the id of a library, which its copies share."""
    return str(store.part(load("map4.accounts:SqlAccounts")).library_id())


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStickList:
    """All that map4 wrote to a stick.

    files: by name from the root
    tracks: by the name of the music
    lists: folders and name by number, after the account if one owns the list; folders that map4 made, too
    library: id of the library that wrote it last; "" if map4 1.0 did
    """

    files: Mapping[str, OwnFile] = field(default_factory=dict)
    tracks: Mapping[str, OwnTrack] = field(default_factory=dict)
    lists: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    library: str = ""

    @classmethod
    def read(cls, place: StickPlace, folder: str = "") -> OwnStickList | None:
        """Read the list of a stick; None without one. A new list waits in a `folder`."""
        path = place.at(folder + OWN_LIST)
        try:
            record: Any = json.loads(read_regular(path, most_bytes=_MOST_BYTES))
            if record.pop("schema") != SCHEMA:
                raise StickError(f"{path} was written by a newer map4; update map4")
            own = read(OwnStickList, record)
            if not all(map(is_own_name, (*own.files, *own.tracks))):
                raise ValueError("it names files outside of the stick's folders")
            return replace(own, lists={int(number): names for number, names in own.lists.items()})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise StickError(
                f"map4's list on the stick is damaged ({error}); delete {path}, and what map4 wrote before counts as "
                "another program's"
            ) from None

    def data(self) -> bytes:
        """The content of the list's file."""
        values = {
            "schema": SCHEMA,
            "files": self.files,
            "tracks": self.tracks,
            "lists": self.lists,
            "library": self.library,
        }
        # `asdict` copies deeply, which takes twice as long.
        records = json.JSONEncoder(
            separators=(",", ":"), default=lambda record: {name: getattr(record, name) for name in record.__slots__}
        )
        return records.encode(values).encode("ascii")

    def is_of(self, store: Store) -> bool:
        """Return whether a library wrote it, or has a list of it if it does not say which library did."""
        if self.library:
            return self.library == library_id(store)
        return not {names[-1] for names in self.lists.values()}.isdisjoint(store.part(SqlPlaylists).names())

    def changed(self, place: StickPlace, names: Iterable[str]) -> bool:
        """Return whether any of some files is no longer as map4 wrote it; missing ones and others don't count."""
        there = ((self.files[name], place.at(name)) for name in names if name in self.files)
        return any(os.path.exists(path) and not file.is_unchanged(path) for file, path in there)
