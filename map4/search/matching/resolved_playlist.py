"""Playlist entries and text lines resolved to tracks of the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from map4.base.records import Absent, Count, Fraction, Record
from map4.base.shown import Shown, repr_line
from map4.music.lists.listed import ListedPick, ListHeader
from map4.music.lists.tracklist import PlacedPick, PlaylistEntry, list_rows
from map4.music.track.track import Track
from map4.search.matching.matcher import Match
from map4.search.matching.names import POSSIBLE, SURE
from map4.search.matching.wanted_lines import WantedLine

EntryStatus = Literal["found", "uncertain", "unknown", "gone", "url"]
"""found: used; uncertain: a track matches, but not surely enough to use it; unknown: no track matches; gone: the track
is known, but its file is missing; url: a stream, skipped.
"""


def status_of(certainty: float, least_certainty: float = SURE) -> EntryStatus:
    """The status for a certainty; below `least_certainty` the match is not used."""
    if certainty < POSSIBLE:
        return "unknown"
    return "uncertain" if certainty < least_certainty else "found"


Verdict = Literal["found", "uncertain", "missing"]
VERDICTS: Mapping[EntryStatus, Verdict] = {"found": "found", "uncertain": "uncertain", "unknown": "missing"}


class TrackPath(Record):
    """A track given only by its path."""

    path: str


class ResolvedEntry(
    Record,
    kind="list-entry",
    is_bare=True,
    members="position=entry.position location=entry.location artist=entry.artist title=entry.title status"
    " method=match.method certainty=match.certainty rivals track=file id row",
):
    """An entry of a list and its matching track.

    location: as written in the list
    status: found: used; uncertain: a track matches, but not surely enough; unknown: no match; gone: known, but its file
        is missing; url: a stream, skipped
    method: how the track was matched; None in a stored list

    track: None without a match; part of the list only if the status is "found"
    match: the details of the match; None for entries of stored lists
    """

    entry: PlaylistEntry
    status: EntryStatus
    track: Track | None = None
    match: Match | None = None
    pick: ListedPick = field(default_factory=ListedPick)

    @property
    def rivals(self) -> Count:
        """The number of other recordings that match as well."""
        return self.match.rivals if self.match else 0

    @property
    def file(self) -> TrackPath | None:
        """The file of the track."""
        return None if self.track is None else TrackPath(path=self.track.path)

    @property
    def id(self) -> str | Absent | None:
        """Over HTTP: the track's id."""
        return ...

    @property
    def row(self) -> Count | Absent | None:
        """Over HTTP: the row number of the track's file, as in /columns; null if it is missing."""
        return ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPlaylist(Shown):
    """A list whose entries are resolved.

    source: the file, or the name of a stored list
    format: the file's format; None for a stored list
    id: the id of a stored list; None for a file
    marks: the caller's marks of a stored list
    header: the header of a map4 list
    """

    source: str
    format: str | None
    entries: tuple[ResolvedEntry, ...]
    name: str | None = None
    description: str | None = None
    id: str | None = None
    marks: Sequence[str] = ()
    header: ListHeader = field(default_factory=ListHeader)

    def __repr__(self) -> str:
        return repr_line(self, ", ".join([self.name or self.source, *self.words()]))

    def rows(self) -> list[Mapping[str, str]]:
        placed = self.placed()
        return list_rows([track for track, _ in placed], [pick for _, pick in placed] if self.is_whole else ())

    def words(self) -> Sequence[str]:
        return [f"{len(self.found)} of {len(self.entries)} tracks are there"]

    @property
    def found(self) -> list[ResolvedEntry]:
        """Entries whose track is available."""
        return [entry for entry in self.entries if entry.status == "found"]

    @property
    def is_whole(self) -> bool:
        """True if every track is available; otherwise mix plans, which start from the previous track, are invalid."""
        return len(self.found) == len(self.entries)

    def placed(self) -> list[PlacedPick]:
        """The available tracks in order, each with its pick from the list."""
        return [(entry.track, entry.pick) for entry in self.found if entry.track is not None]

    def tracks(self) -> list[Track]:
        """The available tracks, in order."""
        return [track for track, _ in self.placed()]

    def counts(self) -> dict[str, int]:
        """The number of entries per status."""
        statuses: tuple[EntryStatus, ...] = ("found", "uncertain", "unknown", "gone", "url")
        return {status: sum(entry.status == status for entry in self.entries) for status in statuses}


class ResolvedLine(
    Record,
    kind="wanted",
    is_bare=True,
    members="line=line.line text=line.text verdict certainty artist=track.artist() title=track.title()"
    " audio_id=track.audio_id path=track.path",
):
    """A wanted track and its match in the library.

    line: the line number in the list
    text: the line
    artist: as in the library
    path: None if missing
    status: found, uncertain or unknown
    certainty: that the best candidate is the wanted track, also if it is missing; None without a candidate
    track: None if unknown
    """

    line: WantedLine
    status: EntryStatus
    certainty: Fraction | None
    track: Track | None

    @property
    def verdict(self) -> Verdict:
        """The status in the terms of this list."""
        return VERDICTS[self.status]


class ResolvedLines(Record, kind="wanted-list"):
    """A list of wanted tracks and their matches in the library."""

    found: Count
    uncertain: Count
    missing: Count
    lines: tuple[ResolvedLine, ...]
