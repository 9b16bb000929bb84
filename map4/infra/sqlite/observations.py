"""What providers said of recordings, kept as it came, and what counts of it: the table `provided`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from map4.domain.lookup import Identified, LookupStatus, RemoteRecord
from map4.domain.observations import Observation, Provided, provided_from_data
from map4.infra.sqlite.database import Database, utc_text
from map4.infra.sqlite.effective_values import as_json
from map4.infra.sqlite.observation_tables import recompute_provided


class ObservationStore:
    """Reads and writes observations and look-ups of one library.

    Parameters
    ----------
    clock : the time, in UTC
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database, self._clock = database, clock

    def statuses(self, provider: str) -> dict[str, LookupStatus]:
        """What became of each audio payload that was looked up there."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT audio_id, status FROM lookups WHERE provider = ?", (provider,))
            return dict(rows.fetchall())

    def put(
        self,
        provider: str,
        audio_id: str,
        found: Identified,
        values: Mapping[str, object] | None = None,
    ) -> None:
        """Keep what became of a look-up, and what the provider said; in one transaction.

        Parameters
        ----------
        values : of the first candidate, by field; None where none was taken
        """
        now = utc_text(self._clock())
        candidates = as_json([one.to_record() for one in found.candidates])
        rows: list[tuple[object, ...]] = []
        if values is not None:
            best = found.candidates[0]
            rows = [
                (audio_id, provider, best.candidate.id, name, json.dumps(value), best.score, now)
                for name, value in values.items()
            ]
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO lookups (audio_id, provider, status, candidates, looked_up_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (audio_id, provider) DO UPDATE SET (status, candidates, looked_up_at) = "
                "(excluded.status, excluded.candidates, excluded.looked_up_at)",
                (audio_id, provider, found.status, candidates, now),
            )
            put_rows(connection, rows)
            recompute_provided(connection, [audio_id])

    def doubts(self, audio_ids: Collection[str]) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """Audio id, provider and candidates of each look-up of some audio that is in doubt."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT audio_id, provider, candidates FROM lookups WHERE status = 'review' AND audio_id IN "
                "(SELECT value FROM json_each(?)) ORDER BY audio_id, provider",
                (json.dumps(sorted(audio_ids)),),
            ).fetchall()
        for audio_id, provider, candidates in rows:
            yield audio_id, provider, json.loads(candidates)

    def decide(self, provider: str, audio_id: str, chosen: RemoteRecord | None) -> None:
        """Keep what the user chose, which counts before all that map4 finds; None: none of those found."""
        now, status = utc_text(self._clock()), "rejected" if chosen is None else "accepted"
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE lookups SET status = ?, looked_up_at = ? WHERE audio_id = ? AND provider = ?",
                (status, now, audio_id, provider),
            )
            values = {} if chosen is None else chosen.values
            found = "" if chosen is None else chosen.id
            rows = [(audio_id, provider, found, name, json.dumps(value), 1.0, now) for name, value in values.items()]
            put_rows(connection, rows)
            recompute_provided(connection, [audio_id])

    def put_all(self, rows: Iterable[tuple[str, Observation]]) -> None:
        """Keep observations of anywhere, each with its audio id; the same again changes nothing, nor does the order."""
        every = [
            (audio_id, one.provider, one.provider_id, one.field, json.dumps(one.value), one.score, one.fetched_at)
            for audio_id, one in rows
        ]
        with self._database.transaction() as connection:
            put_rows(connection, every)
            recompute_provided(connection, {row[0] for row in every})

    def forget(self, provider: str, audio_ids: Collection[str]) -> int:
        """Drop what a provider said of some audio; gives of how much there was anything."""
        with self._database.transaction() as connection:
            count = 0
            for audio_id in audio_ids:
                of_it = (audio_id, provider)
                dropped = connection.execute("DELETE FROM lookups WHERE audio_id = ? AND provider = ?", of_it).rowcount
                dropped += connection.execute(
                    "DELETE FROM observations WHERE audio_id = ? AND provider = ?", of_it
                ).rowcount
                count += bool(dropped)
            recompute_provided(connection, audio_ids)
        return count

    def provided(self, audio_id: str) -> Provided | None:
        """What counts of what providers said."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT data FROM provided WHERE audio_id = ?", (audio_id,)).fetchone()
            return None if row is None else provided_from_data(json.loads(row[0]))


_NEWER = "(excluded.fetched_at, excluded.score, excluded.value) > (fetched_at, score, value)"


def put_rows(connection: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Write observations; of one value of one recording the newest stays, so that their order makes no difference."""
    connection.executemany(
        "INSERT INTO observations (audio_id, provider, provider_id, field, value, score, fetched_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (audio_id, provider, provider_id, field) DO UPDATE SET "
        f"(value, score, fetched_at) = (excluded.value, excluded.score, excluded.fetched_at) WHERE {_NEWER}",
        rows,
    )
