"""Recordings that the library has more than once."""

from __future__ import annotations

from typing import Any

from map4.duplicates.records import Duplicates
from map4.jobs.routes.requests import asking
from map4.library import Library
from map4.server.bodies import OF_QUERY
from map4.server.route import RequestInput, Route


def _duplicates(library: Library, request: RequestInput) -> dict[str, Any]:
    return Duplicates(groups=tuple(library.duplicates.find_events(query=request.query.q or None))).to_record()


ROUTES = (
    Route("GET", "/duplicates", "read", "Groups of copies, as `map4 duplicates`.", _duplicates,
          query=OF_QUERY, answer="duplicates", queue="long", cache="alike", shared_as="stats"),
)  # fmt: skip

JOB_ROUTES = (
    asking("duplicates", "/duplicates", "Find copies of the same recording, as `map4 duplicates`. A job.",
           "DuplicatesJob", example={"kinds": ["same_audio"]}),
)  # fmt: skip
