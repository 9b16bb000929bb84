"""Queries as callers give them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from map4.domain.harmony import HARMONIC_RULES, HarmonicRule
from map4.domain.query import Query, parse_query
from map4.domain.track import Source
from map4.errors import UsageError
from map4.infra.query_sql import Context
from map4.library.paths import absolute_path

if TYPE_CHECKING:
    pass


def as_query(query: str | Query) -> Query:
    """A query from its text; one that was read already stays as it is."""
    return parse_query(query) if isinstance(query, str) else query


def search_context(prefer: Sequence[Source], harmonic: HarmonicRule) -> Context:
    """What a query means now, and in this folder."""
    if harmonic not in HARMONIC_RULES:
        raise UsageError(f"there is no harmonic rule '{harmonic}'; there are {', '.join(HARMONIC_RULES)}")
    return Context(prefer=tuple(prefer), rule=harmonic, now=datetime.now(UTC), locate=absolute_path)
