"""Tables of extras: an extra's first write creates them; they stay unchanged if the extra is not installed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress

from map4.core.store.database import Connection, Database
from map4.core.store.stored_tables import OnHandOver, StoredTable
from map4.errors import LibraryVersionError, UsageError

Statements = tuple[str, ...]
RECORDED = "SELECT name, statements FROM extras ORDER BY name"
_CREATED = re.compile(r"CREATE TABLE (\w+)\s")


class ExtraTables:
    """Tables of extras: an extra's first write creates them; without the extra they stay unchanged."""

    RECORD = "INSERT INTO extras (name, statements) VALUES (?, ?)"

    @staticmethod
    def recorded(connection: Connection) -> Mapping[str, Statements]:
        """The statements that made an extra's tables in this library, by extra."""
        return ExtraTables.read_records(connection.execute(RECORDED).fetchall())

    @staticmethod
    def read_records(rows: Iterable[tuple[str, str]]) -> Mapping[str, Statements]:
        recorded = {}
        for name, statements in rows:
            with suppress(ValueError):  # a damaged row
                recorded[name] = tuple(map(str, json.loads(statements)))
        return recorded

    @staticmethod
    def made_by(statements: Statements) -> list[str]:
        """The names of the tables that statements create."""
        return [match[1] for statement in statements if (match := _CREATED.match(statement))]

    @staticmethod
    def record(extra: str, statements: Statements) -> tuple[str, str]:
        """Values for `RECORD`."""
        return extra, json.dumps(statements)

    @staticmethod
    def declared(extra: str) -> Statements:
        """The statements of an installed extra; empty for others."""
        return tuple(statement for table in StoredTable.of_extras().get(extra, ()) for statement in table.statements())

    @staticmethod
    def exist(connection: Connection, extra: str) -> bool:
        """True if an installed extra has tables here."""
        statements = ExtraTables.recorded(connection).get(extra)
        if statements not in (None, ExtraTables.declared(extra)):
            raise LibraryVersionError(
                f"the tables of the extra '{extra}' in this library were made by another version of it; "
                "use that version"
            )
        return statements is not None

    @staticmethod
    def make(database: Database, extra: str) -> None:
        """Create the tables of an installed extra if they don't exist."""
        with database.transaction() as connection:
            if not ExtraTables.exist(connection, extra):
                statements = ExtraTables.declared(extra)
                database.create(statements)
                connection.execute(ExtraTables.RECORD, ExtraTables.record(extra, statements))

    @staticmethod
    def tables_in(connection: Connection, without: Collection[str] = ()) -> Iterator[StoredTable]:
        """The declared tables that a library has: the core's, and those of installed extras that wrote here.

        without: extras to leave out
        """
        yield from StoredTable.of_core()
        for extra, statements in ExtraTables.recorded(connection).items():
            if extra not in without and statements == ExtraTables.declared(extra):
                yield from StoredTable.of_extras()[extra]

    @staticmethod
    def on_hand_over(connection: Connection, how: OnHandOver) -> Iterator[StoredTable]:
        return (table for table in ExtraTables.tables_in(connection) if table.on_hand_over == how)

    @staticmethod
    def require_installed(connection: Connection, what: str, without: Collection[str] = ()) -> None:
        """Raise UsageError if the library has tables of an extra that is not installed, unless `without` names it.

        what: the operation that these tables prevent, as text
        """
        for extra, statements in ExtraTables.recorded(connection).items():
            if extra not in without and statements != ExtraTables.declared(extra):
                raise UsageError(
                    f"{what}: the library has tables of the extra '{extra}', which is not installed here in this "
                    "version. Install it (see 'map4 help install'), or leave its tables out with "
                    f"--without {extra}"
                )
