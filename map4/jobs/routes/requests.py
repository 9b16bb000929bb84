"""What routes of subjects that request a job share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from msgspec import Meta
from starlette.responses import Response

from map4.errors import NothingFoundError
from map4.jobs.records import USUAL_PRIORITY, Job, JobKind
from map4.jobs.requests import JobRequest, options_of
from map4.library import Library
from map4.server.answers import json_response
from map4.server.bodies import BodyShape, shape
from map4.server.route import RequestInput, Route
from map4.server.settings import API

ORDER: dict[str, tuple[Any, Any]] = {
    "priority": (int, USUAL_PRIORITY),
    "not_before": (Annotated[datetime, Meta(tz=True)] | None, None),
}
"""Members of every body that requests a job."""


Members = dict[str, Any]


def job_body(
    kind: JobKind, name: str, take: Callable[[Members], Members] = lambda _: {}, /, **more: tuple[Any, Any]
) -> BodyShape:
    """The body that requests a job of this kind.

    take: takes members that are no options out of the body, and returns fields of the request
    """
    return shape(options_of(kind), name, more=more, make=partial(_request, kind, take))


def _request(kind: JobKind, take: Callable[[Members], Members], /, **options: Any) -> JobRequest:
    order = {name: options.pop(name) for name in ORDER if name in options} | take(options)
    return JobRequest(kind=kind, options=options_of(kind)(**options), **order)


def accepted(job: Job) -> Response:
    """The response for a queued job."""
    return json_response(job.to_record(), 202, {"Location": f"{API}/jobs/{job.id}"})


def job_of(kind: JobKind, library: Library, request: RequestInput) -> Job:
    """The job in the address; raises NothingFoundError if it is of another kind."""
    job = library.jobs.get(request.path["job"])
    if job.kind != kind:
        raise NothingFoundError(f"{job.id} is a job of kind {job.kind}; see {API}/jobs/{job.id}")
    return job


asking = partial(Route, "POST", answer="job", status=202)
