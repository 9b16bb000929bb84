"""Mixed sets over HTTP."""

from __future__ import annotations

from typing import Any

from map4.extras.mixed.access import mixed
from map4.extras.mixed.options import MixedOptions
from map4.library import Library
from map4.lists.routes.stored_lists import list_id_of
from map4.server.bodies import shape
from map4.server.route import RequestInput, Route


def _plan(library: Library, request: RequestInput) -> dict[str, Any]:
    resolved = library.lists.read_stored(list_id_of(request))
    return mixed(library).plan(resolved, request.query).document()


ROUTES = (
    Route(
        "GET", "/lists/{list}/mixed/plan", "read", "A list planned as a mix, as `map4 mixed`.", _plan,
        query=shape(MixedOptions, "MixedQuery"), answer="mixed", queue="long",
    ),
)  # fmt: skip
