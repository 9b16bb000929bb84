"""One scan of a library at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from map4.errors import LibraryBusyError, LibraryWriteError
from map4.infra.sqlite.library_file import PRIVATE_FILE, PRIVATE_FOLDER


@contextmanager
def scan_lock(library: str, *, wait: bool) -> Iterator[None]:
    """Hold the scan lock of a library.

    The lock ends with the process that holds it, however that ends.

    Parameters
    ----------
    library : path of the library file; a link is followed
    wait : wait until the other scan is over

    Raises
    ------
    LibraryBusyError
        If another scan runs and `wait` is off.
    """
    from filelock import FileLock, Timeout

    try:
        # The file, not the name: a link to a library leads to the same scan.
        file = os.path.realpath(library)
        os.makedirs(os.path.dirname(file), mode=PRIVATE_FOLDER, exist_ok=True)
        lock = FileLock(f"{file}.lock", mode=PRIVATE_FILE)
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise LibraryBusyError(f"another scan of {library} is running; try later, or use --wait") from None
    except OSError as error:
        raise LibraryWriteError(f"the library {library} can't be locked: {error.strerror}") from None
    try:
        yield
    finally:
        lock.release()
