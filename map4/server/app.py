"""The ASGI application: all routes behind the guards, and the threads that answer."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape
from typing import Any, TypeVar, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.routing import Route as StarletteRoute
from starlette.websockets import WebSocket

from map4.core.base.actor import Actor
from map4.core.base.declaration import load
from map4.core.base.declarations import declarations
from map4.core.base.stability import reported_to, warn
from map4.core.music.query.in_words import normal_form
from map4.errors import Map4Error, UsageError
from map4.page.routes import VIEWS
from map4.server.admission import Caller, shows_key
from map4.server.answers import Responses, unless_known, while_wanted
from map4.server.auth.callers import Callers
from map4.server.caches import Answers, CachedAnswer
from map4.server.connections.compression import Compression
from map4.server.connections.guards import MULTIPART, Guards, media_type_of
from map4.server.connections.uploads import MOST_SETS, MOST_UPLOADS, received, require_room
from map4.server.context import ServerParts
from map4.server.declared_routes import ROUTES, answered_apart
from map4.server.libraries import Libraries, Queue
from map4.server.limits import ServerLimits, headers_of
from map4.server.log_lines import request_in_log
from map4.server.observer import Observers
from map4.server.problems import internal_problem, problem_of, problem_of_http
from map4.server.route import RequestInput, Route, ToWrite, Upload, answered, routes_of_commands
from map4.server.settings import API, ServerSettings
from map4.server.sharing import AnswerPool, Sharing
from map4.server.systemd import watchdog_of
from map4.server.uses import uses_of
from map4.version import __version__

log = logging.getLogger("map4.server")
request_log = logging.getLogger("map4.requests")

T = TypeVar("T")

Service = Callable[[Starlette], AbstractAsyncContextManager[Any]]
"""A context that is open while the server runs."""

Endpoint = Callable[[Request], Awaitable[Response]]

SERVICES: tuple[Service, ...] = (
    watchdog_of,
    uses_of,
    *(load(service) for declaration in declarations() for service in declaration.services),
)

_NO_PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>No such page · map4</title>
<main><h1>There is no page at this address</h1><p><a href="{home}">Open map4</a></p></main></html>
"""
_UPLOADS_RETRY_S = 10
_LONG: frozenset[Queue] = frozenset({"long", "worker"})
_PATIENCE_S = 2.0  # seconds to wait for a response after its client has gone: cheaper than restarting the process


@dataclass(frozen=True, kw_only=True)
class Context(ServerParts):
    """State shared by the routes; `app.state.context`."""

    answers: Answers
    shared: AnswerPool | None
    compression: Compression
    observers: Observers
    commands: Mapping[str, str]
    uploads: asyncio.Semaphore
    set_uploads: asyncio.Semaphore
    begun: set[asyncio.Future[bytes]] = field(default_factory=set)
    """Responses still being made after their client has gone."""

    async def answer(self, path: str, texts: Mapping[str, str], actor: Actor) -> bytes:
        """The response to a GET of a route with `cache="alike"`, for use by another route.

        texts: the query parameters
        """
        [route] = [route for route in self.routes if (route.method, route.path) == ("GET", path)]
        assert route.cache == "alike"
        assert not callable(route.queue)
        actor.require(route.needs or "read")
        query = route.query and route.query.of_texts(texts.items())
        inputs = RequestInput(actor=await self.libraries.as_anonymous(actor), path={}, query=query,
                             settings=self.settings, libraries=self.libraries)  # fmt: skip
        make = partial(_made, route, self, inputs, route.queue)
        return (await _cached_answer(route, self, inputs, await _question(route, self, inputs), make)).body


