"""Routes for plans to move copies away and to put them back, and for their journals."""

from __future__ import annotations

from functools import partial

from map4.duplicates import REMOVABLE_KINDS, DuplicateOptions, GroupKind
from map4.extras.quarantine.options import LEAST_CERTAINTY
from map4.jobs.routes.plans import plan_answer, planning
from map4.server.bodies import plain_shape

_COPIES = plain_shape(
    "PlanQuarantine",
    partial(DuplicateOptions, kinds=REMOVABLE_KINDS, least_certainty=LEAST_CERTAINTY),
    files=(list[str], []),
    query=(str | None, None),
    kinds=(list[GroupKind], []),
    least_certainty=(float, LEAST_CERTAINTY),
    prefer_folders=(list[str], []),
    keep=(list[str], []),
)

ROUTES = (
    planning("/plans/quarantine", "files", "Plan to move copies away, as `map4 duplicates`.",
             lambda library, request: plan_answer(
                 library.plans.make("quarantine", wanted=request.body, music=request.settings.music)
             ),
              body=_COPIES, example={"kinds": ["same_audio"]}),
)  # fmt: skip
