"""The tables of what providers say, the step that makes them, and what counts, derived from them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

OBSERVATION_TABLES = (
    # Kept as they came; nothing here is overwritten but by a newer answer of the same provider on the same recording.
    """CREATE TABLE observations (
        audio_id TEXT NOT NULL,
        provider TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        field TEXT NOT NULL,
        value TEXT NOT NULL CHECK (json_valid(value)),
        score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
        fetched_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, provider, provider_id, field)
    ) STRICT, WITHOUT ROWID""",
    # What became of each look-up, with up to five candidates.
    """CREATE TABLE lookups (
        audio_id TEXT NOT NULL,
        provider TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('accepted', 'review', 'none', 'rejected')),
        candidates TEXT NOT NULL CHECK (json_valid(candidates)),
        looked_up_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, provider)
    ) STRICT, WITHOUT ROWID""",
    # Derived from the observations: what counts of them.
    """CREATE TABLE provided (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object')
    ) STRICT, WITHOUT ROWID""",
)


def recompute_provided(connection: sqlite3.Connection, audio_ids: Iterable[str | None]) -> None:
    """Derive what counts of the observations of some audio, in a transaction."""
    from map4.domain.observations import Observation, consolidated
    from map4.infra.sqlite.effective_values import as_json

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


def hand_observations(
    connection: sqlite3.Connection, former_id: str | None, audio_id: str, *, keep: bool = False
) -> None:
    """Give what was said of one audio to another one that is the same; what both have stays as the other has it.

    Parameters
    ----------
    keep : leave it with the former one as well
    """
    for table, columns in (
        ("observations", "provider, provider_id, field, value, score, fetched_at"),
        ("lookups", "provider, status, candidates, looked_up_at"),
    ):
        connection.execute(
            f"INSERT OR IGNORE INTO {table} (audio_id, {columns}) SELECT ?, {columns} FROM {table} WHERE audio_id = ?",
            (audio_id, former_id),
        )
        if not keep:
            connection.execute(f"DELETE FROM {table} WHERE audio_id = ?", (former_id,))
    recompute_provided(connection, (former_id, audio_id))
