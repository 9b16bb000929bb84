"""Data by audio id, so that it survives moves, tag changes and re-analysis: labels, and the values of providers as they
were received.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from map4.core.base.text import utc_text
from map4.core.music.track.labels import Labels
from map4.core.music.track.observations import Observation, Provided, consolidated, provided_from_data
from map4.core.store.database import Connection, as_json
from map4.core.store.store_part import StorePart


class SqlLabels(StorePart):
    """Writes labels; `map4.core.store.tracks` reads them with their tracks."""

    def put(self, labels: Mapping[str, Labels], *, now: datetime) -> None:
        """Store labels by audio id, all or none; they replace earlier ones."""
        if not labels:
            return
        when = utc_text(now)
        encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        rows = [(audio_id, encoder.encode(each.to_data()), when, self._actor.id) for audio_id, each in labels.items()]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO labels (audio_id, data, labelled_at, labelled_by) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (audio_id) DO UPDATE "
                "SET (data, labelled_at, labelled_by) = (excluded.data, excluded.labelled_at, excluded.labelled_by)",
                rows,
            )


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
            provided = consolidated(Observation(**{**entry, "value": json.loads(entry["value"])}) for entry in entries)
            connection.execute(
                "INSERT INTO provided (audio_id, data) VALUES (?, ?) ON CONFLICT (audio_id) "
                "DO UPDATE SET data = excluded.data WHERE provided.data IS NOT excluded.data",
                (audio_id, as_json(provided.to_data())),
            )

    def provided(self, audio_id: str) -> Provided | None:
        """The merged provider values."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT data FROM provided WHERE audio_id = ?", (audio_id,)).fetchone()
            return None if row is None else provided_from_data(json.loads(row[0]))


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
