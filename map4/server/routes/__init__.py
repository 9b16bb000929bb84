"""Which routes there are: the application and OpenAPI are made from this table alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

from starlette.responses import Response

from map4.library import Library
from map4.server.route import RequestInput, Route, Subject, ToWrite, answered
from map4.server.routes import (
    accounts,
    audio,
    auth,
    backup,
    changes,
    columns,
    connected,
    events,
    folders,
    itself,
    jobs,
    library,
    lookups,
    marks,
    page,
    plans,
    playlists,
    plays,
    search,
    sound,
    sources,
    stored_lists,
    subsonic,
    tokens,
    tracks,
    unmix,
)
from map4.server.settings import ServerSettings

_MODULES: Mapping[str, ModuleType] = {
    "tracks": tracks,
    "changes": changes,
    "audio": audio,
    "search": search,
    "tables": columns,
    "sound": sound,
    "playlists": playlists,
    "lists": stored_lists,
    "plays": plays,
    "sets": unmix,
    "marks": marks,
    "library": library,
    "lookups": lookups,
    "sources": sources,
    "folders": folders,
    "plans": plans,
    "backup": backup,
    "jobs": jobs,
    "events": events,
    "accounts": accounts,
    "auth": auth,
    "tokens": tokens,
    "server": itself,
    "page": page,
    "players": subsonic,
    "connected": connected,
}
"""By subject, which the first line of the module tells."""

ROUTES: tuple[Route, ...] = tuple(
    replace(route, subject=Subject(name, (module.__doc__ or "").partition("\n")[0]))
    for name, module in _MODULES.items()
    for route in module.ROUTES
)
_ROUTE_OF: dict[tuple[str, str], Route] = {(route.method, route.path): route for route in ROUTES}


def answered_apart(
    settings: ServerSettings, opened: Library, question: tuple[tuple[str, str], RequestInput]
) -> Response | ToWrite:
    """What a route answers in a process apart, where no route is told but its method and path."""
    place, asked = question
    return answered(_ROUTE_OF[place], replace(asked, settings=settings), opened)
