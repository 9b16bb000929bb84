"""Routes of connected music servers: their state and their jobs."""

from __future__ import annotations

from typing import Any

from map4.errors import UsageError
from map4.extras.connect.mapping import SHOWN
from map4.extras.connect.part import ConnectionsPart
from map4.extras.connect.records import ConnectionStates
from map4.extras.connect.routes.audiomuse import AUDIOMUSE
from map4.jobs import JobRequest
from map4.jobs.routes.requests import asking
from map4.library import Library
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route


def _states(library: Library, request: RequestInput) -> dict[str, Any]:
    parts = library.part(ConnectionsPart)
    states = tuple(parts.status(connection.name, shown=request.query.songs) for connection in parts.all())
    return ConnectionStates(connections=states).to_record()


ROUTES = (
    Route("GET", "/connections", "read", "Your music servers, as `map4 connect status`.", _states,
          query=BodyShape.plain("ConnectionsQuery", songs=(int, SHOWN)), answer="connections", queue="long",
          cache="each", example={"songs": 3}),
    *AUDIOMUSE,
)  # fmt: skip


def _checked(library: Library, request: RequestInput) -> JobRequest:
    library.part(ConnectionsPart).get(request.body.options.connection)
    return request.body  # type: ignore[no-any-return]


def _push(library: Library, request: RequestInput) -> JobRequest:
    wanted = _checked(library, request)
    if not request.body.options.lists:
        raise UsageError("name the lists to write")
    for name in request.body.options.lists:
        library.lists.find(name)
    return wanted


JOB_ROUTES = (
    asking("map", "/connections/map", "Match songs of a server with tracks, as `map4 connect status --match`. A job.",
           "MapJob", _checked, example={"connection": "none"}),
    asking("pull", "/connections/pull", "Import values from a music server, as `map4 connect pull`. A job.",
           "PullJob", _checked, example={"connection": "none"}),
    asking("push", "/connections/push", "Write lists to a music server, as `map4 connect push`. A job.",
           "PushJob", _push, example={"lists": ["Friday"]}),
)  # fmt: skip
