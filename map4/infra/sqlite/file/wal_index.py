"""What SQLite notes of the state of a library file for all processes that use it.

In WAL mode the file `-shm` beside it begins with a header that each commit writes anew: a counter, the frames that are
valid, their checksum, and two numbers that each new log draws (https://www.sqlite.org/walformat.html, 2.1). It is
read as it lies there, since no statement tells it.
"""

from __future__ import annotations

import os
import threading
from typing import BinaryIO

from map4.regular_files import file_number, open_regular

_HEADER_BYTES = 48
"""It stands there twice, so that who reads in the middle of a change sees that."""
_IS_MADE = 12
_GONE = 0
"""Links to a file that was removed."""

# A file that is closed here loses the locks of every connection of this process (POSIX): so none is, as long as
# another process might open it.
_kept: dict[tuple[int, int], BinaryIO] = {}
_lock = threading.Lock()


def header_of_index(library: str) -> bytes | None:
    """Another one after every commit; None where there is none, or it is being written.

    library: a file that this process has open, and has read
    """
    if not hasattr(os, "pread"):  # Windows
        return None
    try:
        with _lock:
            found = os.pread(_opened(f"{library}-shm").fileno(), 2 * _HEADER_BYTES, 0)
    except OSError:
        return None
    first, second = found[:_HEADER_BYTES], found[_HEADER_BYTES:]
    return first if first == second and first[_IS_MADE:][:1] == b"\1" else None


def _opened(path: str) -> BinaryIO:
    for gone in [one for one, file in _kept.items() if os.fstat(file.fileno()).st_nlink == _GONE]:
        _kept.pop(gone).close()
    number = file_number(path)
    if number is None or number not in _kept:
        file = open_regular(path)
        status = os.fstat(file.fileno())
        return _kept.setdefault((status.st_dev, status.st_ino), file)
    return _kept[number]
