"""What is refused before anything is answered: other hosts and their pages, bodies too large or too slow."""

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

from map4.base.declarations import hooks
from map4.errors import Map4Error
from map4.server.problems import problem, problem_of, problem_of_http
from map4.server.proxies import Proxies, came_by_untold_proxy, origin_of
from map4.server.settings import LOCAL_HOSTS, ServerSettings

log = logging.getLogger("map4.server")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
JSON, MULTIPART, FORM = "application/json", "multipart/form-data", "application/x-www-form-urlencoded"
_WITH_BODY = ("POST", "PUT", "PATCH")
"""Their body says its type though it is empty: the form of a page of another host can't say JSON."""
FORM_PATHS = "/rest/"
"""Subsonic's programs send their questions as forms."""

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
_UNTOLD_PROXY = (
    "a proxy handed this on, of which the server was not told, and everybody could do everything; make an account, and "
    "start the server with --proxy ADDRESS"
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
_ENDS = "the server ends; ask again when it runs again"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Audio and pictures have no other guard against a page that plays them in its own name.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # What lies in a cache must be asked for anew: the library may have changed.
    "Cache-Control": "private, no-cache",
}


class Guards:
    """Stands before the whole application.

    sets: addresses to which recordings of hours are sent
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
            except asyncio.CancelledError:  # told again to end, the server waits no longer
                if has_begun:
                    raise
                await problem(503, _ENDS, kind="ends", code=1)(scope, receive, with_headers)
            except Exception as error:  # around one answer that had begun: the server closes the connection
                log.error("an answer was cut off by %s in map4", type(error).__name__, extra={"mistake": error})
                log.debug("this was", exc_info=True)

    async def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        hosts = headers.getlist("host")
        name = host_name(hosts[0]) if len(hosts) == 1 else ""
        # Without accounts, a page of another host that calls itself this machine by its name could do everything.
        if name not in LOCAL_HOSTS and not (name and await self._has_accounts()):
            return problem(421, "this server answers as localhost only", kind="host")
        if came_by_untold_proxy(scope) and not await self._has_accounts():
            return problem(403, _UNTOLD_PROXY, kind="proxy")
        own = origin_of(scope["scheme"], hosts[0])
        origins = headers.getlist("origin")
        if any(origin != own and origin not in self._settings.allow_origins for origin in origins):
            return problem(403, self._of_another("this server refuses pages of other hosts"), kind="origin")
        is_safe = scope["type"] == "websocket" or scope["method"] in SAFE_METHODS
        if origins and origins != [own]:
            if "access-control-request-method" in headers and scope.get("method") == "OPTIONS":
                return Response(status_code=204, headers=_PREFLIGHT)
            # A cookie would be that of somebody who looks at our own page.
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        # Below /rest/ a GET may change something, and a page's pictures and links ask without an Origin.
        may_change = not is_safe or scope["path"].startswith(FORM_PATHS)
        if may_change and not (self._is_allowed(scope, headers) or _is_own_page(headers, own)):
            return problem(403, self._of_another("a page of another host may change nothing here"), kind="origin")
        if not scope["path"]:  # so that what a page links to is below it
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse("/" + (query and f"?{query}"), 308)
        return None if is_safe else self._refused_body(scope, headers)

    def _is_allowed(self, scope: Scope, headers: Headers) -> bool:
        """Whether a page of another host asks that may, or one shows what it was given the address of."""
        allowed, origins = self._settings.allow_origins, headers.getlist("origin")
        if origins:
            return all(origin in allowed for origin in origins)
        return bool(allowed) and any(is_media(scope["path"]) for is_media in hooks("is-media"))

    def _of_another(self, said: str) -> str:
        way = "; if it is its own, its proxy has to send X-Forwarded-Proto, and the Host as it came"
        return said + way * bool(self._settings.proxies)

    def _refused_body(self, scope: Scope, headers: Headers) -> Response | None:
        length = headers.get("content-length")
        if length is not None and not (length.isascii() and length.isdigit()):
            return problem(400, "Content-Length is no number")
        kind, takes_forms = media_type_of(headers), scope["path"].startswith(FORM_PATHS)
        if not _has_body(headers) and (takes_forms or scope["method"] not in _WITH_BODY):
            return None
        if kind not in (JSON, MULTIPART) and not (kind == FORM and takes_forms):
            also = "" if _has_body(headers) else "; an empty body says its type, too"
            return problem(415, f"send JSON (Content-Type: {JSON}), or a file as {MULTIPART}{also}")
        most, _ = self._limits(scope, kind)
        if length is not None and int(length) > most:
            return problem(413, _too_large(most))
        return None

    def _limits(self, scope: Scope, kind: str) -> tuple[int, float]:
        """How many bytes a body may have, and after how many seconds it has to be there."""
        settings = self._settings
        if kind != MULTIPART:
            return settings.most_body_bytes, settings.body_timeout_s
        if scope["path"] in self._sets:
            return settings.most_set_bytes, settings.set_timeout_s
        return settings.most_upload_bytes, settings.upload_timeout_s

    def _bounded(self, receive: Receive, scope: Scope, headers: Headers) -> Receive:
        """The same body, which ends in an error where it is too large, or takes too long."""
        most, limit_s = self._limits(scope, media_type_of(headers))
        until = time.monotonic() + limit_s
        size, is_whole = 0, False

        async def bounded() -> Message:
            nonlocal size, is_whole
            if is_whole:  # what comes now is the word that the client has gone
                return await receive()
            try:
                async with asyncio.timeout(max(0.0, until - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, f"the body was not there after {limit_s:g} s") from None
            size += len(message.get("body", b""))
            is_whole = message["type"] != "http.request" or not message.get("more_body", False)
            if size > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(most))
            return message

        return bounded

    def _with_headers(self, send: Send, scope: Scope) -> Send:
        more = self._of_cross_origin(scope) if self._settings.allow_origins else {}

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

    def _of_cross_origin(self, scope: Scope) -> dict[str, str]:
        """What lets a page of another host read an answer: its programs show a token, and never a cookie."""
        origin = Headers(scope=scope).get("origin")
        if origin is None:
            return _CROSS_ORIGIN
        return (
            {"Access-Control-Allow-Origin": origin, **_CROSS_ORIGIN} if origin in self._settings.allow_origins else {}
        )


def host_name(host: str) -> str:
    """The name in a `Host`, without its port; empty where it is none."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found else ""


def _is_own_page(headers: Headers, own: str) -> bool:
    """Whether a browser says that our own page asks, or a person; programs say nothing.

    Browsers that know no Sec-Fetch-Site name the page alone, which may ask them not to.
    """
    pages = headers.getlist("referer")
    is_own = all(page == own or page.startswith(f"{own}/") for page in pages)
    return is_own and headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def media_type_of(headers: Headers) -> str:
    """The type of a body, without what follows it."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _too_large(most: int) -> str:
    return f"the body is larger than {most:,} bytes"
