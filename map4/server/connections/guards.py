"""Refuses foreign hosts and origins, and bodies that are too large or too slow."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from map4.core.base.declarations import in_order
from map4.core.base.text import whole_number
from map4.errors import Map4Error
from map4.library import hookspecs
from map4.server.problems import problem, problem_of, problem_of_http
from map4.server.proxies import Proxies, came_through_unknown_proxy, origin_of
from map4.server.settings import LOCAL_HOSTS, ServerSettings

log = logging.getLogger("map4.server")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
JSON, MULTIPART, FORM = "application/json", "multipart/form-data", "application/x-www-form-urlencoded"
_WITH_BODY = ("POST", "PUT", "PATCH")
"""Methods that need a Content-Type even for an empty body: forms of foreign pages can't send JSON."""
_PLAYERS = [routes for routes in in_order(lambda each: each.routes) if routes.players]
_PLAYER_PATHS = tuple(routes.players for routes in _PLAYERS)
_FORM_PATHS = tuple(routes.players for routes in _PLAYERS if routes.takes_forms)

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
_UNKNOWN_PROXY = (
    "this request came through an unknown proxy, and no account protects the server; make an account, and start the "
    "server with --proxy ADDRESS"
)
_CROSS_ORIGIN = {
    "Access-Control-Expose-Headers": "Content-Range, ETag, Location, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID, Range",
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "600",
}
_ENDS = "the server is stopping; try again later"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Protects audio and pictures from being embedded by other pages.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # Caches must revalidate, since the library may have changed.
    "Cache-Control": "private, no-cache",
}


