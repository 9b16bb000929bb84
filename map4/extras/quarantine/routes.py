"""Routes for plans to move copies away and to put them back, and for their journals."""

from __future__ import annotations

from typing import Any

from map4.duplicates import DuplicateGroup, DuplicateOptions, GroupKind
from map4.extras.quarantine.options import LEAST_CERTAINTY, TagRule, WhoseValues
from map4.jobs.routes.plans import planning
from map4.server.bodies import BodyShape


def _wanted(replaces: bool = False, values: Any = None, tags: Any = "fill", **given: Any) -> dict[str, Any]:
    usual = {} if replaces else {"kinds": DuplicateGroup.REMOVABLE, "least_certainty": LEAST_CERTAINTY}
    how = {"replaces": replaces, "values": values, "tags": tags}
    return {"how": how, "wanted": DuplicateOptions(**{**usual, **given})}


_COPIES = BodyShape.plain(
    "PlanQuarantine",
    _wanted,
    files=(list[str], []),
    query=(str | None, None),
    kinds=(list[GroupKind], []),
    least_certainty=(float, LEAST_CERTAINTY),
    prefer_folders=(list[str], []),
    keep=(list[str], []),
    replaces=(bool, False),
    values=(WhoseValues | None, None),
    tags=(TagRule, "fill"),
)

ROUTES = (
    planning("quarantine", "Plan to move copies away, as `map4 duplicates`.",
             lambda request: {**request.body, "music": request.settings.music},
             body=_COPIES, example={"kinds": ["same_audio"]}),
)  # fmt: skip
