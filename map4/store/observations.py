"""Data kept by audio id, so that it survives moves, tag changes and re-analysis: labels, and providers' answers as they
were received.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from map4.base.actor import LOCAL, Actor
from map4.base.text import utc_text
from map4.music.track.labels import Labels
from map4.music.track.observations import LookupStatus, Observation, Provided, provided_from_data
from map4.store.database import Connection, Database, as_json
from map4.store.rows.effective_values import recompute_provided
from map4.store.store_part import StorePart


class SqlLabels(StorePart):
    """Writes labels; `map4.store.tracks` reads them with their tracks."""

    def put(self, labels: Mapping[str, Labels], *, now: datetime) -> None:
        """Store labels by audio id, all or none; they replace earlier ones."""
        if not labels:
            return
        when = utc_text(now)
        rows = [
            (
                audio_id,
                json.dumps(candidate.to_data(), ensure_ascii=False, allow_nan=False, separators=(",", ":")),
                when,
                self._actor.id,
            )
            for audio_id, candidate in labels.items()
        ]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO labels (audio_id, data, labelled_at, labelled_by) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (audio_id) DO UPDATE "
                "SET (data, labelled_at, labelled_by) = (excluded.data, excluded.labelled_at, excluded.labelled_by)",
                rows,
            )


class LookupOutcome(Protocol):
    """The outcome of a look-up."""

    @property
    def status(self) -> LookupStatus: ...
    @property
    def candidates(self) -> Sequence[Any]:
        """Judged candidates, the best first."""


class SqlObservations(StorePart):
    """Provider values of recordings, stored unchanged, and the merged values.

    clock: returns the time in UTC
    """

    is_shared = True

    def __init__(
        self, database: Database, *, actor: Actor = LOCAL, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(database, actor=actor)
        self._clock = clock

    def statuses(self, provider: str) -> dict[str, LookupStatus]:
        """The outcome of each look-up at this provider, by audio id."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT audio_id, status FROM lookups WHERE provider = ?", (provider,))
            return dict(rows.fetchall())

    def put(
        self, provider: str, audio_id: str, outcome: LookupOutcome, values: Mapping[str, object] | None = None
    ) -> None:  # fmt: skip
        """Store the outcome of a look-up, and the values that the provider gave for the first candidate."""
        now, best = utc_text(self._clock()), outcome.candidates[0] if values else None
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO lookups (audio_id, provider, status, candidates, looked_up_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (audio_id, provider) DO UPDATE SET (status, candidates, looked_up_at) = "
                "(excluded.status, excluded.candidates, excluded.looked_up_at)",
                (
                    audio_id,
                    provider,
                    outcome.status,
                    as_json([candidate.to_record() for candidate in outcome.candidates]),
                    now,
                ),
            )
            if best is not None:
                write_observations(
                    connection, _observed(audio_id, provider, best.candidate.id, values or {}, best.score, now)
                )

    def doubts(self, audio_ids: Collection[str]) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """Audio id, provider and candidates of each undecided look-up of this audio."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT audio_id, provider, candidates FROM lookups WHERE status = 'review' AND audio_id IN "
                "(SELECT value FROM json_each(?)) ORDER BY audio_id, provider",
                (json.dumps(sorted(audio_ids)),),
            ).fetchall()
        for audio_id, provider, candidates in rows:
            yield audio_id, provider, json.loads(candidates)

    def in_doubt(self) -> list[str]:
        """The audio id of each undecided look-up; an id repeats if several providers are undecided."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT audio_id FROM lookups WHERE status = 'review' ORDER BY audio_id")
            return [audio_id for (audio_id,) in rows]

    def reopen(self, provider: str, audio_id: str) -> bool:
        """Make a look-up undecided again, without the provider's values; False if it has no candidates."""
        with self._database.transaction() as connection:
            was = "WHERE audio_id = ? AND provider = ?"
            cursor = connection.execute(
                f"UPDATE lookups SET status = 'review', looked_up_at = ? {was} AND candidates <> '[]' "
                "AND status <> 'review'",
                (utc_text(self._clock()), audio_id, provider),
            )
            if cursor.rowcount:
                connection.execute(f"DELETE FROM observations {was}", (audio_id, provider))
                recompute_provided(connection, (audio_id,))
            return bool(cursor.rowcount)

    def decide(self, provider: str, audio_id: str, chosen: str | None, values: Mapping[str, object]) -> None:
        """Store the user's choice of a recording, which overrides all matches of map4; None rejects all candidates."""
        now = utc_text(self._clock())
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE lookups SET status = ?, looked_up_at = ? WHERE audio_id = ? AND provider = ?",
                ("rejected" if chosen is None else "accepted", now, audio_id, provider),
            )
            write_observations(connection, _observed(audio_id, provider, chosen or "", values, 1.0, now))

    def forget(self, providers: Collection[str], audio_ids: Collection[str]) -> int:
        """Delete these providers' values (none given: all) for this audio. Returns how many recordings had any."""
        of_it = (
            "audio_id IN (SELECT value FROM json_each(?1)) "
            "AND (?2 = '[]' OR provider IN (SELECT value FROM json_each(?2))) RETURNING audio_id"
        )
        values = (json.dumps(list(audio_ids)), json.dumps(list(providers)))
        dropped: set[str] = set()
        with self._database.transaction() as connection:
            for table in ("lookups", "observations"):
                dropped |= {
                    audio_id for (audio_id,) in connection.execute(f"DELETE FROM {table} WHERE {of_it}", values)
                }
            recompute_provided(connection, dropped)
        return len(dropped)

    def release_id(self, audio_id: str, providers: Sequence[str]) -> str | None:
        """The release of this audio, from the first provider in order that knows it."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT provider, candidates FROM lookups WHERE audio_id = ? AND status = 'accepted'", (audio_id,)
            ).fetchall()
        provided = self.provided(audio_id)
        ids = {match.provider: match.id for match in (provided.matches if provided else ())}
        releases = {
            provider: candidate["release_id"]
            for provider, candidates in rows
            for candidate in json.loads(candidates)
            if candidate["id"] == ids.get(provider) and candidate["release_id"]
        }
        return next((releases[provider] for provider in providers if provider in releases), None)

    def provided(self, audio_id: str) -> Provided | None:
        """The merged provider values."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT data FROM provided WHERE audio_id = ?", (audio_id,)).fetchone()
            return None if row is None else provided_from_data(json.loads(row[0]))


def _observed(
    audio_id: str, provider: str, provider_id: str, values: Mapping[str, object], score: float, now: str
) -> Iterator[tuple[str, Observation]]:
    for name, value in values.items():
        yield (
            audio_id,
            Observation(
                provider=provider, provider_id=provider_id, field=name, value=value, score=score, fetched_at=now
            ),
        )


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
    recompute_provided(connection, {audio_id for audio_id, _ in every})
