"""Data by audio id, so that it survives moves, tag changes and re-analysis: labels, and the values of providers as they
were received.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from map4.core.base.text import utc_text
from map4.core.music.query.context import QueryContext
from map4.core.music.track.labels import Labels
from map4.core.music.track.observations import Observation, Provided
from map4.core.store.database import Connection, StorePart, as_json, readable
from map4.core.store.query.field_sql import in_force_sql, text_sql
from map4.core.store.query.forms import FileIds, Predicate
from map4.core.store.search import TABLES

_ROWS_AT_ONCE = 8192


class SqlLabels(StorePart):
    """Writes labels; `map4.core.store.tracks` reads them with their tracks."""

    def put(self, labels: Mapping[str, Labels], *, now: datetime, step: str = "") -> None:
        """Store labels by audio id, all or none; they replace earlier ones.

        step: when the run began; `undo` restores what was before it
        """
        if not labels:
            return
        when = utc_text(now)
        encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        sql = f"SELECT audio_id, data, labelled_at, labelled_by FROM labels WHERE {_AMONG}"
        with self._database.transaction() as connection:
            known = {audio_id: row for audio_id, *row in connection.execute(sql, (json.dumps([*labels]),))}
            rows = []
            for audio_id, each in labels.items():
                data = _with_before(each.to_data(), known.get(audio_id), step or when)
                rows.append((audio_id, encoder.encode(data), when, self._actor.id))
            connection.executemany(
                "INSERT INTO labels (audio_id, data, labelled_at, labelled_by) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (audio_id) DO UPDATE "
                "SET (data, labelled_at, labelled_by) = (excluded.data, excluded.labelled_at, excluded.labelled_by)",
                rows,
            )

    def with_names(
        self, context: QueryContext, file_ids: Collection[int] | None = None
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """Audio ids, labels, paths, artists, titles, albums, genres, years and ids of files as columns, in lots.

        file_ids: None means all analysed, present files
        """
        names = (*(text_sql(name, context.preferred) for name in ("artist", "title", "album", "genre")),
                 in_force_sql("year", context.preferred))  # fmt: skip
        where, values = Predicate("x.state = 'ok'") if file_ids is None else FileIds.of(file_ids).as_predicate()
        tables = f"{TABLES} LEFT JOIN labels AS l ON l.audio_id = f.audio_id"
        sql = f"SELECT f.audio_id, l.data, f.path, {', '.join(names)}, x.file_id {tables} WHERE {where}"
        with self._database.asking() as connection, readable(self._database.path, "the labels of a file"):
            cursor = connection.execute(sql, values)
            for rows in iter(lambda: cursor.fetchmany(_ROWS_AT_ONCE), []):
                audio_ids, labels, *others = zip(*rows, strict=True)
                yield audio_ids, [data and Labels.of_data(json.loads(data)) for data in labels], *others

    def steps(self) -> Sequence[tuple[str, int]]:
        """The runs whose labels are still current, newest first, with their number of labels."""
        sql = f"SELECT {_STEP}, count(*) FROM labels WHERE {_STEP} IS NOT NULL GROUP BY {_STEP} ORDER BY 1 DESC"
        with self._database.reading() as connection:
            return connection.execute(sql).fetchall()

    def undo(self, step: str) -> int:
        """Restore the labels before a run; returns how many tracks had labels of it."""
        with self._database.transaction() as connection:
            rows = connection.execute(f"SELECT audio_id, data FROM labels WHERE {_STEP} = ?", (step,)).fetchall()
            before = {audio_id: json.loads(data)[_BEFORE] for audio_id, data in rows}
            gone = json.dumps([audio_id for audio_id, row in before.items() if row is None])
            connection.execute(f"DELETE FROM labels WHERE {_AMONG}", (gone,))
            connection.executemany(
                "UPDATE labels SET data = ?, labelled_at = ?, labelled_by = ? WHERE audio_id = ?",
                [(as_json(row[0]), *row[1:], audio_id) for audio_id, row in before.items() if row is not None],
            )
        return len(rows)


_BEFORE, _AMONG = "before", "audio_id IN (SELECT value FROM json_each(?))"
_STEP = "json_extract(data, '$.step')"


def _with_before(new: dict[str, Any], known: Sequence[Any] | None, step: str) -> dict[str, Any]:
    """Labels with their run and the row before it; None was none. Equal labels stay as they are."""
    if known is None:
        return {**new, "step": step, _BEFORE: None}
    data = json.loads(known[0])
    old = {name: value for name, value in data.items() if name not in ("step", _BEFORE)}
    is_same_run = data.get("step") == step
    return data if old == new else {**new, "step": step, _BEFORE: data[_BEFORE] if is_same_run else [old, *known[1:]]}


class SqlObservations(StorePart):
    """Values of recordings from providers."""

    is_shared = True

    def observe(
        self, provider: str, audio_id: str, provider_id: str, values: Mapping[str, object], *, score: float, at: str
    ) -> None:
        """Store the values that a provider has for a recording; `at` is a time in UTC."""
        rows = [
            (audio_id, Observation(provider=provider, provider_id=provider_id, field=name, value=value,
                                   score=score, fetched_at=at))
            for name, value in values.items()
        ]  # fmt: skip
        with self._database.transaction() as connection:
            write_observations(connection, rows)

    def forget(self, providers: Collection[str], audio_ids: Collection[str]) -> set[str]:
        """Delete these providers' values (none given: all) for this audio. Returns the audio ids that had any."""
        with self._database.transaction() as connection:
            dropped = self._delete(connection, "observations", providers, audio_ids)
            self.recompute(connection, dropped)
        return dropped

    @staticmethod
    def _delete(connection: Connection, table: str, providers: Collection[str], audio_ids: Collection[str]) -> set[str]:
        rows = connection.execute(
            f"DELETE FROM {table} WHERE audio_id IN (SELECT value FROM json_each(?1)) "
            "AND (?2 = '[]' OR provider IN (SELECT value FROM json_each(?2))) RETURNING audio_id",
            (json.dumps(list(audio_ids)), json.dumps(list(providers))),
        )
        return {audio_id for (audio_id,) in rows}

    @staticmethod
    def recompute(connection: Connection, audio_ids: Iterable[str | None]) -> None:
        """Derive the merged values from the observations of some audio, in a transaction."""
        names = ("provider", "provider_id", "field", "value", "score", "fetched_at")
        for audio_id in audio_ids:
            rows = connection.execute(
                f"SELECT {', '.join(names)} FROM observations WHERE audio_id = ?", (audio_id,)
            ).fetchall()
            if not rows:
                connection.execute("DELETE FROM provided WHERE audio_id = ?", (audio_id,))
                continue
            entries = (dict(zip(names, row, strict=True)) for row in rows)
            read = (Observation(**{**entry, "value": json.loads(entry["value"])}) for entry in entries)
            provided = Provided.of(read)
            connection.execute(
                "INSERT INTO provided (audio_id, data) VALUES (?, ?) ON CONFLICT (audio_id) "
                "DO UPDATE SET data = excluded.data WHERE provided.data IS NOT excluded.data",
                (audio_id, as_json(provided.to_data())),
            )

    def provided(self, audio_id: str) -> Provided | None:
        """The merged provider values."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT data FROM provided WHERE audio_id = ?", (audio_id,)).fetchone()
            return None if row is None else Provided.from_data(json.loads(row[0]))


def write_observations(connection: Connection, rows: Iterable[tuple[str, Observation]]) -> None:
    """Write observations; for each value of a recording, the newest wins, in any order."""
    every = list(rows)
    connection.executemany(
        "INSERT INTO observations (audio_id, provider, provider_id, field, value, score, fetched_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (audio_id, provider, provider_id, field) DO UPDATE SET "
        "(value, score, fetched_at) = (excluded.value, excluded.score, excluded.fetched_at) "
        "WHERE (excluded.fetched_at, excluded.score, excluded.value) > "
        "(observations.fetched_at, observations.score, observations.value)",
        [
            (
                audio_id,
                observation.provider,
                observation.provider_id,
                observation.field,
                json.dumps(observation.value),
                observation.score,
                observation.fetched_at,
            )
            for audio_id, observation in every
        ],
    )
    SqlObservations.recompute(connection, {audio_id for audio_id, _ in every})


def recompute_all(connection: Connection) -> None:
    """Derive the merged values of all audio."""
    ids = "SELECT audio_id FROM observations UNION SELECT audio_id FROM provided"
    SqlObservations.recompute(connection, [audio_id for (audio_id,) in connection.execute(ids).fetchall()])
