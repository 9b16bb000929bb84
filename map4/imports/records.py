"""The summary of an import, and what waits for its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from map4.base.path_maps import PathMap, is_windows_path, path_of_url
from map4.base.records import Count, Json, Moment, Record
from map4.music.lists.tracklist import PlaylistEntry

IMPORTED_VALUES = (
    "bpm", "names", "dates", "key", "rating", "plays", "comment", "color", "cues", "grid", "phrases", "vocals"
)  # fmt: skip
"""What `ImportSummary.values` counts."""

# Of the waiting entries, this share must lie in a folder for it to be what should be mapped.
_MOST_OF_THEM = 0.8
_MOST_FOLDERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary(
    Record,
    kind="import-summary",
    members="path format version tracks matched changed cues grids values lists histories changed_lists marks"
    " marks_step waiting remarks path_maps remembered_path_maps=remembers_maps suggested_path_maps=suggested_maps"
    " dry_run=is_dry_run",
):
    """What an import did.

    path: the file
    format: name of the importer
    version: of the program that wrote the file; None where it does not say
    tracks: entries of tracks that it holds
    matched: those whose file the library has
    changed: tracks of map4's library of which something is known now that was not, or is no more
    cues: cue points that were read
    grids: tracks with a beat grid
    values: of how many tracks that the library has the file says what; of cues, phrases and vocals, how many in all
    lists: names of the stored lists, as `map4 playlist show` takes them
    histories: how many of these are of what was played
    changed_lists: how many of these are new or other than before
    marks: how many were added, of those of who imports; where they were asked for
    marks_step: by which 'map4 set undo' takes them back; null where none was added
    waiting: entries whose file the library does not have; kept, and joined when it does
    remarks: sentences about what could not be taken over
    path_maps: folders that have another name here, as they counted
    remembers_maps: whether these were given to an earlier import of the file
    suggested_maps: further ones, which follow from tracks that were found by name; the commonest first
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
    waiting: tuple[PlaylistEntry, ...]
    marks: Count = 0
    marks_step: Annotated[int, Json(minimum=1)] | None = None
    remarks: tuple[str, ...] = ()
    path_maps: tuple[PathMap, ...] = ()
    remembers_maps: bool = False
    suggested_maps: tuple[PathMap, ...] = ()
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImport(Record):
    """A file that was imported.

    path: absolute
    imported_at: when it last brought something new; UTC, ISO 8601
    tracks, matched: entries, and those whose file the library has
    path_maps: folders that have another name here, remembered for the next import of the file
    """

    path: str
    format: str
    version: str | None
    imported_at: Moment
    tracks: Count
    matched: Count
    path_maps: tuple[PathMap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportHistory(Record, kind="import-history"):
    """The files that were imported, the last one first ('map4 import history --json').

    waiting: entries whose file the library does not have
    """

    imports: tuple[StoredImport, ...]
    waiting: tuple[PlaylistEntry, ...]


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


def plain_location(location: str) -> str:
    """A location as people write it: the path of a `file:` URL, and everything else as it is."""
    return path_of_url(location) or location


def folders_to_map(locations: Iterable[str]) -> list[str]:
    """The folders that `--path-map FOLDER=…` should name, up to three: the innermost that most of these paths lie in,
    or where there is none, that of each drive or outermost folder."""
    paths: list[str] = []
    for location in map(plain_location, locations):
        path = location.replace("\\", "/") if is_windows_path(location) else location
        if path.startswith("/") or is_windows_path(path):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnImport(Record):
    """A file that a person imported."""

    format: str
    path: str
    imported_at: Moment
