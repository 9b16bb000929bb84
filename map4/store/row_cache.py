"""Caches slow results about a large library between runs: rows for each file, and whole answers.

Each has a file beside the mirror, which can be deleted. It records the last change of the library that it includes
(`map4.store.tables.changes`). Of rows, only files that changed later are computed again, or all files if the library no
longer remembers these changes; an answer is computed again after any change.
"""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from map4.base.regular_files import open_regular
from map4.base.unfinished import unfinished
from map4.store.database import Connection, Database, scalar
from map4.version import __version__

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Rows: TypeAlias = "npt.NDArray[np.void]"
"""A row for each file, whose first field is `file_id`."""

MINIMUM_FILES = 5000
"""Computing rows of fewer files takes less time than importing numpy."""
_LAYOUT = 1
"""Raised when a source computes other rows of the same files."""
_MADE_BY = f"{__version__} {_LAYOUT}"
_SINCE = """
    SELECT DISTINCT subject FROM changes WHERE number > ? AND kind IN ('tracks', 'values')
    AND what NOT IN ('rated', 'marked', 'labelled')
"""
_CALLED = "SELECT id FROM files WHERE {} IN (SELECT value FROM json_each(?))"
_AT = "SELECT kind, what, subject, at FROM changes WHERE number = ?"
_IS_LARGE = "SELECT count(*) FROM (SELECT 1 FROM files LIMIT ?) AS counted"


class RowSource(Protocol):
    """Computes a row for each file.

    name: of its file
    version: changes when other rows are computed of the same files
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    def compute(self, connection: Connection) -> Rows: ...
    def update(self, connection: Connection, rows: Rows, changed: Sequence[int]) -> Rows:
        """Existing rows with the rows of changed files, without files that are gone."""


class RowCache:
    """Cached rows of a library.

    beside: returns a path beside the mirror for a file name; None if nothing can be stored
    """

    def __init__(self, database: Database, beside: Callable[[str], str | None]) -> None:
        self._database, self._beside = database, beside

    def is_large(self) -> bool:
        """True if the library has enough files for caching."""
        with self._database.reading() as connection:
            return int(scalar(connection, _IS_LARGE, (MINIMUM_FILES,))) >= MINIMUM_FILES

    def rows(self, source: RowSource) -> Rows:
        import numpy as np

        path = self._beside(source.name)
        with self._database.asking(), self._database.snapshot() as connection:
            at = self._last(connection)
            rows: Rows | None = None
            cached = None if path is None else _read(path, source.version)
            if cached is not None and (changed := self._changed(connection, cached[0], at[0])) is not None:
                rows = np.load(io.BytesIO(cached[1]), allow_pickle=False)
                if cached[0] == at:
                    return rows
                rows = source.update(connection, rows, changed)
            if rows is None:
                rows = source.compute(connection)
        if path is not None:
            np.save(data := io.BytesIO(), rows, allow_pickle=False)
            _write(path, source.version, at, data.getvalue())
        return rows

    def answer(self, name: str, version: str, compute: Callable[[], Any] | None = None) -> Any:
        """A JSON value about the whole library; without `compute`, None if it is not cached.

        version: changes when another value is computed of the same library
        """
        path = self._beside(name)
        with self._database.asking(), self._database.snapshot() as connection:
            at = self._last(connection)
        cached = None if path is None else _read(path, version)
        if cached is not None and cached[0] == at:
            return json.loads(cached[1])
        if compute is None:
            return None
        value = compute()  # not in the snapshot, as it may write; a change meanwhile has a later number
        if path is not None:
            _write(path, version, at, json.dumps(value).encode())
        return value

    def _last(self, connection: Connection) -> list[Any]:
        """The last change: its number, kind, subject and time."""
        last = self._database.last_number("changes")
        return [last, *(connection.execute(_AT, (last,)).fetchone() or ())]

    def _changed(self, connection: Connection, at: Sequence[Any], last: int) -> Sequence[int] | None:
        """The present files that changed since; None if the library no longer remembers the changes."""
        number, *what = at
        if number > last or (connection.execute(_AT, (number,)).fetchone() or ()) != tuple(what):
            return None  # trimmed, or a change of another library
        changes = connection.execute(_SINCE, (number,)).fetchall()
        if any(not subject for (subject,) in changes):  # current values of any file may differ
            return None
        subjects = json.dumps(sorted({subject for (subject,) in changes}))
        file_ids = {
            row[0] for name in ("audio_id", "uid") for row in connection.execute(_CALLED.format(name), (subjects,))
        }
        return sorted(file_ids)


def _read(path: str, version: str) -> tuple[list[Any], bytes] | None:
    """The last change that the content includes, and the content; None if absent, damaged or of another version."""
    with suppress(OSError, ValueError, TypeError), open_regular(path) as file:
        made_by, written, at, checksum = json.loads(file.readline())
        data = file.read()
        if (made_by, written, checksum) == (_MADE_BY, version, zlib.crc32(data)):
            return at, data
    return None


def _write(path: str, version: str, at: list[Any], data: bytes) -> None:
    head = json.dumps([_MADE_BY, version, at, zlib.crc32(data)])
    with suppress(OSError), unfinished(path, "new") as new:
        with open(new, "wb") as file:
            file.write(head.encode() + b"\n")
            file.write(data)
        os.replace(new, path)
