"""Names of files to label, and the questions to a model about them, as cached rows."""

from __future__ import annotations

import io
import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.recfunctions import repack_fields

from map4.store.database import Connection, Database
from map4.store.query.field_sql import in_force_sql
from map4.store.query.query_annotations import OF_FILES
from map4.store.row_cache import AT
from map4.store.sql_store import Store
from map4.store.unreadable import damaged

Rows: TypeAlias = npt.NDArray[np.void]
"""A row for each file, whose first field is `file_id`."""

_SINCE = """
    SELECT DISTINCT subject FROM changes WHERE number > ? AND kind IN ('tracks', 'values')
    AND what NOT IN ('rated', 'marked', 'labelled')
"""
_CALLED = "SELECT id FROM files WHERE {} IN (SELECT value FROM json_each(?))"
_FIELDS = [("place", np.int64), ("file_id", np.int64), ("question", np.int64), ("letters", np.uint16)]
# Files per query.
_MOST_CHOSEN = 500
# The maximum ratio of ids to files for using an array; damaged ids could take all memory.
_SPARSE = 16
_ONLY = {
    "copies": "f.audio_id IN (SELECT audio_id FROM files WHERE audio_id > '' GROUP BY audio_id HAVING count(*) > 1)",
    "labelled": "l.audio_id IS NOT NULL",
}


