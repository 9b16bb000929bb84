"""Routes of look-ups: list doubtful look-ups, decide, and start jobs."""

from __future__ import annotations

from typing import Any

from map4.extras.lookup.part import Lookups
from map4.jobs import JobRequest
from map4.jobs.routes.requests import asking
from map4.library import Library
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route


def _decide(library: Library, request: RequestInput) -> dict[str, Any]:
    track, provider = library.tracks.addressed(request.path["id"]).track, request.path["provider"]
    settings = request.settings.config.get("providers", {})
    return library.part(Lookups).decide(track, provider, request.body.recording, settings).to_record()


ROUTES = (
    Route("PUT", "/tracks/{id}/lookups/{provider}", "scan",
          "Accept a candidate of a look-up and fetch its data; null rejects all candidates.",
          _decide, body=BodyShape.plain("Decision", recording=(str | None, ...)), answer="lookup", queue="long",
          example={"recording": None}),
)  # fmt: skip


def _checked(library: Library, request: RequestInput) -> JobRequest:
    options, settings = request.body.options, request.settings.config.get("providers", {})
    library.search(options.query or "")
    library.part(Lookups).prepare((), providers=options.providers, settings=settings).plan.require_leave(settings)
    return request.body  # type: ignore[no-any-return]


JOB_ROUTES = (
    asking("lookup", "/lookup", "Look tracks up, as `map4 lookup`, with the providers of the server's settings. A job.",
           "LookupJob", _checked, example={"query": "is:ok"}),
)  # fmt: skip
