"""What changed in a library, as its triggers note it (`map4.infra.sqlite.file.change_tables`)."""

from __future__ import annotations

from map4.domain.actor import LOCAL, Actor
from map4.domain.events import Change
from map4.infra.sqlite.connection import committed
from map4.infra.sqlite.file.database import Database
from map4.ports.store.change_log import ChangeLog, ChangesSince


class SqliteChangeLog(ChangeLog):
    def __init__(self, database: Database, *, actor: Actor = LOCAL) -> None:
        self._database = database
        self._actor = actor

    def since(self, number: int | None) -> ChangesSince:
        with self._database.reading() as connection, committed(connection, begin="BEGIN"):  # both see the same moment
            last = connection.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'changes'").fetchone()[0] or 0
            first = connection.execute("SELECT min(number) FROM changes").fetchone()[0] or last + 1
            rows = [] if number is None else connection.execute(_SINCE, (number, self._actor.id)).fetchall()
        changes = tuple(
            Change(number=place, type=kind, what=what, subject=subject, at=at, writer=writer or None)
            for place, kind, what, subject, at, writer in rows
        )
        return ChangesSince(changes=changes, through=last, is_whole=not number or first - 1 <= number <= last)


_SINCE = (
    "SELECT max(number), kind, what, subject, at, writer FROM changes WHERE number > ? "
    "AND (whose IS NULL OR whose = ?) GROUP BY subject, what, kind ORDER BY 1"
)
