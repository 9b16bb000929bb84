"""Statistics of the tracks of a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from map4.domain.query.context import QueryContext
from map4.domain.query.parser import Query
from map4.domain.statistics import Statistics, statistics
from map4.domain.track.fields import is_usual
from map4.ports.store.search import STATES, Search
from map4.ports.store.store import Store

if TYPE_CHECKING:
    from map4.selection.similarity_tables import LibraryTable

_NUMBERS = ("energy", "loudness_lufs", "duration_s", "year", "rating", "bit_rate_bps")
_MOST = dict.fromkeys(_NUMBERS, 1e12) | {"bpm": 1e4, "loudness_lufs": 1e4}
"""Beyond which a mirror is damaged; of tempo and loudness it is also how many bins there may be."""


def collect_statistics(
    store: Store,
    query: Query,
    context: QueryContext,
    *,
    among: Sequence[int] | None = None,
) -> Statistics:
    """Counts, hours and histograms of the tracks that match a query; see `map4.Library.stats`.

    among: only these files (ids)
    """
    table = None if among is not None else store.sounds.at_hand()
    if table is not None and is_usual(context.preferred, "genre"):
        found = _of_mirror(store.search, query, context, table)
        if found is not None:
            return found
    tallies = store.search.tallies(query, context, among=among)
    return statistics(
        store.search.columns(query, context, texts=("codec",), numbers=_NUMBERS, among=among),
        states=tallies.states,
        failures=tallies.failures,
        stale=tallies.stale,
        added=tallies.added,
        genres=tallies.genres,
    )


def _of_mirror(search: Search, query: Query, context: QueryContext, table: LibraryTable) -> Statistics | None:
    """The same; None where the query finds files that the mirror has not, or it holds what no track can have."""
    import numpy as np

    if not table.knows_its_texts():
        return None
    is_everything = not (query.groups or query.offset or query.limit is not None)
    rows = None
    if not is_everything:
        rows = table.rows_of(search.matching(query, context))
        if np.any(rows < 0):
            return None
    columns = table.figures(context.prefer, rows)
    if any(np.any(np.abs(getattr(columns, name)) > most) for name, most in _MOST.items()):
        return None
    ratings = search.ratings()
    rating = [ratings.get(file_id, np.nan) for file_id in columns.file_id.tolist()] if ratings else columns.rating
    others = search.tallies(query, context, besides_ok=True) if is_everything else None
    return statistics(
        replace(columns, rating=np.array(rating)),
        states={**(others.states if others else dict.fromkeys(STATES, 0)), "ok": len(columns)},
        failures=others.failures if others else {},
        stale=table.stale(rows),
        added=dict(sorted(table.tally("added", rows).items())),
        genres=dict(sorted(table.tally("genre", rows).items(), key=lambda item: (-item[1], item[0]))),
    )
