"""Locks that allow one scan, watch, server and mirror build per library."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from map4.core.store.file.library_file import PRIVATE_FILE
from map4.core.store.place import IN_MEMORY, Locks
from map4.errors import LibraryBusyError, LibraryWriteError

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
