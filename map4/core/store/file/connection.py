"""Open SQLite files, with their errors in words; set their journal mode, and copy them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote

from map4.core.base.regular_files import NotRegularError, OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.store.database import scalar
from map4.core.store.library_ref import IN_MEMORY, damaged
from map4.errors import (
    LibraryDamagedError,
    LibraryVersionError,
    LibraryWriteError,
    Map4Error,
    NoLibraryError,
    UsageError,
)

BUSY_TIMEOUT_S = 30.0
# The minimum that a write needs: a page of the library and of its index file.
FULL_BELOW_BYTES = 64 * 1024
# Errors from a damaged file; UnicodeDecodeError if SQLite's own message quotes damaged bytes.
DAMAGE_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError)

# SQLite's messages without a specific code for unreadable tables or text.
_SIGNS_OF_DAMAGE = (
    "no such ", "malformed", "vtable constructor failed", "Could not decode to UTF-8", "has no column",
    "SQL logic error", "invalid fts5 file format", "unsupported file format",
)  # fmt: skip


@contextmanager
def translated(path: str, damage_error: Callable[[str, str], LibraryDamagedError] | None = None) -> Iterator[None]:
    """Translate SQLite's errors into map4's.

    damage_error: makes the error for damage, if the file is not the library itself
    """
    try:
        yield
    except sqlite3.Error as error:
        if damage_error is not None and is_damage(error):
            raise damage_error(path, str(error)) from error
        raise _translation(path, error).of_library(path) from error
    except OverflowError as error:
        if "SQLite INTEGER" not in str(error):
            raise
        raise UsageError("a number is too large; the library stores numbers up to 9,223,372,036,854,775,807") from None
    except UnicodeDecodeError as error:
        raise (damage_error or damaged)(path, "SQLite's error message can't be read") from error


@contextmanager
def write_errors(what: str) -> Iterator[None]:
    """Turn file system errors into a LibraryWriteError that begins with `what`."""
    try:
        yield
    except OSError as error:
        raise LibraryWriteError(f"{what}: {error.strerror}") from None


def error_name(error: sqlite3.Error) -> str:
    """SQLite's own name of an error, such as SQLITE_BUSY; empty for those of Python's module."""
    return getattr(error, "sqlite_errorname", None) or ""


def is_damage(error: sqlite3.Error) -> bool:
    """True if an error means that the file is damaged, not that it was misused."""
    if error_name(error).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return True
    return isinstance(error, sqlite3.OperationalError) and any(sign in str(error) for sign in _SIGNS_OF_DAMAGE)


def is_busy(error: sqlite3.Error) -> bool:
    """True if another program holds a lock."""
    return error_name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def is_full(error: sqlite3.Error, path: str) -> bool:
    """True if there is no room for a file or for the files beside it."""
    # Without room for its index file, SQLite reports an I/O error.
    name = error_name(error)
    is_io = name.startswith("SQLITE_IOERR")
    is_short = is_io and (_most_bytes() is not None or _free_bytes(path) < FULL_BELOW_BYTES)
    return is_short or name.startswith("SQLITE_FULL")


def no_room(path: str) -> LibraryWriteError:
    """The error for a library that can't be written because the disk is full."""
    if _most_bytes() is not None:
        return LibraryWriteError(
            f"no space left for the library {path}: no file may be longer than {_most_bytes()} bytes here, which "
            "'ulimit -f unlimited' lifts; finished work is kept: run the command again"
        )
    return LibraryWriteError(
        f"no space left for the library {path}; finished work is kept: free some space and run the command again"
    )


def _translation(path: str, error: sqlite3.Error) -> Map4Error:
    name = error_name(error)
    if isinstance(error, sqlite3.ProgrammingError):
        # A closed library, or use in another thread: an error of the caller; the file is fine.
        how = str(error).partition(". ")[0].rstrip(".")
        if "closed database" in how:
            return Map4Error(f"the library {path} is closed; open it again")
        return Map4Error(f"the library {path} can't be used like this: {how}; open it again, once in each thread")
    if is_full(error, path):
        return no_room(path)
    if is_busy(error):
        return LibraryWriteError(
            f"the library {path} was locked by another program for {BUSY_TIMEOUT_S:.0f} s; try again"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR")):
        return LibraryWriteError(
            f"the library {path} can't be opened or written ({error}); check its folder and rights"
        )
    if name.startswith("SQLITE_NOTADB"):
        return NoLibraryError(
            f"{path} is not a map4 library. Nothing was changed. Name another with --library; if this was a library "
            "before, run 'map4 library repair', or restore a backup with 'map4 library restore FILE'"
        )
    if is_damage(error):
        return damaged(path, str(error))
    return Map4Error(f"the library {path} can't be used: {error}")


def _most_bytes() -> int | None:
    """The maximum size of files that this process may write; None without a limit."""
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def _free_bytes(path: str) -> int:
    try:
        return shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free
    except OSError:
        return FULL_BELOW_BYTES


def connect(
    path: str,
    *,
    read_only: bool,
    immutable: bool = False,
    is_damaged: bool = False,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
    check_same_thread: bool = True,
) -> sqlite3.Connection:
    """Open a file with SQLite, in autocommit mode.

    path: of an existing file, or IN_MEMORY
    immutable: also create no files beside it; only for a file that is open nowhere else
    is_damaged: read what is left of a file that may have a faulty schema or lack its last pages
    busy_timeout_s: how long to wait for other writers
    check_same_thread: False if several threads use it, one at a time
    """
    if path == IN_MEMORY:
        return sqlite3.connect(path, isolation_level=None)
    require_file(path)

    def opened(how: str) -> sqlite3.Connection:
        uri = f"file:{quote(os.fsencode(os.path.abspath(path)))}?{how}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=busy_timeout_s, isolation_level=None, check_same_thread=check_same_thread
        )
        if is_damaged:
            # Before the first read, which otherwise fails if the header counts more pages than the file has.
            connection.execute("PRAGMA writable_schema = ON")
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
        return connection

    if not read_only:
        return opened("mode=rw")
    if not immutable:
        connection = opened("mode=ro")
        try:
            connection.execute("PRAGMA user_version").fetchone()
            return connection
        except sqlite3.OperationalError as error:
            connection.close()
            # A WAL database needs its -shm file, which can't be created in a read-only folder or on a full disk, where
            # no process can write. A journal can't be rolled back read-only either; a writing process does it.
            is_refused = error_name(error).startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN"))
            if not is_refused and not (is_full(error, path) and not has_journal(path)):
                raise
        except BaseException:
            connection.close()
            raise
    return opened("immutable=1")


