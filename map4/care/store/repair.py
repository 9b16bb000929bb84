"""Repair a damaged library: copy the readable data to a new, checked file, and keep the old file."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from map4.care.records import Repair
from map4.care.store.backup import replace_library
from map4.care.store.leaf_pages import TELLING_TABLES, LeafPages
from map4.care.store.salvage import Salvage, salvaged
from map4.care.store.verify import verify_library
from map4.core.base.text import utc_text
from map4.core.base.unfinished import SafeFile
from map4.core.store.database import scalar
from map4.core.store.file import connection, schema
from map4.core.store.file.database import LibraryFile, SqliteLocks, require_supported
from map4.core.store.stored_tables import StoredTable
from map4.errors import LibraryDamagedError, LibraryVersionError, LibraryWriteError, Map4Error

# No version of map4 will have a number like this, so it is damage.
_IMPOSSIBLE_VERSION = 1000


def repair(path: str) -> Repair | None:
    """Salvage a damaged library into a new file; None if it is sound and unchanged. A damaged mirror is deleted."""
    connection.require_file(path)
    with SqliteLocks(path).scan(wait=False):
        found = verify_library(path)
        if not found.is_mirror_whole:
            with suppress(FileNotFoundError):
                os.unlink(LibraryFile(os.path.realpath(path)).mirror)
        return repair_library(path, datetime.now(UTC)) if found.needs_repair else None


def repair_library(path: str, now: datetime, *, busy_timeout_s: float = connection.BUSY_TIMEOUT_S) -> Repair:
    """Salvage all readable rows into a new library; the damaged file stays beside it, with the date in its name.

    Unreadable data that can be computed again is dropped. Unreadable values of the user are saved in a separate file,
    as far as anything is left of them.

    busy_timeout_s: how long to wait for others that have the library open
    """
    path = os.path.realpath(path)
    LibraryFile(path).require_content()
    if not LibraryFile(path).is_writable():
        raise LibraryWriteError(f"{path} or its folder is read-only; make it writable first")
    with connection.write_errors(f"the library {path} can't be written"), ExitStack() as staged:
        tried = _tried(path, staged, now)
        problems = verify_library(tried.staged).problems
        salvage, kept = tried.salvage, list[str]()
        values_at = _keep_unreadable(salvage, path, now)
        try:
            if tried.beside is not None:
                name = LibraryFile(path).dated_name("without-wal", now)
                kept.append(SafeFile(tried.beside).place_under_free_name(name))
            kept_old_at, journal_copy = replace_library(
                tried.staged, path, "damaged", now, busy_timeout_s=busy_timeout_s, without_journal=tried.lacks_journal
            )
        except BaseException:
            for name in (*kept, *filter(None, [values_at])):
                os.unlink(name)
            raise
    LibraryFile(path).remove_staged()
    return Repair(
        path=path,
        kept_old_at=kept_old_at,
        salvaged=tried.counts,
        incomplete=tuple(name for name in tried.counts if name in salvage.incomplete),
        unreadable_values_at=values_at,
        lost_times=salvage.lost_times,
        problems=problems,
        journal_copy=journal_copy,
        copy_without_journal=kept[0] if kept else None,
        doubtful=tuple(doubt.problem for doubt in salvage.doubtful),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Salvaged:
    """The data of a library, read with its -wal or without it.

    staged: the new library
    counts: its rows by table
    newest: the latest time in it
    beside: a copy of the file without its -wal, if it has more in any table
    """

    staged: str
    salvage: Salvage
    counts: dict[str, int]
    newest: str
    lacks_journal: bool = False
    beside: str | None = None

    @property
    def is_hopeless(self) -> bool:
        return bool(self.salvage.incomplete) and not any(self.counts.values()) and not self.salvage.unreadable


def _tried(path: str, staged: ExitStack, now: datetime) -> _Salvaged:
    """The better data of the library with its -wal and without it; the -wal may belong to another state of the file."""
    found = list[_Salvaged]()
    errors = list[Map4Error]()
    is_older = LibraryFile(path).has_older_journal() or LibraryFile(path).has_foreign_journal()
    bare = staged.enter_context(SafeFile(path).unfinished("repairing")) if connection.has_journal(path) else None
    is_sound = False
    if bare is not None:
        shutil.copyfile(path, bare)
        is_sound = verify_library(bare).is_sound and not verify_library(path).is_sound
    for source in filter(None, (path, bare)):
        try:
            found.append(_salvage(source, path, staged.enter_context(SafeFile(path).unfinished("repairing")), now))
        except (LibraryDamagedError, LibraryVersionError) as error:
            errors.append(error)
    hopeful = [each for each in found if not each.is_hopeless]
    if not hopeful:
        raise errors[0] if errors else _hopeless(path)

    def rank(each: _Salvaged) -> tuple[object, ...]:
        is_better = (is_older or is_sound) and each.lacks_journal
        return is_better, not each.salvage.incomplete, each.newest, sum(each.counts.values())

    best = max(hopeful, key=rank)
    if not best.lacks_journal and len(hopeful) > 1:
        other = hopeful[1]
        has_more = other.newest > best.newest or any(n > best.counts.get(name, 0) for name, n in other.counts.items())
        best = replace(best, beside=bare if has_more else None)
    return best


def _salvage(source: str, path: str, staged: str, now: datetime) -> _Salvaged:
    with (
        _opened_damaged(source, path) as (old, pages),
        salvaged(old, staged, _version(old, pages, path), now, pages) as salvage,
    ):
        counts = {t.name: scalar(salvage.new, f"SELECT count(*) FROM {t.name}") for t in salvage.tables}
        if not pages.is_library and sum(map(bool, counts.values())) < TELLING_TABLES:
            raise _hopeless(path)
        replaced = utc_text(now)  # unreadable times
        times = [
            scalar(salvage.new, f"SELECT max({time.name}) FROM {table.name} WHERE {time.name} <> ?", (replaced,))
            for table in salvage.tables
            for time in table.times
        ]
        connection.use_journal(salvage.new, path)
    newest = max(filter(None, times), default="")
    return _Salvaged(staged=staged, salvage=salvage, counts=counts, newest=newest, lacks_journal=source != path)


def _version(old: sqlite3.Connection, pages: LeafPages, path: str) -> int:
    """The version of the schema by its tables; the number in the header decides between equal ones. 0 if unknown."""
    exact = list[int]()
    with suppress(*connection.DAMAGE_ERRORS):
        exact = schema.versions_by_tables(old)
    versions, number = exact or pages.versions, pages.number
    if number in versions:
        return number
    is_possible = 0 < number < _IMPOSSIBLE_VERSION
    if not exact and is_possible:
        require_supported(number, path)
    if not versions:
        return number if is_possible else 0
    if pages.has_whole_schema:  # which lacks the tables of later versions
        return versions[0]
    # The newest takes the rows of the others; the first version with the same tables leaves out no step.
    tables = {
        version: {part for part in schema.expected_schema(version).items() if part[0][0] == "table"}
        for version in versions
    }
    return next(version for version in versions if tables[version] == tables[versions[-1]])


@contextmanager
def _opened_damaged(source: str, path: str) -> Iterator[tuple[sqlite3.Connection, LeafPages]]:
    """A snapshot of a library in any state, without changing it, and its pages.

    If SQLite refuses the whole file, the snapshot has no tables.

    source: the file to read; path: the name of the library for messages
    """
    with ExitStack() as opened:
        with connection.write_errors(f"the library {path} can't be read"):
            pages = opened.enter_context(closing(LeafPages(source)))
        try:
            with connection.translated(path):
                old = opened.enter_context(closing(connection.connect(source, read_only=True, is_damaged=True)))
                old.execute("BEGIN")
                schema.user_version(old)
        except LibraryDamagedError:
            old = opened.enter_context(closing(sqlite3.connect(":memory:", isolation_level=None)))
        if pages.is_foreign:
            raise LibraryVersionError(f"{path} is a database of another program, and left as it is")
        yield old, pages


def _keep_unreadable(salvage: Salvage, path: str, now: datetime) -> str | None:
    """Save the remains of values that can't be computed again, and names of doubtful rows; never those of accounts."""
    private = {table.name for table in StoredTable.all() if table.goes_with_account}
    doubtful = [doubt._asdict() for doubt in salvage.doubtful if doubt.table not in private]
    if not salvage.unreadable and not doubtful:
        return None
    rows = [
        {"row": [value.hex() if isinstance(value, bytes) else value for value in row], "problem": problem}
        for row, problem in salvage.unreadable.items()
    ]
    document = {
        "schema": "map4/unreadable-values/1",
        "library": os.fsencode(path).decode("utf-8", "replace"),
        "rows": rows,
        "doubtful": doubtful,
    }
    with SafeFile(path).unfinished("values") as partial:
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1)
        return SafeFile(partial).place_under_free_name(f"{LibraryFile(path).dated_name('unreadable-values', now)}.json")


def _hopeless(path: str) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"nothing in {path} can be read any more; it is left as it is. 'map4 library restore FILE' brings back a "
        "backup; without one, move the file away and scan again"
    )
