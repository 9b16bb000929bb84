"""The summary of an import, entries that wait for their file, and entries as stored with their matched files."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

from map4.core.base.path_maps import Location, PathMap, PathMaps
from map4.core.base.records import Count, Json, Moment, Record
from map4.core.base.text import counted
from map4.core.music.lists.tracklist import PlaylistEntry

if TYPE_CHECKING:
    from map4.core.music.lists.tracklist import PlaylistEntry
    from map4.formats import DjTrack


IMPORTED_VALUES = (
    "bpm", "names", "dates", "key", "rating", "plays", "comment", "color", "cues", "grid", "phrases", "vocals"
)  # fmt: skip
"""The keys of `ImportSummary.values`."""

# A folder is suggested for mapping if at least this share of the waiting entries is in it.
_MOST_OF_THEM = 0.8
_MOST_FOLDERS = 3


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


class ImportSummary(
    Record,
    kind="import-summary",
    members="* remembered_path_maps=remembers_maps suggested_path_maps=suggested_maps dry_run=is_dry_run",
):
    """The result of an import.

    path: the file
    format: name of the importer
    version: of the program that wrote the file; None if unknown
    tracks: number of track entries
    matched: entries whose file the library has
    changed: tracks of map4's library with new, changed or removed data
    cues: cue points that were read
    grids: tracks with a beat grid
    values: number of tracks of the library by kind of value; for cues, phrases and vocals the total number
    lists: names of the stored lists, as `map4 playlist show` takes them
    histories: how many of the lists are play histories
    changed_lists: how many of the lists are new or changed
    marks: marks added for the importing account, if requested
    marks_step: the step for 'map4 set undo' that removes them; null if none was added
    waiting: entries whose file the library does not have; they are stored, and matched when it does
    remarks: sentences about data that could not be imported
    path_maps: the path maps that were used
    remembers_maps: whether they come from an earlier import of the file
    suggested_maps: further path maps, from tracks that were matched by name; the most frequent first
    is_dry_run: whether nothing was written
    """

    path: str
    format: str
    version: str | None
    tracks: Count
    matched: Count
    changed: Count
    cues: Count
    grids: Count
    values: Annotated[Mapping[str, Count], Json(names=IMPORTED_VALUES)]
    lists: tuple[str, ...]
    histories: Count
    changed_lists: Count
    marks: Count = 0
    marks_step: Annotated[int, Json(minimum=1)] | None = None
    waiting: tuple[PlaylistEntry, ...]
    remarks: tuple[str, ...] = ()
    path_maps: tuple[PathMap, ...] = ()
    remembers_maps: bool = False
    suggested_maps: tuple[PathMap, ...] = ()
    is_dry_run: bool = False


class StoredImport(Record):
    """An imported file.

    path: absolute
    imported_at: when it last brought something new; UTC, ISO 8601
    tracks, matched: number of entries, and of those whose file the library has
    path_maps: folders that have another name here, stored for the next import of the file
    """

    path: str
    format: str
    version: str | None
    imported_at: Moment
    tracks: Count
    matched: Count
    path_maps: tuple[PathMap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPlays:
    """The plays that an imported file reported.

    own: plays that no other import and no player reported
    shared: plays that others reported too
    older: plays of its tracks from before map4 recorded which import added them
    """

    own: int
    shared: int
    older: int

    def sentences(self, own: str) -> list[str]:
        """Return messages about them for a person; `own`: what happens to its own plays."""
        messages = [f"{counted(self.own, 'play')} {own}"] if self.own else []
        if self.shared:
            stays = counted(self.shared, "play stays", "plays stay")
            messages.append(f"{stays}, as another import or a player reported the same")
        if self.older:
            stays = counted(self.older, "older play of its tracks stays", "older plays of its tracks stay")
            messages.append(f"{stays}: map4 did not record yet which import added them")
        return messages


class Forgotten(list[str]):
    """The names of the lists that `Imports.forget` deleted; `plays`: the plays of the file, deleted or kept."""

    def __init__(self, lists: Iterable[str], plays: ImportedPlays) -> None:
        super().__init__(lists)
        self.plays = plays


class ImportHistory(Record, kind="import-history"):
    """The imported files, newest first ('map4 import history --json').

    waiting: entries whose file the library does not have
    """

    imports: tuple[StoredImport, ...]
    waiting: tuple[PlaylistEntry, ...]


class PendingMatches(Record, kind="import-matches"):
    """Entries and recordings that were matched to a file later ('map4 import --path-map FROM=TO --json').

    tracks: entries whose file the library now has
    replaced: recordings whose file is away, and which another copy now represents, with imported cue points, grid and
        rating
    by_hand: how many of these have times and an offset known only to a tenth of a second
    waiting: entries still without a file
    """

    tracks: Count = 0
    replaced: Count = 0
    by_hand: Count = 0
    waiting: Count = 0

    def sentences(self) -> list[str]:
        """Return messages about it for a person."""
        messages = []
        if self.tracks:
            its = "its" if self.tracks == 1 else "their"
            messages.append(f"{counted(self.tracks, 'imported entry', 'imported entries')} found {its} file")
        if self.replaced:
            away = counted(self.replaced, "file that is away", "files that are away")
            until = "it is" if self.replaced == 1 else "they are"
            messages.append(f"another copy of the recording represents {away}, until {until} back")
        if self.by_hand:
            messages.append(
                f"of {counted(self.by_hand, 'copy', 'copies')} without a clear beat the offset is only known to .1 s; "
                "look at the cue points there"
            )
        return messages


def plain_location(location: str) -> str:
    """Return a location as people write it: the path of a `file:` URL, everything else unchanged."""
    return Location.path_of_url(location) or location


def folders_to_map(locations: Iterable[str]) -> list[str]:
    """Return up to three folders for `--path-map FOLDER=…`: the innermost folder of most of these paths, else each
    drive's or outermost folder."""
    paths: list[str] = []
    for location in map(plain_location, locations):
        path = location.replace("\\", "/") if Location.is_windows_path(location) else location
        if path.startswith("/") or Location.is_windows_path(path):
            paths.append(path)
    if folder := _folder_of_most(paths):
        return [folder]
    parts: dict[str, list[str]] = {}
    for path in paths:
        parts.setdefault(path[: path.find("/", 1)], []).append(path)
    largest = sorted(parts.values(), key=len, reverse=True)[:_MOST_FOLDERS]
    return [folder for part in largest if (folder := _folder_of_most(part))]


def _folder_of_most(paths: Sequence[str]) -> str | None:
    folders: Counter[str] = Counter()
    for path in paths:
        folders.update(path[:end] for end in range(1, len(path)) if path[end] == "/")
    inner = [folder for folder, count in folders.items() if count >= _MOST_OF_THEM * len(paths) and folder.strip("/")]
    return max(inner, key=len, default=None)


class GivenBack(Record, kind="given-back", members="entries lists unknown dry_run=is_dry_run"):
    """Imported entries and lists that have their own files again ('map4 doctor --apply import_copies --json').

    entries: of imports, with their cue points, grid, rating and other values
    lists: names of changed lists
    unknown: names of lists with such a copy, none of whose versions has the entry's file
    is_dry_run: whether nothing was written
    """

    entries: Count
    lists: tuple[str, ...]
    unknown: tuple[str, ...]
    is_dry_run: bool = False


class OwnImport(Record):
    """A file that an account imported."""

    format: str
    path: str
    imported_at: Moment