def require_file(path: str) -> None:
    """Raise UsageError for a folder, LibraryVersionError for a pipe, socket or device; other errors come on opening."""
    try:
        OnDisk(path).require()
    except IsADirectoryError:
        shown = os.path.join(path, "library.map4")
        raise UsageError(f"{path} is a folder; the library is a file, such as {shown}") from None
    except NotRegularError as error:
        raise LibraryVersionError(
            f"{path} is not a map4 library: {error.strerror}; name another with --library"
        ) from None
    except OSError:  # SQLite reports why it can't be opened
        return


def use_journal(connection: sqlite3.Connection, file: str) -> None:
    """Put a library in WAL mode, in which readers and writers don't wait for each other; not on network drives.

    WAL needs shared memory, so two machines would destroy the library. A library that is open elsewhere keeps its mode
    until this process is its only user.
    """
    wanted = "delete" if OnDisk(file).is_on_network() else "wal"
    if scalar(connection, "PRAGMA journal_mode") != wanted:
        try:
            connection.execute(f"PRAGMA journal_mode = {wanted}")
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
    # In WAL mode NORMAL may lose the last transaction in a power cut, but damages nothing; a journal needs FULL.
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if wanted == 'wal' else 'FULL'}")


def make_room_beside(connection: sqlite3.Connection, file: str) -> None:
    """Use the library's folder for SQLite's temporary files if root's TMPDIR can't hold files.

    SQLite only checks permissions, which root always has; for other users its check is right.
    """
    place = os.environ.get("TMPDIR")
    if not place or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    from tempfile import TemporaryFile

    try:
        TemporaryFile(dir=place).close()
    except OSError:
        connection.execute("PRAGMA temp_store_directory = '{}'".format(SafeFile(file).folder.replace("'", "''")))


@contextmanager
def committed(
    connection: sqlite3.Connection, *, begin: str | None = "BEGIN IMMEDIATE", wait_s: float | None = None
) -> Iterator[None]:
    """A transaction that waits for other writers; rolled back on any error.

    begin: None if it has already begun
    wait_s: how long it waits; None: as all transactions of the connection
    """
    usual_ms = None if wait_s is None else scalar(connection, "PRAGMA busy_timeout")
    try:
        if wait_s is not None:
            connection.execute(f"PRAGMA busy_timeout = {round(1000 * wait_s)}")
        if begin is not None:
            connection.execute(begin)
    finally:
        if usual_ms is not None:
            connection.execute(f"PRAGMA busy_timeout = {usual_ms}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        raise


def copy_database(connection: sqlite3.Connection, target: str) -> None:
    """Copy a library to a new single file, consistent even while others write.

    Errors of the library itself are raised as SQLite's, for the caller to translate.
    """
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            connection.backup(copy)
            # A copy in WAL mode would need its -wal file too. The PRAGMA raises errors only if its result is read.
            scalar(copy, "PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        # The target is new, so damage can only come from the library.
        if is_damage(error) or is_busy(error):
            raise
        if is_full(error, target):
            raise LibraryWriteError(
                f"no space left in {os.path.dirname(target)} for a copy of the library; nothing of it is kept: free "
                "some space and run the command again"
            ) from None
        with translated(target):
            raise


def copy_before(connection: sqlite3.Connection, file: str, name: str) -> str:
    """Copy the library `file` to the first free variant of a name, and return that name."""
    with write_errors(f"a copy of {file} can't be kept as {name}"), SafeFile(file).unfinished("copying") as partial:
        copy_database(connection, partial)
        return SafeFile(partial).place_under_free_name(name)


def has_journal(path: str) -> bool:
    """True if the journal contains writes that are not in the library file yet."""
    try:
        return os.path.getsize(f"{os.path.realpath(path)}-wal") > 0
    except OSError:
        return False


def table_names(connection: sqlite3.Connection) -> frozenset[str]:
    return frozenset(name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
