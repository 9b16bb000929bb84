"""Keep the user's own values, by audio id: they stay with the music, whatever becomes of file, tags and analysis."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from map4.app.values import Change
from map4.infra.database import Database
from map4.infra.moments import utc_text


def put_values(database: Database, changes: Iterable[Change], *, now: datetime) -> None:
    """Write changes, all in one transaction; those with a problem are passed over."""
    done = [change for change in changes if change.problem is None and change.track.audio_id is not None]
    when = utc_text(now.astimezone(UTC))
    set_values = [(c.track.audio_id, c.name, json.dumps(c.new), when) for c in done if c.is_own]
    unset_values = [(c.track.audio_id, c.name) for c in done if not c.is_own]
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO user_values (audio_id, name, value, set_at) VALUES (?, ?, ?, ?) ON CONFLICT (audio_id, name) "
            "DO UPDATE SET value = excluded.value, set_at = excluded.set_at",
            set_values,
        )
        connection.executemany("DELETE FROM user_values WHERE audio_id = ? AND name = ?", unset_values)
