"""The playlists of rekordbox's XML: folders within folders, each of which says how much it holds."""

from __future__ import annotations

import os
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from map4.formats.dj_library import folders_and_name
from map4.formats.text import without_illegal_xml
from map4.music.lists.tracklist import Tracklist

MOST_TRACK_ID = 2**31 - 1
"""rekordbox's own are below 2 ** 28; any program can hold a number of 31 bits."""
_DIGEST_BYTES = 8
_UNNAMED = "map4"

StartTag = Callable[[str, dict[str, str]], bytes]


class TrackIds:
    """A number for each file, which depends on its path alone, so that it is the same in the next export.

    In a hundred thousand files, two or three are likely to meet; then the later one takes the next free number.
    """

    def __init__(self, *, most: int = MOST_TRACK_ID) -> None:
        self._most = most
        self._ids: dict[int, int] = {}
        self._taken: set[int] = set()

    def add(self, path: str) -> int | None:
        """The number of a file, or None where it has one already."""
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
        """The number that a file got, or None."""
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
    """Playlists in their folders; of their tracks only the numbers are held."""

    def __init__(self) -> None:
        self._root = _XmlFolder("ROOT")
        self.missing = 0

    def add(self, content: Tracklist, ids: TrackIds) -> None:
        """Take a list; its tracks that have no number are counted in `missing`.

        Lists and folders of one name can't stand side by side in rekordbox, so the second gets a number.
        """
        folders, name = folders_and_name(content)
        folder = self._root
        for step in folders:
            if step not in folder.folders:
                folder.folders[step] = _XmlFolder(_free_name(step, folder.names))
                folder.children.append(folder.folders[step])
            folder = folder.folders[step]
        is_told = bool(name and without_illegal_xml(name)[0])
        free = _free_name(name if is_told and name else _UNNAMED, folder.names)
        numbers = array("l")
        for track in content.tracks:
            number = ids.of(track.path)
            if number is None:
                self.missing += 1
            else:
                numbers.append(number)
        folder.children.append(_Playlist(free, numbers))

    def lines(self, start_tag: StartTag, indent: bytes) -> Iterator[bytes]:
        """The NODE elements, the root first, a line after the other.

        indent: of one level; the root has two
        """
        yield _line(indent, 2, start_tag("NODE", {"Type": "0", "Name": "ROOT", "Count": _count(self._root)}))
        # Folders may be nested deeper than Python's stack is.
        open_folders = [iter(self._root.children)]
        while open_folders:
            depth = len(open_folders) + 2
            child = next(open_folders[-1], None)
            if child is None:
                open_folders.pop()
                yield _line(indent, depth - 1, b"</NODE>")
            elif isinstance(child, _XmlFolder):
                attributes = {"Name": child.name, "Type": "0", "Count": _count(child)}
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


def _count(folder: _XmlFolder) -> str:
    return str(len(folder.children))


def _free_name(name: str, taken: set[str]) -> str:
    """The name, or the first with a number that is not taken; it is from then on.

    Names that differ in case, blanks at the ends or the form of accents only are taken for one: rekordbox may do so.
    """
    number, free = 1, name
    while (compared := unicodedata.normalize("NFC", free).casefold().strip()) in taken:
        number += 1
        free = f"{name} ({number})"
    taken.add(compared)
    return free
