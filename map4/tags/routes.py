"""Routes for plans to write tags and to restore files, journals of writes, and the first source of fields."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from map4.core.music.track.sources import MetadataSource
from map4.errors import UsageError
from map4.jobs.plans.common import Selected
from map4.jobs.routes.plans import planning, selected
from map4.library import Library
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route
from map4.tags.options import TagOptions
from map4.tags.part import MOST_SHOWN


def _tag_body(tracks: Any = (), query: str | None = None, **options: Any) -> SimpleNamespace:
    return SimpleNamespace(tracks=tracks, query=query, options=TagOptions(**options))


ROUTES = (
    planning("tags", "Plan to write tags, as `map4 tags write`.",
             lambda request: {"selected": selected(request), "options": request.body.options},
             body=BodyShape.of(TagOptions, "PlanTags", more=Selected.MEMBERS, make=_tag_body, without=("dry_run",)),
             example={"query": "is:ok", "fields": ["bpm"]}),
)  # fmt: skip


def _source_change(library: Library, request: RequestInput) -> dict[str, Any]:
    most = request.query.limit
    if not 0 <= most <= MOST_SHOWN:
        raise UsageError(f"limit is 0 to {MOST_SHOWN}, not {most}")
    return library.tags.source_change(request.path["field"], request.query.first, most=most).to_record()


SOURCE_ROUTES = (
    Route("GET", "/sources/{field}", "read", "The effect of making a source the first, or of the default order.",
          _source_change, query=BodyShape.plain("SourceQuery", first=(MetadataSource | None, None), limit=(int, 50)),
          answer="source-change", adds=("count", "changes"), queue="long"),
)  # fmt: skip
