"""Questions to a model about each file, as cached rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.recfunctions import repack_fields

from map4.store.database import Connection
from map4.store.row_cache import Changed, Rows
from map4.store.sql_store import Store
from map4.store.tracks import SqlTracks

_FIELDS = [("place", np.int64), ("file_id", np.int64), ("question", np.int64), ("letters", np.uint16)]


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions about present, analysed files by path, or about some files in their order.

    ask: returns the number and the length of the question about a row of `SqlTracks.names_to_label`
    by: changes when `ask` would return something else for the same file
    """

    tracks: SqlTracks
    ask: Callable[[tuple[Any, ...]], tuple[int, int]]
    by: str
    name = "questions"

    @property
    def version(self) -> str:
        return f"{self.by} {self.tracks.preferred()}"

    def of(self, named: Iterable[tuple[int, tuple[Any, ...]]]) -> Rows:
        numbers = ((place, row[0], *self.ask(row)) for place, row in named)
        rows = np.fromiter(numbers, dtype=_FIELDS)
        rows = rows[np.argsort(rows["place"], kind="stable")]
        return repack_fields(rows[["file_id", "question", "letters"]])

    def compute(self, connection: Connection) -> Rows:
        return self.of(self.tracks.names_to_label(None))

    def update(self, connection: Connection, rows: Rows, changed: Changed) -> Rows:
        ids = json.dumps([*changed.file_ids])
        among = "file_id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
        there = [
            row[0] for row in connection.execute(f"SELECT file_id FROM facts WHERE state = 'ok' AND {among}", (ids,))
        ]
        fresh = self.of(self.tracks.names_to_label(there))
        joined = np.concatenate([rows[~np.isin(rows["file_id"], np.array(changed.file_ids, np.int64))], fresh])
        joined = joined[np.argsort(joined["file_id"])]
        by_path = np.fromiter((row[0] for row in connection.execute("SELECT id FROM files ORDER BY path")), np.int64)
        return joined[np.searchsorted(joined["file_id"], by_path[np.isin(by_path, joined["file_id"])])]


def asked_questions(
    store: Store, file_ids: Sequence[int] | None, ask: Callable[[tuple[Any, ...]], tuple[int, int]], by: str
) -> Rows:
    """Return the questions to a model about files, one row each in the order of `SqlTracks.names_to_label`.

    Rows have `file_id`, and `question` and `letters` as returned by `ask`. Large libraries store them between runs.

    by: changes when `ask` would return something else for the same file
    """
    questions = Questions(store.tracks, ask, by)
    if file_ids is None and store.row_cache.is_large():
        return store.row_cache.rows(questions)
    return questions.of(store.tracks.names_to_label(file_ids))
