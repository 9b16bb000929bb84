"""The effective provided values of audio: the table `provided`, derived from the observations."""

from __future__ import annotations

import json
from collections.abc import Iterable

from map4.store.database import Connection, as_json
from map4.store.extra_tables import tables_on_hand_over


def recompute_provided(connection: Connection, audio_ids: Iterable[str | None]) -> None:
    """Derive the merged values from the observations of some audio, in a transaction."""
    from map4.music.track.observations import Observation, consolidated

    for audio_id in audio_ids:
        rows = connection.execute(
            "SELECT provider, provider_id, field, value, score, fetched_at FROM observations WHERE audio_id = ?",
            (audio_id,),
        ).fetchall()
        if not rows:
            connection.execute("DELETE FROM provided WHERE audio_id = ?", (audio_id,))
            continue
        names = ("provider", "provider_id", "field", "value", "score", "fetched_at")
        entries = (dict(zip(names, row, strict=True)) for row in rows)
        provided = consolidated(
            Observation(**{**observation, "value": json.loads(observation["value"])}) for observation in entries
        )
        connection.execute(
            "INSERT INTO provided (audio_id, data) VALUES (?, ?) ON CONFLICT (audio_id) "
            "DO UPDATE SET data = excluded.data WHERE provided.data IS NOT excluded.data",
            (audio_id, as_json(provided.to_data())),
        )


def recompute_all_provided(connection: Connection) -> None:
    """Derive the merged values of all audio."""
    ids = "SELECT audio_id FROM observations UNION SELECT audio_id FROM provided"
    recompute_provided(connection, [audio_id for (audio_id,) in connection.execute(ids).fetchall()])


def share_observations(connection: Connection, audio_id: str | None, other_id: str) -> None:
    """Copy the observations of audio to identical audio; existing rows stay."""
    for table in tables_on_hand_over(connection, "shared"):
        columns = ", ".join(column for column in table.columns if column != "audio_id")
        connection.execute(
            f"INSERT OR IGNORE INTO {table.name} (audio_id, {columns}) "
            f"SELECT ?, {columns} FROM {table.name} WHERE audio_id = ?",
            (other_id, audio_id),
        )
    recompute_provided(connection, (audio_id, other_id))
