"""Lists that a store keeps by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from map4.domain.lists.listed import ImportedPlace
    from map4.domain.lists.tracklist import Tracklist


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlaylist:
    """What `map4 playlist list` tells of a stored list.

    id: by which it is known whatever becomes of its name, also in copies of the library
    duration_s: of the tracks whose duration is known
    compatibility: mean over the transitions that were judged, 0-1; None without any
    present: tracks that the library still has
    is_history: whether it is what was played in another program
    played_at: when the first track of a history was, where that program says so
    """

    id: str
    name: str
    description: str | None
    tracks: int
    present: int
    duration_s: float
    compatibility: float | None
    created_at: str
    updated_at: str
    is_history: bool
    played_at: str | None

    def to_record(self) -> dict[str, Any]:
        """One list of the `map4/stored-lists/1` document."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "tracks": self.tracks,
            "present": self.present,
            "duration_s": round(self.duration_s, 3),
            "compatibility": None if self.compatibility is None else round(self.compatibility, 4),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "history": self.is_history,
            "played_at": self.played_at,
        }


class PlaylistStore(Protocol):
    """Reads and writes the stored lists of one library.

    Who asks sees their own lists, those that belong to nobody, and those that others share. A name is compared without
    regard to case; the id of a list is as good. Changing a list that one may only look at raises NotAllowedError.
    """

    def put(
        self, name: str, content: Tracklist, *, now: datetime, replace: bool = True, count_plays: bool = True
    ) -> None:
        """Store a list, in the place of one of the same name, whose id and name as it is written stay.

        replace: whether one of the same name may be replaced
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

    def get(self, name: str) -> Tracklist | None:
        """A stored list with its tracks as they are now, or None.

        A track that was moved is found by its audio; one that is gone from the library is given as missing, with the
        artist and title that it had.
        """

    def all(self) -> list[StoredPlaylist]:
        """Every stored list, by name."""

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

    def noted(self, name: str, key: str) -> dict[str, Any]:
        """What a list says under a key of each audio that is there, in its order."""

    def delete(self, name: str) -> bool:
        """Forget a stored list; whether there was one."""