def make_app(
    settings: ServerSettings,
    *,
    routes: Iterable[Route] = ROUTES,
    services: Iterable[Service] = SERVICES,
    callers: Callable[[ServerSettings, Libraries], Callers] = Callers,
) -> Starlette:
    """The application of a server; its threads end with its lifespan.

    callers: makes the object that identifies callers
    """
    table = tuple(routes)
    _require_own_base(settings.base_path, table)
    sharing = _sharing_of(settings)
    libraries, limits = Libraries(settings, answered_apart), ServerLimits(settings, sharing)
    alike = __version__, libraries.preferences, settings.program
    state = partial(libraries.with_timeout, libraries.shared_state)
    observers = Observers()
    context = Context(
        settings=settings,
        callers=callers(settings, libraries),
        limits=limits,
        libraries=libraries,
        answers=Answers(observers.answer),
        shared=None if sharing is None else sharing.answers(state, alike),
        compression=Compression(),
        observers=observers,
        routes=table,
        commands=routes_of_commands(table),
        uploads=asyncio.Semaphore(MOST_UPLOADS),
        set_uploads=asyncio.Semaphore(MOST_SETS),
    )
    observers.all = [load(observer)(context) for declaration in declarations() for observer in declaration.observers]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(context.libraries.close)
            if sharing is not None and context.shared is not None:
                stack.push_async_callback(sharing.close)
                stack.push_async_callback(context.shared.close)
            for service in services:
                await stack.enter_async_context(service(app))
            yield

    app = Starlette(
        routes=[*_starlette_routes(context), StarletteRoute("/api/{rest:path}", _to_version, methods=_ANY)],
        lifespan=lifespan,
        exception_handlers={HTTPException: _http_problem},
    )
    app.state.context = context
    sets = {API + route.path for route in table if route.takes_file == "set"}
    app.add_middleware(Guards, settings=settings, has_accounts=context.callers.had_accounts, sets=sets)
    return app


def _sharing_of(settings: ServerSettings) -> Sharing | None:
    """The storage shared with other servers, if an extra provides it."""
    sharings = (load(sharing)(settings) for declaration in declarations() for sharing in declaration.sharing)
    return next((sharing for sharing in sharings if sharing is not None), None)


def _require_own_base(base: str, routes: Iterable[Route]) -> None:
    """Refuse a base path that equals the start of a route, since proxies may strip it or not."""
    own = {route.path.split("/")[1] for route in routes if route.is_root} | {API.split("/")[1], *VIEWS}
    if base.partition("/")[2].partition("/")[0] in own - {""}:
        raise UsageError(f"the base path {base} conflicts with map4's own addresses; choose another, such as /map4")


_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _starlette_routes(context: Context) -> list[BaseRoute]:
    routes: list[BaseRoute] = []
    methods: dict[str, tuple[str, set[str]]] = {}
    # Fixed addresses take precedence.
    for route in sorted(context.routes, key=lambda route: ("{" in route.path, "path}" in route.path)):
        path = route.path if route.is_root else API + route.path
        if route.method == "WS":
            routes.append(WebSocketRoute(path, partial(_connected, cast(Any, route.endpoint), route)))
            continue
        endpoint = cast(Endpoint, route.endpoint or partial(_answer, route, context))
        starlette_route = StarletteRoute(path, partial(_counted, endpoint, route, context), methods=[route.method])
        routes.append(starlette_route)
        methods.setdefault(re.sub(r"{\w+", "{", path), (path, set()))[1].update(starlette_route.methods or ())
    # Last, so that 405 lists every method of an address.
    return [*routes, *(StarletteRoute(path, partial(_refuse, known), methods=_ANY) for path, known in methods.values())]


async def _refuse(known: set[str], request: Request) -> Response:
    allowed = ", ".join(sorted(known))
    raise HTTPException(405, f"{request.method} is not allowed here; use {allowed}", {"Allow": allowed})


async def _counted(endpoint: Endpoint, route: Route, context: Context, request: Request) -> Response:
    """The response, with a line in the log, and with what the request uses that is deprecated."""
    warnings: list[str] = []
    reported = reported_to(lambda deprecation, name, _: warnings.append(f'299 map4 "{deprecation.text(name)}"'))
    with request_in_log() as line, reported:
        if route.deprecated is not None:
            warn(route.deprecated, f"{route.method} {API}{route.path}")
        response = await _answer_or_problem(endpoint, route, context, request, line)
        response.headers["X-Request-Id"] = line["request"]
        if warnings:
            response.headers["Warning"] = ", ".join(warnings)
        return response


