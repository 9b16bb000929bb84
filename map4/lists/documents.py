"""The documents of lists, as commands print them and the server answers."""

from __future__ import annotations

from dataclasses import dataclass

from map4.base.records import Absent, Count, Ordinal
from map4.lists.playlist.playlist import WayOut
from map4.music.lists.list_record import ListRecord, PickDetail
from map4.music.lists.stored import ListOwner, Sharing
from map4.music.track.track import Track
from map4.search import ResolvedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPick(
    PickDetail,
    kind="pick",
    is_bare=True,
    members="position location track energy_target transition relaxed reasons seed_similarity played_at starred_at"
    " locked",
):
    """One track of a list.

    location: the path as written, where --relative-to or --path-map changes it
    """

    position: Ordinal
    location: str | Absent = ...
    track: Track


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDocument(
    ListRecord,
    kind="playlist",
    members="id name description marks seeds options picks relaxed duration_s quality missing ways_out imported"
    " made_with live problem ids rows short_by owner sharing may_edit version entries locked",
):
    """A list of tracks in order.

    id: of a stored list that is shown, or was just stored over HTTP: its own
    marks: of a stored list: those of who asks, by name
    ways_out: of a list that was just made: other options with which it keeps all limits, where it does not
    problem: over HTTP, of a live list: why it can't be answered now
    ids: over HTTP: those of the tracks
    rows: over HTTP, of a stored list: numbers of the tracks' files, as /columns has them
    short_by: over HTTP: so many tracks were asked for besides
    owner, sharing, may_edit: over HTTP, of a stored list: whose it is, who else it is there for (nobody, all to look
        at, all to change), and whether who asks may change it
    version: over HTTP, of a stored list: the number of what is stored, by which it can be brought back
    entries: over HTTP, of a stored list: all its entries, those that are missing too
    locked: over HTTP, of a stored list: places (of entries, from 1) that keep their tracks when it is made anew,
        ordered or refreshed
    """

    id: str | Absent = ...
    name: str | Absent | None = ...
    description: str | Absent | None = ...
    picks: tuple[ListPick, ...]
    ways_out: tuple[WayOut, ...] | Absent = ...
    problem: str | Absent = ...
    ids: tuple[str, ...] | Absent = ...
    rows: tuple[Count | None, ...] | Absent = ...
    short_by: Count | Absent = ...
    owner: ListOwner | Absent = ...
    sharing: Sharing | Absent = ...
    may_edit: bool | Absent = ...
    marks: tuple[str, ...] | Absent = ...
    version: Ordinal | Absent = ...
    entries: tuple[ResolvedEntry, ...] | Absent = ...
    locked: tuple[Ordinal, ...] | Absent = ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSummary(
    ListRecord,
    kind="playlist-summary",
    members="picks seeds options relaxed duration_s quality missing ways_out",
):
    """What a list that was just made says of itself, after its picks.

    picks: how many there are
    ways_out: other options with which it keeps all limits, where it does not
    """

    picks: Count
    ways_out: tuple[WayOut, ...]
