"""The library of another program as read: its tracks and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from map4.core.base.text import MOST_LETTERS
from map4.core.music.lists.live import LiveList
from map4.core.music.lists.tracklist import MOST_LOCATION_LETTERS, PlaylistEntry, Tracklist
from map4.core.music.plays import SKIPPED_BELOW_S
from map4.core.music.track.imported import ImportedValues, plausible_moment

_MOST_FOLDERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DjTrack:
    """A track of another program's library, not yet matched to map4's.

    key: unique identifier in that library, which its lists use
    my_tags: of rekordbox, by name
    """

    key: str
    entry: PlaylistEntry
    values: ImportedValues = field(default_factory=ImportedValues)
    my_tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.key) > MOST_LOCATION_LETTERS:
            object.__setattr__(self, "key", self.key[:MOST_LOCATION_LETTERS])


@dataclass(frozen=True, slots=True, kw_only=True)
class DjPlaylist:
    """A playlist of another program.

    name: as stored there, including slashes
    identity: identifies the list at later imports, if its name depends on this machine's clock
    folders: the folders around it, the outermost first
    kind: "list": put together by a person; "history": played tracks; "plays": played tracks that become no list
    times: when each track was played, in UTC (`2026-01-31T21:15:00Z`), or in local time if the program writes no zone
        (`2026-01-31T22:15:00`); None if unknown. Empty, or as long as `keys`
    played_s: how long each was played; None if unknown. Empty, or as long as `keys`
    live: the query of a smart list, which has no keys
    """

    name: str
    folders: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    kind: Literal["list", "history", "plays"] = "list"
    times: tuple[str | None, ...] = ()
    played_s: tuple[float | None, ...] = ()
    live: LiveList | None = None
    identity: str | None = None

    def __post_init__(self) -> None:
        # Maximum length of a list's name, and maximum depth of folders.
        object.__setattr__(self, "name", self.name[:MOST_LETTERS])
        folders = tuple(folder[:MOST_LETTERS] for folder in self.folders[:_MOST_FOLDERS])
        object.__setattr__(self, "folders", folders)
        object.__setattr__(self, "keys", tuple(key[:MOST_LOCATION_LETTERS] for key in self.keys))
        if self.times and len(self.times) != len(self.keys):
            raise ValueError(f"{len(self.times)} times for {len(self.keys)} tracks")
        object.__setattr__(self, "times", tuple(map(plausible_moment, self.times)))

    def is_skip(self, index: int) -> bool:
        """Return whether a track was left too early to count as played."""
        played_s = self.played_s[index] if self.played_s else None
        return played_s is not None and played_s < SKIPPED_BELOW_S

    def played(self) -> set[str]:
        """Return the keys of tracks that were played and not only skipped."""
        return set() if self.kind == "list" else {key for n, key in enumerate(self.keys) if not self.is_skip(n)}


DjItem = DjTrack | DjPlaylist
_Number = TypeVar("_Number")


def folders_around(folders: Mapping[_Number, tuple[str, _Number | None]], parent: _Number | None) -> tuple[str, ...]:
    """Return the names of the folders around a list, the outermost first.

    folders: name and parent of each, by its number; damaged libraries may contain cycles
    parent: number of the list's own folder
    """
    folders_up: list[str] = []
    while parent is not None and parent in folders and len(folders_up) < _MOST_FOLDERS:
        name, parent = folders[parent]
        folders_up.append(name)
    return tuple(reversed(folders_up))


def folders_and_name(content: Tracklist) -> tuple[tuple[str, ...], str | None]:
    """Return folders, the outermost first, and name of a list in the program that it was imported from; else its own
    name.

    A stored list's own name is unique and has no slashes; names in other programs may repeat and contain slashes.
    """
    imported = content.header.imported
    return ((), content.name) if imported is None else (imported.place.folders, imported.place.name)
