"""Entries of an import and their matched files: the rows of `map4.imports.store.imports`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from map4.core.base.path_maps import Location, PathMap, PathMaps

if TYPE_CHECKING:
    from map4.core.music.lists.tracklist import PlaylistEntry
    from map4.formats import DjTrack


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedFile:
    """The file of an entry: its audio and path, the matching method, and how much later positions are in it."""

    audio_id: str
    path: str
    method: str
    offset_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedEntry:
    """A track as read, with all its possible paths on this machine, and its file."""

    track: DjTrack
    paths: tuple[str, ...]
    file: MatchedFile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierEntry:
    """An entry of an earlier import, all its possible paths at that time, and its file."""

    entry: PlaylistEntry
    paths: tuple[str, ...]
    file: MatchedFile

    def is_of(self, entry: PlaylistEntry) -> bool:
        """Return whether a newly read entry is the same, regardless of its position in the file."""
        return replace(entry, position=self.entry.position, other_locations=()) == self.entry


class EarlierRow(NamedTuple):
    """An entry of an earlier import as stored."""

    key: str
    entry: str
    audio_id: str
    path: bytes
    method: str
    offset_s: float


class StoredEarlierImport:
    """Entries of an earlier import by their keys; each is read on demand."""

    def __init__(self, rows: Mapping[str, EarlierRow], read: Callable[[EarlierRow], EarlierEntry]) -> None:
        self._rows, self._read = rows, read

    def of(self, key: str) -> EarlierEntry | None:
        """Return the entry of this key, or None if it had no file."""
        row = self._rows.get(stored_key(key))
        return None if row is None else self._read(row)

    def was_transferred(self, key: str) -> bool:
        """Return whether the entry was transferred to another copy of its recording."""
        row = self._rows.get(stored_key(key))
        return row is not None and row.method in ("recording", "copy")


def stored_key(key: str) -> str:
    """Return a key that SQLite accepts, as keys of lists contain names in bytes that are not UTF-8."""
    return key.encode("utf-8", "backslashreplace").decode("utf-8")


def stored_path(path: str) -> bytes:
    """Return a path as the library stores it, with any bytes."""
    return os.fsencode(Location.as_file_name(path))


def path_maps_text(path_maps: PathMaps) -> str:
    """Serialise the path maps of an import; ASCII, whatever bytes the names have."""
    return json.dumps([(path_map.source, path_map.target) for path_map in path_maps.maps])


def read_path_maps(text: str) -> PathMaps:
    """Parse the output of `path_maps_text`; invalid text raises one of `errors.UNREADABLE`."""
    return PathMaps(maps=tuple(PathMap(source=source, target=target) for source, target in json.loads(text)))