def names_to_label(
    store: Store, file_ids: Sequence[int] | None, *, only: Literal["copies", "labelled"] | None = None
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield each file's position in the order, and: file, path (bytes), audio id, artist, title, album,
    genre, year, and the labels' source, model and prompt version.

    file_ids: None selects all present, analysed files, ordered by path; they are yielded in any order, since
        reading them by path takes three times as long
    only: files whose audio other files also have, or whose audio has labels
    """
    preferred, prompt = store.preferred(), "l.data, '$.prompt_version'"
    names = ", ".join(in_force_sql(name, preferred) for name in ("artist", "title", "album", "genre", "year"))
    source = "coalesce(l.source, CASE WHEN l.audio_id IS NOT NULL THEN '' END)"
    number = f"CASE json_type({prompt}) WHEN 'integer' THEN CAST(json_extract({prompt}) AS INTEGER) END"
    # CROSS JOIN keeps this order, and with it that of the file.
    sql = (
        f"SELECT f.id, f.path, f.audio_id, {names}, {source}, l.model, {number} FROM files AS f "
        f"CROSS JOIN facts AS x ON x.file_id = f.id {OF_FILES} WHERE {'TRUE' if only is None else _ONLY[only]} AND "
    )
    rows = _present(store.database, sql) if file_ids is None else _chosen(store.database, sql, file_ids)
    for place, row in rows:
        _, path, audio_id, *_, labelled_by, _, prompt_version = row
        if b"\0" in path or (labelled_by is not None and not (labelled_by and isinstance(prompt_version, int))):
            raise damaged(store.database.path, f"the path or the labels of {audio_id} can't be read")
        yield place, row


def _present(database: Database, sql: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    with database.reading() as connection:
        # Begun before the positions are read, so that both use the same state of the library.
        rows = connection.execute(f"{sql} x.state = 'ok'")
        first = rows.fetchone()
        if first is None:
            return
        try:
            count, most = connection.execute("SELECT count(*), max(id) FROM files").fetchone()
            is_dense = 0 < most <= _SPARSE * count
            places: array[int] | dict[int, int] = array("q", bytes(8 * (1 + most))) if is_dense else {}
            for place, (file_id,) in enumerate(connection.execute("SELECT id FROM files ORDER BY path")):
                places[file_id] = place
            for row in chain((first,), rows):
                yield places[row[0]], row
        except (LookupError, TypeError) as error:
            raise damaged(database.path, "an index refers to files that don't exist") from error


def _chosen(database: Database, sql: str, file_ids: Sequence[int]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    sql += "f.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
    for start in range(0, len(file_ids), _MOST_CHOSEN):
        chosen = file_ids[start : start + _MOST_CHOSEN]
        with database.reading() as connection:
            by_id = {row[0]: row for row in connection.execute(sql, (json.dumps(list(chosen)),))}
        yield from ((place, by_id[file_id]) for place, file_id in enumerate(chosen, start) if file_id in by_id)


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions about present, analysed files by path, or about some files in their order.

    ask: returns the number and the length of the question about a row of `names_to_label`
    by: changes when `ask` would return something else for the same file
    """

    store: Store
    ask: Callable[[tuple[Any, ...]], tuple[int, int]]
    by: str

    @property
    def version(self) -> str:
        return f"{self.by} {self.store.preferred()}"

    def of(self, named: Iterable[tuple[int, tuple[Any, ...]]]) -> Rows:
        numbers = ((place, row[0], *self.ask(row)) for place, row in named)
        rows = np.fromiter(numbers, dtype=_FIELDS)
        rows = rows[np.argsort(rows["place"], kind="stable")]
        return repack_fields(rows[["file_id", "question", "letters"]])

    def compute(self) -> Rows:
        return self.of(names_to_label(self.store, None))

    def update(self, connection: Connection, rows: Rows, changed: Sequence[int]) -> Rows:
        """Existing rows with the rows of changed files, without files that are gone."""
        ids = json.dumps([*changed])
        among = "file_id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
        there = [
            row[0] for row in connection.execute(f"SELECT file_id FROM facts WHERE state = 'ok' AND {among}", (ids,))
        ]
        fresh = self.of(names_to_label(self.store, there))
        joined = np.concatenate([rows[~np.isin(rows["file_id"], np.array(changed, np.int64))], fresh])
        joined = joined[np.argsort(joined["file_id"])]
        by_path = np.fromiter((row[0] for row in connection.execute("SELECT id FROM files ORDER BY path")), np.int64)
        return joined[np.searchsorted(joined["file_id"], by_path[np.isin(by_path, joined["file_id"])])]

    def cached(self) -> Rows:
        """Rows of all files; only those of files that changed since they were cached are computed again.

        All are computed again if the library no longer remembers these changes.
        """
        cache = self.store.row_cache
        path = cache.beside("questions")
        with cache.database.asking(), cache.database.snapshot() as connection:
            at = cache.last(connection)
            rows: Rows | None = None
            cached = None if path is None else cache.read(path, self.version)
            if cached is not None and (changed := self._changed(connection, cached[0], at[0])) is not None:
                rows = np.load(io.BytesIO(cached[1]), allow_pickle=False)
                if cached[0] == at:
                    return rows
                rows = self.update(connection, rows, changed)
            if rows is None:
                rows = self.compute()
        if path is not None:
            np.save(data := io.BytesIO(), rows, allow_pickle=False)
            cache.write(path, self.version, at, data.getvalue())
        return rows

    def _changed(self, connection: Connection, at: Sequence[Any], last: int) -> Sequence[int] | None:
        """The present files that changed since; None if the library no longer remembers the changes."""
        number, *what = at
        if number > last or (connection.execute(AT, (number,)).fetchone() or ()) != tuple(what):
            return None  # trimmed, or a change of another library
        changes = connection.execute(_SINCE, (number,)).fetchall()
        if any(not subject for (subject,) in changes):  # current values of any file may differ
            return None
        subjects = json.dumps(sorted({subject for (subject,) in changes}))
        file_ids = {
            row[0] for name in ("audio_id", "uid") for row in connection.execute(_CALLED.format(name), (subjects,))
        }
        return sorted(file_ids)


def model_questions(
    store: Store, file_ids: Sequence[int] | None, ask: Callable[[tuple[Any, ...]], tuple[int, int]], by: str
) -> Rows:
    """Return the questions to a model about files, one row each in the order of `names_to_label`.

    Rows have `file_id`, and `question` and `letters` as returned by `ask`. Large libraries store them between runs.

    by: changes when `ask` would return something else for the same file
    """
    questions = Questions(store, ask, by)
    if file_ids is None and store.row_cache.is_large():
        return questions.cached()
    return questions.of(names_to_label(store, file_ids))
