"""Measured values and the values that the user knows, read from facts."""

from __future__ import annotations

from collections.abc import Sequence

from map4.music.analysis.analysis import ANALYSIS_VERSION
from map4.music.query.context import QueryContext
from map4.music.query.parser import Query
from map4.music.track.sources import Source
from map4.stats.accuracy.judged import JudgedTrack
from map4.store.query.field_sql import certainty_sql
from map4.store.sql_store import Store


def judged(store: Store, query: Query, context: QueryContext, own: Sequence[Source]) -> list[JudgedTrack]:
    """Return measurements of each matching recording whose tempo or key the user knows.

    own: sources that count as the user's, in order of preference: "user", "imported"
    """
    where = store.search.within_limits(query, context)
    bpm, key = (f"coalesce({', '.join(f'x.{source}_{name}' for source in own)}, NULL)" for name in ("bpm", "key"))
    is_stale = f"CASE WHEN x.analysis_version <> {ANALYSIS_VERSION} THEN 1 ELSE 0 END"
    columns = (bpm, "x.measured_bpm", certainty_sql("tempo", context), key, "x.measured_key",
             certainty_sql("key", context), is_stale)  # fmt: skip
    # All files of a recording have the same values here.
    sql = f"SELECT f.audio_id, {', '.join(f'max({column})' for column in columns)} "
    sql += "FROM facts AS x CROSS JOIN files AS f ON f.id = x.file_id "
    sql += f"WHERE x.state = 'ok' AND ({bpm} IS NOT NULL OR {key} IS NOT NULL) AND ({where.sql}) GROUP BY f.audio_id"
    with store.database.asking() as connection:
        rows = connection.execute(sql, where.values).fetchall()
    names = ("audio_id", "own_bpm", "measured_bpm", "tempo_certainty", "own_key", "measured_key", "key_certainty")
    return [JudgedTrack(**dict(zip(names, values, strict=True)), is_stale=bool(is_stale)) for *values, is_stale in rows]


_GRIDS = {
    "user": "EXISTS (SELECT 1 FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = 'grid')",
    "imported": "EXISTS (SELECT 1 FROM imported AS i WHERE i.audio_id = f.audio_id "
    "AND json_array_length(i.data, '$.grid') > 0)",
}


def with_grids(store: Store, query: Query, context: QueryContext, own: Sequence[Source]) -> dict[int, float | None]:
    """Return matching recordings that this version analysed and that have a beat grid of the user: a file of each, and
    the confidence of its bars.

    own: as for `judged`
    """
    where = store.search.within_limits(query, context)
    has_grid = " OR ".join(_GRIDS[source] for source in own)
    sql = (
        f"SELECT min(x.file_id), max({certainty_sql('bars', context)}) "
        "FROM facts AS x CROSS JOIN files AS f ON f.id = x.file_id WHERE x.state = 'ok' "
        f"AND x.analysis_version = {ANALYSIS_VERSION} AND ({has_grid}) AND ({where.sql}) GROUP BY f.audio_id"
    )
    with store.database.asking() as connection:
        return dict(connection.execute(sql, where.values).fetchall())
