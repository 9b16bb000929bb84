"""Routes of jobs: list, follow, cancel and retry them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import nullcontext, suppress
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.jobs.part import JOBS_AT_ONCE
from map4.library import Library
from map4.server.admission import Caller
from map4.server.answers import Responses, unless_known
from map4.server.bodies import BodyShape
from map4.server.changes import Changes
from map4.server.problems import RETRY_S, in_words_of_requests
from map4.server.route import RequestInput, Route

_encoded = msgspec.json.encode

HEARTBEAT_S = 15.0
MOST_WAIT_S = 60.0
MOST_JOBS = 500
# ---- see jobs ------------------------------------------------------------------------------------


def _jobs(library: Library, request: RequestInput) -> dict[str, Any]:
    if not 1 <= request.query.limit <= MOST_JOBS:
        raise UsageError(f"a page has 1 to {MOST_JOBS} jobs, not {request.query.limit}; use 'after' for the next page")
    return library.jobs.page(**vars(request.query)).to_record()


# ---- follow jobs ---------------------------------------------------------------------------------


async def _job(request: Request) -> Response:
    """A job; with `wait`, after it differs from the client's version (`If-None-Match`) or from now."""
    context, query = request.app.state.context, request.state.query
    if not 0 <= query.wait <= MOST_WAIT_S:
        raise UsageError(f"wait is from 0 to {MOST_WAIT_S:g} seconds, not {query.wait:g}")
    wait_s = 0.0 if request.method == "HEAD" else query.wait
    with context.limits.streams.following(request.state.actor) if wait_s else nullcontext():
        return await _changed(request, wait_s)


async def _changed(request: Request, wait_s: float) -> Response:
    context, changes = request.app.state.context, request.app.state.changes
    until = time.monotonic() + wait_s
    first = None
    while True:
        mark = changes.mark()
        job = await context.libraries.ask(
            lambda library: library.jobs.get(request.path_params["job"]), request.state.actor
        )
        answer = Responses.json(job.to_record())
        etag = Responses.etag(bytes(answer.body))
        answer.headers["ETag"], first = etag, first or etag
        is_same = Responses.is_known(request.headers, etag) if "if-none-match" in request.headers else first == etag
        left_s = until - time.monotonic()
        if not is_same or job.is_final or left_s <= 0 or changes.is_over:
            return unless_known(request, answer)
        await Changes.wait(mark, left_s)
        # Check the credential again, since it may have expired or lost rights.
        request.state.actor = await Caller.admitted(request, "read")


_MOST_REASON_BYTES = 123
"""Maximum length of the close reason of a WebSocket (RFC 6455, 5.5)."""


async def _progress(socket: WebSocket) -> None:
    """Send the progress of a job over a WebSocket."""
    changes, libraries = socket.app.state.changes, socket.app.state.context.libraries
    await socket.accept()
    gone = asyncio.ensure_future(_wait_until_gone(socket))
    sent: dict[str, Any] | None = None
    try:
        while not (changes.is_over or gone.done()):
            mark = changes.mark()
            try:
                if not await Caller.is_still_admitted(socket):
                    await socket.close(1008, "the credential has expired; log in again")
                    return
                job = await libraries.ask(
                    lambda library: library.jobs.get(socket.path_params["job"]), socket.state.actor
                )
            except (NothingFoundError, UsageError) as error:
                message = in_words_of_requests(error.for_callers(), socket.app.state.context.commands)
                reason = message.encode("utf-8", "replace")[:_MOST_REASON_BYTES]
                await socket.close(1008, reason.decode(errors="ignore"))
                return
            except Map4Error:  # the library does not respond: send nothing until it does
                await _first_of(gone, Changes.wait(mark, RETRY_S))
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
            await _first_of(gone, Changes.wait(mark, HEARTBEAT_S))
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


async def _wait_until_gone(socket: WebSocket) -> None:
    with suppress(RuntimeError):  # raised after the message that the client has gone
        while True:
            await socket.receive()


# ---- the table -----------------------------------------------------------------------------------

_JOBS = BodyShape.plain(
    "JobsQuery", status=(list[str], []), kind=(list[str], []), after=(str | None, None), limit=(int, JOBS_AT_ONCE)
)

ROUTES = (
    Route("GET", "/jobs", "read", "Jobs, newest first, as `map4 jobs list`.", _jobs, query=_JOBS, answer="jobs",
          example={"kind": ["export"], "limit": 5}),
    Route("GET", "/jobs/{job}", "read", "A job, now or when it changes, as `map4 jobs show`.", endpoint=_job,
          query=BodyShape.plain("JobQuery", wait=(float, 0.0)), answer="job", example={"wait": 0.0}),
    Route("WS", "/ws/progress/{job}", "read", "The progress of a job.", endpoint=_progress, is_hidden=True),
)  # fmt: skip
