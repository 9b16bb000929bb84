"""Routes of the server itself: health and API description."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from importlib.resources import files
from string import Template
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from map4.errors import LibraryDamagedError, Map4Error
from map4.library import Library
from map4.server.answers import Responses, unless_known
from map4.server.openapi import openapi
from map4.server.route import Route
from map4.server.settings import API
from map4.version import __version__

_FOLDER = files(__package__)
_STYLE = _FOLDER.joinpath("api.css").read_text("utf-8")
_PAGE = Template(_FOLDER.joinpath("api.html").read_text("utf-8"))


async def _health(request: Request) -> Response:
    return Responses.json({"status": "ok", "version": __version__})


async def _ready(request: Request) -> Response:
    libraries = request.app.state.context.libraries
    try:
        await libraries.ask_for_itself(_is_readable)
        await libraries.require_sound()
    except LibraryDamagedError:
        return Responses.json({"status": "the library is damaged"}, 503, {"Retry-After": "5"})
    except Map4Error:
        return Responses.json({"status": "the library can't be read"}, 503, {"Retry-After": "5"})
    return Responses.json({"status": "ok"})


def _is_readable(library: Library) -> None:
    list(library.tracks.made_by_id(library.tracks.page(limit=1).files, lambda row: row.read()))


async def _openapi(request: Request) -> Response:
    return unless_known(request, Responses.json(_document(request)))


def _document(request: Request) -> dict[str, Any]:
    context = request.app.state.context
    return openapi(context.routes, context.settings.base_path)


async def _page(request: Request) -> Response:
    return Response(page_of(_document(request)), media_type="text/html", headers={"Content-Security-Policy": _CSP})


def page_of(document: dict[str, Any]) -> str:
    """The HTML page of the API, without scripts or external resources."""
    rows, api = [], API.removeprefix("/api/")  # the page is at /api/, below the base path if there is one
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names = [f"{parameter['name']}" for parameter in operation["parameters"] if parameter["in"] == "query"]
            query = f"?{'&'.join(names)}" if names else ""
            rows.append(
                f"<tr><td><code>{method.upper()}</code></td><td><code>{html.escape(path + query)}</code>"
                f"{_body_of(operation, document)}</td><td>{_as_html(operation['summary'])}</td></tr>"
            )
    return _PAGE.substitute(style=_STYLE, version=html.escape(__version__), api=api, rows="".join(rows))


def _as_html(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _body_of(operation: dict[str, Any], document: dict[str, Any]) -> str:
    if "requestBody" not in operation:
        return ""
    [content] = operation["requestBody"]["content"].values()
    name = content["schema"].get("$ref", "").rpartition("/")[2]
    schema = document["components"]["schemas"].get(name, content["schema"])
    text = msgspec.json.format(msgspec.json.encode(schema["properties"])).decode()
    return f"<details><summary>body</summary><pre>{html.escape(text)}</pre></details>"


_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_CSP = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

ROUTES = (
    Route("GET", "/health", None, "Whether the server is running.", is_root=True, is_logged=False, endpoint=_health),
    Route("GET", "/ready", None, "Whether the library can be read.", is_root=True, is_logged=False, endpoint=_ready),
    Route("GET", "/openapi.json", None, "This API, for programs.", endpoint=_openapi, is_hidden=True),
    Route("GET", "/api/", None, "This API, for people.",
          is_root=True, endpoint=_page, media_type="text/html", is_hidden=True),
)  # fmt: skip
