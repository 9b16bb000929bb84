"""Statistics of the tracks of a library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.track.fields import is_usual
from map4.core.music.track.track_parts import STATES
from map4.core.store.sql_store import Store
from map4.stats.records import Statistics, statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from map4.core.music.columns import Columns
    from map4.core.music.sound.similarity_tables import LibraryTable
    from map4.core.store.search import SqlSearch

_NUMBERS = ("energy", "loudness_lufs", "duration_s", "year", "rating", "bit_rate_bps")
_ROWS_AT_ONCE = 8192
_MOST = dict.fromkeys(_NUMBERS, 1e12) | {"bpm": 1e4, "loudness_lufs": 1e4}
"""Larger values mean a damaged mirror; for tempo and loudness also the maximum number of bins."""


def collect_statistics(
    store: Store, query: str | Query, context: QueryContext, *, among: Sequence[int] | None = None
) -> Statistics:
    """Return counts, hours and histograms of the tracks that match a query; see `map4.Library.stats`.

    among: only these files (ids)
    """
    table = None if among is not None else store.sounds.at_hand()
    if table is not None and is_usual(context.preferred, "genre"):
        from_mirror = _count_from_mirror(store.search, query, context, table)
        if from_mirror is not None:
            return from_mirror
    tallies = store.search.tallies(query, context, among=among)
    return statistics(
        store.search.column_blocks(query, context, texts=("codec",), numbers=_NUMBERS, among=among),
        states=tallies.states,
        failures=tallies.failures,
        stale=tallies.stale,
        added=tallies.added,
        genres=tallies.genres,
        genre_names=context.preferences.genres,
    )


def _count_from_mirror(
    search: SqlSearch, query: str | Query, context: QueryContext, table: LibraryTable
) -> Statistics | None:
    """The same from the mirror; None if files that match are missing there, or it has impossible values."""
    if not table.knows_its_texts():
        return None
    query = Query.parse(query)
    is_everything = not (query.groups or query.offset or query.limit is not None)
    rows = None
    if not is_everything:
        rows = table.rows_of(search.matching(query, context))
        if np.any(rows < 0):
            return None
    others = search.tallies(query, context, without_ok=True) if is_everything else None
    count = table.n if rows is None else len(rows)
    try:
        return statistics(
            _blocks_of(table, rows, context, search.ratings()),
            states={**(others.states if others else dict.fromkeys(STATES, 0)), "ok": count},
            failures=others.failures if others else {},
            stale=table.stale(rows),
            added=dict(sorted(table.tally("added", rows).items())),
            genres=dict(sorted(table.tally("genre", rows).items(), key=lambda item: (-item[1], item[0]))),
            genre_names=context.preferences.genres,
        )
    except _ImpossibleError:
        return None


class _ImpossibleError(ValueError):
    """A mirror has a value that no track can have."""


def _blocks_of(
    table: LibraryTable, rows: NDArray[np.intp] | None, context: QueryContext, ratings: Mapping[int, float]
) -> Iterator[Columns]:
    for start in range(0, table.n if rows is None else len(rows), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        among = block if rows is None else rows[block]
        columns = table.figures(context.preferences.sources, among, context.preferences.mono)
        table.release()
        if any(np.any(np.abs(getattr(columns, name)) > most) for name, most in _MOST.items()):
            raise _ImpossibleError
        if ratings:
            rating = [ratings.get(file_id, np.nan) for file_id in columns.file_id.tolist()]
            yield replace(columns, rating=np.array(rating))
        else:
            yield columns
