"""What counts of what providers say, derived from the observations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable


def recompute_provided(connection: sqlite3.Connection, audio_ids: Iterable[str | None]) -> None:
    """Derive what counts of the observations of some audio, in a transaction."""
    from map4.domain.track.observations import Observation, consolidated
    from map4.infra.sqlite.rows.effective_values import as_json

    for audio_id in audio_ids:
        rows = connection.execute(
            "SELECT provider, provider_id, field, value, score, fetched_at FROM observations WHERE audio_id = ?",
            (audio_id,),
        ).fetchall()
        if not rows:
            connection.execute("DELETE FROM provided WHERE audio_id = ?", (audio_id,))
            continue
        names = ("provider", "provider_id", "field", "value", "score", "fetched_at")
        said = (dict(zip(names, row, strict=True)) for row in rows)
        found = consolidated(Observation(**{**one, "value": json.loads(one["value"])}) for one in said)
        connection.execute(
            "INSERT INTO provided (audio_id, data) VALUES (?, ?) ON CONFLICT (audio_id) "
            "DO UPDATE SET data = excluded.data WHERE data IS NOT excluded.data",
            (audio_id, as_json(found.to_data())),
        )


def recompute_all_provided(connection: sqlite3.Connection) -> None:
    """The same of all audio."""
    ids = "SELECT audio_id FROM observations UNION SELECT audio_id FROM provided"
    recompute_provided(connection, [audio_id for (audio_id,) in connection.execute(ids).fetchall()])


def share_observations(connection: sqlite3.Connection, audio_id: str | None, other_id: str) -> None:
    """Say what was said of one audio of another one that is the same, too; what both have stays as the other has it."""
    for table, columns in (
        ("observations", "provider, provider_id, field, value, score, fetched_at"),
        ("lookups", "provider, status, candidates, looked_up_at"),
    ):
        connection.execute(
            f"INSERT OR IGNORE INTO {table} (audio_id, {columns}) SELECT ?, {columns} FROM {table} WHERE audio_id = ?",
            (other_id, audio_id),
        )
    recompute_provided(connection, (audio_id, other_id))
