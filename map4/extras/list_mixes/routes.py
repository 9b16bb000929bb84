"""Lists as a mix over HTTP: the plan, and the stream."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, Literal, cast

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from map4.core.base.actor import Actor
from map4.core.base.text import whole_number
from map4.core.music.lists.listed import ListName
from map4.core.music.plays import Play
from map4.errors import Map4Error, NothingFoundError
from map4.extras.list_mixes.options import ListMixOptions
from map4.extras.list_mixes.part import ListMixes
from map4.extras.list_mixes.streams.pieces import MEDIA_TYPES, Hearing, OnAir, SetForm
from map4.extras.list_mixes.streams.running import (
    RunningSet,
    RunningStreams,
    StreamLimits,
    TooManyStreamsError,
    in_reader,
)
from map4.library import Library
from map4.lists.routes.stored_lists import list_id_of
from map4.server.answers import FileAnswer, Responses
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route

log = logging.getLogger("map4.list_mixes")

RETRY_S = 30
READ_BYTES = 16_384
_YES = (Literal["yes", "no"], "yes")


def _plan(library: Library, request: RequestInput) -> dict[str, Any]:
    resolved = library.lists.read_stored(list_id_of(request))
    return library.part(ListMixes).plan(resolved, request.query).document()


# ---- plays


class _Plays:
    """Counts the plays of a connection for its account."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._hearing = (
            Hearing(time.monotonic()) if request.state.query.plays == "yes" and request.method == "GET" else None
        )
        self._writing: set[asyncio.Task[None]] = set()

    def sent(self, on_air: OnAir, at_s: float, until_s: float) -> None:
        """Note sound that the player has taken."""
        if self._hearing is None:
            return
        self._hearing.sent(on_air, at_s, until_s)
        for played in self._hearing.counted(time.monotonic()):
            task = asyncio.ensure_future(self._count(played))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _count(self, played: OnAir) -> None:
        context, caller = self._request.app.state.context, self._request.state.caller
        actor = caller.actor if caller.credential is None else caller.credential.account.actor()
        if played.audio_id is None or not actor.may("own"):
            return
        try:
            await context.libraries.ask(partial(_counted, played, context.libraries.changes), actor, queue="write")
        except Map4Error as error:
            log.warning("a play could not be stored: %s", type(error).__name__)


def _counted(played: OnAir, changes: Any, library: Library) -> None:
    track = library.tracks.addressed(played.audio_id or "").track
    with changes.setting(library, Play.FIELDS):
        library.plays.add(track, at=datetime.now(UTC) - timedelta(seconds=played.lasts_s / 2), source="stream")


# ---- the stream


def _stream_query(*, plays: str = "yes", **given: Any) -> SimpleNamespace:
    return SimpleNamespace(plays=plays, options=ListMixOptions(**given))


async def _streams(app: Starlette) -> RunningStreams:
    """The streams of this server."""
    context = app.state.context
    if RunningStreams not in context.made:
        library = await context.libraries.ask(lambda library: library.care.open_arguments, Actor.LOCAL, queue="quick")
        context.of(RunningStreams, partial(RunningStreams, StreamLimits.of(context.settings.config), library))
    return cast("RunningStreams", context.made[RunningStreams])


async def _seen_list(request: Request) -> tuple[str, SetForm]:
    """The id of a list that the caller can see, and the requested form."""
    form, list_id = request.path_params["form"], str(request.path_params["list"])
    if not ListName.is_id(list_id):
        raise NothingFoundError(f"'{list_id}' is not the id of a list; 'GET /api/v1/lists' shows the ids")
    if form not in MEDIA_TYPES:
        raise NothingFoundError(f"there is no stream in {form[:20]}; use {' or '.join(MEDIA_TYPES)}")
    await request.app.state.context.libraries.ask(
        lambda library: library.lists.find(list_id), request.state.actor, queue="quick"
    )
    return list_id, cast("SetForm", form)


@contextmanager
def _busy_as_503() -> Iterator[None]:
    try:
        yield
    except TooManyStreamsError as error:
        raise HTTPException(503, f"{error}; try again later", {"Retry-After": str(RETRY_S)}) from None


async def _stream(request: Request) -> Response:
    """The finished set of a list, from its beginning; sent while it is encoded."""
    list_id, form = await _seen_list(request)
    streams = await _streams(request.app)
    with closing(ExitStack()) as held:
        with _busy_as_503():
            running = held.enter_context(streams.set(list_id, form, request.state.actor, request.state.query.options))
        await _while_served(request.app, running.begun())
        return await _set_response(request, held, running, MEDIA_TYPES[form])


