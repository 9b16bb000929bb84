"""Back up and restore the library, without a moment in which it does not exist."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import UTC, datetime

from map4.care.records import Restored
from map4.care.store.salvage import salvaged
from map4.care.store.verify import verify_library
from map4.core.base.paths import quoted
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.store.database import scalar
from map4.core.store.file import connection as sqlite
from map4.core.store.file import schema
from map4.core.store.file.database import LibraryFile, SqliteLocks, checked_library, identify
from map4.core.store.file.validation import content_problems
from map4.core.store.library_ref import damaged
from map4.core.store.tables.changes import RESTART
from map4.errors import LibraryDamagedError, LibraryVersionError, LibraryWriteError

LOG_OUT = (
    "DELETE FROM credentials WHERE kind IN ('session', 'login')",
    "DELETE FROM renewed_secrets",
    "DELETE FROM signing_keys",
)
"""For a restored backup: it would undo later logouts, so everybody must log in again."""

_AUDIT = "number, at, account, action, subject, detail"
_KEEP = f"""
    -- Credentials removed since stay removed, and rotated ones keep their current secret.
    DELETE FROM credentials WHERE id NOT IN (SELECT id FROM present.credentials);
    UPDATE credentials SET digest = now.digest, expires_at = now.expires_at, last_used_at = now.last_used_at
        FROM present.credentials AS now WHERE now.id = credentials.id;
    -- A password that was changed, or a role that was taken away, is not given back.
    UPDATE accounts SET password = now.password, role = now.role FROM present.accounts AS now
        WHERE now.id = accounts.id;
    INSERT OR REPLACE INTO audit ({_AUDIT}) SELECT {_AUDIT} FROM present.audit
"""
_IS_SAME = (
    "SELECT EXISTS (SELECT 1 FROM main.library_identity AS m JOIN present.library_identity AS p ON p.uid = m.uid)"
)


def keep_revoked(staged: sqlite3.Connection, present: str) -> None:
    """Update a backup's accounts to those of the current library, if it is the same library.

    staged: an updated copy of the backup
    present: the file of a copy of the current library, which may be of an older version
    """
    staged.execute("ATTACH ? AS present", (present,))
    try:
        names = {name for (name,) in staged.execute("SELECT name FROM present.sqlite_master WHERE type = 'table'")}
        if "library_identity" in names and staged.execute(_IS_SAME).fetchone()[0]:
            with sqlite.committed(staged):
                for statement in _KEEP.split(";"):
                    staged.execute(statement)
    finally:
        staged.execute("DETACH present")


# Few writes fall between copying a library and replacing it; after this many tries the library is too busy.
_TRIES = 20
_BUSY_SLEEP_S = 0.05
_HEADER_BYTES = 100


class _ChangedMeanwhileError(Exception):
    """The library was written to after it was copied aside."""


def make_backup(copy: Callable[[str], None], library: str, target: str, *, force: bool, only_sound: bool) -> int:
    """Let `copy` fill a new file, and move it to a valid backup path; returns the size in bytes.

    A copy that holds damage replaces no older backup.

    only_sound: make none of a damaged library
    """
    target = os.path.realpath(target)
    if target == os.path.realpath(library) or (os.path.exists(library) and _is_same(target, library)):
        raise LibraryWriteError("a backup must have another name than the library")
    if os.path.isdir(target):
        raise LibraryWriteError(f"{target} is a folder; name a file in it")
    if not os.path.isdir(os.path.dirname(target)):
        raise LibraryWriteError(f"{target} can't be written: the folder {os.path.dirname(target)} does not exist")
    journals = LibraryFile(target).replayed_files()
    if journals:
        raise LibraryWriteError(
            f"{' and '.join(journals)} would be replayed into a backup of this name; {target} is or was in use: "
            "choose another name"
        )
    if os.path.exists(target) and not force and not _is_backup(target):
        raise LibraryWriteError(f"{target} exists and is no backup of map4; choose another name, or use --force")
    with sqlite.write_errors(f"{target} can't be written"), SafeFile(target).unfinished("partial") as partial:
        copy(partial)
        problems = verify_library(partial).problems
        is_placed = not problems or not (only_sound or os.path.exists(target))
        if is_placed:
            SafeFile(partial).replace(target)
        if problems:
            left = "No backup was made, and older backups are kept"
            raise damaged(library, problems[0], f"{target} holds the damage too" if is_placed else left)
        return os.path.getsize(target)


def restore(source: str, path: str) -> Restored:
    """Replace a library by a backup."""
    sqlite.require_file(path)
    with SqliteLocks(path).scan(wait=False):
        return Restored(kept_at=restore_library(source, path, datetime.now(UTC)))


def restore_library(
    source: str, path: str, now: datetime, *, busy_timeout_s: float = sqlite.BUSY_TIMEOUT_S
) -> str | None:
    """Replace the library by a backup; the current library is kept beside it, and its new name returned.

    The library is overwritten in a transaction, so that other connections continue with the restored content. Only a
    library too damaged for that is replaced as a file.
    """
    path = os.path.realpath(path)
    check_backup(source, path)
    LibraryFile(path).make_folder()
    with sqlite.write_errors(f"the library {path} can't be written"), SafeFile(path).unfinished("restoring") as staged:
        _stage(source, staged, path, now)
        copy = _put_in_place(staged, path, now, busy_timeout_s)
    LibraryFile(path).remove_staged()
    return copy


def check_backup(source: str, path: str) -> None:
    """Reject early files that can't be a backup for this library, without changes; `restore_library` checks more."""
    sqlite.require_file(path)
    if os.path.exists(path) and _is_same(source, path):
        raise LibraryWriteError(f"{source} is the library itself; name a backup of it")
    if _head(source) != LibraryFile.MAGIC:
        raise LibraryWriteError(f"{source} is no backup of map4; nothing was changed")
    if os.path.getsize(source) < _HEADER_BYTES:  # SQLite reads it as an empty database
        raise _damaged_backup(source, "it was cut off")
    with _opened(source):
        pass


