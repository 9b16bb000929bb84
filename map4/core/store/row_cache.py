"""Caches slow results about a large library between runs.

Each has a file beside the mirror, which can be deleted. It records the last change of the library that it includes
(`map4.core.store.tables.changes`), and is computed again after a change that may alter it.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.store.database import Database
from map4.version import __version__

MINIMUM_FILES = 5000
"""Computing results of fewer files takes less time than importing numpy."""
_LAYOUT = 3
"""Raised when other results are computed of the same library."""
_MADE_BY = f"{__version__} {_LAYOUT}"
_AT = "SELECT kind, what, subject, at FROM changes WHERE number = ?"
_LATER = "SELECT count(*), count(CASE WHEN {} THEN 1 END) FROM changes WHERE number > ?"
_IS_LARGE = "SELECT count(*) FROM (SELECT 1 FROM files LIMIT ?) AS counted"


class RowCache:
    """Cached results about a library.

    beside: returns a path beside the mirror for a file name; None if nothing can be stored
    """

    def __init__(self, database: Database, beside: Callable[[str], str | None]) -> None:
        self._database, self._beside = database, beside

    def is_large(self) -> bool:
        """True if the library has enough files for caching."""
        return int(self._database.scalar(_IS_LARGE, (MINIMUM_FILES,))) >= MINIMUM_FILES

    def answer(
        self, name: str, version: str, compute: Callable[[], Any] | None = None, *, altered_by: str = "TRUE"
    ) -> Any:
        """A JSON value about the whole library; without `compute`, None if it is not cached.

        version: changes when another value is computed of the same library
        altered_by: SQL for the changes that may alter the value
        """
        path = self._beside(name)
        with self._database.asking(), self._database.snapshot() as connection:
            last = self._database.last_number("changes")
            at = [last, *(connection.execute(_AT, (last,)).fetchone() or ())]
            cached = None if path is None else _read(path, version)
            if cached is not None and cached[0] != at:
                number = cached[0][0]
                is_same = cached[0] == [number, *(connection.execute(_AT, (number,)).fetchone() or ())]
                later = tuple(connection.execute(_LATER.format(altered_by), (number,)).fetchone())
                cached = cached if is_same and later == (last - number, 0) else None
        if cached is not None:
            return json.loads(cached[1])
        if compute is None:
            return None
        value = compute()  # not in the snapshot, as it takes long; a change meanwhile has a later number
        if path is not None:
            _write(path, version, at, json.dumps(value).encode())
        return value


def _read(path: str, version: str) -> tuple[list[Any], bytes] | None:
    """The last change that the content includes, and the content; None if absent, damaged or of another version."""
    with suppress(OSError, ValueError, TypeError), OnDisk(path).open() as file:
        made_by, written, at, checksum = json.loads(file.readline())
        data = file.read()
        if (made_by, written, checksum) == (_MADE_BY, version, zlib.crc32(data)):
            return at, data
    return None


def _write(path: str, version: str, at: list[Any], data: bytes) -> None:
    head = json.dumps([_MADE_BY, version, at, zlib.crc32(data)])
    with suppress(OSError), SafeFile(path).unfinished("new") as new:
        with open(new, "wb") as file:
            file.write(head.encode() + b"\n")
            file.write(data)
        os.replace(new, path)