async def _answer_or_problem(
    endpoint: Endpoint, route: Route, context: Context, request: Request, line: dict[str, Any]
) -> Response:
    """The response; all errors, including bugs in map4, become problem documents."""
    began = time.perf_counter()
    try:
        is_upload = route.takes_file and media_type_of(request.headers) == MULTIPART
        request.state.actor = await Caller.admitted(
            request,
            route.needs,
            "own" if is_upload else None,
            refuse_tokens=route.needs_log_in,
            require_key=route.needs_key,
        )
        if media_type_of(request.headers) == MULTIPART and not route.takes_file:  # it may be large: refuse it unread
            raise HTTPException(415, "this route takes no file; send JSON (Content-Type: application/json)")
        line["account"] = _account(request)
        request.state.query = route.query and route.query.of_texts(request.query_params.multi_items())
        response = await endpoint(request)
    except Map4Error as error:
        response = problem_of(error, context.commands)
    except HTTPException as error:
        response = problem_of_http(error)
    except ClientDisconnect:
        response = Response(status_code=499)  # the client has gone
    except Exception as error:  # one request must not stop the server or reveal internals
        # Error messages may contain names of music, so log them only at debug level.
        log.error("%s %s: %s in map4", route.method, route.path, type(error).__name__, extra={"mistake": error})
        log.debug("traceback of the error", exc_info=True)
        response = internal_problem()
    response.headers.update(headers_of(request))
    await context.compression.apply(request, response)
    status, took_s = response.status_code, time.perf_counter() - began
    line["account"] = _account(request)  # players identify themselves later
    context.observers.count(route, status, took_s, request.path_params)
    if route.is_logged:
        context.observers.seen(line["account"])
        # The route's pattern, since the address may contain names.
        details = {"method": route.method, "route": route.path, "status": status, "ms": round(1000 * took_s, 1)}
        request_log.info("%s %s %s", route.method, route.path, status, extra=details)
    return response


def _account(connection: HTTPConnection) -> int | None:
    """The caller's account number; 0 for local use, None for unknown callers."""
    caller = getattr(connection.state, "caller", None)
    return None if caller is None or caller.actor.id == Actor.ANONYMOUS.id else caller.actor.id


async def _connected(endpoint: Callable[[WebSocket], Awaitable[None]], route: Route, socket: WebSocket) -> None:
    with request_in_log() as line, ExitStack() as following:
        try:
            socket.state.actor = await Caller.admitted(socket, route.needs)
            following.enter_context(socket.app.state.context.limits.streams.following(socket.state.actor))
        except Map4Error as error:
            await socket.send_denial_response(problem_of(error))
            return
        line["account"] = _account(socket)
        await endpoint(socket)


async def _answer(route: Route, context: Context, request: Request) -> Response:
    context.libraries.expect_questions()
    async with _request_input(request, route, context) as inputs:
        if route.cache == "alike":
            inputs = replace(inputs, actor=await context.libraries.as_anonymous(inputs.actor))
        queue = route.queue(inputs) if callable(route.queue) else route.queue
        make = partial(_made, route, context, inputs, queue)
        answer = _cached(route, context, request, inputs, make) if route.cache else make()
        if queue in _LONG:
            answer = while_wanted(request.receive, answer, patience_s=_PATIENCE_S if queue == "long" else 0.0)
        return unless_known(request, await answer)


_OF_THIS_PROCESS: Mapping[str, Any] = {"settings": None, "libraries": None}


async def _made(route: Route, context: Context, inputs: RequestInput, queue: Queue) -> Response:
    work: Callable[[Any], Response | ToWrite] = partial(answered, route, inputs)
    if queue == "long" and context.settings.apart:
        question = (route.method, route.path), replace(inputs, **_OF_THIS_PROCESS)
        queue, work = "apart", lambda ask: ask(question)
    answer = await context.libraries.ask(work, inputs.actor, queue=queue)
    if isinstance(answer, ToWrite):
        written = await context.libraries.ask(answer.work, inputs.actor, queue="write")
        answer = written if isinstance(written, Response) else Responses.json(written, route.status)
    return answer


async def _cached(
    route: Route, context: Context, request: Request, inputs: RequestInput, make: Callable[[], Awaitable[Response]]
) -> Response:
    """A cacheable response: 304 by its ETag, from the cache, or newly made."""
    key = await _question(route, context, inputs)
    etag = Responses.etag(key.encode(errors="replace"))
    if Responses.is_known(request.headers, etag):
        context.observers.answer("known")
        return Responses.not_modified(etag)
    cached = await _cached_answer(route, context, inputs, key, make)
    return Response(cached.body, route.status, headers={"ETag": cached.etag}, media_type=route.media_type)