def _opened(source: str) -> AbstractContextManager[tuple[sqlite3.Connection, int]]:
    foreign = LibraryVersionError(f"{source} is no backup of map4: it is a database of another program")
    return checked_library(source, foreign, _damaged_backup)


def _head(source: str) -> bytes:
    try:
        with OnDisk(source).open() as file:
            return file.read(len(LibraryFile.MAGIC))
    except FileNotFoundError:
        raise LibraryWriteError(f"there is no backup {source}") from None
    except OSError as error:
        raise LibraryWriteError(f"the backup {source} can't be read: {error.strerror}") from None


def replace_library(
    staged: str,
    path: str,
    why: str,
    now: datetime,
    *,
    busy_timeout_s: float = sqlite.BUSY_TIMEOUT_S,
    without_journal: bool = False,
) -> tuple[str, str | None]:
    """Replace a damaged library by a finished one; the old file stays beside it. Returns its new name.

    The old file gets a second name before the new file atomically takes the first, so there is always a library. SQLite
    would replay an old journal into the new file. So the old library is locked, and its journals are emptied into it;
    if it is too damaged for that, they are moved with it.

    without_journal: leave out the -wal, as belonging to another state of the file; its new name is returned too
    """
    journal_copy = None
    with ExitStack() as copies:
        if without_journal or LibraryFile(path).has_older_journal():
            copy = _copied(copies, path, LibraryFile(path).dated_name(why, now))
            journal_copy = _copied(copies, f"{path}-wal", LibraryFile(path).dated_name("wal", now))
        with _exclusive(path, busy_timeout_s, empties_journal=journal_copy is None):
            if journal_copy is None:
                copy = SafeFile(path).keep_copy(LibraryFile(path).dated_name(why, now))
                for journal in LibraryFile(path).replayed_files():
                    os.replace(journal, copy + journal[len(path) :])
            for suffix in SafeFile.SIDE_SUFFIXES:  # empty, or useless for another file
                if os.path.exists(path + suffix):
                    os.unlink(path + suffix)
            SafeFile(staged).replace(path)
            copies.pop_all()
    return copy, journal_copy


def _copied(copies: ExitStack, source: str, name: str) -> str:
    """Copy a file that SQLite is about to change; on an error the copy is removed. Returns its name."""
    with SafeFile(source).unfinished("keeping") as partial:
        shutil.copyfile(source, partial)
        copy = SafeFile(partial).place_under_free_name(name)
    copies.callback(os.unlink, copy)
    return copy


@contextmanager
def _exclusive(path: str, busy_timeout_s: float, *, empties_journal: bool) -> Iterator[None]:
    # A failed query of this process, as in a damaged library, may hold its lock until collected.
    gc.collect()
    with closing(sqlite.connect(path, read_only=False, is_damaged=True, busy_timeout_s=busy_timeout_s)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # held until closed, without a -shm file
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")  # SQLite corrects a wrong page count at the beginning
            if empties_journal:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except UnicodeDecodeError:  # a message that quotes damaged bytes
            pass
        except sqlite3.Error as error:
            if sqlite.is_busy(error):
                raise LibraryWriteError(
                    f"the library {path} is in use by another program; end that and run the command again"
                ) from None
            # SQLite only reads a file whose format in the header it does not know.
            if not sqlite.is_damage(error) and sqlite.error_name(error) != "SQLITE_READONLY":
                with sqlite.translated(path):
                    raise
        yield


def _stage(source: str, staged: str, path: str, now: datetime) -> None:
    """Check a backup, copy it beside the library, and update it."""
    with _opened(source) as (backup, version):
        if schema.foreign_parts(backup, version):  # foreign triggers, views and tables are left out
            with salvaged(backup, staged, version, now) as salvage:
                if salvage.incomplete or salvage.lost_times:
                    what = f"rows of {', '.join(sorted(salvage.incomplete))}" if salvage.incomplete else "times"
                    raise _damaged_backup(source, f"{what} can't be read")
        else:
            sqlite.copy_database(backup, staged)
    with sqlite.translated(source, _damaged_backup), closing(sqlite.connect(staged, read_only=False)) as connection:
        # SQLite checks no constraints in a read-only file, so the copy is checked.
        result = scalar(connection, "PRAGMA integrity_check(1)")
        if result != "ok":
            raise _damaged_backup(source, str(result))
        schema.migrate(connection)
        for problem in content_problems(connection):
            raise _damaged_backup(source, problem)
        for statement in (*RESTART, *LOG_OUT):  # followers of the previous library can't continue
            connection.execute(statement)
        sqlite.use_journal(connection, path)


def _damaged_backup(source: str, what: str) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"the backup {source} is damaged ({what}). Nothing was changed. 'map4 library repair --library "
        f"{quoted(source)}' salvages what can be read of it; then restore it again"
    )


