"""What a library file keeps of one person: told, erased, or handed over, table by table (`StoredTable`)."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from map4.domain.accounts import Account
from map4.infra.sql.database import Connection, Database, scalar
from map4.infra.sql.stored_tables import PersonPlace, StoredTable, resolved, stored_tables
from map4.ports.store.people import Erased, KeptOf, PersonStore, SaidOfTrack, Taken

_COUNTED = {field.name for field in fields(Erased)} - {"number", "name"}
_TAKEN = {field.name for field in fields(Taken)}


def person_places() -> Mapping[str, PersonPlace]:
    """Wherever a person stands in the library file and the file of its jobs, by table and column."""
    places = {f"{table.name}.{place.column}": place for table in stored_tables() for place in table.people}
    return {**places, "jobs.asked_by": PersonPlace("asked_by", "row erased", "jobs")}


class SqlPeople(PersonStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    def without_own(self) -> frozenset[int]:
        owned = (table.name for table in stored_tables() if table.alters_answers)
        has = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE owner = accounts.id)" for table in owned)
        with self._database.reading() as connection:
            return frozenset(number for (number,) in connection.execute(f"SELECT id FROM accounts WHERE NOT ({has})"))

    def kept_of(self, account: int) -> KeptOf:
        told: dict[str, Any] = {}
        for member, ask in (table.told for table in stored_tables() if table.told is not None):
            told[member] = (resolved(ask) if isinstance(ask, str) else ask)(self._database, account)
        known = {field.name: told.pop(field.name) for field in fields(KeptOf) if field.name in told}
        return KeptOf(**known, more=told)

    def erase(self, account: Account) -> Erased:
        counts = Counter[str]()
        with self._database.transaction(erases=True) as connection:
            for table in stored_tables():
                if table.erase is not None:
                    counts.update(resolved(table.erase)(connection, account, self._database))
                else:
                    counts.update(_erase(connection, table, account.number))
        return Erased(number=account.number, name=account.name, **{name: counts[name] for name in _COUNTED})

    def take_local(self, account: Account) -> Taken:
        counts = Counter[str]()
        with self._database.transaction() as connection:
            for table in stored_tables():
                if table.take is not None:
                    counts.update(resolved(table.take)(connection, account))
                elif table.owner is not None:
                    taken = _take(connection, table, account.number)
                    counts.update({table.told.member: taken} if table.told else {})
        return Taken(**{name: counts[name] for name in _TAKEN})

    def renamed(self, was: Account, now: Account) -> None:
        with self._database.transaction() as connection:
            for table in stored_tables():
                if table.rename is not None:
                    resolved(table.rename)(connection, was, now)


def _erase(connection: Connection, table: StoredTable, account: int) -> Mapping[str, int]:
    """Erase a person's rows, and count those and what stays with their number."""
    counts = {}
    for place in table.people:
        rows = f"FROM {table.name} WHERE {place.column} = ?"
        if place.at_removal == "row erased" and not table.goes_with_account:
            count = connection.execute(f"DELETE {rows}", (account,)).rowcount
        elif place.told in _COUNTED:
            count = scalar(connection, f"SELECT count(*) {rows}", (account,))
        else:
            continue
        if table.told is not None or table.goes_with_account:
            counts[place.told] = count
    return counts


def _take(connection: Connection, table: StoredTable, account: int) -> int:
    """Give what is nobody's to an account; what the account said itself counts. Gives how many rows it took."""
    key = table.own_key or (column for column in table.key if column != "owner")
    same = " AND ".join(f"t.{column} = {table.name}.{column}" for column in key)
    own = f"EXISTS (SELECT 1 FROM {table.name} AS t WHERE t.owner = ?1 AND {same})"
    sql = f"UPDATE {table.name} SET owner = ?1 WHERE owner = 0 AND NOT {own}"
    taken = connection.execute(sql, (account,)).rowcount
    connection.execute(f"DELETE FROM {table.name} WHERE owner = 0")
    return taken


def said_of_track(
    audio_id: str, artist: str | None, title: str | None, path: bytes | None, name: str, value: str, at: str
) -> SaidOfTrack:
    return SaidOfTrack(
        audio_id=audio_id,
        artist=artist,
        title=title,
        path=None if path is None else os.fsdecode(path),
        name=name,
        value=json.loads(value),
        set_at=at,
    )
