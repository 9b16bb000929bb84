"""Plans to label tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from map4.extras.classify.options import ClassifyOptions
from map4.extras.shared.options import models_of
from map4.jobs.plans.common import Selected
from map4.jobs.routes.plans import planning
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput


def _classify_body(tracks: Sequence[str] = (), query: str | None = None, **options: Any) -> SimpleNamespace:
    return SimpleNamespace(tracks=tracks, query=query, options=ClassifyOptions(**options))


def _given(request: RequestInput) -> dict[str, Any]:
    options = replace(request.body.options, models=models_of(request.settings.config))
    return {"options": options, "tracks": request.body.tracks, "query": request.body.query}


_OF_THE_SERVER = ("model", "base_url", "models", "local_only", "clock", "limits", "responses")
"""Options of models that requests can't set: addresses, and models that may cost more."""


ROUTES = (
    planning("classify", "Plan to label tracks with a model of the settings, as `map4 classify`.",
              _given, body=BodyShape.of(ClassifyOptions, "PlanClassify", more=Selected.MEMBERS, make=_classify_body,
                                    without=_OF_THE_SERVER), example={"provider": "keywords"}),
)  # fmt: skip
