"""Questions in the query language."""

from __future__ import annotations

from typing import Any

from map4.domain.query.parser import parse_query
from map4.library import Library
from map4.server.bodies import plain_shape
from map4.server.route import Asked, Route
from map4.server.routes.tracks import PAGE, number_after, page_of


def found_page(library: Library, query_text: str, asked: Any) -> dict[str, Any]:
    """A page of what a query finds; `next` is where the next one begins in its order."""
    limit, after = page_of(asked)
    query = parse_query(query_text)
    ids, _ = library.ids_at(None, query=query)
    start = number_after(after)
    chosen = ids[start : start + limit]
    tracks = list(library.tracks_by_id(chosen))
    record = {
        "schema": "map4/tracks/1",
        "tracks": [track.to_record() for track in tracks],
        "ids": [library.address_of(track) for track in tracks],
        "next": str(start + limit) if start + limit < len(ids) else None,
    }
    return {**record, "total": len(ids)} if asked.total else record


def _search(library: Library, asked: Asked) -> dict[str, Any]:
    return found_page(library, asked.query.q, asked.query)


ROUTES = (
    Route(
        method="GET",
        path="/search",
        summary="Tracks that match a query, as `map4 search`.",
        handler=_search,
        query=plain_shape("SearchQuery", q=(str, ""), total=(bool, False), **PAGE),
        answer="tracks",
        kept=True,
    ),
)
