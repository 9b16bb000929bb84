"""Counts collected while an import is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from map4.core.base.path_maps import PathMap, map_between
from map4.imports.records import plain_location

if TYPE_CHECKING:
    from map4.core.music.lists.tracklist import PlaylistEntry
    from map4.core.music.track.imported import ImportedValues
    from map4.formats import DjPlaylist
    from map4.imports.marks import ImportedMarks
    from map4.imports.rows import StagedEntry

# The keys of `ImportSummary.values`, except cue points and grids -> their attributes.
_FIELDS = {name: attrgetter(name) for name in ("bpm", "key", "rating", "comment", "color")}
_FIELDS |= {"names": attrgetter("title", "artist"), "plays": attrgetter("play_count", "last_played")}
_FIELDS |= {"dates": attrgetter("date_added")}
_UNKNOWN = (None, (None, None))
_MOST_SUGGESTED = 5  # of path maps


@dataclass(slots=True)
class ImportTally:
    """The counts so far."""

    marks: ImportedMarks
    tracks: int = 0
    matched: int = 0
    cues: int = 0
    grids: int = 0
    values: Counter[str] = field(default_factory=Counter)
    lists: list[DjPlaylist] = field(default_factory=list)
    pending: list[PlaylistEntry] = field(default_factory=list)
    behind: int = 0
    unplayed: set[str] = field(default_factory=set)
    elsewhere: Counter[PathMap] = field(default_factory=Counter)

    def note_folder(self, staged: StagedEntry) -> None:
        """Record the path map that a file implies if its place differs from its entry's."""
        location = staged.track.entry.location
        if staged.file is not None and location is not None and staged.file.path not in staged.paths:
            path_map = map_between(plain_location(location), staged.file.path)
            if path_map is not None:
                self.elsewhere[path_map] += 1

    def suggested_maps(self) -> tuple[PathMap, ...]:
        """Return the path maps that at least two tracks imply."""
        common = self.elsewhere.most_common(_MOST_SUGGESTED)
        return tuple(path_map for path_map, count in common if count > 1)


def counts_of(values: ImportedValues) -> dict[str, int]:
    """Count the known values of a track: each cue point, phrase and vocal, everything else once."""
    known = {name: 1 for name, read in _FIELDS.items() if read(values) not in _UNKNOWN}
    parts = {"cues": len(values.cues), "phrases": len(values.structure), "vocals": len(values.vocals)}
    return {**known, "grid": int(bool(values.grid)), **parts}
