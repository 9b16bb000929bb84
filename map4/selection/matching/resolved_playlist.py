"""Entries and lines whose tracks were looked up in the library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from map4.domain.lists.listed import ListedPick, ListHeader
from map4.domain.lists.tracklist import PlacedPick, PlaylistEntry
from map4.domain.track.track import Track, display_path, path_fields
from map4.selection.matching.matcher import Match
from map4.selection.matching.names import POSSIBLE, SURE
from map4.selection.matching.wanted_lines import WantedLine

EntryStatus = Literal["found", "uncertain", "unknown", "gone", "url"]
"""found: taken; uncertain: a track fits, but not surely enough to be taken; unknown: no track fits; gone: the track is
known, but its file is not there; url: a stream, passed over."""


def status_of(certainty: float, least_certainty: float = SURE) -> EntryStatus:
    """What a match of so much certainty means; below `least_certainty` it is not taken."""
    if certainty < POSSIBLE:
        return "unknown"
    return "uncertain" if certainty < least_certainty else "found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedEntry:
    """One entry of a list, and the track that it means.

    track: None where none was found; of a status other than "found" it is not part of the list
    match: how it was found, None for entries of stored lists
    pick: what the list itself says of it
    """

    entry: PlaylistEntry
    status: EntryStatus
    track: Track | None = None
    match: Match | None = None
    pick: ListedPick = field(default_factory=ListedPick)

    def to_record(self) -> dict[str, Any]:
        """One of the `entries` of a check: what the list says, and what was made of it."""
        entry, match = self.entry, self.match
        return {
            "position": entry.position,
            "location": None if entry.location is None else display_path(entry.location),
            "artist": entry.artist,
            "title": entry.title,
            "status": self.status,
            "method": match.method if match else None,
            "certainty": match.certainty if match else None,
            "rivals": match.rivals if match else 0,
            "track": None if self.track is None else path_fields(self.track.path),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPlaylist:
    """A list whose entries were looked up.

    source: the file, or the name it is stored under
    format: of the file; None for a stored list
    header: of a list of map4's own
    """

    source: str
    format: str | None
    entries: tuple[ResolvedEntry, ...]
    name: str | None = None
    description: str | None = None
    header: ListHeader = field(default_factory=ListHeader)

    @property
    def found(self) -> list[ResolvedEntry]:
        """Entries whose track is there."""
        return [entry for entry in self.entries if entry.status == "found"]

    @property
    def is_whole(self) -> bool:
        """Whether every track is there; else mix plans, each of which begins with the track before, no longer hold."""
        return len(self.found) == len(self.entries)

    def placed(self) -> list[PlacedPick]:
        """The tracks that are there, in order, with what the list says of each."""
        return [(entry.track, entry.pick) for entry in self.found if entry.track is not None]

    def tracks(self) -> list[Track]:
        """The tracks that are there, in order."""
        return [track for track, _ in self.placed()]

    def counts(self) -> dict[EntryStatus, int]:
        """How many entries have each status."""
        statuses: tuple[EntryStatus, ...] = ("found", "uncertain", "unknown", "gone", "url")
        return {status: sum(entry.status == status for entry in self.entries) for status in statuses}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedLine:
    """A line of a list of wanted tracks, and the track that it means.

    status: found, uncertain or unknown
    certainty: 0-1 that the likeliest track is meant, also where it is too low; None where there is none
    track: None where unknown
    """

    line: WantedLine
    status: EntryStatus
    certainty: float | None
    track: Track | None
