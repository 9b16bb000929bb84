"""What routes of subjects that request a job share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from msgspec import Meta
from starlette.responses import Response

from map4.errors import NothingFoundError
from map4.jobs.records import USUAL_PRIORITY, Job, JobKind
from map4.jobs.requests import JobRequest, needs_of, options_of
from map4.library import Library
from map4.server.answers import Responses
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route
from map4.server.settings import API

ORDER: dict[str, tuple[Any, Any]] = {
    "priority": (int, USUAL_PRIORITY),
    "not_before": (Annotated[datetime, Meta(tz=True)] | None, None),
}
"""Members of every body that requests a job."""


Members = dict[str, Any]


def _request(kind: JobKind, take: Callable[[Members], Members], /, **options: Any) -> JobRequest:
    order = {name: options.pop(name) for name in ORDER if name in options} | take(options)
    return JobRequest(kind=kind, options=options_of(kind)(**options), **order)


def accepted(job: Job) -> Response:
    """The response for a queued job."""
    return Responses.json(job.to_record(), 202, {"Location": f"{API}/jobs/{job.id}"})


def job_of(kind: JobKind, library: Library, request: RequestInput) -> Job:
    """The job in the address; raises NothingFoundError if it is of another kind."""
    job = library.jobs.get(request.path["job"])
    if job.kind != kind:
        raise NothingFoundError(f"{job.id} is a job of kind {job.kind}; see {API}/jobs/{job.id}")
    return job


def asking(
    kind: JobKind,
    path: str,
    summary: str,
    name: str,
    prepared: Callable[[Library, RequestInput], Job | JobRequest] = lambda library, request: request.body,
    *,
    take: Callable[[Members], Members] = lambda _: {},
    members: Mapping[str, tuple[Any, Any]] | None = None,
    **more: Any,
) -> Route:
    """The route that requests a job of a kind.

    name: of the schema of its body
    prepared: checks the request in the body, and returns the request of the job, or the job itself
    take: takes members that are no options out of the body, and returns fields of the request
    members: of the body, in addition to the options of the kind
    more: further members of the route
    """
    body = BodyShape.of(options_of(kind), name, more={**(members or {}), **ORDER}, make=partial(_request, kind, take))

    def submit(library: Library, request: RequestInput) -> Response:
        job = prepared(library, request)
        return accepted(library.jobs.submit(job) if isinstance(job, JobRequest) else job)

    return Route("POST", path, needs_of(kind), summary, submit, body=body, answer="job", status=202, **more)
