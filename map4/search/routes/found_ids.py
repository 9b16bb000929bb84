"""The ids that match a query, cached by caller's rights and library state, and the part that a request wants."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from map4.core.base.actor import Actor
from map4.core.music.query.parser import Query
from map4.errors import UsageError
from map4.library import Library
from map4.server.answers import Responses
from map4.server.libraries import Libraries

MOST_FIRST = 600
"""If a caller wants more ids, all are computed: it will want the rest too."""


def ids_found(
    library: Library, libraries: Libraries, actor: Actor, query: Query, form: str, most: int | None
) -> tuple[Sequence[int], bool]:
    """The matching ids of a query in its order, and whether they are complete.

    form: the normal form of the query, the same for all spellings
    most: this many are enough; reading only the first ids is much cheaper than sorting all
    """
    cache = libraries.found_ids
    if most is not None and (most > MOST_FIRST or (query.limit is not None and query.limit <= most)):
        most = None
    who, state = actor.rights, libraries.changes.word_for(query)
    digest = _digest(form)
    for count in dict.fromkeys((None, most)):
        if (ids := cache.get((who, digest, count), state)) is not None:
            return ids, count is None
    if most == 0:
        return (), False
    if most is not None or query.is_random:  # artists are kept apart among the matches
        ids = array("q", library.tracks.ids_at(None, query=query if most is None else replace(query, limit=most))[0])
    else:
        # All queries share an order.
        sort = Query(sort=query.sort)
        in_order, now = (who, _digest(f"order {sort.sort}"), None), libraries.changes.word_for(sort)
        if (order := cache.get(in_order, now)) is None:
            cache.put(in_order, order := library.tracks.order(sort), now)
        ids = library.tracks.ids_in_order(query, order)
    cache.put((who, digest, most), ids, state)
    return ids, most is None


def _digest(form: str) -> str:
    """A short key; queries may be long."""
    return Responses.etag(form.encode(errors="surrogatepass"))


def part_of(part: Any, most: int, usual: int = 100) -> tuple[int, int]:
    """The places that a request asks for.

    part: with `from` and `to`
    """
    start = getattr(part, "from")
    end = start + usual if part.to is None else part.to
    if not 0 <= start <= end <= start + most:
        raise UsageError(f"'from' and 'to' are places from 0, at most {most:,} apart; request the rest separately")
    return start, end
