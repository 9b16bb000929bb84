"""Lists stored by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal, get_args

from map4.core.base.records import Absent, Count, Fraction4, Json, Record, Seconds
from map4.core.base.text import utc_text
from map4.core.music.lists.live import LiveList

Sharing = Literal["private", "read", "edit"]  # access for other accounts: none, read, or edit
SHARINGS: tuple[Sharing, ...] = get_args(Sharing)


class ListOwner(Record):
    """The owner of a stored list.

    id: number of the account
    name: null if the account was removed
    """

    id: int
    name: str | None


class RatingCounts(Record):
    """The number of transitions with each rating."""

    excellent: Count = 0
    good: Count = 0
    fair: Count = 0
    poor: Count = 0


class StoredPlaylist(
    Record,
    kind="stored-list",
    is_bare=True,
    members="id name description tracks present duration_s compatibility ratings created_at updated_at"
    " history=is_history played_at folder deleted_at kept_until owner sharing may_edit marks live problem counted",
):
    """A stored list, as in `map4 playlist list`.

    id: stays the same when the list is renamed, also in copies of the library
    duration_s: total length of the available tracks, by the mix plans or else in full
    compatibility: mean over the judged transitions, 0-1; None without any
    ratings: of the judged transitions, as planned
    present: tracks that are still in the library
    is_history: whether it is a record of plays in another program
    played_at: when the first track of a history was played, if known
    folder: its folders in the source library, joined by slashes
    deleted_at: when the list was deleted or replaced by another with its name
    owner: its owner; lists of owner 0, the local user, belong to everybody
    sharing: access for other accounts: none (private), read, or edit
    may_edit: whether the caller may change it
    marks: the caller's marks, by name
    live: the query of a live list; its tracks are the current matches
    problem: why a live list can't be evaluated
    counted: false for a live list that was not evaluated, so that its tracks are unknown
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
    ratings: RatingCounts = RatingCounts()
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
        """The time until which `restore` can recover it."""
        if self.deleted_at is None:
            return None
        return utc_text(datetime.fromisoformat(self.deleted_at) + ListVersion.DELETED_FOR)


class StoredPlaylists(Record, kind="stored-lists"):
    """The lists stored in the library."""

    lists: tuple[StoredPlaylist, ...]


class ListVersion(Record):
    """A version of a stored list.

    version: its number, from 1
    at: when it began
    by: who changed it; null for changes by imports or players
    what: the change, as text
    count: the number of entries
    """

    DELETED_FOR: ClassVar[timedelta] = timedelta(days=30)  # how long a deleted or replaced list can be restored

    version: Annotated[int, Json(minimum=1)]
    at: str
    by: ListOwner | None
    what: str
    count: Count


class ListVersions(Record, kind="list-versions"):
    """The restorable versions of a stored list, the newest first, which is its current state."""

    id: str
    name: str
    versions: tuple[ListVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedEntry:
    """A history's data for a track.

    audio_id: None if the track is not in the library
    played_at: when, in UTC; None if unknown
    mixed_s: how long it overlapped with the previous track; None if unknown, as for the next two
    left_at_s, entered_at_s: where the previous track was left and this track entered, in their own times
    """

    audio_id: str | None
    played_at: str | None = None
    mixed_s: float | None = None
    left_at_s: float | None = None
    entered_at_s: float | None = None
