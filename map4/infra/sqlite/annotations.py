"""The user's own values, and labels: kept by audio id, so that they survive moves, new tags and re-analysis."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from map4.domain.actor import LOCAL, Actor
from map4.domain.track.labels import Labels
from map4.domain.track.user_values import ValueChange
from map4.infra.sqlite.file.database import Database, utc_text
from map4.ports.store.annotations import LabelStore, ValueStore


class SqliteLabels(LabelStore):
    """Writes labels into a library; `map4.infra.sqlite.tracks` reads them with their tracks."""

    def __init__(self, database: Database, *, actor: Actor = LOCAL) -> None:
        self._database = database
        self._actor = actor

    def put(self, labels: Mapping[str, Labels], *, now: datetime) -> None:
        if not labels:
            return
        when = utc_text(now)
        rows = [
            (
                audio_id,
                json.dumps(one.to_data(), ensure_ascii=False, allow_nan=False, separators=(",", ":")),
                when,
                self._actor.id,
            )
            for audio_id, one in labels.items()
        ]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO labels (audio_id, data, labelled_at, labelled_by) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (audio_id) DO UPDATE "
                "SET (data, labelled_at, labelled_by) = (excluded.data, excluded.labelled_at, excluded.labelled_by)",
                rows,
            )


class SqliteValues(ValueStore):
    """Writes what an actor set into a library: values that count for everybody, and ratings of their own."""

    def __init__(self, database: Database, *, actor: Actor = LOCAL) -> None:
        self._database = database
        self._actor = actor

    def put(self, changes: Iterable[ValueChange], *, now: datetime) -> None:
        done = [change for change in changes if change.problem is None and change.track.audio_id is not None]
        when = utc_text(now.astimezone(UTC))
        me = self._actor.id
        rated = [(c.track.audio_id, me, c.new, when) for c in done if c.is_own and c.name == "rating"]
        unrated = [(c.track.audio_id, me) for c in done if not c.is_own and c.name == "rating"]
        values = [(c.track.audio_id, c.name, json.dumps(c.new), when, me) for c in done if c.is_own]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO user_values (audio_id, name, value, set_at, set_by) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (audio_id, name) DO UPDATE "
                "SET (value, set_at, set_by) = (excluded.value, excluded.set_at, excluded.set_by)",
                [row for row in values if row[1] != "rating"],
            )
            connection.executemany(
                "DELETE FROM user_values WHERE audio_id = ? AND name = ?",
                [(c.track.audio_id, c.name) for c in done if not c.is_own],
            )
            connection.executemany(
                "INSERT INTO ratings (audio_id, owner, rating, set_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (audio_id, owner) DO UPDATE SET (rating, set_at) = (excluded.rating, excluded.set_at)",
                rated,
            )
            connection.executemany("DELETE FROM ratings WHERE audio_id = ? AND owner = ?", unrated)
