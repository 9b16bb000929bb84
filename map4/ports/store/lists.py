"""Lists that a store keeps by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, get_args

from map4.domain.lists.live import LiveList
from map4.domain.records import Absent, Count, Fraction4, Json, Record, Seconds
from map4.domain.text import utc_text

if TYPE_CHECKING:
    from map4.domain.lists.listed import ImportedPlace
    from map4.domain.lists.tracklist import Tracklist

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
    played_at: when, by the clock of the machine; None where it does not say
    mixed_s: for how long it sounded together with the track before; None where it does not say, as of the next two
    left_at_s, entered_at_s: where the track before was left, and where this one was entered, in their own times
    """

    audio_id: str | None
    played_at: str | None = None
    mixed_s: float | None = None
    left_at_s: float | None = None
    entered_at_s: float | None = None


class PlaylistStore(Protocol):
    """Reads and writes the stored lists of one library.

    Who asks sees their own lists, those that belong to nobody, and those that others share. A name is compared without
    regard to case; the id of a list is as good. Changing a list that one may only look at raises NotAllowedError.
    """

    def put(
        self,
        name: str,
        content: Tracklist,
        *,
        now: datetime,
        replace: bool = True,
        keep: bool | None = False,
        what: str | None = None,
        count_plays: bool = True,
    ) -> None:
        """Store a list, in the place of one of the same name, whose id and name as it is written stay.

        replace: whether one of the same name may be replaced
        keep: whether what that one holds is kept as `delete` keeps it, where other tracks take its place; else only
            where fewer than half as many do, and with None not at all
        what: was done, in words, for `versions`, which then have what it held and holds
        count_plays: settle anew when tracks were played that stood in a history, or do now
        raises UsageError: if the name can't be one.
        raises StoredListExistsError: if there is a list of this name, and it may not be replaced.
        """

    def require_free(self, name: str) -> None:
        """Refuse a name that `put` would refuse where nothing may be replaced; nothing is stored.

        raises UsageError, StoredListExistsError: as `put`.
        """

    def names(self) -> list[str]:
        """The names of all lists."""

    def name_of(self, name: str) -> str | None:
        """The name of a list as it is written, or None."""

    def id_of(self, name: str) -> str | None:
        """The id of a list, or None."""

    def version(self, name: str) -> str | None:
        """A word that changes with all that a list says and holds, or None without one."""

    def live(self, name: str) -> LiveList | None:
        """What a live list asks; None of another list, or without one."""

    def get(self, name: str) -> Tracklist | None:
        """A stored list with its tracks as they are now, or None; a live one says in its header what it asks, and has
        no tracks.

        A track that was moved is found by its audio; one that is gone from the library is given as missing, with the
        artist and title that it had.
        """

    def versions(self, name: str) -> list[ListVersion]:
        """The states of a list that are kept, the newest first, and what it holds now at their head; none without one.

        By any change that says what was done the state before and the one after it are kept: of a list the last hundred
        at most.
        """

    def at_version(self, name: str, version: int) -> Tracklist | None:
        """What a list held, with its tracks as `get` gives them; None where that is not kept."""

    def all(self, name: str | None = None) -> list[StoredPlaylist]:
        """Every stored list, by name; or the one of this name or id. Of a live one nothing is counted."""

    def deleted(self, *, now: datetime) -> list[StoredPlaylist]:
        """Lists that were deleted or replaced, for KEPT_FOR, by those who may edit them; the last one first."""

    def histories(self) -> Iterator[list[PlayedEntry]]:
        """What each history holds that `all` shows, the first imported first."""

    def imported(self, format_name: str) -> dict[ImportedPlace, str]:
        """Names of the lists as imported from libraries of one format, by what they are there."""

    def exported_as(self) -> dict[tuple[tuple[str, ...], str], list[str]]:
        """Names of all lists but histories by the folders and name that they have in the libraries that map4 writes."""

    def holds(self, name: str, content: Tracklist, *, with_header: bool = True) -> bool:
        """Whether the stored list of this name is just this one, but for what its transitions are like.

        with_header: whether it must have come from the same place too
        """

    def rename(self, name: str, new_name: str, *, now: datetime) -> str:
        """Call a list otherwise, and give its name as it is written then; it may differ in case alone.

        raises UsageError, StoredListExistsError: if it can't be called so, or another is.
        """

    def describe(self, name: str, description: str | None, *, now: datetime) -> None:
        """Say what a list is."""

    def share(self, name: str, sharing: Sharing, *, now: datetime) -> None:
        """Say who else a list is there for.

        raises NotAllowedError: if it is another's, and who asks no admin
        raises UsageError: if it is everybody's
        """

    def noted(self, name: str, key: str) -> dict[str, Any]:
        """What a list says under a key of each audio that is there, in its order."""

    def delete(self, name: str, *, now: datetime) -> bool:
        """Put a stored list aside, from where `restore` brings it back for KEPT_FOR; whether there was one."""

    def restore(self, name: str, *, now: datetime, new_name: str | None = None) -> str | None:
        """Bring back the list of this name, or id, that was deleted or replaced last, and give its name; None if there
        is none.

        new_name: what it is called from now on
        raises UsageError, StoredListExistsError: if it can't be called so, or another is.
        """
