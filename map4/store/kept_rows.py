"""What is told of each file of a large library and takes long, kept between runs; told again where it changed.

Each question has a file beside the mirror, which may be deleted. It belongs to a library by the last change that it
knows (`map4.store.tables.changes`): what came after that is told again, and all where the library remembers
no more of it.
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

KEPT_FROM = 5000
"""What is told of fewer files takes less time than to import numpy."""
_LAYOUT = 1
"""Another one where the same question is told by another rule."""
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
    """What changed since rows were told.

    file_ids: of files that are there
    has_moved: whether there are files besides that went from where they were
    """

    file_ids: Sequence[int]
    has_moved: bool


class KeptQuestion(Protocol):
    """A question, answered by a row for each file.

    name: what its file is called by
    says: the same as long as the same is told of the same file
    """

    @property
    def name(self) -> str: ...
    @property
    def says(self) -> str: ...
    def told(self, connection: Connection) -> Rows: ...
    def told_again(self, connection: Connection, rows: Rows, changed: Changed) -> Rows | None:
        """Rows that are there, with what changed; None where all must be told anew."""


class KeptRows:
    """Rows of one library.

    beside: gives the name of a file beside the mirror; None where nothing can be kept
    """

    def __init__(self, database: Database, beside: Callable[[str], str | None]) -> None:
        self._database, self._beside = database, beside

    def is_large(self) -> bool:
        """Whether rows are worth while."""
        with self._database.reading() as connection:
            return int(scalar(connection, _IS_LARGE, (KEPT_FROM,))) >= KEPT_FROM

    def rows(self, question: KeptQuestion) -> Rows:
        path = self._beside(question.name)
        with self._database.asking(), self._database.snapshot() as connection:
            last = self._database.last_number("changes")
            kept, rows = None if path is None else _read(path, question.says), None
            if kept is not None and (changed := self._changed(connection, kept[0], last)) is not None:
                rows = kept[1]
                if changed.file_ids or changed.has_moved:
                    rows = question.told_again(connection, rows, changed)
                elif kept[0][0] == last:
                    return rows
            if rows is None:
                rows = question.told(connection)
            at = [last, *(connection.execute(_AT, (last,)).fetchone() or ())]
        if path is not None:
            _write(path, question.says, at, rows)
        return rows

    def _changed(self, connection: Connection, at: Sequence[Any], last: int) -> Changed | None:
        """What changed since; None where the library does not know."""
        number, *what = at
        if number > last or (connection.execute(_AT, (number,)).fetchone() or ()) != tuple(what):
            return None  # it was trimmed, or is a change of another library
        changes = connection.execute(_SINCE, (number,)).fetchall()
        if any(not subject for subject, _ in changes):  # what counts may be another of any file
            return None
        subjects = json.dumps(sorted({subject for subject, _ in changes}))
        found = {
            row[0] for name in ("audio_id", "uid") for row in connection.execute(_CALLED.format(name), (subjects,))
        }
        return Changed(file_ids=sorted(found), has_moved=any(what in ("moved", "forgotten") for _, what in changes))


def _read(path: str, says: str) -> tuple[list[Any], Rows] | None:
    """The change that rows are told up to, and these; None where there are none by this rule, or they are damaged."""
    import numpy as np

    with suppress(OSError, ValueError, TypeError, EOFError), open_regular(path) as file:
        made_by, said, at, checksum = json.loads(file.readline())
        data = file.read()
        if (made_by, said, checksum) == (_MADE_BY, says, zlib.crc32(data)):
            return at, np.load(io.BytesIO(data), allow_pickle=False)
    return None


def _write(path: str, says: str, at: list[Any], rows: Rows) -> None:
    import numpy as np

    data = io.BytesIO()
    np.save(data, rows, allow_pickle=False)
    head = json.dumps([_MADE_BY, says, at, zlib.crc32(data.getbuffer())])
    with suppress(OSError), unfinished(path, "new") as new:
        with open(new, "wb") as file:
            file.write(head.encode() + b"\n")
            file.write(data.getbuffer())
        os.replace(new, path)
