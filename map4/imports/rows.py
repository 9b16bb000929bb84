"""Entries of an import and the files they were matched to: the rows of `map4.imports.store.imports`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from map4.base.path_maps import PathMap, PathMaps, as_file_name

if TYPE_CHECKING:
    from map4.formats import DjTrack
    from map4.music.lists.tracklist import PlaylistEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedFile:
    """The file of an entry: its audio and path, the method that found it, and how much later things lie in it."""

    audio_id: str
    path: str
    method: str
    offset_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedEntry:
    """A track as it was read, with every path that it may have on this machine, and its file."""

    track: DjTrack
    paths: tuple[str, ...]
    file: MatchedFile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierEntry:
    """An entry of an earlier import, every path that it may have had then, and its file."""

    entry: PlaylistEntry
    paths: tuple[str, ...]
    file: MatchedFile

    def is_of(self, entry: PlaylistEntry) -> bool:
        """Whether an entry that was read now says the same, wherever in the file it stands."""
        return replace(entry, position=self.entry.position, other_locations=()) == self.entry


EarlierRow = tuple[str, str, str, bytes, str, float]


class StoredEarlierImport:
    """Entries of an earlier import by their keys; each is only read where it is asked for."""

    def __init__(self, rows: Mapping[str, EarlierRow], read: Callable[[EarlierRow], EarlierEntry]) -> None:
        self._rows, self._read = rows, read

    def of(self, key: str) -> EarlierEntry | None:
        """The entry of this key, or None where it had no file."""
        row = self._rows.get(stored_key(key))
        return None if row is None else self._read(row)

    def was_transferred(self, key: str) -> bool:
        """Whether the entry was transferred to another copy of its recording."""
        row = self._rows.get(stored_key(key))
        return row is not None and row[4] in ("recording", "copy")


def stored_key(key: str) -> str:
    """A key that SQLite takes: names in bytes that are no UTF-8 are keys of lists."""
    return key.encode("utf-8", "backslashreplace").decode("utf-8")


def stored_path(path: str) -> bytes:
    """A path as the library has it, with any letters."""
    return os.fsencode(as_file_name(path))


def path_maps_text(path_maps: PathMaps) -> str:
    """What is stored of the path maps of an import; in ASCII, whatever bytes names have."""
    return json.dumps([(one.source, one.target) for one in path_maps.maps])


def read_path_maps(text: str) -> PathMaps:
    """Path maps from what `path_maps_text` gave; what is none raises one of `errors.UNREADABLE`."""
    return PathMaps(maps=tuple(PathMap(source=source, target=target) for source, target in json.loads(text)))
