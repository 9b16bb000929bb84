"""Entries and lines whose tracks were looked up in the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from map4.base.records import Absent, Count, Fraction, Record
from map4.base.shown import Shown, told
from map4.music.lists.listed import ListedPick, ListHeader
from map4.music.lists.tracklist import PlacedPick, PlaylistEntry, list_rows
from map4.music.track.track import Track
from map4.search.matching.matcher import Match
from map4.search.matching.names import POSSIBLE, SURE
from map4.search.matching.wanted_lines import WantedLine

EntryStatus = Literal["found", "uncertain", "unknown", "gone", "url"]
"""found: used; uncertain: a track fits, but not surely enough to be taken; unknown: no track fits; gone: the track is
known, but its file is not there; url: a stream, passed over."""


def status_of(certainty: float, least_certainty: float = SURE) -> EntryStatus:
    """What a match of so much certainty means; below `least_certainty` it is not taken."""
    if certainty < POSSIBLE:
        return "unknown"
    return "uncertain" if certainty < least_certainty else "found"


Verdict = Literal["found", "uncertain", "missing"]
VERDICTS: Mapping[EntryStatus, Verdict] = {"found": "found", "uncertain": "uncertain", "unknown": "missing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPath(Record):
    """A track that is only named."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedEntry(
    Record,
    kind="list-entry",
    is_bare=True,
    members="position=entry.position location=entry.location artist=entry.artist title=entry.title status"
    " method=match.method certainty=match.certainty rivals track=file id row",
):
    """One entry of a list, and what was made of it.

    location: as the list says it
    status: found: used; uncertain: a track fits, but not surely enough; unknown: none fits; gone: known, but its file
        is not there; url: a stream, passed over
    method: how the track was found; None in a stored list

    track: None where none was found; of a status other than "found" it is not part of the list
    match: how it was found, None for entries of stored lists
    """

    entry: PlaylistEntry
    status: EntryStatus
    track: Track | None = None
    match: Match | None = None
    pick: ListedPick = field(default_factory=ListedPick)

    @property
    def rivals(self) -> Count:
        """Other recordings that fit as well."""
        return self.match.rivals if self.match else 0

    @property
    def file(self) -> TrackPath | None:
        """The file of the track."""
        return None if self.track is None else TrackPath(path=self.track.path)

    @property
    def id(self) -> str | Absent | None:
        """Over HTTP: that of the track."""
        return ...

    @property
    def row(self) -> Count | Absent | None:
        """Over HTTP: the number of the track's file, as /columns has it; null where it is missing."""
        return ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPlaylist(Shown):
    """A list whose entries were looked up.

    source: the file, or the name it is stored under
    format: of the file; None for a stored list
    id: of a stored list; None for a file
    marks: of a stored list, those of who asks
    header: of a list of map4's own
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
        return told(self, ", ".join([self.name or self.source, *self.words()]))

    def rows(self) -> list[Mapping[str, str]]:
        placed = self.placed()
        return list_rows([track for track, _ in placed], [pick for _, pick in placed] if self.is_whole else ())

    def words(self) -> Sequence[str]:
        return [f"{len(self.found)} of {len(self.entries)} tracks are there"]

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

    def counts(self) -> dict[str, int]:
        """How many entries have each status."""
        statuses: tuple[EntryStatus, ...] = ("found", "uncertain", "unknown", "gone", "url")
        return {status: sum(entry.status == status for entry in self.entries) for status in statuses}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedLine(
    Record,
    kind="wanted",
    is_bare=True,
    members="line=line.line text=line.text verdict certainty artist=track.artist() title=track.title()"
    " audio_id=track.audio_id path=track.path",
):
    """What the library has of a wanted track.

    line: number of the line in the list
    text: the line
    artist: as the library has it
    path: None where it is missing
    status: found, uncertain or unknown
    certainty: that the best candidate is the wanted track; of a missing one, that of the nearest candidate; None
        without any
    track: None where unknown
    """

    line: WantedLine
    status: EntryStatus
    certainty: Fraction | None
    track: Track | None

    @property
    def verdict(self) -> Verdict:
        """The status in the words of this list."""
        return VERDICTS[self.status]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedLines(Record, kind="wanted-list"):
    """What the library has of a list of wanted tracks."""

    found: Count
    uncertain: Count
    missing: Count
    lines: tuple[ResolvedLine, ...]
