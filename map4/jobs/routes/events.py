"""Routes of events: changes in the library and of its jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from map4.core.base.events import Events
from map4.errors import Map4Error
from map4.library import Library
from map4.server.admission import Caller
from map4.server.answers import Responses
from map4.server.bodies import BodyShape
from map4.server.changes import Changes
from map4.server.problems import RETRY_S
from map4.server.route import Route

HEARTBEAT_S = 15.0
_HEARTBEAT = b": still here\n\n"

_encoded = msgspec.json.encode


async def _events(request: Request) -> Response:
    """Stream events as server-sent events."""
    query, context = request.state.query, request.app.state.context
    after = request.headers.get("last-event-id") or query.after
    if query.job is not None:
        await context.libraries.ask(lambda library: library.jobs.get(query.job), request.state.actor)
    question = (after, tuple(query.type), query.job)
    # Proxies must not buffer the stream.
    headers = {"X-Accel-Buffering": "no", **Responses.NO_STORE}
    if request.method == "HEAD":  # a stream would run on without a body
        return Response(media_type="text/event-stream", headers=headers)
    with ExitStack() as following:
        following.enter_context(context.limits.streams.following(request.state.actor))
        first = await _new_events(request, *question)  # before the response begins, to report errors as problems
        return _FollowedResponse(following.pop_all(), _stream(request, first, *question), headers=headers)


class _FollowedResponse(StreamingResponse):
    """Server-sent events, counted as a stream of the account until they end."""

    media_type = "text/event-stream"

    def __init__(self, following: ExitStack, content: AsyncIterator[bytes], **options: Any) -> None:
        super().__init__(content, **options)
        self._following = following

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._following:
            await super().__call__(scope, receive, send)


async def _new_events(request: Request, after: str | None, types: tuple[str, ...], job: str | None) -> Events:
    """New events, read once for identical concurrent requests.

    Events differ per actor, but the end of the log is common: after it there is nothing for any actor.
    """
    changes, libraries, actor = request.app.state.changes, request.app.state.context.libraries, request.state.actor
    if after is not None and after == changes.known_end:
        return Events(events=(), through=after, is_whole=True)
    mark = changes.mark()
    ask = partial(libraries.ask, partial(_events_since, after=after, types=types, job=job), actor)
    events: Events = await changes.once((None if after is None else actor, after, types, job), ask)
    if after in (None, events.through) and events.is_whole and not mark.is_set():
        changes.known_end = events.through
    return events


def _events_since(library: Library, after: str | None, types: tuple[str, ...], job: str | None) -> Events:
    return library.events.since(after, types=types, job=job)


async def _stream(
    request: Request, events: Events, after: str | None, types: tuple[str, ...], job: str | None
) -> AsyncIterator[bytes]:
    changes, mark = request.app.state.changes, None
    yield b"retry: 2000\n\n"
    while True:
        is_news = events.through != after
        is_silent = not is_news and mark is not None and not await Changes.wait(mark, HEARTBEAT_S)
        try:
            if not await Caller.is_still_admitted(request):
                return
        except Map4Error:  # the library does not respond: send nothing until it does
            yield _HEARTBEAT
            if changes.is_over:
                return
            await Changes.wait(changes.mark(), RETRY_S)
            continue
        if is_news:
            yield b"".join(_pieces(events))  # in one piece: a closed client is only noticed between pieces
        elif is_silent:
            yield _HEARTBEAT
        if changes.is_over:
            return
        after, mark = events.through, changes.mark()
        with suppress(Map4Error):  # if the library does not respond, the next round retries
            events = await _new_events(request, after, types, job)


def _pieces(events: Events) -> Iterator[bytes]:
    through = events.through.encode()
    if not events.is_whole:
        yield b"id: %s\nevent: reset\ndata: {}\n\n" % through
    for event in events.events:
        yield b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.type.encode(), _encoded(event.to_record()))
    yield b"id: %s\n\n" % through  # so that a client can resume from here, even before the first event


ROUTES = (
    Route("GET", "/events", "read", "Changes in the library and of jobs, as server-sent events.", endpoint=_events,
          query=BodyShape.plain("EventsQuery", after=(str | None, None), type=(list[str], []), job=(str | None, None)),
          answer="event", media_type="text/event-stream", example={"job": "{job}", "after": "0"}),
)  # fmt: skip
