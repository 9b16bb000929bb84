"""Look-ups in the library: the outcome of each, and the values of the recordings that were found."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from map4.core.base.text import utc_text
from map4.extras.lookup.lookup import LookupStatus, RecordingMatch
from map4.labels import SqlObservations


class SqlLookups(SqlObservations):
    """The outcomes of look-ups, and the values of providers."""

    def statuses(self, provider: str) -> dict[str, LookupStatus]:
        """The outcome of each look-up at this provider, by audio id."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT audio_id, status FROM lookups WHERE provider = ?", (provider,))
            return dict(rows.fetchall())

    def put(
        self, provider: str, audio_id: str, match: RecordingMatch, values: Mapping[str, object] | None = None
    ) -> None:
        """Store the outcome of a look-up, and the values that the provider gave for the first candidate."""
        now = _now()
        records = [candidate.to_record() for candidate in match.candidates]
        candidates = json.dumps(records, allow_nan=False, separators=(",", ":"))
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO lookups (audio_id, provider, status, candidates, looked_up_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (audio_id, provider) DO UPDATE SET (status, candidates, looked_up_at) = "
                "(excluded.status, excluded.candidates, excluded.looked_up_at)",
                (audio_id, provider, match.status, candidates, now),
            )
            if values:
                best = match.candidates[0]
                self.observe(provider, audio_id, best.candidate.id, values, score=best.score, at=now)

    def doubts(self, audio_ids: Collection[str]) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """Audio id, provider and candidates of each undecided look-up of this audio."""
        rows = self._database.rows(
            "SELECT audio_id, provider, candidates FROM lookups WHERE status = 'review' AND audio_id IN "
            "(SELECT value FROM json_each(?)) ORDER BY audio_id, provider",
            (json.dumps(sorted(audio_ids)),),
        )
        for audio_id, provider, candidates in rows:
            yield audio_id, provider, json.loads(candidates)

    def in_doubt(self) -> list[str]:
        """The audio id of each undecided look-up; an id repeats if several providers are undecided."""
        return self._database.column("SELECT audio_id FROM lookups WHERE status = 'review' ORDER BY audio_id")

    def reopen(self, provider: str, audio_id: str) -> bool:
        """Make a look-up undecided again, without the provider's values; False if it has no candidates."""
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "UPDATE lookups SET status = 'review', looked_up_at = ? WHERE audio_id = ? AND provider = ? "
                "AND candidates <> '[]' AND status <> 'review'",
                (_now(), audio_id, provider),
            )
            if cursor.rowcount:
                super().forget((provider,), (audio_id,))
            return bool(cursor.rowcount)

    def decide(self, provider: str, audio_id: str, chosen: str | None, values: Mapping[str, object]) -> None:
        """Store the user's choice of a recording, which overrides all matches of map4; None rejects all candidates."""
        now = _now()
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE lookups SET status = ?, looked_up_at = ? WHERE audio_id = ? AND provider = ?",
                ("rejected" if chosen is None else "accepted", now, audio_id, provider),
            )
            self.observe(provider, audio_id, chosen or "", values, score=1.0, at=now)

    def forget(self, providers: Collection[str], audio_ids: Collection[str]) -> set[str]:
        """Delete these providers' look-ups, too."""
        with self._database.transaction() as connection:
            dropped = self._delete(connection, "lookups", providers, audio_ids)
            return dropped | super().forget(providers, audio_ids)

    def release_id(self, audio_id: str, providers: Sequence[str]) -> str | None:
        """The release of this audio, from the first provider in order that knows it."""
        rows = self._database.rows(
            "SELECT provider, candidates FROM lookups WHERE audio_id = ? AND status = 'accepted'", (audio_id,)
        )
        provided = self.provided(audio_id)
        ids = {match.provider: match.id for match in (provided.matches if provided else ())}
        releases = {
            provider: candidate["release_id"]
            for provider, candidates in rows
            for candidate in json.loads(candidates)
            if candidate["id"] == ids.get(provider) and candidate["release_id"]
        }
        return next((releases[provider] for provider in providers if provider in releases), None)


def _now() -> str:
    return utc_text(datetime.now(UTC))
