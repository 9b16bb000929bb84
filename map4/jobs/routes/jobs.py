"""Routes of jobs: request scans, batches, exports and duplicate searches, and follow them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Coroutine
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from map4.base.given_paths import absolute_path, as_paths, whole_path
from map4.base.path_maps import PathMap, PathMaps
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.exports import ExportHistory, ExportRequest, export_names, format_for_export
from map4.jobs.part import JOBS_AT_ONCE
from map4.jobs.records import USUAL_PRIORITY, Job, JobKind
from map4.jobs.requests import JobRequest, options_of
from map4.jobs.routes.export_formats import export_formats
from map4.library import Library
from map4.scan import named_on_disk
from map4.scan.routes import picked, seeing_folders
from map4.server.admission import admitted, is_still_admitted
from map4.server.answers import FileAnswer, etag_of, json_response, knows, unless_known
from map4.server.bodies import BodyShape, plain_shape, shape
from map4.server.changes import wait
from map4.server.problems import RETRY_S, in_words_of_requests
from map4.server.route import RequestInput, Route
from map4.server.settings import API

_encoded = msgspec.json.encode

HEARTBEAT_S = 15.0
MOST_WAIT_S = 60.0
MOST_JOBS = 500
MOST_FILES = 10_000
"""Maximum number of files per batch."""

ORDER: dict[str, tuple[Any, Any]] = {
    "priority": (int, USUAL_PRIORITY),
    "not_before": (Annotated[datetime, Meta(tz=True)] | None, None),
}
"""Members of every body that requests a job."""


# ---- request jobs --------------------------------------------------------------------------------


def job_body(kind: JobKind, name: str, **more: tuple[Any, Any]) -> BodyShape:
    """The body that requests a job of this kind."""
    return shape(options_of(kind), name, more=more, make=partial(_request, kind))


def _request(kind: JobKind, **options: Any) -> JobRequest:
    order = {name: options.pop(name) for name in ORDER if name in options}
    if kind in ("scan", "analyze"):
        order["files"] = [named_on_disk(whole_path(path)) for path in options.pop("files", None) or ()]
    if kind == "export":
        options["path_maps"] = PathMaps(maps=tuple(map(PathMap.parse, options.pop("path_map", ()))))
    return JobRequest(kind=kind, options=options_of(kind)(**options), **order)


def _scan(library: Library, inputs: RequestInput) -> Response:
    request: JobRequest = inputs.body
    if not _inside(library, inputs, request):
        if not inputs.settings.music and not seeing_folders(library, inputs.actor).files.folders():
            raise UsageError("no folder has been scanned yet; set one with 'map4 serve --music FOLDER'")
        request = replace(request, files=inputs.settings.music)
    return accepted(library.jobs.submit(request))


def _batch(library: Library, request: RequestInput) -> Response:
    _inside(library, request, request.body)
    return accepted(library.jobs.submit(request.body))


def _inside(library: Library, inputs: RequestInput, request: JobRequest) -> list[str]:
    """The files of a request, after checking that the caller may have them read."""
    files = [absolute_path(path) for path in as_paths(request.files)]
    if len(files) > MOST_FILES:
        raise UsageError(f"a batch can have at most {MOST_FILES:,} files, not {len(files):,}; give their folder")
    for path in files:
        if request.kind == "scan":  # may be a folder just picked on the page
            picked(library, inputs, path)
        else:
            inputs.settings.inside_music(library, path)
    return files


def _export(library: Library, inputs: RequestInput) -> Response:
    request: JobRequest = inputs.body
    options = request.options
    assert isinstance(options, ExportRequest)
    format_for_export("-", options.to).check(options)
    if isinstance(options.playlist, str):
        # Only stored lists, by their id: list files may be anywhere.
        name = options.name or library.lists.find(options.playlist)
        options = replace(options, playlist=library.lists.id_of(options.playlist), name=name)
    return accepted(library.jobs.submit(replace(request, options=options)))


def accepted(job: Job) -> Response:
    """The response for a queued job."""
    return json_response(job.to_record(), 202, {"Location": f"{API}/jobs/{job.id}"})


# ---- see jobs ------------------------------------------------------------------------------------


def _jobs(library: Library, request: RequestInput) -> dict[str, Any]:
    if not 1 <= request.query.limit <= MOST_JOBS:
        raise UsageError(f"a page has 1 to {MOST_JOBS} jobs, not {request.query.limit}; use 'after' for the next page")
    return library.jobs.page(**vars(request.query)).to_record()


def job_of(kind: JobKind, library: Library, request: RequestInput) -> Job:
    """The job in the address; raises NothingFoundError if it is of another kind."""
    job = library.jobs.get(request.path["job"])
    if job.kind != kind:
        raise NothingFoundError(f"{job.id} is a job of kind {job.kind}; see {API}/jobs/{job.id}")
    return job


def _file(library: Library, request: RequestInput) -> Response:
    path = library.jobs.file(job_of("export", library, request).id)
    return FileAnswer(path, filename=os.path.basename(path), media_type="application/octet-stream")


# ---- follow jobs ---------------------------------------------------------------------------------


async def _job(request: Request) -> Response:
    """A job; with `wait`, after it differs from the client's version (`If-None-Match`) or from now."""
    context, query = request.app.state.context, request.state.query
    if not 0 <= query.wait <= MOST_WAIT_S:
        raise UsageError(f"wait is from 0 to {MOST_WAIT_S:g} seconds, not {query.wait:g}")
    with context.limits.streams.following(request.state.actor) if query.wait else nullcontext():
        return await _changed(request, query.wait)


