"""The registry of stored tables: each subject declares its tables once, with what happens to their rows.

Creating tables, recording changes, erasing and exporting a person, handing over, merging, copying, salvage and
validation iterate over these declarations.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from pkgutil import resolve_name
from typing import Any, Literal, NamedTuple, TypeAlias

from map4.core.base.declaration import load
from map4.core.base.declarations import in_order
from map4.core.base.records import Requery
from map4.core.base.text import stored_moment
from map4.core.store.database import UNREADABLE, Connection, Database
from map4.errors import LibraryVersionError, UsageError

_FIRST_YEAR = 2000  # of times that map4 may have written
_AUDIO_ID = re.compile("a[12]-[0-9a-f]{32}|f-[0-9a-f]{16}")  # or the id of a file without one
EVERYBODYS = -1
"""The owner of shared values in `value_changes`."""
_TIME_NAME = re.compile("(^|_)at$|_since$|^until$")
REMOVED = "(removed)"
"""Replaces the name of a removed account."""
Hook: TypeAlias = str
"""A function as `module:name`, imported when it is first called."""
Row: TypeAlias = Mapping[str, Any]
OnHandOver: TypeAlias = Literal["copied", "moved", "shared"]


@cache
def resolved(hook: Hook) -> Any:
    return resolve_name(hook)


class PersonPlace(NamedTuple):
    """A column that names a person.

    at_removal: erase the row, erase the name, or keep the number, which then belongs to no account
    member: the member of `Person` that exports it
    """

    column: str
    at_removal: Literal["row erased", "name erased", "number stays"]
    member: str


class ExportMember(NamedTuple):
    """A member of a person's export, and what reads it, given the database and the number of the account."""

    name: str
    read: Callable[[Database, int], Iterable[Any] | int] | Hook

    @staticmethod
    def reader(sql: str, reader: Callable[..., Any] | Hook) -> Callable[[Database, int], Iterable[Any]]:
        """Rows of a query with the account as `?1`. The query runs again for each iteration."""

        def ask(database: Database, account: int) -> Iterable[Any]:
            def rows() -> Iterator[Any]:
                read = resolved(reader) if isinstance(reader, str) else reader
                with database.reading() as connection:
                    for row in connection.execute(sql, (account,)):
                        yield read(*row)

            return Requery(rows)

        return ask


class Newest(NamedTuple):
    """Merge rule: of two rows with one key, the row with the later `time` counts. Merges count them as `kind`."""

    time: str
    kind: str


