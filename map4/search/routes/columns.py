"""Tables of tracks: matches of a query by column, counts by value, and completions for queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from map4.core.base.records import Absent, Count, Record
from map4.core.music.query.in_words import in_order
from map4.core.music.query.parser import Query
from map4.errors import QueryError, UsageError
from map4.library import Library
from map4.search.completion import QueryRules
from map4.search.routes.found_ids import ids_found, part_of
from map4.server.bodies import BodyShape, Q
from map4.server.route import RequestInput, Route

MOST_ROWS, MOST_NUMBERS = 2000, 200_000
"""The maximum number of rows per answer, with columns and for row numbers only."""


class TrackColumns(Record, kind="columns", members="state count from=start rows columns near problem"):
    """A part of a query's matches, column by column.

    state: changes when the query's matches or their order may have changed
    count: the number of matches
    start: the position of the first row, from 0
    rows: for each track, the number of a file that identifies it while the library is open
    columns: for each requested field, the tracks' values in order; null is unknown
    near: the nearest query if this has no match; only with the parameter `near`
    problem: why the query is invalid; only with the parameter `near`, without which it is an error
    """

    state: str
    count: Count
    start: Count
    rows: list[int]
    columns: Mapping[str, list[str | int | float | None]]
    near: str | Absent | None = ...
    problem: str | Absent = ...


class RowPlace(Record, kind="place"):
    """The position of a track in an order.

    state, count: as in `map4/columns/1`
    place: from 0; -1 if absent
    """

    state: str
    count: Count
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The result of a query: at least its first rows, and the total."""

    rows: Sequence[int]
    count: int
    state: str
    query: Query


def _columns(library: Library, request: RequestInput) -> dict[str, Any]:
    """Rows of a query's result by position; with `near`, an invalid query has no rows."""
    query = request.query
    names = [name for name in query.fields.split(",") if name]
    start, end = part_of(query, MOST_ROWS if names else MOST_NUMBERS)
    try:
        matches = _found(library, request, query, end)
    except QueryError as error:
        if not query.near:
            raise
        unread = _Found(rows=(), count=0, state="", query=Query.parse(""))
        page = _page(library, unread, (), start, names)
        return replace(page, near=error.instead, problem=error.problem).to_record()
    near = library.tracks.near_query(query.q) if query.near and not matches.count else None
    return replace(_page(library, matches, matches.rows[start:end], start, names), near=near).to_record()


def _given_columns(library: Library, request: RequestInput) -> dict[str, Any]:
    """Like `_columns`, for given tracks."""
    body = request.body
    if body.rows and body.ids:
        raise UsageError("give tracks as 'rows' or as 'ids', not both")
    start, end = part_of(body, MOST_ROWS if body.fields else MOST_NUMBERS)
    rows: Sequence[int] = body.rows
    if body.ids:
        rows = [row for row in library.tracks.rows_of(body.ids) if row is not None]
    if body.q or body.sort:
        matches = _found(library, request, body, None)
        if body.sort or matches.query.sort:
            some = frozenset(rows)
            rows = [row for row in matches.rows if row in some]
        else:
            matching = frozenset(matches.rows)
            rows = [row for row in rows if row in matching]
        query, state = matches.query, matches.state
    else:
        query = Query.parse("is:any")  # lists also show missing tracks
        rows = library.tracks.table_rows(rows, ())[0]
        state = request.libraries.changes.state_of(request.actor, query, "")
    matches = _Found(rows=rows, count=len(rows), state=state, query=query)
    return _page(library, matches, rows[start:end], start, body.fields).to_record()


def _page(library: Library, matches: _Found, rows: Sequence[int], start: int, names: Sequence[str]) -> TrackColumns:
    known, columns = library.tracks.table_rows(rows, names)
    state = matches.state if len(known) == len(rows) else ""  # rows were deleted since: the next state differs
    return TrackColumns(state=state, count=matches.count, start=start, rows=known, columns=columns)


