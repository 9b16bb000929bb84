"""The page: files that hold no data, which ask the other routes."""

from __future__ import annotations

from functools import cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from map4.page.linking import page_file, page_names
from map4.server.answers import unless_known
from map4.server.route import Route

_COLOURS = "colours.css"
_MEDIA_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
# Of the icon, which is empty, the data stand in the page.
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)


async def _you(request: Request) -> Response:
    answer = unless_known(request, Response(page_file("you.html"), media_type="text/html"))
    answer.headers["Content-Security-Policy"] = _CSP  # of a 304, too: it takes the place of that which was kept
    return answer


async def _file(request: Request) -> Response:
    name = request.path_params["file"]
    text = _colours() if name == _COLOURS else page_file(name) if name in page_names() else None
    if text is None:
        raise HTTPException(404, "the page has no such file; /you is the page")
    return unless_known(request, Response(text, media_type=_MEDIA_TYPES[name.rpartition(".")[2]]))


@cache
def _colours() -> str:
    from map4.reports.palette import style_sheet

    return style_sheet()


ROUTES = (
    Route("GET", "/you", None, "Log in, and look after your account.",
          is_root=True, endpoint=_you, media_type="text/html", is_hidden=True),
    Route("GET", "/page/{file:path}", None, "What the page is made of.",
          is_root=True, endpoint=_file, media_type="text/*", is_hidden=True),
)  # fmt: skip
