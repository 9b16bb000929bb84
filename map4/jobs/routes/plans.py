"""What routes of subjects that make a plan share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from map4.jobs.plan_records import PlanKind
from map4.jobs.plans.common import Selected
from map4.jobs.requests import needs_of
from map4.library import Library
from map4.server.answers import Responses
from map4.server.route import RequestInput, Route
from map4.server.settings import API


def selected(request: RequestInput) -> Selected:
    return Selected(tracks=request.body.tracks, query=request.body.query, music=request.settings.music)


def planning(kind: PlanKind, summary: str, given: Callable[[RequestInput], Mapping[str, Any]], **more: Any) -> Route:
    """The route that makes a plan of a kind.

    given: returns the arguments of the kind's draft
    more: further members of the route
    """

    def made(library: Library, request: RequestInput) -> Response:
        plan = library.plans.make(kind, **given(request))
        return Responses.json(plan.to_record(), 201, {"Location": f"{API}/plans/{plan.id}"})

    usual: dict[str, Any] = {"answer": "plan", "status": 201, "queue": "long", "needs_key": True}
    return Route("POST", f"/plans/{kind}", needs_of(kind), summary, made, **usual, **more)
