"""Convert callers' queries, and create their context."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from map4.core.base.paths import absolute_path, known_name
from map4.core.base.text import read_start
from map4.errors import UsageError

# The parser is imported on the first query, so that other commands start faster.
if TYPE_CHECKING:
    from map4.core.music.mixing.harmony import HarmonicRule
    from map4.core.music.query.context import QueryContext
    from map4.core.music.query.parser import Query
    from map4.core.store.sql_store import Store


def as_query(query: str | Query) -> Query:
    """Parse a query; a parsed query is returned unchanged."""
    from map4.core.music.query.parser import Query

    if isinstance(query, Query):
        return query
    if not isinstance(query, str):
        raise UsageError(f"a query is a text or a Query, not {query!r}")
    return Query.parse(query)


def nothing_found(query: str | Query | None, near: str | None = None) -> str:
    """The message for a query without matches, with a possible mistake in it, or a hint to scan if there is no track.

    near: the suggestion of `Library.tracks.near`
    """
    parsed = as_query(query or "")
    if not (parsed.groups or parsed.offset):
        return "no track is analysed and present; 'map4 scan FOLDER' adds some, 'map4 search is:any' shows others"
    return "; ".join(part for part in ("no track matches", parsed.doubt or near) if part)


_as_of: ContextVar[datetime | None] = ContextVar("as_of", default=None)


@contextmanager
def queries_as_of(starts: str | None) -> Iterator[None]:
    """Evaluate queries at this time, as `map4.core.base.text.read_start` reads it; None is now."""
    token = _as_of.set(None if starts is None else datetime.fromisoformat(read_start(starts)))
    try:
        yield
    finally:
        _as_of.reset(token)


def query_context(store: Store, harmonic: HarmonicRule | None = None) -> QueryContext:
    """The context of a query of this library, with the current time and folder.

    harmonic: the harmonic rule; default: the preference
    """
    from map4.core.music.query.context import QueryContext

    preferences = store.preferences if harmonic is None else replace(store.preferences, harmonic=harmonic)
    return QueryContext(
        preferences=preferences,
        preferred=store.preferred(),
        now=_as_of.get() or datetime.now(UTC),
        locate=partial(_located, store),
    )


def _located(store: Store, path: str) -> str:
    """The name of a file or folder in the library."""
    known = known_name(absolute_path(path), store.tracks.roots())
    return store.tracks.second_names([known]).get(known, known)
