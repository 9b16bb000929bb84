"""The library's labels: the user's data, keyed by audio, which no clean-up drops."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from map4.domain.labels import Labels
from map4.infra.database import Database
from map4.infra.moments import utc_text


class DatabaseLabels:
    """Writes labels into a library; `map4.infra.store` reads them with their tracks.

    Parameters
    ----------
    clock : the time, in UTC
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock

    def put_labels(self, labels: Mapping[str, Labels]) -> None:
        """Keep labels by audio id, in one transaction; earlier ones are replaced."""
        if not labels:
            return
        now = utc_text(self._clock())
        rows = [
            (audio_id, json.dumps(one.to_data(), ensure_ascii=False, allow_nan=False, separators=(",", ":")), now)
            for audio_id, one in labels.items()
        ]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO labels (audio_id, data, labelled_at) VALUES (?, ?, ?) ON CONFLICT (audio_id) "
                "DO UPDATE SET data = excluded.data, labelled_at = excluded.labelled_at",
                rows,
            )