class TimeColumn(NamedTuple):
    """A column with times.

    unset: the values of rows without a time
    lost: SQL for an unreadable time, with the other columns and `:now` as parameters
    """

    name: str
    unset: tuple[str | None, ...]
    lost: str

    def read(self, row: Row) -> None:
        """Raise ValueError if the row has something else here."""
        if row[self.name] not in self.unset:
            stored_moment(row[self.name])

    def is_readable(self, time: object) -> bool:
        try:
            self.read({self.name: time})
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A check that rows can be read.

    columns: the columns to read, the key first
    what: names the row in messages
    read: raises one of `UNREADABLE` for a bad row. Without it, each row that `where` selects is bad, and `what` is
        the whole message
    source: the tables to select from, if not this table only
    """

    columns: str
    what: str
    read: Callable[[Row], object] | None = None
    where: str = "TRUE"
    source: str | None = None

    def problem(self, row: Row) -> str | None:
        """The problem of an unreadable row; None if it is readable."""
        try:
            if self.read is None:
                return ""
            self.read(row)
        except UNREADABLE as error:
            return f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return None

    def message(self, row: Row, problem: str) -> str:
        what = self.what.format_map(row)
        return what if self.read is None else f"{what} can't be read ({problem})"


def json_reader(reader: Hook) -> Callable[[Row], object]:
    """A `RowCheck.read` for the JSON column `data`."""
    return lambda row: resolved(reader)(json.loads(row["data"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """Makes each row a value that a person set: its changes are recorded, can be undone and are merged.

    column: the value, as JSON for shared values, plain for a person's own
    about: what merges call it
    prefix, key: its name in `value_changes` is the prefix, followed by the column `key`
    by: the column with the person who set it
    is_own: the value counts for its owner only
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
        """True if `value_changes` uses this name for it."""
        if not self.is_own or owner == EVERYBODYS:
            return not self.is_own and owner == EVERYBODYS
        return name == self.prefix if self.key is None else name.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table of the library.

    create: statements that create the table, its indexes, and triggers that no other field implies
    since: the version of the schema that added the table; None of the tables of the first version
    later: statements of later versions of the schema, each with its version
    people: columns that name persons; without any, the table belongs to the library
    export: a member of a person's export
    erase: replaces the deletion of a person's rows; called with connection, account and database, returns counts
    take: replaces the default for rows of the local user when an account takes them over: change the owner, unless
        the account has a row with the same key; called with connection and account, returns counts
    rename: called with connection and the account before and after a change of its name
    prune: drops rows that were kept for long enough; called with the connection and the time
    goes_with_account: the database deletes rows together with the account
    own_key: the key apart from the owner, if it is not in the primary key
    alters_answers: answers about tracks and lists differ for an account with rows
    on_hand_over: what happens to the rows of a copy's audio when another copy replaces it: copied where the other copy
        has none, moved to it, or shared by both
    shift: called with a copied row, seconds by which moments are later in the other copy, and its duration; returns
        the columns that change
    merge: a rule or a hook, called with the `Merging`, that may return audio ids whose imported values may change
    salvage: "rows" are copied from a damaged file; "reported" also writes down rows that can't be read; "no": the rows
        are derived from other tables
    orphans: SQL condition for rows that are useless without a row of another table
    lost_parents: SQL that inserts rows for references to lost rows; takes `:day` and `:now`
    lost_times: SQL for unreadable times, by column, with the other columns and `:now` as parameters. Default:
        NULL where allowed, or the time of the row's file, or `:now`
    is_written_by_triggers: when other tables are copied, triggers add rows here, which must be removed
    derived_from: the rows are complete if these tables are
    recompute: derives the rows again; called with the connection
    drops: checks of credentials; a repair drops rows that fail one
    doubts: checks of letters and numbers that damage may have changed; a repair names rows that fail one
    is_copied: False leaves its rows out of copies in another store
    change: what the change log records for the row's audio; only the owner sees changes of an owner's row
    of_files: some rows belong to a file, whose `uid` they have instead of the audio id
    set_value: each row is a value that a person set; only for tables of the core
    """

    name: str
    create: tuple[str, ...]
    _: KW_ONLY
    since: int | None = None
    later: tuple[tuple[int, tuple[str, ...]], ...] = ()
    people: tuple[PersonPlace, ...] = ()
    export: ExportMember | None = None
    erase: Hook | None = None
    take: Hook | None = None
    rename: Hook | None = None
    prune: Hook | None = None
    goes_with_account: bool = False
    own_key: tuple[str, ...] | None = None
    alters_answers: bool = False
    on_hand_over: OnHandOver | None = None
    shift: Hook | None = None
    merge: Newest | Hook | None = None
    salvage: Literal["no", "rows", "reported"] = "reported"
    orphans: str | None = None
    lost_parents: str | None = None
    lost_times: tuple[tuple[str, str], ...] = ()
    is_written_by_triggers: bool = False
    derived_from: frozenset[str] = frozenset()
    recompute: Hook | None = None
    is_copied: bool = True
    checks: tuple[RowCheck, ...] = ()
    drops: tuple[RowCheck, ...] = ()
    doubts: tuple[RowCheck, ...] = ()
    change: str | None = None
    of_files: bool = False
    set_value: SetValue | None = None

    @staticmethod
    def statements_in(sql: str) -> list[str]:
        """The statements of a file of SQL, which blank lines separate, without its comments."""
        plain = re.sub("(?m)^--.*\n", "", sql)
        return [statement.strip().removesuffix(";") for statement in plain.split(";\n\n")]

    @staticmethod
    def sql_beside(module: str) -> Mapping[str, tuple[str, ...]]:
        """The statements of the `.sql` file beside a module: those that create each table, with what follows it.

        module: its `__file__`
        """
        created: dict[str, tuple[str, ...]] = {}
        with open(f"{os.path.splitext(module)[0]}.sql", encoding="utf-8") as file:
            statements = StoredTable.statements_in(file.read())
        for statement in statements:
            if statement.startswith(("CREATE TABLE", "CREATE VIRTUAL TABLE")):
                table = statement.partition("TABLE ")[2].split()[0]
            # Indented as in the libraries that exist: SQLite keeps the text, and schemas are compared by it.
            created[table] = (*created.get(table, ()), statement.replace("\n", "\n    "))
        return created

    def statements_of(self, version: int | None) -> Iterator[str]:
        """The statements of a version of the schema; None: of the first."""
        if self.since == version:
            yield from self.statements()
        for number, statements in self.later:
            yield from statements if number == version else ()

    def statements(self) -> Iterator[str]:
        """All statements that create the table, without those of later versions."""
        yield from self.create
        if self.change is not None:
            whose = "{row}.owner" if self.owner else "NULL"
            yield from change_triggers(self.name, self.change, whose, of_files=self.of_files)
        if self.set_value is not None:
            yield from value_triggers(self.name, self.set_value)

    @property
    def owner(self) -> PersonPlace | None:
        return next((place for place in self.people if place.column == "owner"), None)

    @property
    def columns(self) -> tuple[str, ...]:
        """The stored columns, without generated ones."""
        return tuple(column for column, *_ in _shape(self))

    @property
    def key(self) -> tuple[str, ...]:
        keyed = sorted((place, column) for column, _, place, _ in _shape(self) if place)
        return tuple(column for _, column in keyed)

    def shifted(self, row: tuple[Any, ...], offset_s: float, duration_s: float) -> tuple[Any, ...]:
        """A copied row, without its audio id, at its times in the other copy; see `shift`."""
        named = dict(zip((name for name in self.columns if name != "audio_id"), row, strict=True))
        changed = {} if self.shift is None else resolved(self.shift)(named, offset_s, duration_s)
        return (*{**named, **changed}.values(),)

    @property
    def times(self) -> tuple[TimeColumn, ...]:
        """The columns with times, known by their names, that no other check reads."""
        return _times(self)

    @property
    def all_checks(self) -> Iterator[RowCheck]:
        yield from self.checks
        if self.salvage != "no" and self.times:
            yield self._check(lambda row: [time.read(row) for time in self.times], *(time.name for time in self.times))

    def all_doubts(self, now: datetime) -> Iterator[RowCheck]:
        yield from self.doubts
        if self.salvage == "no":
            return
        if names := [time.name for time in self.times]:
            years = range(_FIRST_YEAR, now.year + 2)  # clocks may be wrong
            yield self._check(lambda row: _require_years([row[name] for name in names], years), *names)
        if {"path", "display"} <= {*self.columns}:
            yield self._check(_require_own_display, "path", "display")
        if "audio_id" in self.columns:
            yield self._check(_require_audio_id, "audio_id")

    def _check(self, read: Callable[[Row], object], *columns: str) -> RowCheck:
        shown = "display" if "display" in self.columns else self.key[0]
        what = f"the row {{{shown}}} of {self.name}"
        return RowCheck(", ".join(dict.fromkeys((*self.key, shown, *columns))), what, read)

    @staticmethod
    @cache
    def of_core() -> tuple[StoredTable, ...]:
        """The tables that each library has, in the order of creation."""
        declared = in_order(lambda each: each.tables)
        return tuple(chain.from_iterable(load(tables.target) for tables in declared if not tables.extra))

    @staticmethod
    @cache
    def of_extras() -> Mapping[str, tuple[StoredTable, ...]]:
        """The tables of each installed extra that has any; see `map4.core.store.stored_tables`."""
        of_extras: dict[str, tuple[StoredTable, ...]] = {}
        for tables in in_order(lambda each: each.tables):
            if tables.extra:
                of_extras[tables.extra] = (*of_extras.get(tables.extra, ()), *load(tables.target))
        return of_extras

    @staticmethod
    def all() -> tuple[StoredTable, ...]:
        """All declared tables."""
        return (*StoredTable.of_core(), *chain.from_iterable(StoredTable.of_extras().values()))

    @staticmethod
    def with_values() -> Iterator[tuple[StoredTable, SetValue]]:
        return ((table, table.set_value) for table in StoredTable.of_core() if table.set_value is not None)

    def current_value_sql(self, value: SetValue, what: str | None = None) -> str:
        """SQL for the current value that the change `c` is about, if it is in this table. what: select this instead"""
        return (
            f"SELECT {what or value.value('v')} FROM {self.name} AS v "
            f"WHERE (v.audio_id, {value.name('v')}, {value.owner('v')}) = (c.audio_id, c.name, c.owner)"
        )


def _require_years(times: Iterable[str | None], years: Container[int]) -> None:
    for time in filter(None, times):
        if stored_moment(time).year not in years:
            raise ValueError(f"its time {time} is impossible")


def _require_own_display(row: Row) -> None:
    if row["path"] is not None and row["display"] != row["path"].decode("utf-8", "replace"):
        raise ValueError("its path and the path that is shown differ")


def _require_audio_id(row: Row) -> None:
    if row["audio_id"] is not None and not _AUDIO_ID.fullmatch(row["audio_id"]):
        raise ValueError(f"{row['audio_id']!r} is no audio id")


@cache
def _shape(table: StoredTable) -> tuple[tuple[str, str, int, bool], ...]:
    """Name, type and position in the key of each column, and whether it may be NULL."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in chain(table.create, *(statements for _, statements in table.later)):
            if re.match(rf"(CREATE|ALTER|DROP) TABLE {table.name}\b", statement):
                connection.execute(statement)
        info = connection.execute(f"PRAGMA table_info({table.name})")
        return tuple((name, kind, place, not must) for _, name, kind, must, _, place in info)


