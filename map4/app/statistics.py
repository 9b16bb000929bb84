"""Statistics of the tracks of a library."""

from __future__ import annotations

from collections.abc import Sequence

from map4.domain.query.context import QueryContext
from map4.domain.query.parser import Query
from map4.domain.statistics import Statistics, statistics
from map4.infra.sqlite.search import Search

_NUMBERS = ("energy", "loudness_lufs", "duration_s", "year", "rating", "bit_rate_bps")


def collect_statistics(
    search: Search, query: Query, context: QueryContext, *, among: Sequence[int] | None = None
) -> Statistics:
    """Counts, hours and histograms of the tracks that match a query; see `map4.Library.stats`.

    Parameters
    ----------
    among : only these files (ids)
    """
    tallies = search.tallies(query, context, among=among)
    return statistics(
        search.columns(query, context, texts=("codec",), numbers=_NUMBERS, among=among),
        states=tallies.states,
        failures=tallies.failures,
        stale=tallies.stale,
        added=tallies.added,
        genres=tallies.genres,
    )
