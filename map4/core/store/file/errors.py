"""Translate SQLite's error codes into messages."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from map4.core.store.store_part import damaged
from map4.errors import LibraryDamagedError, LibraryWriteError, Map4Error, NoLibraryError, UsageError

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
    if _most_bytes() is not None and is_io:
        return True
    return name.startswith("SQLITE_FULL") or (is_io and _free_bytes(path) < FULL_BELOW_BYTES)


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