@cache
def _times(table: StoredTable) -> tuple[TimeColumn, ...]:
    checked = {column for check in table.checks if check.read for column in check.columns.split(", ")}
    lost, of_file = dict(table.lost_times), ":now"
    if "audio_id" in table.columns:
        of_file = "(SELECT min(added_at) FROM files WHERE audio_id = :audio_id OR uid = :audio_id)"
    return tuple(
        TimeColumn(
            name=column,
            unset=(None,) if may_lack else ("",) if lost.get(column) == "''" else (),
            lost=lost.get(column, "NULL" if may_lack else of_file),
        )
        for column, kind, _, may_lack in _shape(table)
        if kind == "TEXT" and _TIME_NAME.search(column) and column not in checked
    )


# ---- values that people set


def is_set_sql(*addresses: str) -> str:
    """SQL that is true if any person set any value of one of these addresses."""
    tables, wanted = (table.name for table, _ in StoredTable.with_values()), ", ".join(addresses)
    return f"({' OR '.join(f'EXISTS (SELECT 1 FROM {name} AS v WHERE v.audio_id IN ({wanted}))' for name in tables)})"


# ---- exports of a person


def export_count(table: str, column: str) -> Callable[[Database, int], int]:
    """The number of rows that name the account."""

    def ask(database: Database, account: int) -> int:
        return int(database.scalar(f"SELECT count(*) FROM {table} WHERE {column} = ?", (account,)))

    return ask