def _put_in_place(staged: str, path: str, now: datetime, busy_timeout_s: float) -> str | None:
    is_empty = os.path.exists(path) and os.path.getsize(path) == 0
    if is_empty or not os.path.exists(path):
        for journal in LibraryFile(path).replayed_files():
            os.replace(journal, LibraryFile(path).dated_name("replaced", now) + journal[len(path) :])
        if is_empty:  # there is nothing to keep
            SafeFile(staged).replace(path)
            return None
        if SafeFile(staged).place_new(path):
            return None
    if not LibraryFile(path).is_writable():
        raise LibraryWriteError(f"{path} is read-only; make it writable or name another with --library")
    if not _is_readable(path):
        return replace_library(staged, path, "replaced", now, busy_timeout_s=busy_timeout_s)[0]
    name = LibraryFile(path).dated_name("replaced", now)
    with (
        sqlite.translated(path),
        closing(sqlite.connect(staged, read_only=False)) as source,
        closing(sqlite.connect(path, read_only=False)) as live,
        closing(sqlite.connect(path, read_only=False)) as watcher,
    ):
        is_wal = scalar(live, "PRAGMA journal_mode") == "wal"
        live.execute("PRAGMA synchronous = FULL")
        live.execute("PRAGMA busy_timeout = 0")  # `_progress` waits, and counts
        for _ in range(_TRIES):
            before = data_version(watcher)
            copy = sqlite.copy_before(watcher, path, name)
            try:
                keep_revoked(source, copy)
                require_unchanged(watcher, before)
                # In WAL mode reading is still possible under the copy's lock, so no other write can come between.
                check = (lambda: require_unchanged(watcher, before)) if is_wal else (lambda: None)  # noqa: B023
                source.backup(live, pages=1, progress=_progress(check, busy_timeout_s), sleep=_BUSY_SLEEP_S)
                return copy
            except BaseException as error:
                os.unlink(copy)
                if not isinstance(error, _ChangedMeanwhileError):
                    raise
    raise LibraryWriteError(f"other programs keep writing to the library {path}; stop them and run the command again")


def _is_readable(path: str) -> bool:
    try:
        identify(path)
        with sqlite.translated(path), closing(sqlite.connect(path, read_only=True)) as connection:
            return bool(scalar(connection, "PRAGMA quick_check(1)") == "ok")
    except LibraryDamagedError:
        return False


def _progress(check: Callable[[], None], busy_timeout_s: float) -> Callable[[int, int, int], None]:
    """A callback for each page: checks once when the lock is held, and gives up in time if others hold it."""
    steps = iter(range(1 << 62))
    waited = iter(range(round(busy_timeout_s / _BUSY_SLEEP_S)))

    def progress(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if next(waited, None) is None:
                raise LibraryWriteError(f"the library was locked by another program for {busy_timeout_s:.0f} s")
        elif next(steps) == 0:
            check()

    return progress


def require_unchanged(watcher: sqlite3.Connection, before: int) -> None:
    """Raise if another connection has written since."""
    if data_version(watcher) != before:
        raise _ChangedMeanwhileError


def data_version(connection: sqlite3.Connection) -> int:
    """A number that changes when another connection writes."""
    version: int = scalar(connection, "PRAGMA data_version")
    return version


def _is_backup(path: str) -> bool:
    """True if a file is a copy from `make_backup`: a map4 library in a single file that is not in use."""
    if os.path.exists(f"{path}.lock"):  # a library that was scanned
        return False
    try:
        is_single = LibraryFile(path).write_version() == b"\x01"
        with closing(sqlite.connect(path, read_only=True, immutable=True)) as connection:
            return is_single and schema.is_ours(connection) and not _lacks_parts(connection)
    except (sqlite3.Error, OSError, UnicodeDecodeError):
        return False


def _lacks_parts(connection: sqlite3.Connection) -> bool:
    version = schema.user_version(connection)
    return version == 0 or bool(schema.missing_parts(connection, version))


def _is_same(first: str, other: str) -> bool:
    try:
        return os.path.samefile(first, other)
    except OSError:
        return False
