"""Search with the query language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from map4.core.base.text import whole_number
from map4.core.music.addresses import is_address
from map4.core.music.query.fields import VALUE_FIELDS, field_named
from map4.core.music.query.in_words import normal_form
from map4.core.music.query.parser import Query
from map4.core.music.query.terms import quoted
from map4.errors import UsageError
from map4.library import Library
from map4.search.routes.found_ids import ids_found
from map4.search.routes.tracks import PAGE, page_of
from map4.server.answers import encoded_tracks
from map4.server.bodies import BodyShape, Q
from map4.server.route import RequestInput, Route

Operator = Literal["eq", "ne", "range", "contains", "known", "unknown"]
_NEEDS: dict[Operator, frozenset[str]] = {
    **dict.fromkeys(("eq", "ne", "contains"), frozenset({"value"})),
    "range": frozenset({"min", "max"}),
    **dict.fromkeys(("known", "unknown"), frozenset()),
}
_FILTERED = (*VALUE_FIELDS, "path", "is")
Filter = BodyShape.plain(
    "Filter",
    operator=(Operator, ...),
    value=(str | float | None, None),
    min=(str | float | None, None),
    max=(str | float | None, None),
)


def found_page(library: Library, query_text: str, request: RequestInput, page: Any) -> dict[str, Any]:
    """A page of a query's result, in its order."""
    limit, after = page_of(page)
    most = None if after or page.total else limit + 1
    ids, _ = ids_found(
        library, request.libraries, request.actor, Query.parse(query_text), normal_form(query_text), most
    )
    start = _place(library, after, ids)
    chosen = ids[start : start + limit]
    tracks = [track for _, track in encoded_tracks(library, chosen, request.libraries.encoded)]
    has_more = len(ids) > start + limit
    record = {
        "schema": "map4/tracks/1",
        "tracks": [track.json for track in tracks],
        "ids": [track.id for track in tracks],
        "next": f"{start + limit}.{tracks[-1].id if tracks else ''}" if has_more else None,
    }
    return {**record, "total": len(ids)} if page.total else record


def _place(library: Library, after: str, ids: Sequence[int]) -> int:
    """The start of the page after a track, even if earlier tracks were added or removed."""
    if not after:
        return 0
    number, _, last = after.partition(".")
    start = whole_number(number)
    if start is None or not (is_address(last) or not last):
        raise UsageError("'after' must be the 'next' of the previous page")
    files = library.tracks.ids_of(last)
    if 0 < start <= len(ids) and ids[start - 1] in files:
        return start
    return next((ids.index(file) + 1 for file in files if file in ids), start)


def query_of(text: str, filters: Mapping[str, Any], sort: Sequence[str]) -> str:
    """Build a query from parts; each filter applies to every alternative of the text."""
    query = Query.narrowed(text, " ".join(_term(name, bounds) for name, bounds in filters.items()))
    return " ".join(filter(None, (query, f"sort:{','.join(sort)}" if sort else "")))


def _term(name: str, bounds: Any) -> str:
    field = field_named(name)
    if field is None or field.name not in _FILTERED:
        raise UsageError.no_such("field", name, _FILTERED)
    is_text = field.kind in ("text", "path")
    given = {name for name in ("value", "min", "max") if getattr(bounds, name) is not None}
    needed = _NEEDS[bounds.operator]
    if given - needed or (needed and not given) or (bounds.operator == "contains" and not is_text):
        takes = "a text field" if given == needed else " or ".join(sorted(needed)) or "no value"
        raise UsageError(f"filter {name}: '{bounds.operator}' takes {takes}")
    if bounds.operator in ("known", "unknown"):
        return f"{'has' if bounds.operator == 'known' else 'missing'}:{field.name}"
    if bounds.operator == "range":
        return f"{field.name}:{_value(bounds.min)}..{_value(bounds.max)}"
    whole = "=" if field.kind == "text" and bounds.operator != "contains" else ""
    value = _value(bounds.value, in_quotes=is_text)
    return f"{'^' if bounds.operator == 'ne' else ''}{field.name}:{whole}{value}"


def _value(value: str | float | None, *, in_quotes: bool = False) -> str:
    """A value as text for a term, quoted if necessary."""
    # The query language has no exponents: 0.00001, not 1e-05.
    text = "" if value is None else value if isinstance(value, str) else f"{Decimal(f'{value:.15g}'):f}"
    if in_quotes or any(letter.isspace() or letter == '"' for letter in text):
        return quoted(text)
    return text


def _advanced(library: Library, request: RequestInput) -> dict[str, Any]:
    body = request.body
    query = query_of(body.query, body.filters, [body.sort] if isinstance(body.sort, str) else body.sort)
    return {**found_page(library, query, request, body), "query": query}


_ADVANCED = BodyShape.plain(
    "AdvancedSearch",
    query=(str, ""),
    filters=(dict[str, Filter.struct], {}),  # type: ignore[name-defined]
    sort=(str | list[str], []),
    total=(bool, False),
    **PAGE,
)

ROUTES = (
    Route("GET", "/search", "read", "Tracks that match a query, as `map4 search`.",
          lambda library, request: found_page(library, request.query.q, request, request.query),
          query=BodyShape.plain("SearchQuery", **Q, total=(bool, False), **PAGE), answer="tracks", adds=("ids", "next"),
          cache="alike", shared_as="search", example={"q": "is:ok", "total": True}),
    Route("POST", "/search/advanced", "read", "Search by parts: query words, filters by field, and an order.",
          _advanced, body=_ADVANCED, answer="tracks", adds=("ids", "next", "query"),
          example={"filters": {"bpm": {"operator": "range", "min": 50}}, "sort": ["bpm-"]}),
)  # fmt: skip