# ---- triggers


def note_change(kind: str, what: str, subject: str, *, whose: str = "NULL", where: str = "TRUE") -> str:
    """A trigger statement that records a change. what, subject, whose: SQL; whose: NULL reports it to all"""
    return (
        f"INSERT INTO changes (kind, what, subject, whose, writer) SELECT '{kind}', {what}, {subject}, {whose}, "
        f"(SELECT writer FROM change_log) WHERE {where}; "
    )


def change_trigger(name: str, event: str, *notes: str) -> str:
    return f"CREATE TRIGGER changes_{name} AFTER {event} BEGIN {''.join(notes)}END"


EVENTS = (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old"))


def change_triggers(table: str, what: str, whose: str = "NULL", *, of_files: bool = False) -> Iterable[str]:
    """Triggers that record changes of a table with a row for an audio id.

    of_files: some rows have the `uid` of a file instead; clients know its audio id
    """
    for event, row in EVENTS:
        subject = f"{row}.audio_id"
        if of_files:
            subject = f"coalesce((SELECT audio_id FROM files WHERE uid = {subject}), {subject})"
        note = note_change("values", f"'{what}'", subject, whose=whose.format(row=row))
        yield change_trigger(f"{event.lower()}_{table}", f"{event} ON {table}", note)


def value_triggers(table: str, value: SetValue) -> Iterable[str]:
    """Triggers that record previous values."""
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


def seen(lists: str = "", me: int | str = ":me") -> str:
    """SQL condition for the lists that an account sees. Lists of 0 belong to everybody."""
    return f"{lists}deleted_at IS NULL AND ({lists}owner IN (0, {me}) OR {lists}sharing <> 'private')"


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
