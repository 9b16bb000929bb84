"""Lists that a store keeps by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from map4.base.records import Absent, Count, Fraction4, Json, Record, Seconds
from map4.base.text import utc_text
from map4.music.lists.live import LiveList

if TYPE_CHECKING:
    pass

Sharing = Literal["private", "read", "edit"]
"""Who else a list is there for: nobody, all to look at, all to change."""
SHARINGS: tuple[Sharing, ...] = get_args(Sharing)

KEPT_FOR = timedelta(days=30)
"""So long a list that was deleted, or replaced, comes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOwner(Record):
    """Whose a stored list is.

    id: number of the account
    name: null where that was removed
    """

    id: int
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlaylist(
    Record,
    kind="stored-list",
    is_bare=True,
    members="id name description tracks present duration_s compatibility created_at updated_at"
    " history=is_history played_at folder deleted_at kept_until owner sharing may_edit marks live problem counted",
):
    """What `map4 playlist list` shows of a stored list.

    id: by which it is known whatever becomes of its name, also in copies of the library
    duration_s: how long it lasts: what is there of it, by its mix plans, else one track after the other in full
    compatibility: mean over the transitions that were judged, 0-1; None without any
    present: tracks that the library still has
    is_history: whether it is what was played in another program
    played_at: when the first track of a history was, where that program says so
    folder: of an imported list, those it lies in there, with slashes between them
    deleted_at: of a list that was deleted, or replaced by another of its name
    owner: whose it is; what 0, who sits at the library's machine, owns is everybody's
    sharing: who else it is there for: nobody (private), all to look at (read), or all to change (edit)
    may_edit: whether who asks may change it
    marks: of who asks, by name
    live: of a live list, what it asks; its tracks are those that it finds now
    problem: why a live list can't be answered now
    counted: false of a live list that was not answered, so that nothing is known of its tracks
    """

    id: Annotated[str, Json(pattern="^l-[0-9a-f]{16}$")]
    name: Annotated[str, Json(minLength=1)]
    description: str | None
    tracks: Count
    present: Count
    duration_s: Seconds
    compatibility: Fraction4 | None
    created_at: str
    updated_at: str
    is_history: bool
    played_at: str | None
    folder: str | None = None
    deleted_at: str | None = None
    owner: ListOwner
    sharing: Sharing
    may_edit: bool
    marks: tuple[str, ...] = ()
    live: LiveList | None = None
    problem: str | None = None
    counted: bool | Absent = ...

    @property
    def kept_until(self) -> str | None:
        """Until when `restore` brings it back."""
        if self.deleted_at is None:
            return None
        return utc_text(datetime.fromisoformat(self.deleted_at) + KEPT_FOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlaylists(Record, kind="stored-lists"):
    """The lists stored in the library."""

    lists: tuple[StoredPlaylist, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVersion(Record):
    """A state that a stored list had.

    version: its number, from 1
    at: since when
    by: whose change it came of; null where it was changed elsewhere: by an import, or by a player
    what: was done to the list, in words
    count: of its entries
    """

    version: Annotated[int, Json(minimum=1)]
    at: str
    by: ListOwner | None
    what: str
    count: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVersions(Record, kind="list-versions"):
    """The states of a stored list that can be brought back, the newest first; that is what it holds now."""

    id: str
    name: str
    versions: tuple[ListVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedEntry:
    """What a history tells of one of its tracks.

    audio_id: None where the library does not know it
    played_at: when, in UTC; None if unknown
    mixed_s: for how long it sounded together with the track before; None where it does not say, as of the next two
    left_at_s, entered_at_s: where the track before was left, and where this one was entered, in their own times
    """

    audio_id: str | None
    played_at: str | None = None
    mixed_s: float | None = None
    left_at_s: float | None = None
    entered_at_s: float | None = None
