"""What was played, and by whom."""

from __future__ import annotations

import os
from collections.abc import Sequence

from map4.domain.actor import LOCAL, Actor
from map4.infra.sql.database import Database
from map4.ports.store.plays import Play, PlaySource, PlayStore

PLAYS = (
    "SELECT p.audio_id, f.artist, f.title, f.path, p.at, p.source, p.heard_s, p.length_s FROM plays AS p "
    "LEFT JOIN files AS f ON f.id = (SELECT min(id) FROM files WHERE audio_id = p.audio_id) WHERE p.owner = ?1 "
)
"""Those of a person, for `read_play`."""


class SqlPlays(PlayStore):
    def __init__(self, database: Database, *, actor: Actor = LOCAL) -> None:
        self._database, self._me = database, actor.id

    def add(self, play: Play) -> bool:
        row = (play.audio_id, self._me, play.at, play.source, play.heard_s, play.length_s)
        sql = "INSERT INTO plays (audio_id, owner, at, source, heard_s, length_s) VALUES (?, ?, ?, ?, ?, ?)"
        with self._database.transaction() as connection:
            return connection.execute(f"{sql} ON CONFLICT DO NOTHING", row).rowcount > 0

    def page(self, *, before: str | None = None, limit: int) -> Sequence[Play]:
        sql = f"{PLAYS} AND (?2 IS NULL OR p.at < ?2) ORDER BY p.at DESC, p.audio_id LIMIT ?3"
        with self._database.reading() as connection:
            return [read_play(*row) for row in connection.execute(sql, (self._me, before, limit))]


def read_play(
    audio_id: str, artist: str | None, title: str | None, path: bytes | None, at: str, source: PlaySource,
    heard_s: float | None, length_s: float | None,
) -> Play:  # fmt: skip
    return Play(
        audio_id=audio_id,
        artist=artist,
        title=title,
        path=None if path is None else os.fsdecode(path),
        at=at,
        source=source,
        heard_s=heard_s,
        length_s=length_s,
    )
