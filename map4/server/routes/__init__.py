"""Which routes there are: the application and OpenAPI are made from this table alone."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from map4.library import Library
from map4.server.route import RequestInput, Route, ToWrite, answered
from map4.server.routes import audio, itself, jobs, playlists, search, sound, subsonic, tracks
from map4.server.settings import ServerSettings

ROUTES: tuple[Route, ...] = (
    *tracks.ROUTES,
    *audio.ROUTES,
    *search.ROUTES,
    *sound.ROUTES,
    *playlists.ROUTES,
    *jobs.ROUTES,
    *itself.ROUTES,
    *subsonic.ROUTES,
)
_ROUTE_OF: dict[tuple[str, str], Route] = {(route.method, route.path): route for route in ROUTES}


def answered_apart(
    settings: ServerSettings, library: Library, question: tuple[tuple[str, str], RequestInput]
) -> Response | ToWrite:
    """What a route answers in a process apart, where no route is told but its method and path."""
    place, asked = question
    return answered(_ROUTE_OF[place], replace(asked, settings=settings), library)
