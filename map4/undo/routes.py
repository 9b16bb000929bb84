"""Routes of steps that can be undone."""

from __future__ import annotations

from map4.jobs.routes.plans import planning
from map4.server.bodies import BodyShape

ROUTES = (
    planning("undo", "Plan to restore the files of a step of `tags`, `rename` or `copies`.",
             lambda request: {"of": request.body.kind, "name": request.body.name, "music": request.settings.music},
             body=BodyShape.plain("PlanUndo", kind=(str, ...), name=(str | None, None)), example={"kind": "tags"}),
)  # fmt: skip
