"""The registry of stored things: each table is declared once, by its subject, with what becomes of its rows.

Whatever goes through all tables goes through these declarations: making them, noting changes, erasing a person,
handing over, exporting, merging, copying, salvage and validation.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import KW_ONLY, dataclass
from functools import cache
from importlib import import_module
from itertools import chain
from pkgutil import resolve_name
from typing import Any, Literal, NamedTuple, TypeAlias

from map4.infra.sql.database import Connection, Database, scalar
from map4.infra.sql.value_changes import EVERYBODYS

SUBJECTS: tuple[str, ...] = tuple(
    f"map4.infra.sql.tables.{subject}"
    for subject in ("files", "analyses", "accounts", "values", "lists", "marks", "labels", "exports", "imports",
                    "lookups", "plays", "player_notes", "connections", "history", "changes", "drawn")
)  # fmt: skip
"""Modules whose `TABLES` are the library's: those that others name first; what was noted of all stands behind them."""

Hook: TypeAlias = str
"""A function as `module:name`: what it needs is loaded where it is called."""
Row: TypeAlias = Mapping[str, Any]
OfAudio: TypeAlias = Literal["given", "moved", "shared"]


@cache
def stored_tables() -> tuple[StoredTable, ...]:
    return tuple(chain.from_iterable(import_module(name).TABLES for name in SUBJECTS))


def tables_of_audio(what: OfAudio) -> Iterator[StoredTable]:
    return (table for table in stored_tables() if table.of_audio == what)


@cache
def resolved(hook: Hook) -> Any:
    return resolve_name(hook)


class PersonPlace(NamedTuple):
    """A column that says whose something is.

    at_removal: the row is erased, or its name, or the number stays, which is nobody's any more
    told: the member of `Person` that tells it
    """

    column: str
    at_removal: Literal["row erased", "name erased", "number stays"]
    told: str


class Told(NamedTuple):
    """A member of an export of a person: `ask` gives what is told, of a database and the number of an account."""

    member: str
    ask: Callable[[Database, int], Iterable[Any] | int] | Hook


class Newest(NamedTuple):
    """Of two rows of one key that counts which has the later time; `kind` is what a merge counts them as."""

    time: str
    kind: str


@dataclass(frozen=True, slots=True)
class Check:
    """Rows that must be read back.

    columns: those that are read, behind those of the key
    what: what a row is, in words
    read: raises one of `UNREADABLE` where it can't be read; without it, each row is wrong, and `what` says how
    where: which rows are looked at
    source: where the columns stand, if not in the table alone
    """

    columns: str
    what: str
    read: Callable[[Row], object] | None = None
    where: str = "TRUE"
    source: str | None = None

    def problem(self, row: Row) -> str | None:
        """Why a row can't be read; None where it can."""
        from map4.infra.sql.unreadable import UNREADABLE

        try:
            if self.read is None:
                return ""
            self.read(row)
        except UNREADABLE as error:
            return f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return None

    def told(self, row: Row, problem: str) -> str:
        what = self.what.format_map(row)
        return what if self.read is None else f"{what} can't be read ({problem})"


