"""Routes of the web page: one document for the addresses of all views, and its files."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from map4.core.base.actor import Actor
from map4.core.base.declaration import load
from map4.core.music.palette import style_sheet
from map4.errors import Map4Error
from map4.library import hookspecs
from map4.page.linking import HOST, page_bytes, page_file, page_names, page_scripts, page_styles, page_views
from map4.server.admission import Caller
from map4.server.answers import Responses, unless_known
from map4.server.route import Route

_STYLES = ("page.css", "live.css", "player.css", "forms.css", "clock.css")
_MEDIA_TYPES = {
    "css": "text/css", "html": "text/html", "js": "text/javascript", "png": "image/png", "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json", "woff2": "font/woff2",
}  # fmt: skip
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'"
)
_FIRST_ROWS = 100
_SESSION = ("GET", "/auth/session")
_PATIENCE_S = 0.4
"""Maximum seconds a document waits for its embedded rows."""
_FOR_EVER = "public, max-age=31536000, immutable"
VIEWS = tuple(view.path for view in page_views() if view.path)
"""Paths of views except the root; an id may follow, such as `lists/l-12`."""


class _View(StringConvertor):
    regex = "|".join(map(re.escape, VIEWS))


register_url_convertor("view", _View())


async def _view(request: Request) -> Response:
    root = "../" if "id" in request.path_params else "./"
    first, session = await _first(request)
    page, later = f"{root}page/{_version()}/{HOST}", "modulepreload" if "view" in request.path_params else "later"
    icons = page_file(f"{HOST}icons.svg")
    document = page_file(f"{HOST}live.html").format(page=page, root=root, first=first, later=later, icons=icons)
    answer = unless_known(request, Response(document, media_type="text/html"))
    if session is not None and request.state.caller.credential is not None:
        answer.headers.update(Responses.NO_STORE)
        answer.raw_headers.extend(header for header in session.raw_headers if header[0] == b"set-cookie")
    answer.headers["Content-Security-Policy"] = _CSP  # also for a 304, which updates the cached headers
    answer.headers.setdefault("Cache-Control", "private, no-cache" if first else "no-cache")
    return answer


async def _first(request: Request) -> tuple[str, Response | None]:
    """An element with the page's first responses (the session and the first rows), and the response with the session.

    For unknown callers, it is empty and None.
    """
    context = request.app.state.context
    try:
        caller = await context.callers(request)
        if caller is None:
            return "", None
        await context.limits.count(request, caller)
        actor = Caller.let_in(request, caller, "read")
    except Map4Error:
        return "", None
    params = request.query_params
    has_rows = "view" not in request.path_params and not params.keys() - {"q", "sort"}
    how = {"q": params.get("q", ""), "sort": params.get("sort", "")}
    calls = _first_calls(how) if has_rows else _first_calls()
    # Slow responses continue, so that the page gets them sooner when it requests them.
    tasks = {name: asyncio.ensure_future(context.answer(*what, actor)) for name, what in calls.items()}
    context.begun.update(tasks.values())
    for task in tasks.values():
        task.add_done_callback(context.begun.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # the page will get the error itself
    await asyncio.wait(tasks.values(), timeout=_PATIENCE_S)
    ready = {name: task.result() for name, task in tasks.items() if task.done() and task.exception() is None}
    [ask_session] = [route.endpoint for route in context.routes if (route.method, route.path) == _SESSION]
    session: Response = await ask_session(request)
    answers = {"me": session.body, **ready}
    if "columns" in answers:
        answers["asked"] = msgspec.json.encode(how)
    text = msgspec.json.encode({name: msgspec.Raw(answer) for name, answer in answers.items()}).decode()
    escaped = text.replace("<", r"\u003c")  # so that no string closes the element
    return f'<script type="application/json" id="first">{escaped}</script>\n', session


def _first_calls(rows: Mapping[str, str] | None = None) -> dict[str, tuple[str, dict[str, str]]]:
    """The page's first requests: API paths with query parameters.

    rows: query parameters of the table
    """
    calls: dict[str, tuple[str, dict[str, str]]] = {"about": ("/about", {})}
    if rows is not None:
        [columns] = hookspecs.page_columns()
        calls["columns"] = ("/columns", {**rows, "fields": ",".join(columns), "to": str(_FIRST_ROWS)})
    return calls


async def read_ahead(context: Any) -> None:
    """Prepare what several routes share, by the functions of views."""
    with suppress(Map4Error):  # the routes will report it
        for what in (what for view in page_views() for what in view.ahead if not what.startswith("/")):
            await load(what)(context)


async def make_ready(context: Any) -> None:
    """Prepare the responses for the first page and the slow ones of views, since the first time is slow."""
    with suppress(Map4Error):  # the page will get the error
        for path, texts in _first_calls({"q": "", "sort": ""}).values():
            await context.answer(path, texts, Actor.LOCAL)
    await asyncio.to_thread(_version)  # reads and links all files
    with suppress(Map4Error):
        for view in page_views():
            for what in view.ahead:
                await (context.answer(what, {}, Actor.LOCAL) if what.startswith("/") else load(what)(context))


async def _file(request: Request) -> Response:
    """A page file. Its address has the version of all files; a page whose first script is older reloads."""
    name = request.path_params["file"]
    if name not in page_names() or name.endswith(".html"):
        raise HTTPException(404, "the page has no such file; the page is at /")
    is_newest = request.path_params["version"] == _version()
    data = b"" if name == f"{HOST}later.js" and not is_newest else _data(name)
    answer = unless_known(request, Response(data, media_type=_MEDIA_TYPES[name.rpartition(".")[2]]))
    answer.headers["Cache-Control"] = _FOR_EVER if is_newest else "no-cache"
    return answer


@cache
def _data(name: str) -> bytes:
    """A file as sent: script and styles of the document are bundled to save requests."""
    if name in page_scripts():
        return page_scripts()[name].encode()
    if name == f"{HOST}live.css":
        styles = (style_sheet(), *map(page_file, (*(HOST + name for name in _STYLES), *page_styles())))
        return re.sub(r"/\*.*?\*/\s*", "", "".join(styles), flags=re.DOTALL).encode()
    return page_bytes(name)


@cache
def _version() -> str:
    return hashlib.blake2b(b"".join(map(_data, sorted(page_names()))), digest_size=8).hexdigest()


ROUTES = (
    *(Route("GET", path, None, "The page.", is_root=True, endpoint=_view, media_type="text/html", is_hidden=True)
      for path in ("/", "/{view:view}", "/{view:view}/{id}")),
    Route("GET", "/page/{version}/{file:path}", None, "A file of the page.",
          is_root=True, endpoint=_file, media_type="text/*", is_hidden=True, is_logged=False),
)  # fmt: skip
