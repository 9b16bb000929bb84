"""Routes of steps that can be undone."""

from __future__ import annotations

from starlette.responses import Response

from map4.jobs.routes.plans import plan_answer, planning
from map4.library import Library
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput


def _plan(library: Library, request: RequestInput) -> Response:
    body = request.body
    return plan_answer(library.plans.make("undo", of=body.kind, name=body.name, music=request.settings.music))


ROUTES = (
    planning("/plans/undo", "files", "Plan to restore the files of a step of `tags`, `rename` or `copies`.", _plan,
             body=plain_shape("PlanUndo", kind=(str, ...), name=(str | None, None)), example={"kind": "tags"}),
)  # fmt: skip
