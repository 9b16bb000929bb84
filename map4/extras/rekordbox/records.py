"""Results of writes into rekordbox's database."""

from __future__ import annotations

from typing import Literal

from map4.core.base.records import Count, Record, ShownPath

ListState = Literal["write", "same", "exists", "synchronised", "empty"]


class RekordboxList(Record):
    """A list in rekordbox's database, as planned or written.

    state: write: is new there; same: rekordbox has the same; exists: rekordbox has another of this name, which stays;
        synchronised: its folder belongs to the cloud; empty: rekordbox has none of its tracks
    missing: tracks that rekordbox does not have
    """

    name: str
    folders: tuple[str, ...] = ()
    state: ListState
    tracks: Count = 0
    missing: tuple[ShownPath, ...] = ()


class RekordboxWrite(Record, kind="rekordbox-write", members="* dry_run=is_dry_run remarks"):
    """The result of 'map4 export rekordbox-db', or of its dry run.

    values: number of ratings, comments and colours that change
    left_values: number of tracks whose values are left out, as rekordbox keeps them in its cloud
    copies: folder of the copies made before; None if nothing was written
    """

    database: ShownPath
    lists: tuple[RekordboxList, ...]
    values: Count = 0
    left_values: Count = 0
    copies: ShownPath | None = None
    is_dry_run: bool = True
    remarks: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every list and track is in rekordbox, or will be."""
        return all(listed.state in ("write", "same") and not listed.missing for listed in self.lists)


class RekordboxUndo(Record, kind="rekordbox-undo"):
    """The result of 'map4 export undo rekordbox': the database, and the copies that it now equals."""

    database: ShownPath
    copies: ShownPath