class Guards:
    """Middleware in front of the application.

    sets: addresses that accept recordings of hours
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: ServerSettings,
        has_accounts: Callable[[], Awaitable[bool]],
        sets: Collection[str] = (),
    ) -> None:
        self._app, self._settings, self._has_accounts, self._sets = app, settings, has_accounts, sets
        self._proxies = Proxies(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            scope = self._proxies.as_client_sees(scope)
            headers = Headers(scope=scope)
            refused = await self._refused(scope, headers)
        except HTTPException as error:
            refused = problem_of_http(error)
        except Map4Error as error:
            refused = problem_of(error)
        with_headers = self._with_headers(send, scope)
        if refused is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        elif refused is not None:
            await refused(scope, receive, with_headers)
        else:
            is_http = scope["type"] == "http"
            bounded = self._bounded(receive, scope, headers) if is_http and _has_body(headers) else receive
            has_begun = not is_http

            async def tracked_send(message: Message) -> None:
                nonlocal has_begun
                has_begun = True
                await with_headers(message)

            try:
                await self._app(scope, bounded, tracked_send if is_http else send)
            except asyncio.CancelledError:  # second stop signal: don't wait
                if has_begun:
                    raise
                await problem(503, _ENDS, kind="ends", code=1)(scope, receive, with_headers)
            except Exception as error:  # the response has begun, so close the connection
                log.error("a response was cut off by %s in map4", type(error).__name__, extra={"mistake": error})
                log.debug("this was", exc_info=True)

    async def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        hosts = headers.getlist("host")
        name = host_name(hosts[0]) if len(hosts) == 1 else ""
        # Without accounts, DNS rebinding would give foreign pages full access.
        if name not in LOCAL_HOSTS and not (name and await self._has_accounts()):
            return problem(421, "this server only answers as localhost", kind="host")
        if came_through_unknown_proxy(scope) and not await self._has_accounts():
            return problem(403, _UNKNOWN_PROXY, kind="proxy")
        own = origin_of(scope["scheme"], hosts[0])
        origins = headers.getlist("origin")
        if any(origin != own and origin not in self._settings.allow_origins for origin in origins):
            return problem(403, self._with_hint("this server refuses requests from other origins"), kind="origin")
        is_safe = scope["type"] == "websocket" or scope["method"] in SAFE_METHODS
        if origins and origins != [own]:
            if "access-control-request-method" in headers and scope.get("method") == "OPTIONS":
                return Response(status_code=204, headers=_PREFLIGHT)
            # Drop cookies: they would belong to a user of our own page.
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        # Images and links, which may change something there, are requested without Origin.
        may_change = not is_safe or scope["path"].startswith(_FORM_PATHS)
        if may_change and not (self._is_allowed(scope, headers) or _is_own_page(headers, own)):
            return problem(403, self._with_hint("pages of other origins can't change anything here"), kind="origin")
        if not scope["path"]:  # so that relative links stay below it
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse("/" + (query and f"?{query}"), 308)
        return None if is_safe else self._refused_body(scope, headers)

    def _is_allowed(self, scope: Scope, headers: Headers) -> bool:
        """Whether the request is from an allowed origin, or for media that such a page embeds."""
        allowed, origins = self._settings.allow_origins, headers.getlist("origin")
        if origins:
            return all(origin in allowed for origin in origins)
        return bool(allowed) and any(hookspecs.is_media(scope["path"]))

    def _with_hint(self, message: str) -> str:
        if not self._settings.proxies:
            return message
        return f"{message}; if this is its own page, the proxy must send X-Forwarded-Proto and the original Host"

    def _refused_body(self, scope: Scope, headers: Headers) -> Response | None:
        given = headers.get("content-length")
        length = whole_number(given, most_digits=20)
        if given is not None and length is None:
            return problem(400, "Content-Length is not a number")
        kind, takes_forms = media_type_of(headers), scope["path"].startswith(_FORM_PATHS)
        if not _has_body(headers) and (scope["path"].startswith(_PLAYER_PATHS) or scope["method"] not in _WITH_BODY):
            return None
        if kind not in (JSON, MULTIPART) and not (kind == FORM and takes_forms):
            also = "" if _has_body(headers) else "; an empty body needs it too"
            return problem(415, f"send JSON (Content-Type: {JSON}), or a file as {MULTIPART}{also}")
        most, _ = self._limits(scope, kind)
        if length is not None and length > most:
            return problem(413, _too_large(most))
        return None

    def _limits(self, scope: Scope, kind: str) -> tuple[int, float]:
        """Maximum bytes of a body, and seconds until it must be complete."""
        settings = self._settings
        if kind != MULTIPART:
            return settings.most_body_bytes, settings.body_timeout_s
        if scope["path"] in self._sets:
            return settings.most_set_bytes, settings.set_timeout_s
        return settings.most_upload_bytes, settings.upload_timeout_s

    def _bounded(self, receive: Receive, scope: Scope, headers: Headers) -> Receive:
        """Wrap `receive` to raise an error if the body is too large or too slow."""
        most, limit_s = self._limits(scope, media_type_of(headers))
        until = time.monotonic() + limit_s
        size, is_whole = 0, False

        async def bounded() -> Message:
            nonlocal size, is_whole
            if is_whole:  # the next message is the disconnect
                return await receive()
            try:
                async with asyncio.timeout(max(0.0, until - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(
                    HTTPStatus.REQUEST_TIMEOUT, f"the body was incomplete after {limit_s:g} s"
                ) from None
            size += len(message.get("body", b""))
            is_whole = message["type"] != "http.request" or not message.get("more_body", False)
            if size > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(most))
            return message

        return bounded

    def _with_headers(self, send: Send, scope: Scope) -> Send:
        more = self._cors_headers(scope) if self._settings.allow_origins else {}

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in more.items():
                    headers[name] = value
                if more:
                    headers.add_vary_header("Origin")
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if headers.get("location", "").startswith("/"):
                    headers["location"] = self._settings.base_path + headers["location"]
            await send(message)

        return with_headers

    def _cors_headers(self, scope: Scope) -> dict[str, str]:
        """CORS headers for allowed origins, which use tokens and never cookies."""
        origin = Headers(scope=scope).get("origin")
        if origin is None:
            return _CROSS_ORIGIN
        return (
            {"Access-Control-Allow-Origin": origin, **_CROSS_ORIGIN} if origin in self._settings.allow_origins else {}
        )


def host_name(host: str) -> str:
    """The name in a `Host` header, without its port; empty if invalid."""
    match = _HOST.fullmatch(host)
    return (match[1] or match[2]).lower() if match else ""


def _is_own_page(headers: Headers, own: str) -> bool:
    """Whether the request comes from our own page, the address bar, or a program (which sends neither header).

    Browsers without Sec-Fetch-Site only send the Referer, which pages can suppress.
    """
    pages = headers.getlist("referer")
    is_own = all(page == own or page.startswith(f"{own}/") for page in pages)
    return is_own and headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def media_type_of(headers: Headers) -> str:
    """The media type of a body, without parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _too_large(most: int) -> str:
    return f"the body is larger than {most:,} bytes"
