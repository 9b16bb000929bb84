"""Caches rows that take long to compute for each file of a large library, between runs.

Each source of rows has a file beside the mirror, which can be deleted. It records the last change of the library that
it includes (`map4.store.tables.changes`): only files that changed later are computed again, or all files if the library
no longer remembers these changes.
"""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
    SELECT DISTINCT subject, what FROM changes WHERE number > ? AND kind IN ('tracks', 'values')
    AND what NOT IN ('rated', 'marked', 'labelled')
"""
_CALLED = "SELECT id FROM files WHERE {} IN (SELECT value FROM json_each(?))"
_AT = "SELECT kind, what, subject, at FROM changes WHERE number = ?"
_IS_LARGE = "SELECT count(*) FROM (SELECT 1 FROM files LIMIT ?) AS counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What changed since rows were computed.

    file_ids: present files
    has_moved: True if other files were moved or forgotten
    """

    file_ids: Sequence[int]
    has_moved: bool


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
    def update(self, connection: Connection, rows: Rows, changed: Changed) -> Rows | None:
        """Existing rows with the changes; None if all must be computed again."""


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
        path = self._beside(source.name)
        with self._database.asking(), self._database.snapshot() as connection:
            last = self._database.last_number("changes")
            cached, rows = None if path is None else _read(path, source.version), None
            if cached is not None and (changed := self._changed(connection, cached[0], last)) is not None:
                rows = cached[1]
                if changed.file_ids or changed.has_moved:
                    rows = source.update(connection, rows, changed)
                elif cached[0][0] == last:
                    return rows
            if rows is None:
                rows = source.compute(connection)
            at = [last, *(connection.execute(_AT, (last,)).fetchone() or ())]
        if path is not None:
            _write(path, source.version, at, rows)
        return rows

    def _changed(self, connection: Connection, at: Sequence[Any], last: int) -> Changed | None:
        """The changes since; None if the library no longer remembers them."""
        number, *what = at
        if number > last or (connection.execute(_AT, (number,)).fetchone() or ()) != tuple(what):
            return None  # trimmed, or a change of another library
        changes = connection.execute(_SINCE, (number,)).fetchall()
        if any(not subject for subject, _ in changes):  # current values of any file may differ
            return None
        subjects = json.dumps(sorted({subject for subject, _ in changes}))
        file_ids = {
            row[0] for name in ("audio_id", "uid") for row in connection.execute(_CALLED.format(name), (subjects,))
        }
        return Changed(file_ids=sorted(file_ids), has_moved=any(what in ("moved", "forgotten") for _, what in changes))


def _read(path: str, version: str) -> tuple[list[Any], Rows] | None:
    """The last change that the rows include, and the rows; None if absent, damaged or of another version."""
    import numpy as np

    with suppress(OSError, ValueError, TypeError, EOFError), open_regular(path) as file:
        made_by, written, at, checksum = json.loads(file.readline())
        data = file.read()
        if (made_by, written, checksum) == (_MADE_BY, version, zlib.crc32(data)):
            return at, np.load(io.BytesIO(data), allow_pickle=False)
    return None


def _write(path: str, version: str, at: list[Any], rows: Rows) -> None:
    import numpy as np

    data = io.BytesIO()
    np.save(data, rows, allow_pickle=False)
    head = json.dumps([_MADE_BY, version, at, zlib.crc32(data.getbuffer())])
    with suppress(OSError), unfinished(path, "new") as new:
        with open(new, "wb") as file:
            file.write(head.encode() + b"\n")
            file.write(data.getbuffer())
        os.replace(new, path)
