"""Routes of voices: correct a track, and request a job."""

from __future__ import annotations

from typing import Any

from map4.extras.voice.part import VoicePart
from map4.jobs import JobRequest
from map4.jobs.routes.requests import asking
from map4.library import Library
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route


def _set(library: Library, request: RequestInput) -> dict[str, Any]:
    track = library.tracks.addressed(request.path["id"]).track
    library.part(VoicePart).set(track, request.body.voice)
    return library.tracks.addressed(request.path["id"]).track.to_record()


ROUTES = (
    Route("PUT", "/tracks/{id}/voice", "correct", "Set where somebody sings: none, auto, or spans such as 0:30-1:20.",
          _set, body=BodyShape.plain("VoiceText", voice=(str, ...)), answer="track", queue="write",
          example={"voice": "none"}),
)  # fmt: skip


def _checked(library: Library, request: RequestInput) -> JobRequest:
    library.search(request.body.options.query or "")
    return request.body  # type: ignore[no-any-return]


JOB_ROUTES = (
    asking("voice", "/voice", "Find voices in tracks where they are unknown. A job.", "VoiceJob", _checked,
           example={"query": "is:ok"}),
)  # fmt: skip