async def _question(route: Route, context: Context, inputs: RequestInput) -> str:
    """The cache key of a response: caller, request, library state and, if it ages, the minute."""
    minute = int(time.time() // 60) if route.ages else None
    state = await context.libraries.with_timeout(context.libraries.state)
    return repr((*_whose_question(route, inputs), state, minute))


def _whose_question(route: Route, inputs: RequestInput) -> tuple[object, ...]:
    query = sorted(vars(inputs.query).items()) if inputs.query else ()
    normal = ((name, normal_form(value) if name == "q" else value) for name, value in query)
    return inputs.actor.rights, route.path, *sorted(inputs.path.items()), *normal


async def _cached_answer(
    route: Route, context: Context, inputs: RequestInput, key: str, make: Callable[[], Awaitable[Response]]
) -> CachedAnswer:
    """The response from the own or the shared cache, or newly made.

    key: made from the library's state before the response
    """
    etag = Responses.etag(key.encode(errors="replace"))

    async def answer() -> CachedAnswer:
        place = None
        if route.shared_as is not None and context.shared is not None:
            place = await context.shared.place(route.shared_as, _whose_question(route, inputs))
        if place is not None and (body := await place.get()) is not None:
            return CachedAnswer(etag, body, "shared")
        response = await make()
        if place is not None:
            place.put(bytes(response.body))
        return CachedAnswer(response.headers.get("etag", etag), bytes(response.body))

    return await context.answers.get(etag, answer)  # requests may be long


@asynccontextmanager
async def _request_input(request: Request, route: Route, context: Context) -> AsyncIterator[RequestInput]:
    """The input of a request; an uploaded file is deleted at the end."""
    if_match = tuple(tag.strip() for line in request.headers.getlist("if-match") for tag in line.split(","))
    if if_match and route.method != "GET" and not route.heeds_match:  # better than ignoring it
        raise UsageError("If-Match is not supported here; leave it out")
    if route.query is None and request.query_params:
        raise UsageError(
            f"this route takes no query parameters, such as {next(iter(request.query_params))!r}; leave them out"
        )
    inputs = RequestInput(
        actor=request.state.actor,
        credential=request.state.caller.credential,
        path=request.path_params,
        query=request.state.query,
        has_key=shows_key(request, request.state.actor),
        if_match=if_match,
        settings=context.settings,
        libraries=context.libraries,
    )
    if route.takes_file and media_type_of(request.headers) == MULTIPART:
        async with _uploaded(request, route, context) as (texts, upload):
            yield replace(inputs, body=route.body and route.body.of_texts(texts), upload=upload)
    else:
        yield replace(inputs, body=await _json_body(request, route))


@asynccontextmanager
async def _uploaded(
    request: Request, route: Route, context: Context
) -> AsyncIterator[tuple[list[tuple[str, str]], Upload | None]]:
    """The texts and the file of a form; the file is deleted at the end."""
    settings, is_set = context.settings, route.takes_file == "set"
    uploads, most_at_once = (context.set_uploads, MOST_SETS) if is_set else (context.uploads, MOST_UPLOADS)
    if uploads.locked():
        headers = {"Retry-After": str(_UPLOADS_RETRY_S)}
        raise HTTPException(503, f"{most_at_once} uploads of this kind are already running; try later", headers)
    announced = request.headers.get("content-length")
    length = None if announced is None else int(announced)
    most, into = settings.most_upload_bytes, None
    if is_set:
        most = settings.most_set_bytes
        into = await context.libraries.ask(lambda library: library.jobs.room_for_sets(), request.state.actor)
        require_room(into, length or 0)
    async with (
        uploads,
        context.limits.uploading(request, request.state.actor, length, most) as allowance,
        received(request, allowance, most_text_bytes=settings.most_body_bytes, into=into) as (texts, upload),
    ):
        await Caller.require_still_admitted(request)
        yield texts, upload


async def _json_body(request: Request, route: Route) -> Any:
    data = await request.body()
    if data:
        await Caller.require_still_admitted(request)
    if route.body is None and data:
        raise UsageError("this route takes no body; leave it out")
    return route.body and route.body.of_json(data)


async def _to_version(request: Request) -> Response:
    """Redirect `/api/…` to `/api/v1/…`; below `/api/v1` it is a 404."""
    rest = request.path_params["rest"]
    if rest == "v1" or rest.startswith("v1/"):
        raise HTTPException(404)
    # Use the raw path: a name may contain a quoted slash, and line breaks must stay quoted.
    raw = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
    query = request.url.query
    return RedirectResponse(API + raw.removeprefix("/api") + (f"?{query}" if query else ""), 308)


async def _http_problem(request: Request, error: Exception) -> Response:
    problem = problem_of_http(cast(HTTPException, error))
    if problem.status_code != 404 or "text/html" not in request.headers.get("accept", ""):
        return problem
    home = escape(f"{request.scope.get('root_path', '')}/")
    return HTMLResponse(_NO_PAGE.format(home=home), 404)
