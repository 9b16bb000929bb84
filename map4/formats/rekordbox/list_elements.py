"""The playlists of rekordbox's XML: nested folders, each with the number of its items."""

from __future__ import annotations

import os
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from map4.core.music.lists.tracklist import Tracklist
from map4.formats.dj_library import folders_and_name
from map4.formats.text import without_illegal_xml

MOST_TRACK_ID = 2**31 - 1
"""rekordbox's own are below 2 ** 28; every program supports 31 bits."""
_DIGEST_BYTES = 8
_UNNAMED = "map4"

StartTag = Callable[[str, dict[str, str]], bytes]


class TrackIds:
    """Assigns each file a number that depends only on its path, so that later exports use the same number.

    In a hundred thousand files, two or three collide; then the later file takes the next free number.
    """

    def __init__(self, *, most: int = MOST_TRACK_ID) -> None:
        self._most = most
        self._ids: dict[int, int] = {}
        self._taken: set[int] = set()

    def add(self, path: str) -> int | None:
        """Assign a number to a file; None if it has one already."""
        digest = _digest(path)
        if digest in self._ids:
            return None
        number = digest % self._most + 1
        while number in self._taken:
            number = number % self._most + 1
        self._taken.add(number)
        self._ids[digest] = number
        return number

    def of(self, path: str) -> int | None:
        """Return the number of a file, or None."""
        return self._ids.get(_digest(path))


def _digest(path: str) -> int:
    return int.from_bytes(blake2b(os.fsencode(path), digest_size=_DIGEST_BYTES).digest(), "big")


@dataclass(slots=True)
class _Playlist:
    name: str
    track_ids: array[int]


@dataclass(slots=True)
class _XmlFolder:
    name: str
    children: list[_XmlFolder | _Playlist] = field(default_factory=list)
    folders: dict[str, _XmlFolder] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class PlaylistTree:
    """Playlists in their folders; tracks are stored only as numbers."""

    def __init__(self) -> None:
        self._root = _XmlFolder("ROOT")
        self.missing = 0

    def add(self, content: Tracklist, ids: TrackIds) -> None:
        """Add a list; tracks without a number are counted in `missing`.

        rekordbox does not allow lists and folders of the same name in a folder, so the second gets a number.
        """
        folders, name = folders_and_name(content)
        folder = self._root
        for step in folders:
            if step not in folder.folders:
                folder.folders[step] = _XmlFolder(_free_name(step, folder.names))
                folder.children.append(folder.folders[step])
            folder = folder.folders[step]
        is_named = bool(name and without_illegal_xml(name)[0])
        free = _free_name(name if is_named and name else _UNNAMED, folder.names)
        numbers = array("l")
        for track in content.tracks:
            number = ids.of(track.path)
            if number is None:
                self.missing += 1
            else:
                numbers.append(number)
        folder.children.append(_Playlist(free, numbers))

    def lines(self, start_tag: StartTag, indent: bytes) -> Iterator[bytes]:
        """Yield the NODE elements line by line, the root first.

        indent: of one level; the root has two
        """
        yield _line(indent, 2, start_tag("NODE", {"Type": "0", "Name": "ROOT", "Count": str(len(self._root.children))}))
        # A stack, as folders may be nested deeper than Python's recursion limit.
        open_folders = [iter(self._root.children)]
        while open_folders:
            depth = len(open_folders) + 2
            child = next(open_folders[-1], None)
            if child is None:
                open_folders.pop()
                yield _line(indent, depth - 1, b"</NODE>")
            elif isinstance(child, _XmlFolder):
                attributes = {"Name": child.name, "Type": "0", "Count": str(len(child.children))}
                yield _line(indent, depth, start_tag("NODE", attributes))
                open_folders.append(iter(child.children))
            else:
                attributes = {"Name": child.name, "Type": "1", "KeyType": "0", "Entries": str(len(child.track_ids))}
                yield _line(indent, depth, start_tag("NODE", attributes))
                for number in child.track_ids:
                    yield _line(indent, depth + 1, b'<TRACK Key="%d"/>' % number)
                yield _line(indent, depth, b"</NODE>")


def _line(indent: bytes, depth: int, tag: bytes) -> bytes:
    return indent * depth + tag + b"\n"


def _free_name(name: str, taken: set[str]) -> str:
    """Return the name, or the first free name with a number, and mark it as taken.

    Names that differ only in case, outer blanks or the form of accents count as the same, as they may in rekordbox.
    """
    number, free = 1, name
    while (compared := unicodedata.normalize("NFC", free).casefold().strip()) in taken:
        number += 1
        free = f"{name} ({number})"
    taken.add(compared)
    return free
