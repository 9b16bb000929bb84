"""Exports, erases and hands over the data of one person, table by table (`StoredTable`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from map4.accounts.person import Erased, PersonalData, Taken
from map4.core.base.account import Account
from map4.core.store.database import Connection, StorePart, scalar
from map4.core.store.stored_tables import ExtraTables, StoredTable, resolved

_COUNTED = {field.name for field in fields(Erased)} - {"number", "name"}
_TAKEN = {field.name for field in fields(Taken)}


class SqlPeople(StorePart):
    """What a library keeps of each person."""

    is_shared = True

    def without_own(self) -> frozenset[int]:
        """Numbers of the accounts without ratings, marks, lists and plays; all of them see the same tracks."""
        with self._database.reading() as connection:
            owned = (table.name for table in ExtraTables.tables_in(connection) if table.alters_answers)
            has = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE owner = accounts.id)" for table in owned)
            return frozenset(number for (number,) in connection.execute(f"SELECT id FROM accounts WHERE NOT ({has})"))

    def data_of(self, account: int, *, without: Collection[str] = ()) -> PersonalData:
        """Everything but the account itself, its credentials, the audit log and jobs.

        without: extras to leave out
        """
        members: dict[str, Any] = {}
        with self._database.reading() as connection:
            ExtraTables.require_installed(connection, "what the library has of a person can't be exported", without)
            tables = [*ExtraTables.tables_in(connection, without)]
        for name, read in (table.export for table in tables if table.export is not None):
            reader = resolved(read) if isinstance(read, str) else read
            members[name] = reader(self._database, account)
        known = {field.name: members.pop(field.name) for field in fields(PersonalData) if field.name in members}
        return PersonalData(**known, more=members)

    def erase(self, account: Account, *, without: Collection[str] = ()) -> Erased:
        """Erase the person's own data and every use of the name; the account itself stays.

        without: extras whose tables are left as they are
        """
        counts = Counter[str]()
        with self._database.transaction(erases=True) as connection:
            ExtraTables.require_installed(connection, "a person can't be erased", without)
            for table in ExtraTables.tables_in(connection, without):
                if table.erase is not None:
                    counts.update(resolved(table.erase)(connection, account, self._database))
                else:
                    counts.update(_erase(connection, table, account.number))
        return Erased(number=account.number, name=account.name, **{name: counts[name] for name in _COUNTED})

    def take_local(self, account: Account) -> Taken:
        """Give an account the data of this machine's user. Shared lists stay shared; stars become the account's."""
        counts = Counter[str]()
        with self._database.transaction() as connection:
            for table in ExtraTables.tables_in(connection):
                if table.take is not None:
                    counts.update(resolved(table.take)(connection, account))
                elif table.owner is not None:
                    taken = _take(connection, table, account.number)
                    counts.update({table.export.name: taken} if table.export else {})
        return Taken(**{name: counts[name] for name in _TAKEN})

    def renamed(self, was: Account, now: Account) -> None:
        """Replace the former name of an account wherever it is stored."""
        with self._database.transaction() as connection:
            for table in ExtraTables.tables_in(connection):
                if table.rename is not None:
                    resolved(table.rename)(connection, was, now)


def _erase(connection: Connection, table: StoredTable, account: int) -> Mapping[str, int]:
    """Erase a person's rows. Returns counts of these rows and of rows that keep the number."""
    counts = {}
    for place in table.people:
        rows = f"FROM {table.name} WHERE {place.column} = ?"
        if place.at_removal == "row erased" and not table.goes_with_account:
            count = connection.execute(f"DELETE {rows}", (account,)).rowcount
        elif place.member in _COUNTED:
            count = scalar(connection, f"SELECT count(*) {rows}", (account,))
        else:
            continue
        if table.export is not None or table.goes_with_account:
            counts[place.member] = count
    return counts


def _take(connection: Connection, table: StoredTable, account: int) -> int:
    """Give the local user's rows to an account, unless it has a row with the same key. Returns the number of rows."""
    key = table.own_key or (column for column in table.key if column != "owner")
    same = " AND ".join(f"t.{column} = {table.name}.{column}" for column in key)
    own = f"EXISTS (SELECT 1 FROM {table.name} AS t WHERE t.owner = ?1 AND {same})"
    sql = f"UPDATE {table.name} SET owner = ?1 WHERE owner = 0 AND NOT {own}"
    taken = connection.execute(sql, (account,)).rowcount
    connection.execute(f"DELETE FROM {table.name} WHERE owner = 0")
    return taken
