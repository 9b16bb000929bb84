"""Queries as callers give them, and the context that a query is read in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from map4.base.given_paths import absolute_path

# The parser is imported on the first query, so that other commands start faster.
if TYPE_CHECKING:
    from map4.music.mixing.harmony import HarmonicRule
    from map4.music.query.context import QueryContext
    from map4.music.query.parser import Query
    from map4.store.sql_store import Store


def as_query(query: str | Query) -> Query:
    """A query from its text; one that was read already stays as it is."""
    if not isinstance(query, str):
        return query
    from map4.music.query.parser import parse_query

    return parse_query(query)


def nothing_found(query: str | Query | None, near: str | None = None) -> str:
    """What to say where a query finds nothing: also what in it may be a slip, or that there is nothing to be found.

    near: what was probably meant, of `Library.tracks.near`
    """
    asked = as_query(query or "")
    if not asked.groups:
        return "the library has no tracks; 'map4 scan FOLDER' adds some"
    return "; ".join(part for part in ("no track matches", asked.doubt or near) if part)


def query_context(store: Store, harmonic: HarmonicRule | None = None) -> QueryContext:
    """The context of a query of this library at this time and in this folder.

    harmonic: the rule of keys; default: that in the preferences
    """
    from map4.music.query.context import QueryContext

    asked = store.preferences if harmonic is None else replace(store.preferences, harmonic=harmonic)
    return QueryContext(
        prefer=asked.sources,
        preferred=store.preferred.all(),
        rule=asked.harmonic,
        certainties=asked.certainties,
        now=datetime.now(UTC),
        locate=absolute_path,
    )
