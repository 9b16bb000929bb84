"""Routes of look-ups: list doubtful look-ups, decide, and start jobs."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from map4.extras.lookup.part import Lookups
from map4.jobs import JobRequest
from map4.jobs.routes.requests import asking
from map4.library import Library
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route


def _decide(library: Library, request: RequestInput) -> dict[str, Any]:
    track, provider = library.tracks.addressed(request.path["id"]).track, request.path["provider"]
    settings = request.settings.config.get("providers", {})
    return library.part(Lookups).decide(track, provider, request.body.recording, settings).to_record()


def _reopen(library: Library, request: RequestInput) -> Response:
    library.part(Lookups).reopen(library.tracks.addressed(request.path["id"]).track, request.path["provider"])
    return Response(status_code=204)


ROUTES = (
    Route("PUT", "/tracks/{id}/lookups/{provider}", "scan",
          "Accept a candidate of a look-up and fetch its data; null rejects all candidates.",
          _decide, body=plain_shape("Decision", recording=(str | None, ...)), answer="lookup", queue="long",
          example={"recording": None}),
    Route("DELETE", "/tracks/{id}/lookups/{provider}", "scan",
          "Undo a decision: the look-up is doubtful again, and its values are deleted.", _reopen,
          status=204, queue="write"),
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
