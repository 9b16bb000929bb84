"""Recordings that the library has more than once."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from map4.duplicates.plans import CopiesToMove
from map4.duplicates.quarantine.options import LEAST_CERTAINTY, Quarantines
from map4.duplicates.records import Duplicates, GroupKind
from map4.jobs.routes.plans import plan_answer, planning
from map4.jobs.routes.requests import ORDER, accepted, asking, job_body
from map4.library import Library
from map4.server.bodies import OF_QUERY, plain_shape
from map4.server.route import RequestInput, Route


def _duplicates(library: Library, request: RequestInput) -> dict[str, Any]:
    return Duplicates(groups=tuple(library.duplicates.find_events(query=request.query.q or None))).to_record()


ROUTES = (
    Route("GET", "/duplicates", "read", "Groups of copies, as `map4 duplicates`.", _duplicates,
          query=OF_QUERY, answer="duplicates", queue="long", kept="alike", shared_as="stats"),
)  # fmt: skip


def _quarantine(library: Library, request: RequestInput) -> Response:
    return plan_answer(library.plans.make("quarantine", wanted=request.body, music=request.settings.music))


_COPIES = plain_shape(
    "PlanQuarantine",
    CopiesToMove,
    files=(list[str], []),
    query=(str | None, None),
    kinds=(list[GroupKind], []),
    least_certainty=(float, LEAST_CERTAINTY),
    prefer_folders=(list[str], []),
    keep=(list[str], []),
)


PLAN_ROUTES = (
    planning("/plans/quarantine", "files", "Plan to move copies away, as `map4 duplicates`.", _quarantine,
              body=_COPIES, example={"kinds": ["same_audio"]}),
    planning("/plans/return", "files", "Plan to put moved copies back.",
             lambda library, request: plan_answer(library.plans.make("return", journal=request.body.journal)),
              body=plain_shape("PlanReturn", journal=(str | None, None)), example={"journal": None}),
    Route("GET", "/duplicates/journals", "files", "The moved copies.",
          lambda library, request: Quarantines(quarantines=tuple(library.duplicates.quarantines())).to_record(),
          answer="quarantine-journals"),
)  # fmt: skip

JOB_ROUTES = (
    asking("/duplicates", "own", "Find copies of the same recording, as `map4 duplicates`. A job.",
            lambda library, request: accepted(library.jobs.submit(request.body)),
            body=job_body("duplicates", "DuplicatesJob", **ORDER), example={"kinds": ["same_audio"]}),
)  # fmt: skip