def _found(library: Library, request: RequestInput, question: Any, end: int | None) -> _Found:
    """Run a query; with `end`, read only the first rows if this is cheaper than sorting all."""
    query, form = in_order(question.q, question.sort)
    rows, is_all = ids_found(library, request.libraries, request.actor, query, form, end)
    count = len(rows) if is_all else library.count(query) - query.offset
    if query.limit is not None:
        count = min(count, query.limit)
    count = max(count, len(rows))
    return _Found(
        rows=rows, count=count, state=request.libraries.changes.state_of(request.actor, query, form), query=query
    )


def _place(library: Library, request: RequestInput) -> dict[str, Any]:
    query = request.query
    if (query.row is None) == (query.text is None):
        raise UsageError("give either the row (row=12) or the beginning of its text (text=M)")
    if query.row is not None and query.row < 0:
        raise UsageError(f"row is the number of a track, from 0, not {query.row}")
    matches = _found(library, request, query, None)
    if query.text is not None:
        place = library.tracks.place_of_text(matches.rows, matches.query, query.text)
    else:
        place = matches.rows.index(query.row) if query.row in matches.rows else -1
    return RowPlace(state=matches.state, count=matches.count, place=place).to_record()


def _facets(library: Library, request: RequestInput) -> dict[str, Any]:
    query = request.query
    names = [name for name in query.fields.split(",") if name]
    return library.tracks.facets(query.q, names, limit=query.limit, under=query.under).to_record()


def _completions(library: Library, request: RequestInput) -> dict[str, Any]:
    libraries = request.libraries
    key = request.actor.rights, libraries.state()
    cached = libraries.values
    if cached[0] != key:
        libraries.values = cached = key, {}
    return library.tracks.completions(request.query.text, request.query.at, cache=cached[1]).to_record()


_SORTED: dict[str, tuple[Any, Any]] = {**Q, "sort": (str, "")}
_PART: dict[str, tuple[Any, Any]] = {"from": (int, 0), "to": (int | None, None)}

ROUTES = (
    Route("GET", "/columns", "read",
          "The matches of a query by position, column by column, for large tables.", _columns,
          query=BodyShape.plain("ColumnsQuery", **_SORTED, fields=(str, ""), near=(bool, False), **_PART),
          answer="columns", adds=("near",), cache="alike",
          example={"q": "bpm:50..", "sort": "bpm-", "fields": "title,bpm,strip", "to": 2}),
    Route("POST", "/columns", "read", "The same for given tracks, by row or id.", _given_columns,
          body=BodyShape.plain("ColumnsOf", **_SORTED, fields=(list[str], []), rows=(list[int], []),
                           ids=(list[str], []), **_PART), answer="columns",
                           example={"ids": ["{a}", "{b}"], "fields": ["id"]}),
    Route("GET", "/columns/place", "read", "The position of a track, or of the first one that begins with `text`.",
          _place, query=BodyShape.plain("PlaceQuery", **_SORTED, row=(int | None, None), text=(str | None, None)),
          answer="place", cache="alike", example={"sort": "title", "text": "t"}),
    Route("GET", "/facets", "read",
          "Count the tracks of a query by value, each with the term that selects them.", _facets,
          query=BodyShape.plain("FacetsQuery", **Q, fields=(str, ...), limit=(int, 200), under=(str | None, None)),
          answer="facets", cache="alike", shared_as="filter", example={"q": "bpm:50..", "fields": "genre,folder"}),
    Route("GET", "/completions", "read", "Completions at the cursor of a partly typed query.",
          _completions, query=BodyShape.plain("CompletionsQuery", text=(str, ""), at=(int, ...)), answer="completions",
          cache="alike", example={"text": "gen", "at": 3}),
    Route("GET", "/query-rules", "read", "The fields and relations of queries as rows of a form.",
          lambda library, request: QueryRules.all().to_record(), answer="query-rules", queue="quick", cache="alike"),
    Route("GET", "/about", "read", "The columns, keys and marks that tables of this library can show.",
          lambda library, request: library.tracks.about_table(request.settings.notation).to_record(),
          answer="about", cache="alike"),
)  # fmt: skip