def of_json(reader: Hook, column: str) -> Callable[[Row], object]:
    """A `Check.read` of a column of JSON."""
    return lambda row: resolved(reader)(json.loads(row[column]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """What makes each row of a table a value that somebody set, whose changes are noted, undone and merged.

    column: the value, as JSON or plain
    about: what a merge calls it
    key: the column that, behind `prefix`, names it in `value_changes`
    by: the column of who set it
    is_own: it is of who set it, and counts for nobody else
    """

    column: str
    about: Literal["value", "rating", "mark"]
    prefix: str = ""
    key: str | None = None
    by: str = "owner"
    is_own: bool = True

    def name(self, row: str) -> str:
        prefix, column = f"'{self.prefix}'", f"{row}.{self.key}"
        return prefix if self.key is None else f"{prefix} || {column}" if self.prefix else column

    def owner(self, row: str) -> str:
        return f"{row}.owner" if self.is_own else str(EVERYBODYS)

    def value(self, row: str) -> str:
        return f"json_quote({row}.{self.column})" if self.is_own else f"{row}.{self.column}"

    def holds(self, name: str, owner: int) -> bool:
        """Whether changes of this name are of it."""
        if not self.is_own or owner == EVERYBODYS:
            return not self.is_own and owner == EVERYBODYS
        return name == self.prefix if self.key is None else name.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table of the library.

    create: statements that make it, with its indexes, and triggers that no other member says
    people: where persons stand in it; with none it is the library's alone
    told: what an export of a person tells of it
    erase, take, rename: instead of erasing a person's rows, and of giving nobody's to an account by their key, and when
        an account gets another name; of a connection, the account and the database, or the account before and after
    goes_with_account: rows are erased with that of the account, when all else is
    own_key: the key behind the owner, where it is not the table's
    alters_answers: what answers about tracks and lists tell is otherwise for who has rows
    of_audio: what becomes of rows of a copy that is put aside: the other copy gets them where it has none, they move
        over to it, or both have them
    merge: how two libraries are joined; gives the audio of which other programs may say something else now
    salvage: whether its rows are taken out of a damaged file, and are shown where they can't be read; if not, they are
        drawn anew
    orphans: which rows are nothing without those of another table
    name_lost: SQL that makes rows for what names lost ones; `:day` and `:now` are when
    hidden_keys: keys that damage may hide, of the new library and how many numbers are tried at most; without it, the
        numbers or the audio that are not there
    is_noted: triggers write its rows, as those of other tables are written
    drawn_from: tables of which nothing is lost where its own rows are
    redraw: draws its rows anew
    is_copied: into another store
    checks: how its rows are read
    raises: what is told of audio whose rows change; to the owner alone, where there is one
    set_value: each row is a value that somebody set
    """

    name: str
    create: tuple[str, ...]
    _: KW_ONLY
    people: tuple[PersonPlace, ...] = ()
    told: Told | None = None
    erase: Hook | None = None
    take: Hook | None = None
    rename: Hook | None = None
    goes_with_account: bool = False
    own_key: tuple[str, ...] | None = None
    alters_answers: bool = False
    of_audio: OfAudio | None = None
    merge: Newest | Hook | None = None
    salvage: Literal["no", "rows", "shown"] = "shown"
    orphans: str | None = None
    name_lost: str | None = None
    hidden_keys: Callable[[Connection, int], Iterator[tuple[Any, ...]]] | None = None
    is_noted: bool = False
    drawn_from: frozenset[str] = frozenset()
    redraw: Hook | None = None
    is_copied: bool = True
    checks: tuple[Check, ...] = ()
    raises: str | None = None
    set_value: SetValue | None = None

    def statements(self) -> Iterator[str]:
        """All that makes it."""
        yield from self.create
        if self.raises is not None:
            yield from of_said(self.name, self.raises, "{row}.owner" if self.owner else "NULL")
        if self.set_value is not None:
            yield from of_values(self.name, self.set_value)

    @property
    def owner(self) -> PersonPlace | None:
        return next((place for place in self.people if place.column == "owner"), None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that are stored; of what is generated nothing is copied."""
        return tuple(column for column, _, _ in _shape(self))

    @property
    def key(self) -> tuple[str, ...]:
        keyed = sorted((place, column) for column, _, place in _shape(self) if place)
        return tuple(column for _, column in keyed)

    @property
    def is_numbered(self) -> bool:
        """Whether its key is a number that it gives itself."""
        return any((column, kind, place) == ("id", "INTEGER", 1) for column, kind, place in _shape(self))


@cache
def _shape(table: StoredTable) -> tuple[tuple[str, str, int], ...]:
    """Name, type, and place in the key of each column."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in table.create:
            if statement.startswith((f"CREATE TABLE {table.name} ", f"ALTER TABLE {table.name} ")):
                connection.execute(statement)
        return tuple((row[1], row[2], row[5]) for row in connection.execute(f"PRAGMA table_info({table.name})"))


# ---- values that people set


def set_tables() -> Iterator[tuple[StoredTable, SetValue]]:
    return ((table, table.set_value) for table in stored_tables() if table.set_value is not None)


def table_of(name: str, owner: int) -> tuple[StoredTable, SetValue]:
    """The table of a value, as its changes name it."""
    return next((table, value) for table, value in set_tables() if value.holds(name, owner))


def value_of_change(table: StoredTable, value: SetValue, what: str | None = None) -> str:
    """SQL for what is set now of the value that a change `c` is of, where it is one of this table."""
    return (
        f"SELECT {what or value.value('v')} FROM {table.name} AS v "
        f"WHERE (v.audio_id, {value.name('v')}, {value.owner('v')}) = (c.audio_id, c.name, c.owner)"
    )


def is_set_sql(audio: str) -> str:
    """SQL for whether anybody set anything of audio."""
    tables = (table.name for table, _ in set_tables())
    return f"({' OR '.join(f'EXISTS (SELECT 1 FROM {name} AS v WHERE v.audio_id = {audio})' for name in tables)})"


# ---- keys that damage may hide


def known_audio(connection: Connection) -> list[str]:
    """The audio ids that a library names."""
    sql = "SELECT audio_id FROM analyses UNION SELECT audio_id FROM files WHERE audio_id IS NOT NULL"
    return [audio_id for (audio_id,) in connection.execute(sql).fetchall()]


# ---- what an export of a person asks


def told_rows(sql: str, reader: Callable[..., Any] | Hook) -> Callable[[Database, int], Iterable[Any]]:
    """Rows of SQL that asks for an account by `?1`, each read anew whenever they are gone through."""

    def ask(database: Database, account: int) -> Iterable[Any]:
        from map4.ports.store.people import Asked

        def rows() -> Iterator[Any]:
            read = resolved(reader) if isinstance(reader, str) else reader
            with database.reading() as connection:
                for row in connection.execute(sql, (account,)):
                    yield read(*row)

        return Asked(rows)

    return ask


def count_of(table: str, column: str) -> Callable[[Database, int], int]:
    """How many rows name an account."""

    def ask(database: Database, account: int) -> int:
        with database.reading() as connection:
            return int(scalar(connection, f"SELECT count(*) FROM {table} WHERE {column} = ?", (account,)))

    return ask


# ---- triggers


def noted(kind: str, what: str, subject: str, *, whose: str = "NULL", where: str = "TRUE") -> str:
    """Statements of a trigger. what, subject, whose: SQL; whose: NULL is everybody's"""
    return (
        f"INSERT INTO changes (kind, what, subject, whose, writer) SELECT '{kind}', {what}, {subject}, {whose}, "
        f"(SELECT writer FROM change_log) WHERE {where}; "
    )


def note_trigger(name: str, event: str, *notes: str) -> str:
    return f"CREATE TRIGGER changes_{name} AFTER {event} BEGIN {''.join(notes)}END"


EVENTS = (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old"))


def of_said(table: str, what: str, whose: str = "NULL") -> Iterable[str]:
    """Triggers of a table that says something of audio."""
    for event, row in EVENTS:
        note = noted("values", f"'{what}'", f"{row}.audio_id", whose=whose.format(row=row))
        yield note_trigger(f"{event.lower()}_{table}", f"{event} ON {table}", note)


def of_values(table: str, value: SetValue) -> Iterable[str]:
    """Triggers of a table of values, which note what they were before."""
    changed = f"old.{value.column} IS NOT new.{value.column}"
    old, new = value.value("old"), value.value("new")
    for event, row, was, became, when in (
        ("INSERT", "new", "NULL", new, "TRUE"),
        ("UPDATE", "new", old, new, changed),
        ("DELETE", "old", old, "NULL", "TRUE"),
    ):
        yield (
            f"CREATE TRIGGER value_changes_{event.lower()}_{table} AFTER {event} ON {table} WHEN {when} BEGIN "
            "INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; "
            "UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; "
            "INSERT INTO value_changes (step, audio_id, name, owner, was, became) "
            f"SELECT step, {row}.audio_id, {value.name(row)}, {value.owner(row)}, {was}, {became} "
            "FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END"
        )
