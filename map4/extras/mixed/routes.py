"""Mixed sets over HTTP: the plan, the streams, and their addresses."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
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

from map4.base.account import digest_of
from map4.base.actor import LOCAL, Actor
from map4.base.text import clean, whole_number
from map4.errors import Map4Error, NothingFoundError
from map4.extras.mixed.keys import SCOPE, addresses_of, credential_of
from map4.extras.mixed.options import MixedOptions
from map4.extras.mixed.part import MixedSets
from map4.extras.mixed.streams.hearing import Hearing
from map4.extras.mixed.streams.icy import EVERY_BYTES, TitledBytes
from map4.extras.mixed.streams.pieces import MEDIA_TYPES, RADIO_KBPS, OnAir
from map4.extras.mixed.streams.running import (
    RunningSet,
    RunningStreams,
    StreamLimits,
    TooManyStreamsError,
    in_reader,
    was_played,
)
from map4.library import Library
from map4.lists.routes.stored_lists import list_id_of
from map4.music.lists.names import is_list_id
from map4.server.admission import Caller, UnknownActorError
from map4.server.answers import NO_STORE, FileAnswer, byte_ranges, json_response
from map4.server.auth.callers import is_past
from map4.server.bodies import plain_shape, shape
from map4.server.proxies import address_of
from map4.server.route import RequestInput, Route

log = logging.getLogger("map4.mixed")

RETRY_S = 30
CHECKED_S = 10.0
"""Whether a listener may still listen is checked this often."""
STUCK_S = 30.0
"""A radio whose player takes nothing for so long has gone."""
PREPARED_S = 1.0
"""A process for the first stream starts this long after the server."""
READ_BYTES = 16_384
_YES = (Literal["yes", "no"], "yes")
_ON = {"plays": _YES, "key": (str | None, None)}


def _plan(library: Library, request: RequestInput) -> dict[str, Any]:
    resolved = library.lists.read_stored(list_id_of(request))
    return library.part(MixedSets).plan(resolved, request.query).document()


# ---- who listens


async def _callers(request: Request) -> Caller | None:
    """The caller: by the key in the address, or as for other routes."""
    context, key = request.app.state.context, request.query_params.get("key")
    if key is None or not await context.callers.has_accounts():
        return cast("Caller | None", await context.callers(request))
    list_id = request.path_params["list"]
    credential = await context.callers.found(
        (SCOPE, digest_of(f"{list_id} {key}")), lambda library: credential_of(library.credentials, key, list_id)
    )
    if credential is None or is_past(credential) or not {SCOPE, "subsonic"} & credential.scopes:
        raise UnknownActorError("the key of this address is wrong or was revoked; copy the address again")
    account = credential.account.actor()
    actor = Actor(id=account.id, name=account.name, scopes=account.scopes & {"read"})
    return cast("Caller | None", context.callers.noted(Caller(actor=actor, credential=credential)))


async def _still_listens(request: Request) -> bool:
    before = request.state.caller
    try:
        caller = await _callers(request)
    except UnknownActorError:
        return False
    except Map4Error:  # the library does not respond now
        return True
    return caller is not None and caller.actor == before.actor


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
            await context.libraries.ask(partial(_counted, played), actor, queue="write")
        except Map4Error as error:
            log.warning("a play could not be stored: %s", type(error).__name__)


def _counted(played: OnAir, library: Library) -> None:
    track = library.tracks.addressed(played.audio_id or "").track
    library.plays.add(track, at=datetime.now(UTC) - timedelta(seconds=played.lasts_s / 2), source="stream")


# ---- the streams


def _mixed_query(*, plays: str = "yes", titles: str = "yes", key: str | None = None, **given: Any) -> SimpleNamespace:
    return SimpleNamespace(plays=plays, titles=titles, key=key, options=MixedOptions(**given))


async def _streams(app: Starlette) -> RunningStreams:
    """The streams of this server."""
    context = app.state.context
    if RunningStreams not in context.made:
        library = await context.libraries.ask(lambda library: library.care.open_arguments, LOCAL, queue="quick")
        context.of(RunningStreams, partial(RunningStreams, StreamLimits.of(context.settings.config), library))
    return cast("RunningStreams", context.made[RunningStreams])


def _checked_list(request: Request) -> str:
    list_id = str(request.path_params["list"])
    if not is_list_id(list_id):
        raise NothingFoundError(f"'{list_id}' is not the id of a list; 'GET /api/v1/lists' shows the ids")
    return list_id


async def _seen_list(request: Request, forms: Any) -> tuple[str, str, Any]:
    """The id and name of a list that the caller can see, and the requested form."""
    form, list_id = request.path_params["form"], _checked_list(request)
    if form not in forms:
        raise NothingFoundError(f"there is no stream in {form[:20]}; use {' or '.join(forms)}")
    name = await request.app.state.context.libraries.ask(
        lambda library: library.lists.find(list_id), request.state.actor, queue="quick"
    )
    return list_id, name, form


@contextmanager
def _busy_as_503() -> Iterator[None]:
    try:
        yield
    except TooManyStreamsError as error:
        raise HTTPException(503, f"{error}; try again later", {"Retry-After": str(RETRY_S)}) from None


async def _radio(request: Request) -> Response:
    """The endless programme of a list."""
    list_id, name, form = await _seen_list(request, ("mp3", "opus"))
    takes_titles = request.headers.get("icy-metadata") == "1"
    headers = {
        "Accept-Ranges": "none", "icy-name": clean(name).encode("ascii", "replace").decode(), "icy-pub": "0",
        "icy-br": str(RADIO_KBPS[form]), **({"icy-metaint": str(EVERY_BYTES)} if takes_titles else {}), **NO_STORE,
    }  # fmt: skip
    if request.method == "HEAD":
        return Response(media_type=MEDIA_TYPES[form], headers=headers)
    streams = await _streams(request.app)
    with ExitStack() as held:
        with _busy_as_503():
            broadcast = held.enter_context(streams.programme(list_id, form, request.state.actor))
        await _while_served(request.app, broadcast.begun())

        async def sound() -> AsyncIterator[bytes]:
            titles, plays = TitledBytes() if takes_titles else None, _Plays(request)
            checked_s = time.monotonic()
            async for piece, data in broadcast.listen(form):
                yield data if titles is None else titles.put(data, piece.on_air.title)
                plays.sent(piece.on_air, piece.at_s, piece.until_s)
                if request.app.state.changes.is_over:
                    return
                if time.monotonic() > checked_s + CHECKED_S:
                    checked_s = time.monotonic()
                    if not await _still_listens(request):
                        return

        return _Held(held.pop_all(), sound(), stuck_s=STUCK_S, media_type=MEDIA_TYPES[form], headers=headers)
    raise AssertionError


async def _mixed(request: Request) -> Response:
    """The finished set of a list, from its beginning; sent while it is encoded."""
    list_id, _, form = await _seen_list(request, ("mp3", "opus", "flac"))
    query = request.state.query
    takes_titles = request.headers.get("icy-metadata") == "1" and query.titles == "yes"
    media_type = MEDIA_TYPES[form]
    streams = await _streams(request.app)
    with ExitStack() as held:
        with _busy_as_503():
            running = held.enter_context(streams.set(list_id, form, request.state.actor, query.options))
        await _while_served(request.app, running.begun())
        plays = _Plays(request)
        if running.is_whole and not takes_titles:
            return _PlayedFile(held.pop_all(), running, plays, running.path, media_type=media_type)
        begin, end = _range_of(request) if not takes_titles else (0, None)
        headers = {"Accept-Ranges": "none" if takes_titles else "bytes", **NO_STORE}
        if takes_titles:
            headers["icy-metaint"] = str(EVERY_BYTES)
        status = 200
        if begin:
            await _while_served(request.app, running.until(begin + 1))
            if running.size <= begin:
                raise HTTPException(416, "the range is outside the file", {"Content-Range": f"bytes */{running.size}"})
            end = min(running.size, begin + READ_BYTES if end is None else end)
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{running.size if running.is_whole else '*'}"
            headers["Content-Length"], status = str(end - begin), 206
        if request.method == "HEAD":
            return Response(status_code=status, media_type=media_type, headers=headers)
        sound = _growing(request, running, plays, begin, end, TitledBytes() if takes_titles else None)
        return _Held(held.pop_all(), sound, status_code=status, media_type=media_type, headers=headers)
    raise AssertionError


def _range_of(request: Request) -> tuple[int, int | None]:
    """The first byte of a range and the end after its last; a range from the beginning counts as the whole."""
    ranges = byte_ranges(request.headers.get("range", ""))
    if len(ranges) != 1 or not (begin := ranges[0][0]):
        return 0, None
    last = ranges[0][1]
    return begin, None if last is None else last + 1


async def _growing(
    request: Request, running: RunningSet, plays: _Plays, begin: int, end: int | None, titles: TitledBytes | None
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
            on_air = running.on_air(at_s)
            yield data if titles is None else titles.put(data, on_air.title)
            plays.sent(on_air, at_s, until_s)
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
    except (HTTPException, TimeoutError):
        scope["state"].get("abort", bool)()
        await asyncio.sleep(0)  # the connection is lost now, or the server reports a response without an end


class _Held(StreamingResponse):
    """A stream that holds what was taken for it until it ends.

    stuck_s: end if the player takes nothing for so long
    """

    def __init__(self, held: ExitStack, content: AsyncIterator[bytes], *, stuck_s: float | None = None, **how: Any):
        super().__init__(content, **how)
        self._held, self._stuck_s = held, stuck_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_soon(message: Message) -> None:
            async with asyncio.timeout(self._stuck_s):
                await send(message)

        with self._held:
            await _sent(scope, super().__call__(scope, receive, send_soon))


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


# ---- addresses


async def _address(request: Request) -> Response:
    list_id, server = _checked_list(request), address_of(request)
    libraries, actor = request.app.state.context.libraries, request.state.actor
    address = await libraries.ask(
        lambda library: library.part(MixedSets).address(list_id, server=server), actor, queue="write"
    )
    await _expect(request)
    return json_response(address.to_record(), headers=NO_STORE)


async def _m3u(request: Request) -> Response:
    list_id = _checked_list(request)
    name = await request.app.state.context.libraries.ask(
        lambda library: library.lists.find(list_id), request.state.actor, queue="quick"
    )
    await _expect(request)
    address = addresses_of(address_of(request), list_id, name, key=request.query_params.get("key"))
    return Response(f"{address.radio}\n", media_type="audio/x-mpegurl", headers=NO_STORE)


async def _expect(request: Request) -> None:
    """Prepare a stream that is likely to be played next."""
    if getattr(request.app.state, "has_streams", False):
        (await _streams(request.app)).expect()


@asynccontextmanager
async def streams_of(app: Starlette) -> AsyncIterator[None]:
    """Prepare for a stream where some were played before; end the processes of streams with the server."""
    app.state.has_streams = True
    preparing = asyncio.ensure_future(_prepare(app)) if was_played() else None
    try:
        yield
    finally:
        if preparing is not None:
            preparing.cancel()
        if (streams := app.state.context.made.get(RunningStreams)) is not None:
            await asyncio.to_thread(streams.close)


async def _prepare(app: Starlette) -> None:
    await asyncio.sleep(PREPARED_S)
    with suppress(Map4Error):
        (await _streams(app)).expect()


ROUTES = (
    Route(
        "GET", "/lists/{list}/mixed/plan", "read", "A list planned as a mix, as `map4 mixed`.", _plan,
        query=shape(MixedOptions, "MixedQuery"), answer="mixed", queue="long",
    ),
    Route(
        "POST", "/lists/{list}/mixed/address", "read",
        "The addresses of a list as a stream; with accounts, with a key for this list that `map4 tokens` revokes.",
        endpoint=_address, body=plain_shape("NothingMore"), answer="stream", needs_log_in=True,
    ),
    Route(
        "GET", "/lists/{list}/radio.m3u", "read", "A list file with a single line: the endless programme of a list.",
        endpoint=_m3u, query=plain_shape("StreamFileQuery", key=_ON["key"]), media_type="audio/x-mpegurl",
        callers=_callers,
    ),
    Route(
        "GET", "/lists/{list}/radio.{form}", "read",
        "The endless programme of a list, mixed, as `mp3` or `opus`: all listeners hear the same place. "
        "Plays are counted unless `plays` is `no`.",
        endpoint=_radio, query=plain_shape("RadioQuery", **_ON), media_type="audio/*", callers=_callers,
    ),
    Route(
        "GET", "/lists/{list}/mixed.{form}", "read",
        "A list as a finished mix, as `mp3`, `opus` or `flac`, sent while it is encoded, then with ranges.",
        endpoint=_mixed, query=shape(MixedOptions, "MixedStreamQuery", more={**_ON, "titles": _YES},
                                     make=_mixed_query),
        media_type="audio/*", callers=_callers,
    ),
)  # fmt: skip
