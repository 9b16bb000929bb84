"""Recordings that the library has more than once."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

from msgspec import Meta

from map4.duplicates.records import Duplicates
from map4.jobs.routes.requests import asking
from map4.library import Library
from map4.server.bodies import BodyShape, Q
from map4.server.route import RequestInput, Route


def _duplicates(library: Library, request: RequestInput) -> dict[str, Any]:
    """All groups, or only the first ones, which come sooner."""
    found = library.duplicates.find_events(query=request.query.q or None)
    return Duplicates(groups=tuple(islice(found, request.query.limit))).to_record()


ROUTES = (
    Route("GET", "/duplicates", "read", "Groups of copies, as `map4 duplicates`.", _duplicates,
          query=BodyShape.plain("DuplicatesQuery", **Q, limit=(Annotated[int, Meta(ge=0)] | None, None)),
          answer="duplicates", queue="long", cache="alike", shared_as="stats", example={"limit": 2}),
)  # fmt: skip

JOB_ROUTES = (
    asking("duplicates", "/duplicates", "Find copies of the same recording, as `map4 duplicates`. A job.",
           "DuplicatesJob", example={"kinds": ["same_audio"]}),
)  # fmt: skip
