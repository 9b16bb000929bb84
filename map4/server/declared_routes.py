"""The routes declared by subjects and extras, for the application and OpenAPI."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from map4.core.base.declaration import load
from map4.core.base.declarations import in_order
from map4.library import Library
from map4.server.route import RequestInput, Route, Subject, ToWrite, answered, routes_of
from map4.server.settings import ServerSettings

_DECLARED = in_order(lambda each: each.routes)
_ABOUT = {declared.tag: declared.about for declared in _DECLARED if declared.about}
ROUTES: tuple[Route, ...] = tuple(
    replace(route, subject=Subject(declared.tag, _ABOUT[declared.tag]))
    for declared in _DECLARED
    for route in routes_of(load(declared.target))
)
_ROUTE_OF: dict[tuple[str, str], Route] = {(route.method, route.path): route for route in ROUTES}


def answered_apart(
    settings: ServerSettings, opened: Library, question: tuple[tuple[str, str], RequestInput]
) -> Response | ToWrite:
    """Answer a request in a separate process, which receives only the route's method and path."""
    place, inputs = question
    return answered(_ROUTE_OF[place], replace(inputs, settings=settings), opened)
