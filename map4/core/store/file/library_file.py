"""The files beside a library, its mirror, journals and those of restore and repair; the locks of its writers."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime

from map4.core.base.unfinished import SafeFile
from map4.core.store.store_part import IN_MEMORY, Locks
from map4.errors import LibraryBusyError, LibraryWriteError

# SQLite replays these files into any database with the matching name.
REPLAYED_SUFFIXES = ("-wal", "-journal")
SQLITE_MAGIC = b"SQLite format 3\x00"
"""How a database file begins."""
WRITE_VERSION_AT = 18
"""Where the header has 1 = rollback journal, as in backups; 2 = WAL, as in libraries in use."""

_LEFT_BY_CARE = (".restoring", ".repairing", ".replaced-", ".damaged-", ".without-wal-", ".wal-")

PRIVATE_FILE = 0o600


def mirror_path(path: str) -> str:
    """Path of a library's mirror; see `map4.core.store.sound.mirror_file`."""
    return f"{path}.mirror"


def dated_name(path: str, why: str, now: datetime) -> str:
    """The name under which an older library is kept beside the new one."""
    return f"{path}.{why}-{now:%Y%m%d-%H%M%S}"


def replayed_files(path: str) -> list[str]:
    """Journals beside a database that SQLite would replay into the file with its name."""
    names = (path + suffix for suffix in REPLAYED_SUFFIXES)
    return [name for name in names if os.path.exists(name) and os.path.getsize(name)]


def leftovers(path: str) -> list[str]:
    """Files that restore, repair or a moved library left beside an absent library."""
    base = os.path.basename(path)
    try:
        names = sorted(os.listdir(SafeFile(path).folder))
    except OSError:
        return []
    left = [n for n in names if n.startswith(tuple(base + mark for mark in _LEFT_BY_CARE))]
    return left + [os.path.basename(name) for name in replayed_files(path)]


def remove_staged(path: str) -> None:
    """Remove the unfinished files of a killed restore or repair; only if no other is running."""
    for what in ("restoring", "repairing"):
        for name in SafeFile(path).unfinished_beside(what):
            os.unlink(name)


_MIRROR = ".mirror.lock"


class SqliteLocks(Locks):
    """The locks of a library; `library` is the path of its file, and a link is followed."""

    def __init__(self, library: str) -> None:
        self._library = library

    def scan(self, *, wait: bool) -> AbstractContextManager[None]:
        busy = f"another scan of {self._library} is running; try later, or 'map4 scan --wait'"
        return _lock(self._library, ".lock", wait=wait, busy=busy)

    def watch(self) -> AbstractContextManager[None]:
        busy = f"'map4 scan --watch' already runs for {self._library}; stop it first, or name all folders in one call"
        return _lock(self._library, ".watch.lock", wait=False, busy=busy)

    def serve(self) -> AbstractContextManager[None]:
        busy = f"'map4 serve' already runs for {self._library}; use that server, or stop it first"
        return _lock(self._library, ".serve.lock", wait=False, busy=busy)


@contextmanager
def mirror_lock(library: str) -> Iterator[None]:
    """Lock the making of a library's mirror, after any other process; reentrant within a thread."""
    with _lock(library, _MIRROR, wait=True, busy="", is_singleton=True):
        try:
            yield
        finally:
            with suppress(OSError):  # a waiting process makes it again, and two mirrors at once do no harm
                os.unlink(f"{os.path.realpath(library)}{_MIRROR}")


@contextmanager
def _lock(library: str, suffix: str, *, wait: bool, busy: str, is_singleton: bool = False) -> Iterator[None]:
    from filelock import FileLock, Timeout

    if library == IN_MEMORY:  # only this process has it
        yield
        return
    try:
        # The file, not the name: a link to a library must use the same lock.
        file = os.path.realpath(library)
        lock = FileLock(f"{file}{suffix}", mode=PRIVATE_FILE, is_singleton=is_singleton)
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise LibraryBusyError(busy) from None
    except OSError as error:
        what = f"the library {library} can't be locked: {error.strerror}"
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            what = (
                f"the library {library} is read-only ({error.strerror}); scans, watches and servers write beside it: "
                "make its folder writable, or use a copy"
            )
        raise LibraryWriteError(what) from None
    try:
        yield
    finally:
        lock.release()
