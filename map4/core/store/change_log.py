"""What changed in a library, as its triggers note it."""

from __future__ import annotations

from dataclasses import dataclass

from map4.core.base.events import Change, EventType, Happening
from map4.core.base.records import Moment, Record
from map4.core.store.database import StorePart


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesSince:
    """Changes after a number, oldest first.

    through: the last number
    is_whole: False if earlier changes were dropped, or the number is from another library
    """

    changes: tuple[Change, ...]
    through: int
    is_whole: bool


class OwnChange(Record):
    """A change that only this person sees.

    subject: a track's address, or a list's id
    """

    at: Moment
    type: EventType
    what: Happening
    subject: str


class SqlChangeLog(StorePart):
    """Changes in a library by any writer, in the order in which they were stored.

    A change and its log entry are stored in one transaction. The actor sees public changes and their own. Numbers only
    grow. Another change of the same subject replaces its entry under a new number; the last ten thousand entries are
    kept.
    """

    def since(self, number: int | None) -> ChangesSince:
        """Changes after a number. 0 gives all that are kept; None gives none, only the last number."""
        with self._database.snapshot() as connection:
            last = self._database.last_number("changes")
            first = connection.execute("SELECT min(number) FROM changes").fetchone()[0] or last + 1
            rows = [] if number is None else connection.execute(_SINCE, (number, self._actor.id)).fetchall()
        changes = tuple(
            Change(number=place, type=kind, what=what, subject=subject, at=at, writer=writer or None)
            for place, kind, what, subject, at, writer in rows
        )
        return ChangesSince(changes=changes, through=last, is_whole=not number or first - 1 <= number <= last)


_SINCE = (
    "SELECT number, kind, what, subject, at, writer FROM changes WHERE number IN (SELECT max(number) FROM changes "
    "WHERE number > ? AND (whose IS NULL OR whose = ?) GROUP BY subject, what, kind) ORDER BY 1"
)


def own_change(at: str, kind: EventType, what: Happening, subject: str) -> OwnChange:
    return OwnChange(at=at, type=kind, what=what, subject=subject)
