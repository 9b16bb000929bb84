"""The library of another program: its tracks and lists, as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from map4.base.text import MOST_LETTERS
from map4.music.lists.live import LiveList
from map4.music.lists.tracklist import MOST_LOCATION_LETTERS, PlaylistEntry, Tracklist
from map4.music.track.imported import ImportedValues, plausible_moment

_MOST_FOLDERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DjTrack:
    """A track as another program's library has it, not yet looked up in map4's.

    key: by which that library's lists name it; unique there
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

    name: as it stands there, slashes included
    identity: by which the list is known when it is imported again, if its name depends on this machine's clock
    folders: those it lies in, the outermost first
    kind: a history is what was played, not what somebody put together; plays are so too, of which no list is made
    times: when each track was played, in UTC (`2026-01-31T21:15:00Z`), or by the clock of the machine if the program
        writes no zone (`2026-01-31T22:15:00`); None if unknown. Empty, or as long as `keys`
    live: what a smart list asks, which has no keys
    """

    name: str
    folders: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    kind: Literal["list", "history", "plays"] = "list"
    times: tuple[str | None, ...] = ()
    live: LiveList | None = None
    identity: str | None = None

    def __post_init__(self) -> None:
        # As long as a list's name can be, and folders as deep as a person can open them.
        object.__setattr__(self, "name", self.name[:MOST_LETTERS])
        folders = tuple(folder[:MOST_LETTERS] for folder in self.folders[:_MOST_FOLDERS])
        object.__setattr__(self, "folders", folders)
        object.__setattr__(self, "keys", tuple(key[:MOST_LOCATION_LETTERS] for key in self.keys))
        if self.times and len(self.times) != len(self.keys):
            raise ValueError(f"{len(self.times)} times for {len(self.keys)} tracks")
        object.__setattr__(self, "times", tuple(map(plausible_moment, self.times)))


DjItem = DjTrack | DjPlaylist
_Number = TypeVar("_Number")


def folders_around(folders: Mapping[_Number, tuple[str, _Number | None]], parent: _Number | None) -> tuple[str, ...]:
    """The names of the folders that a list lies in, the outermost first.

    folders: name and parent of each, by its number; in a damaged library they may go in circles
    parent: number of the folder right around the list
    """
    found: list[str] = []
    while parent is not None and parent in folders and len(found) < _MOST_FOLDERS:
        name, parent = folders[parent]
        found.append(name)
    return tuple(reversed(found))


def folders_and_name(content: Tracklist) -> tuple[tuple[str, ...], str | None]:
    """Folders, the outermost first, and name that a list has in the program it was imported from; else its own name.

    A stored list's own name is unique and holds no slashes, which those of other programs may.
    """
    imported = content.header.imported
    return ((), content.name) if imported is None else (imported.place.folders, imported.place.name)
