"""What changed in a library, as its triggers note it."""

from __future__ import annotations

from map4.domain.actor import LOCAL, Actor
from map4.domain.events import Change, EventType, Happening
from map4.infra.sql.database import Database
from map4.ports.store.change_log import ChangeLog, ChangesSince
from map4.ports.store.people import OwnChange


class SqlChangeLog(ChangeLog):
    def __init__(self, database: Database, *, actor: Actor = LOCAL) -> None:
        self._database = database
        self._actor = actor

    def since(self, number: int | None) -> ChangesSince:
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
