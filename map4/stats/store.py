"""Tracks of which the user knows tempo, key or beats, beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from map4.music.analysis.analysis import ANALYSIS_VERSION
from map4.music.query.context import QueryContext
from map4.music.query.parser import Query
from map4.music.track.sources import Source
from map4.stats.accuracy.judged import JudgedTrack
from map4.store.database import Database
from map4.store.query.field_sql import certainty_sql
from map4.store.search import SqlSearch
from map4.store.store_part import StorePart

_FILES = "FROM facts AS x CROSS JOIN files AS f ON f.id = x.file_id WHERE x.state = 'ok'"
_GRIDS = {
    "user": "EXISTS (SELECT 1 FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'grid')",
    "imported": "EXISTS (SELECT 1 FROM imported AS i WHERE i.audio_id = f.audio_id "
    "AND json_array_length(i.data, '$.grid') > 0)",
}


class SqlJudged(StorePart):
    """Measured values of the files that a query matches, beside those of the user.

    Of the sources `own` ("user", "imported"), which count as the user's, the first counts before the others.
    """

    def __init__(self, database: Database, search: SqlSearch) -> None:
        super().__init__(database)
        self._search = search

    @classmethod
    def of(cls, store: Any) -> Self:
        return cls(store.database, store.search)

    def tracks(self, query: Query, context: QueryContext, own: Sequence[Source]) -> list[JudgedTrack]:
        """Each recording for which the user's tempo or key is known, once."""
        bpm, key = (f"coalesce({', '.join(f'x.{source}_{name}' for source in own)}, NULL)" for name in ("bpm", "key"))
        is_stale = f"CASE WHEN x.analysis_version <> {ANALYSIS_VERSION} THEN 1 ELSE 0 END"
        values = {
            "own_bpm": bpm,
            "measured_bpm": "x.measured_bpm",
            "tempo_certainty": certainty_sql("tempo", context),
            "own_key": key,
            "measured_key": "x.measured_key",
            "key_certainty": certainty_sql("key", context),
            "is_stale": is_stale,
        }
        where, given = self._search.limited_sql(query, context)
        with self._database.asking() as connection:
            rows = connection.execute(
                # The files of a recording have the same values.
                f"SELECT f.audio_id, {', '.join(f'max({sql})' for sql in values.values())} {_FILES} "
                f"AND ({bpm} IS NOT NULL OR {key} IS NOT NULL) AND ({where}) GROUP BY f.audio_id",
                given,
            )
            tracks = (dict(zip(("audio_id", *values), row, strict=True)) for row in rows)
            return [JudgedTrack(**{**track, "is_stale": bool(track["is_stale"])}) for track in tracks]

    def with_grids(self, query: Query, context: QueryContext, own: Sequence[Source]) -> list[int]:
        """A file of each recording that this version analysed and that has a beat grid of the user's."""
        has_grid = " OR ".join(_GRIDS[source] for source in own)
        where, given = self._search.limited_sql(query, context)
        with self._database.asking() as connection:
            rows = connection.execute(
                f"SELECT min(x.file_id) {_FILES} AND x.analysis_version = {ANALYSIS_VERSION} AND ({has_grid}) "
                f"AND ({where}) GROUP BY f.audio_id",
                given,
            )
            return [file_id for (file_id,) in rows]