async def _changed(request: Request, wait_s: float) -> Response:
    context, changes = request.app.state.context, request.app.state.changes
    until = time.monotonic() + wait_s
    first = None
    while True:
        mark = changes.mark()
        job = await context.libraries.ask(
            lambda library: library.jobs.get(request.path_params["job"]), request.state.actor
        )
        answer = json_response(job.to_record())
        etag = etag_of(bytes(answer.body))
        answer.headers["ETag"], first = etag, first or etag
        is_same = knows(request.headers, etag) if "if-none-match" in request.headers else first == etag
        left_s = until - time.monotonic()
        if not is_same or job.is_final or left_s <= 0 or changes.is_over:
            return unless_known(request, answer)
        await wait(mark, left_s)
        # Check the credential again, since it may have expired or lost rights.
        request.state.actor = await admitted(request, "read")


_MOST_REASON_BYTES = 123
"""Maximum length of the close reason of a WebSocket (RFC 6455, 5.5)."""


async def _progress(socket: WebSocket) -> None:
    """Send the progress of a job over a WebSocket."""
    changes, libraries = socket.app.state.changes, socket.app.state.context.libraries
    await socket.accept()
    gone = asyncio.ensure_future(_until_gone(socket))
    sent: dict[str, Any] | None = None
    try:
        while not (changes.is_over or gone.done()):
            mark = changes.mark()
            try:
                if not await is_still_admitted(socket):
                    await socket.close(1008, "the credential has expired; log in again")
                    return
                job = await libraries.ask(
                    lambda library: library.jobs.get(socket.path_params["job"]), socket.state.actor
                )
            except (NothingFoundError, UsageError) as error:
                message = in_words_of_requests(str(error), socket.app.state.context.commands)
                reason = message.encode("utf-8", "replace")[:_MOST_REASON_BYTES]
                await socket.close(1008, reason.decode(errors="ignore"))
                return
            except Map4Error:  # the library does not respond: send nothing until it does
                await _first_of(gone, wait(mark, RETRY_S))
                continue
            state = {
                "status": job.status,
                "percentage": round(100 * job.progress, 1),
                "current_file": job.current_file,
                "eta_s": job.eta_s,
            }
            if state != sent:
                await socket.send_text(_encoded(state).decode())
                sent = state
            if job.is_final:
                break
            await _first_of(gone, wait(mark, HEARTBEAT_S))
        if not gone.done():
            await socket.close()
    except (WebSocketDisconnect, RuntimeError):  # the client closed the socket
        return
    finally:
        gone.cancel()


