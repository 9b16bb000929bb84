"""The summary of an import, and what waits for its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from map4.domain.lists.tracklist import PlaylistEntry
from map4.domain.path_maps import PathMap, is_windows_path, path_of_url
from map4.domain.paths import display_path, path_fields

IMPORT_SUMMARY_SCHEMA = "map4/import-summary/1"
IMPORT_HISTORY_SCHEMA = "map4/import-history/1"

IMPORTED_VALUES = (
    "bpm", "names", "dates", "key", "rating", "plays", "comment", "color", "cues", "grid", "phrases", "vocals"
)  # fmt: skip
"""What `ImportSummary.values` counts."""

# Of the waiting entries, this share must lie in a folder for it to be what should be mapped.
_MOST_OF_THEM = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What an import did.

    path: the file
    format: name of the importer
    version: of the program that wrote the file; None where it does not say
    tracks: entries of tracks that it holds
    matched: those whose file the library has
    changed: tracks of map4's library of which something is known now that was not, or is no more
    cues, grids: how many cue points, and tracks with a beat grid, were read
    values: of how many matched tracks the file says what, by the names in `IMPORTED_VALUES`; of cues,
        phrases and vocals how many in all
    lists: names of the stored lists, as `map4 playlist show` takes them
    histories: how many of these are of what was played
    changed_lists: how many of these are new or other than before
    waiting: entries whose file the library does not have; kept, and joined when it does
    remarks: sentences about what could not be taken over
    path_maps: folders that have another name here, as they counted
    remembers_maps: whether these were told to an earlier import of the file
    is_dry_run: whether nothing was written
    """

    path: str
    format: str
    version: str | None
    tracks: int
    matched: int
    changed: int
    cues: int
    grids: int
    values: Mapping[str, int]
    lists: tuple[str, ...]
    histories: int
    changed_lists: int
    waiting: tuple[PlaylistEntry, ...]
    remarks: tuple[str, ...] = ()
    path_maps: tuple[PathMap, ...] = ()
    remembers_maps: bool = False
    is_dry_run: bool = False

    def to_record(self) -> dict[str, Any]:
        """The `map4/import-summary/1` document: JSON values only."""
        return {
            "schema": IMPORT_SUMMARY_SCHEMA,
            **path_fields(self.path),
            "format": self.format,
            "version": self.version,
            "tracks": self.tracks,
            "matched": self.matched,
            "changed": self.changed,
            "cues": self.cues,
            "grids": self.grids,
            "values": dict(self.values),
            "lists": list(self.lists),
            "histories": self.histories,
            "changed_lists": self.changed_lists,
            "waiting": [waiting_record(entry) for entry in self.waiting],
            "remarks": list(self.remarks),
            "path_maps": _map_records(self.path_maps),
            "remembered_path_maps": self.remembers_maps,
            "dry_run": self.is_dry_run,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImport:
    """A file that was imported.

    path: absolute
    imported_at: when it last brought something new; UTC, ISO 8601
    tracks, matched: entries, and those whose file the library has
    path_maps: folders that have another name here, remembered for the next import of the file
    """

    path: str
    format: str
    version: str | None
    imported_at: str
    tracks: int
    matched: int
    path_maps: tuple[PathMap, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """One of the `imports` of a `map4/import-history/1` document: JSON values only."""
        return {
            **path_fields(self.path),
            "format": self.format,
            "version": self.version,
            "imported_at": self.imported_at,
            "tracks": self.tracks,
            "matched": self.matched,
            "path_maps": _map_records(self.path_maps),
        }


def _map_records(path_maps: Iterable[PathMap]) -> list[dict[str, str]]:
    return [{"from": display_path(one.source or "/"), "to": display_path(one.target)} for one in path_maps]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMatches:
    """What found its file later.

    tracks: entries whose file the library has now
    replaced: tracks whose file was replaced by another copy of the recording, and whose values were carried over
    by_hand: of these, where the copy's offset is only known to a tenth of a second
    """

    tracks: int = 0
    replaced: int = 0
    by_hand: int = 0

    def sentences(self) -> list[str]:
        """What there is to say about it, for a person."""
        said = []
        if self.tracks:
            said.append(f"{_counted(self.tracks, 'imported entry', 'imported entries')} found {_its(self.tracks)} file")
        if self.replaced:
            said.append(
                f"{_counted(self.replaced, 'file is', 'files are')} another copy of a recording whose cue points were "
                "imported; they were carried over"
            )
        if self.by_hand:
            said.append(
                f"of {_counted(self.by_hand, 'copy', 'copies')} without a clear beat the offset is only known to .1 s; "
                "look at the cue points there"
            )
        return said


def _counted(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


def _its(count: int) -> str:
    return "its" if count == 1 else "their"


def waiting_record(entry: PlaylistEntry) -> dict[str, Any]:
    """An entry that waits for its file: JSON values only."""
    place = None if entry.location is None else path_fields(entry.location)
    return {
        "location": place and place["path"],
        "artist": entry.artist,
        "title": entry.title,
        "duration_s": entry.duration_s,
    }


def history_record(imports: Iterable[StoredImport], waiting: Iterable[PlaylistEntry]) -> dict[str, Any]:
    """The `map4/import-history/1` document: what was imported, and which of its entries wait for their files."""
    return {
        "schema": IMPORT_HISTORY_SCHEMA,
        "imports": [one.to_record() for one in imports],
        "waiting": [waiting_record(entry) for entry in waiting],
    }


def plain_location(location: str) -> str:
    """A location as people write it: the path of a `file:` URL, and everything else as it is."""
    return path_of_url(location) or location


def folder_to_map(locations: Iterable[str]) -> str | None:
    """The folder that `--path-map FOLDER=…` should name: the innermost that most of these paths lie in; None without
    any."""
    folders: Counter[str] = Counter()
    total = 0
    for location in map(plain_location, locations):
        total += 1
        path = location.replace("\\", "/") if is_windows_path(location) else location
        if path.startswith("/") or is_windows_path(path):
            outer = [end for end in range(1, len(path)) if path[end] == "/"]
            folders.update(path[:end] for end in outer)
    inner = [folder for folder, count in folders.items() if count >= _MOST_OF_THEM * total and folder.strip("/")]
    return max(inner, key=len, default=None)
