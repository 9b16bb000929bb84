"""Routes of plans: preview changes, then carry them out."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from map4.jobs.plan_records import Plan
from map4.jobs.plans.common import Selected
from map4.jobs.routes.requests import accepted
from map4.server.answers import json_response
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route
from map4.server.settings import API

TRACKS: dict[str, tuple[Any, Any]] = {"tracks": (list[str], []), "query": (str | None, None)}
"""Members of every body that selects tracks."""


def selected(request: RequestInput) -> Selected:
    return Selected(tracks=request.body.tracks, query=request.body.query, music=request.settings.music)


def plan_answer(plan: Plan) -> Response:
    return json_response(plan.to_record(), 201, {"Location": f"{API}/plans/{plan.id}"})


planning = partial(Route, "POST", answer="plan", status=201, queue="long", needs_key=True)

ROUTES = (
    Route("POST", "/plans/{plan}", "own", "Carry out a plan, once, exactly as shown. A job.",
          lambda library, request: accepted(library.plans.begin(request.path["plan"])),
          body=plain_shape("BeginPlan"), answer="job", status=202, needs_key=True),
)  # fmt: skip