async def _first_of(gone: asyncio.Future[Any], waiting: Coroutine[Any, Any, bool]) -> None:
    changed: asyncio.Future[Any] = asyncio.ensure_future(waiting)
    await asyncio.wait([gone, changed], return_when=asyncio.FIRST_COMPLETED)
    changed.cancel()


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()


# ---- the table -----------------------------------------------------------------------------------

_ANALYZE = job_body("analyze", "BatchJob", files=(list[str], ...), **ORDER)
_FORMAT = (
    Annotated[
        str,
        Meta(description="Format of the file, as `map4 export --to`: csv, json, xlsx …", examples=export_names()),
    ],
    ...,
)
_JOBS = plain_shape(
    "JobsQuery", status=(list[str], []), kind=(list[str], []), after=(str | None, None), limit=(int, JOBS_AT_ONCE)
)
_NOTHING = plain_shape("Nothing")

asking = partial(Route, "POST", answer="job", status=202)

ROUTES = (
    asking("/scan", "scan", "Scan folders, as `map4 scan`; without files the folders scanned before. A job.",
          _scan, body=job_body("scan", "ScanJob", files=(list[str] | None, None), **ORDER)),
    asking("/batch/analyze", "scan", "Analyse files and keep the results. A job.", _batch, body=_ANALYZE,
          example={"files": ["{music}"]}),
    asking("/audio/batch-analyze", "scan", "The same as `/batch/analyze`.", _batch, body=_ANALYZE,
          example={"files": ["{music}"]}),
    asking("/duplicates", "own", "Find copies of the same recording, as `map4 duplicates`. A job.",
            lambda library, request: accepted(library.jobs.submit(request.body)),
            body=job_body("duplicates", "DuplicatesJob", **ORDER), example={"kinds": ["same_audio"]}),
    asking("/exports", "own", "Write an export, as `map4 export`. A job.", _export,
            body=job_body("export", "ExportJob", to=_FORMAT, **ORDER, path_map=(list[str], [])),
            example={"to": "csv", "columns": ["title", "bpm"]}),
    Route("GET", "/batch/{job}", "read", "A batch.",
          lambda library, request: job_of("analyze", library, request).to_record(), answer="job"),
    Route("DELETE", "/batch/{job}", "own", "Cancel a batch.",
          lambda library, request: library.jobs.cancel(job_of("analyze", library, request).id).to_record(),
          answer="job"),
    Route("GET", "/exports", "read", "The files that map4 wrote, as `map4 export history`.",
          lambda library, request: ExportHistory(exports=tuple(library.files.written())).to_record(),
          answer="export-history"),
    Route("GET", "/exports/formats", "read", "The formats of exports with a single file, and their options.",
          lambda library, request: export_formats().document(), answer="export-formats"),
    Route("GET", "/exports/{job}", "read", "An export.",
          lambda library, request: job_of("export", library, request).to_record(), answer="job"),
    Route("GET", "/exports/{job}/file", "read", "The file of an export.", _file, media_type="application/octet-stream"),
    Route("GET", "/jobs", "read", "Jobs, newest first, as `map4 jobs list`.", _jobs, query=_JOBS, answer="jobs",
          example={"kind": ["export"], "limit": 5}),
    Route("GET", "/jobs/{job}", "read", "A job, now or when it changes, as `map4 jobs show`.", endpoint=_job,
          query=plain_shape("JobQuery", wait=(float, 0.0)), answer="job", example={"wait": 0.0}),
    Route("POST", "/jobs/{job}/cancel", "own", "Cancel a job, as `map4 jobs cancel`.",
          lambda library, request: library.jobs.cancel(request.path["job"]).to_record(), body=_NOTHING, answer="job"),
    Route("POST", "/jobs/{job}/retry", "own", "Retry a job that failed or was cancelled, as `map4 jobs retry`.",
          lambda library, request: library.jobs.retry(request.path["job"]).to_record(), body=_NOTHING, answer="job"),
    Route("WS", "/ws/progress/{job}", "read", "The progress of a job.", endpoint=_progress, is_hidden=True),
)  # fmt: skip
