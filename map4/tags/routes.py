"""Routes for plans to write tags and to restore files, and for journals of writes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from starlette.responses import Response

from map4.audio.tags.changes import Journals
from map4.jobs.routes.plans import TRACKS, plan_answer, planning, selected
from map4.library import Library
from map4.server.bodies import plain_shape, shape
from map4.server.route import RequestInput, Route
from map4.tags.options import TagOptions


def _tag_body(tracks: Any = (), query: str | None = None, **options: Any) -> SimpleNamespace:
    return SimpleNamespace(tracks=tracks, query=query, options=TagOptions(**options))


def _tags(library: Library, request: RequestInput) -> Response:
    return plan_answer(library.plans.make("tags", selected=selected(request), options=request.body.options))


def _tags_undo(library: Library, request: RequestInput) -> Response:
    return plan_answer(library.plans.make("tags-undo", journal=request.body.journal, music=request.settings.music))


ROUTES = (
    planning("/plans/tags", "files", "Plan to write tags, as `map4 tags write`.", _tags,
             body=shape(TagOptions, "PlanTags", more=TRACKS, make=_tag_body, without=("dry_run",)),
             example={"query": "is:ok", "fields": ["bpm"]}),
    planning("/plans/tags-undo", "files", "Plan to restore files whose tags were written, as `map4 tags undo`.",
             _tags_undo, body=plain_shape("PlanTagsUndo", journal=(str | None, None)), example={"journal": None}),
    Route("GET", "/tags/journals", "read", "Writes of tags, as `map4 tags undo --list`.",
          lambda library, request: Journals(journals=tuple(library.tags.journals())).to_record(),
          answer="tag-journals"),
)  # fmt: skip
