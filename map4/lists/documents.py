"""The documents of lists that commands print and the server returns."""

from __future__ import annotations

from map4.core.base.records import Absent, Count, Ordinal, Seconds
from map4.core.music.lists.limits import PlacedRelaxation
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tracklist import AwayFile
from map4.core.music.track.track import Track
from map4.lists.playlist.playlist import WayOut
from map4.lists.stored import ListOwner, Sharing
from map4.search import ResolvedEntry


class ListPick(
    ListedPick,
    kind="pick",
    is_bare=True,
    members="position location track stands_in_for=away energy_target transition=step relaxed=placed reasons"
    " seed_similarity played_at starred_at starts_at locked sweeper",
):
    """One track of a list.

    location: the path as written, if --relative-to or --path-map changes it
    away: the file of the entry, if `track` is a copy of its recording
    """

    position: Ordinal
    location: str | Absent = ...
    track: Track
    away: AwayFile | Absent = ...

    @property
    def placed(self) -> tuple[PlacedRelaxation, ...]:
        return PlacedRelaxation.all((self.position, self.relaxed))


class ListDocument(
    ListHeader,
    kind="playlist",
    members="id name description marks seeds options picks relaxed duration_s quality missing ways_out imported"
    " made_with command live joints problem ids rows short_by changed owner sharing may_edit version entries locked"
    " mix_s tempo_misses notes",
):
    """A list of tracks in order.

    id: of the stored list that is shown or was just stored over HTTP
    marks: of a stored list: the caller's marks, by name
    command: over HTTP, of a stored list that was generated: the command line that makes it
    ways_out: of a new list that breaks its limits: other options that keep all limits
    problem: over HTTP, of a live list: why it can't be answered now
    ids: over HTTP: ids of the tracks
    rows: over HTTP, of a stored list: numbers of the tracks' files, as in /columns
    short_by: over HTTP: how many of the requested tracks are missing
    changed: over HTTP, of an ordered list: false if the present order is the best found
    owner, sharing, may_edit: over HTTP, of a stored list: its owner, its sharing (private, readable by all,
        editable by all), and whether the caller may change it
    version: over HTTP, of a stored list: number of the stored version, used to restore it
    entries: over HTTP, of a stored list: all entries, including missing ones
    locked: over HTTP, of a stored list: places (of entries, from 1) whose tracks stay when the list is remade,
        ordered or refreshed
    mix_s: of a new list in minutes: estimated length as a mix
    notes: of a new list of a series that has too few tracks, and of an ordered list: what to know about it, in words
    """

    id: str | Absent = ...
    name: str | Absent | None = ...
    description: str | Absent | None = ...
    picks: tuple[ListPick, ...]
    ways_out: tuple[WayOut, ...] | Absent = ...
    command: str | Absent = ...
    problem: str | Absent = ...
    ids: tuple[str, ...] | Absent = ...
    rows: tuple[Count | None, ...] | Absent = ...
    short_by: Count | Absent = ...
    changed: bool | Absent = ...
    owner: ListOwner | Absent = ...
    sharing: Sharing | Absent = ...
    may_edit: bool | Absent = ...
    marks: tuple[str, ...] | Absent = ...
    version: Ordinal | Absent = ...
    entries: tuple[ResolvedEntry, ...] | Absent = ...
    locked: tuple[Ordinal, ...] | Absent = ...
    mix_s: Seconds | Absent = ...
    notes: tuple[str, ...] | Absent = ...


class ListSummary(
    ListHeader,
    kind="playlist-summary",
    members="picks seeds options relaxed duration_s quality missing ways_out mix_s tempo_misses notes",
):
    """The summary of a new list, after its picks.

    picks: number of picks
    ways_out: other options that keep all limits, if the list breaks some
    mix_s: of a list in minutes: estimated length as a mix
    notes: of a series that has too few tracks: what to know about the list, in words
    """

    picks: Count
    ways_out: tuple[WayOut, ...]
    mix_s: Seconds | Absent = ...
    notes: tuple[str, ...] | Absent = ...