async def _set_response(request: Request, held: ExitStack, running: RunningSet, media_type: str) -> Response:
    """The response with a set or a range of it, which takes over `held`."""
    plays = _Plays(request)
    if running.is_whole:
        return _PlayedFile(held.pop_all(), running, plays, running.path, media_type=media_type)
    begin, end = _range_of(request)
    headers, status = {"Accept-Ranges": "bytes", **Responses.NO_STORE}, 200
    if begin or end is not None:
        needed = begin + 1 if end is None else min(end, begin + READ_BYTES)
        await _while_served(request.app, running.until(needed))
        if running.size <= begin:
            raise HTTPException(416, "the range is outside the file", {"Content-Range": f"bytes */{running.size}"})
        end = min(running.size, begin + READ_BYTES if end is None else end)
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{running.size if running.is_whole else '*'}"
        headers["Content-Length"], status = str(end - begin), 206
    if request.method == "HEAD":
        return Response(status_code=status, media_type=media_type, headers=headers)
    sound = _growing(request, running, plays, begin, end)
    return _Held(held.pop_all(), sound, status_code=status, media_type=media_type, headers=headers)


def _range_of(request: Request) -> tuple[int, int | None]:
    """The first byte of a range and the end after its last; a range from the beginning without an end is the whole."""
    ranges = Responses.byte_ranges(request.headers.get("range", ""))
    if len(ranges) != 1 or (begin := ranges[0][0]) is None:
        return 0, None
    last = ranges[0][1]
    return begin, None if last is None else last + 1


async def _growing(
    request: Request, running: RunningSet, plays: _Plays, begin: int, end: int | None
) -> AsyncIterator[bytes]:
    """A set's bytes as they become known."""
    file = await running.open()
    try:
        while not request.app.state.changes.is_over and (end is None or begin < end):
            await running.until(begin + 1)
            most = min(READ_BYTES, max(0, running.size - begin), READ_BYTES if end is None else end - begin)
            data = await in_reader(os.pread, file, most, begin)
            if not data:
                return
            at_s, until_s = running.at_s(begin), running.at_s(begin + len(data))
            yield data
            plays.sent(running.on_air(at_s), at_s, until_s)
            begin += len(data)
    finally:
        os.close(file)


async def _while_served(app: Starlette, waiting: Awaitable[object]) -> None:
    """Wait, but not longer than the server runs."""
    task, changes = asyncio.ensure_future(waiting), app.state.changes
    try:
        while not task.done():
            mark = changes.mark()
            if changes.is_over:
                raise HTTPException(503, "the server stops", {"Retry-After": str(RETRY_S)})
            stops = asyncio.ensure_future(mark.wait())
            await asyncio.wait((task, stops), return_when=asyncio.FIRST_COMPLETED)
            stops.cancel()
        task.result()
    finally:
        task.cancel()


async def _sent(scope: Scope, sending: Awaitable[object]) -> None:
    """Send a response while the server runs; then cut the connection, whose player may take nothing more."""
    try:
        await _while_served(scope["app"], sending)
    except HTTPException:
        scope["state"].get("abort", bool)()
        await asyncio.sleep(0)  # the connection is lost now, or the server reports a response without an end


class _Held(StreamingResponse):
    """A stream that holds what was taken for it until it ends."""

    def __init__(self, held: ExitStack, content: AsyncIterator[bytes], **how: Any) -> None:
        super().__init__(content, **how)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await _sent(scope, super().__call__(scope, receive, send))


class _PlayedFile(FileAnswer):
    """A whole set with ranges, whose plays are counted."""

    def __init__(self, held: ExitStack, running: RunningSet, plays: _Plays, path: str, **how: Any) -> None:
        super().__init__(path, **how)
        self._held, self._running, self._plays = held, running, plays

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begin = 0

        async def send_counting(message: Message) -> None:
            nonlocal begin
            await send(message)
            if message["type"] == "http.response.start":
                _, _, sent = Headers(raw=message["headers"]).get("content-range", "").partition(" ")
                begin = whole_number(sent.partition("-")[0]) or 0
            elif size := len(message.get("body", b"")):
                at_s, until_s = self._running.at_s(begin), self._running.at_s(begin + size)
                self._plays.sent(self._running.on_air(at_s), at_s, until_s)
                begin += size

        with self._held:
            await _sent(scope, super().__call__(scope, receive, send_counting))


@asynccontextmanager
async def streams_of(app: Starlette) -> AsyncIterator[None]:
    """End the processes of streams with the server."""
    try:
        yield
    finally:
        if (streams := app.state.context.made.get(RunningStreams)) is not None:
            await asyncio.to_thread(streams.close)


ROUTES = (
    Route(
        "GET", "/lists/{list}/mix", "read", "A list planned as a mix (`map4 mix LIST`).", _plan,
        query=BodyShape.of(ListMixOptions, "ListMixQuery"), answer="list-mix", queue="long",
    ),
    Route(
        "GET", "/lists/{list}/mix.{form}", "read",
        "A list as a finished mix, as `mp3`, `opus` or `flac`, sent while it is encoded, then with ranges. "
        "Plays are counted unless `plays` is `no`.",
        endpoint=_stream, media_type="audio/*",
        query=BodyShape.of(ListMixOptions, "ListMixStreamQuery", more={"plays": _YES}, make=_stream_query),
    ),
)  # fmt: skip
